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
from tests.rpc.disclosure.world import RECIPIENT, Platform, Served, delay_over, tls_of
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
    assert "--number stops" in unread.err
    told = await run(*lock, "--number", "1", "--yes")
    assert told.code == 0
    locked = {party for party, said in told.facts.items() if said == "locked"}
    assert locked == {"trustee-1", "trustee-3", "trustee-5"}
    assert told.facts["disclosure"] != "locked"
    assert told.facts["identity"] == "NOT_IN_PROFILE"


async def test_a_lock_down_that_nobody_takes_is_told_to_be_none(profile: Path, run: Run):
    told = await run("officer", "lock-down", *as_officer(profile, "ann", "bob"), "--number", "1", "--yes")
    assert told.code == 1
    assert told.err.startswith("error: NOT_LOCKED: ")


async def test_one_locks_and_three_unlock(platform: Platform, disclosure: Served, profile: Path, run: Run):
    case, _ = await case_of(platform, disclosure)
    at = disclosure.address
    locked = await run("officer", "lock-down", *as_officer(profile, "ann"), "--yes", disclosure=at)
    assert (locked.code, locked.facts["disclosure"], locked.facts["trustee-1"]) == (0, "locked", "locked")
    refused = await run("officer", "approve", case, *as_officer(profile, "bob"), "--yes", disclosure=at)
    assert refused.err.startswith("error: PROOF_INVALID: an officer has locked everything down")
    stranger = await run("officer", "unlock", *as_officer(profile, "ann", "bob"), "--yes", disclosure=at)
    assert stranger.err.startswith("error: PROOF_INVALID: ")
    for name, still in (("ann", "yes, by lock-down 1"), ("bob", "yes, by lock-down 1"), ("cyd", "no")):
        told = await run("officer", "unlock", *as_officer(profile, name), "--yes", disclosure=at)
        assert (told.code, told.facts["locked"]) == (0, still)
    again = await run("officer", "unlock", *as_officer(profile, "dan"), "--yes", disclosure=at)
    assert again.err.startswith("error: NOT_LOCKED: ")


async def test_an_officer_is_added_by_a_quorum_and_what_was_proposed_beside_it_is_void(
    disclosure: Served, profile: Path, run: Run
):
    at = disclosure.address
    made = await run("officer", "key", str(profile / "new.key"), "--new")
    added = ("--role", "security", "--organisation", "platform", "--public", made.facts["public key"])
    proposed = await run("officer", "propose-officer", "new", *added, disclosure=at)
    other = await run("officer", "propose-removal", "dan", disclosure=at)
    assert (proposed.code, other.code) == (0, 0)
    listed = await run("officer", "proposals", disclosure=at)
    assert f"add the officer new, security, platform, key {made.facts['public key']}" in listed.out
    for name in ("ann", "bob", "cyd"):
        endorse = ("officer", "endorse", proposed.facts["proposal"][:12], *as_officer(profile, name))
        declined = await run(*endorse, disclosure=at, typed="no")
        assert declined.code == 1
        told = await run(*endorse, disclosure=at, typed="yes")
        assert told.code == 0
    assert "officer: new, security, platform" in told.out
    for passed in (other, proposed):
        endorse = ("officer", "endorse", passed.facts["proposal"], *as_officer(profile, "ann"), "--yes")
        late = await run(*endorse, disclosure=at)
        assert late.err.startswith("error: NOT_PENDING: ")


async def test_a_change_that_would_leave_too_few_officers_is_not_even_proposed(disclosure: Served, run: Run):
    durations = ("--approval-lasts", "1h", "--veto", "4s", "--notice", "6s", "--case-lasts", "1h")
    refused = await run(
        "officer", "propose-policy", "--approvals", "9", "--roles", "2", *durations, disclosure=disclosure.address
    )
    assert refused.err.startswith("error: NOT_PENDING: ")


async def test_a_company_is_declined_and_listed(
    platform: Platform, disclosure: Served, profile: Path, run: Run, tmp_path: Path
):
    author = platform.author()
    await disclosure.deposit(author)
    (tmp_path / "letter").write_text("a letter")
    asked = ("--instrument", "1", "--ground", "g", "--document", str(tmp_path / "letter"))
    refused = await run(
        *("case", "open", author.post_id, "--requester", "company", "--basis", "none", "--organisation", "Dent & Co"),
        *(*asked, "--recipient", RECIPIENT.hex()),
        disclosure=disclosure.address,
    )
    assert refused.err.startswith("error: REQUESTER_DECLINED: ")
    listed = await run("case", "list", disclosure=disclosure.address)
    assert "declined\tcompany / none\tDent & Co\t1" in listed.out


async def test_an_approval_is_withdrawn(platform: Platform, disclosure: Served, profile: Path, run: Run):
    case, _ = await case_of(platform, disclosure)
    at = disclosure.address
    for name in ("ann", "cyd"):
        await run("officer", "approve", case, *as_officer(profile, name), "--yes", disclosure=at)
    told = await run("officer", "withdraw", case, *as_officer(profile, "ann"), "--yes", disclosure=at)
    assert (told.code, told.facts["approved by"]) == (0, "cyd")


async def test_a_veto_ends_an_opening_for_good(platform: Platform, disclosure: Served, profile: Path, run: Run):
    case, _ = await case_of(platform, disclosure)
    at = disclosure.address
    early = await run("officer", "veto", case, *as_officer(profile, "dan"), "--yes", disclosure=at)
    assert early.err.startswith("error: NOTHING_INTENDED: ")
    for name in ("ann", "bob", "cyd"):
        await run("officer", "approve", case, *as_officer(profile, name), "--yes", disclosure=at)
    intended = await run("case", "execute", case, disclosure=at)
    assert (intended.code, intended.facts["state"]) == (0, "witnessed")
    vetoed = await run("officer", "veto", case, *as_officer(profile, "dan"), "--yes", disclosure=at)
    assert (vetoed.facts["state"], vetoed.facts["vetoed by"]) == ("vetoed", "dan")
    told = {party for party, said in vetoed.facts.items() if said == "vetoed"}
    assert told == {"state", "disclosure", "trustee-1", "trustee-3", "trustee-5"}
    refused = await run("case", "execute", case, disclosure=at)
    assert refused.code == 1


async def test_a_veto_that_disclosure_drops_is_told_to_the_trustees(
    platform: Platform, disclosure: Served, profile: Path, run: Run
):
    """Disclosure is away when the officer vetoes, and then goes on as if it had never heard of it."""
    _, author = await case_of(platform, disclosure)
    case = await disclosure.approve(platform.ceremony, await disclosure.open_case(author), "ann", "bob", "cyd")
    witnessed = await disclosure.intend(case)
    veto = ("officer", "veto", "--intent", witnessed.intent.commitment.hex(), "--yes")
    stranger = await run(*veto, *as_officer(profile, "dan", "ann"))
    assert stranger.err.startswith("error: NOT_VETOED: ")
    vetoed = await run(*veto, *as_officer(profile, "dan"))
    assert vetoed.code == 0
    told = {party for party, said in vetoed.facts.items() if said == "vetoed"}
    assert told == {"trustee-1", "trustee-3", "trustee-5"}
    await delay_over(witnessed)
    refused = await run("case", "execute", case.case_id, disclosure=disclosure.address)
    assert refused.err.startswith("error: OPENING_REFUSED: ")
    assert not platform.identity.released


async def test_a_veto_of_what_is_open_already_says_so(platform: Platform, disclosure: Served, profile: Path, run: Run):
    _, author = await case_of(platform, disclosure)
    case = await disclosure.approve(platform.ceremony, await disclosure.open_case(author), "ann", "bob", "cyd")
    witnessed = await disclosure.intend(case)
    await delay_over(witnessed)
    await disclosure.execute(case)
    veto = ("officer", "veto", "--intent", witnessed.intent.commitment.hex(), "--yes", *as_officer(profile, "dan"))
    late = await run(*veto, disclosure=disclosure.address)
    assert late.err.startswith("error: ENVELOPE_OPENED: ")
    assert "vetoed" in late.facts.values()


async def test_the_only_intent_that_stands_is_vetoed_without_being_named(
    platform: Platform, disclosure: Served, profile: Path, run: Run
):
    veto = ("officer", "veto", *as_officer(profile, "dan"), "--yes")
    assert (await run(*veto, disclosure=disclosure.address)).err.startswith("error: NOTHING_INTENDED: ")
    cases = []
    for _ in range(2):
        _, author = await case_of(platform, disclosure)
        case = await disclosure.approve(platform.ceremony, await disclosure.open_case(author), "ann", "bob", "cyd")
        cases.append(await disclosure.intend(case))
        told = await run(*veto, disclosure=disclosure.address)
        commitments = [each.intent.commitment.hex() for each in cases]
        assert [line.removeprefix("intent: ") for line in told.out.splitlines() if "intent: " in line] == commitments
        assert told.code == (2 if len(cases) > 1 else 0), "of several one has to be named"
    assert "--intent stops" in (await run(*veto)).err
    named = await run(*veto, "--intent", commitments[1], disclosure=disclosure.address)
    assert {party for party, said in named.facts.items() if said == "vetoed"} == {"trustee-1", "trustee-3", "trustee-5"}


@pytest.mark.parametrize("arguments", [("a-case", "--intent", "00" * 32), ("--intent", "00"), ("--intent", "x")])
async def test_a_veto_is_of_a_case_or_of_an_intent(profile: Path, run: Run, arguments: tuple[str, ...]):
    told = await run("officer", "veto", *arguments, *as_officer(profile, "dan"), "--yes")
    assert told.code == 2
