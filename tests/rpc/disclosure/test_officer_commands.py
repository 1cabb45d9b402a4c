"""The commands of desk and officers, in this process, against real services behind mutual TLS."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from services.chassis import toml_text
from tests.rpc.disclosure.authors import Author
from tests.rpc.disclosure.world import RECIPIENT, Platform, Served, tls_of
from vouchsafe.cli import main as command
from vouchsafe.cli import output

TRUSTEES = ("trustee-1", "trustee-2", "trustee-3", "trustee-4", "trustee-5")


@dataclass
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, str]:
        pairs = (line.partition(": ") for line in self.out.splitlines())
        return {name: value for name, separator, value in pairs if separator}


Run = Callable[..., Coroutine[None, None, Said]]


@pytest.fixture
async def disclosure(platform: Platform) -> Served:
    served = await platform.disclosure()
    await served.publish_label()
    return served


@pytest.fixture
def profile(platform: Platform, tmp_path: Path) -> Path:
    """A profile as on an officer's machine; disclosure's address is filled in by the commands' own fixture."""
    tls = tls_of("officer-desk")
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "trust.toml").write_text(platform.ceremony.text, encoding="utf-8")
    for name, content in (("crt", tls.certificate), ("key", tls.key), ("ca", tls.authority)):
        (tmp_path / f"desk.{name}").write_bytes(content)
    for name, key in platform.ceremony.officers.items():
        (tmp_path / f"{name}.key").write_bytes(key.seed().reveal())
    return tmp_path


@pytest.fixture
def run(platform: Platform, profile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr(output.console, "_file", None)  # whatever stdout is

    async def run(*arguments: str, disclosure: str = "127.0.0.1:1", typed: str = "") -> Said:
        edge = {"certificate": "desk.crt", "key": "desk.key", "authority": "desk.ca"}
        tables = {
            "trust": "trust",
            "person": {**edge, "identity": "x:1", "verification": "x:1", "disclosure": "x:1"},
            "alias": {**edge, "forum": "x:1", "disclosure": "x:1"},
            "officer": {**edge, "disclosure": disclosure},
            "officer.trustees": {name: platform.addresses[name] for name in TRUSTEES},
        }
        (profile / "profile.toml").write_text(toml_text.render(tables), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(readline=lambda: f"{typed}\n" if typed else ""))
        monkeypatch.setattr(sys, "argv", ["vouchsafe", "--profile", str(profile), "--patience", "2", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            await asyncio.to_thread(command.main)
        told = capsys.readouterr()
        return Said(int(ended.value.code or 0), told.out, told.err)

    return run


def as_officer(profile: Path, name: str, key: str = "") -> tuple[str, ...]:
    return ("--officer", name, "--key", str(profile / f"{key or name}.key"))


async def case_of(platform: Platform, disclosure: Served) -> tuple[str, Author]:
    author = platform.author()
    await disclosure.deposit(author)
    return (await disclosure.open_case(author)).case_id, author


async def test_an_officer_is_shown_the_case_asked_and_obeyed(
    platform: Platform, disclosure: Served, profile: Path, run: Run
):
    case, _ = await case_of(platform, disclosure)
    approve = ("officer", "approve", case, *as_officer(profile, "ann"))
    for typed in ("no", "Yes", ""):
        declined = await run(*approve, disclosure=disclosure.address, typed=typed)
        assert declined.code == 1
        assert "Type yes" in declined.err
    shown = await run("case", "show", case, disclosure=disclosure.address)
    assert shown.facts["approved by"] == "nobody"
    approved = await run(*approve, disclosure=disclosure.address, typed="yes")
    assert approved.code == 0
    assert approved.facts["text"] == "text"
    assert approved.facts["recipient"] == RECIPIENT.hex()
    assert "SHORTENED" in approved.facts["rule"]
    assert approved.facts["approved by"] == "ann"


async def test_a_wrong_key_is_refused_before_anything_is_asked(
    platform: Platform, disclosure: Served, profile: Path, run: Run
):
    case, _ = await case_of(platform, disclosure)
    for name, key in (("ann", "bob"), ("nobody", "ann")):
        arguments = ("officer", "approve", case, *as_officer(profile, name, key))
        refused = await run(*arguments, disclosure=disclosure.address, typed="yes")
        assert refused.code == 1
        assert refused.out == ""
        assert refused.err.startswith("error: PROOF_INVALID: ")
        assert len(refused.err.splitlines()) == 1


async def test_what_governs_is_shown_as_the_log_has_it(disclosure: Served, run: Run):
    told = await run("officer", "proposals", disclosure=disclosure.address)
    assert (told.code, told.facts["locked"]) == (0, "no")
    assert "3 approvals from 2 roles" in told.facts["policy"]


async def test_a_lock_down_reaches_the_trustees_that_live_though_disclosure_is_dead(profile: Path, run: Run):
    lock = ("officer", "lock-down", *as_officer(profile, "ann"))
    unread = await run(*lock, "--yes")
    assert unread.code == 1
    assert unread.err.startswith("error: ")
    told = await run(*lock, "--number", "1", "--yes")
    assert told.code == 0
    locked = {party for party, said in told.facts.items() if said == "locked"}
    assert locked == {"trustee-1", "trustee-3", "trustee-5"}
    assert told.facts["disclosure"] != "locked"


async def test_a_lock_down_that_nobody_takes_is_told_to_be_none(profile: Path, run: Run):
    told = await run("officer", "lock-down", *as_officer(profile, "ann", "bob"), "--number", "1", "--yes")
    assert told.code == 1
    assert told.err.startswith("error: NOT_LOCKED: ")
