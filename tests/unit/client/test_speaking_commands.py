"""The commands of the alias side and of the wallet: what they ask, what they open, and what they leave closed."""

import re
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

from services.chassis.clock import FixedClock
from services.seal.ed25519 import SigningKey
from tests.unit.client.test_delays import AliasSideStub
from tests.unit.client.wallets import alias, filled
from vouchsafe.cli import main as command
from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Alias, AliasCompartment, PersonCompartment, Published, Voice, Wallet
from vouchsafe.sdk.delays import Delays

READY = {"handle": "mine", "crowd_at_least": 20, "created_at": 4_000_000_000}


@dataclass
class Forum:
    """Where voices are heard: a platform that publishes whatever it is given."""

    heard: list[tuple[int, str]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def voice(self, _: AliasCompartment, speaker: Alias) -> Any:
        async def publish(*texts: str) -> Published:
            self.heard.append((speaker.slot, texts[-1]))
            return Published("thread", "post", "Quiet Otter")

        return SimpleNamespace(open_thread=publish, post=publish, comment=publish)


@dataclass
class Device:
    """A wallet's directory, and the command in this process."""

    directory: Path
    forum: Forum
    monkeypatch: pytest.MonkeyPatch
    profile: Any = field(default_factory=lambda: SimpleNamespace(delays=Delays()))

    def run(self, *arguments: str, typed: tuple[str, ...] = ()) -> int:
        lines = iter(f"{line}\n" for line in typed)
        self.monkeypatch.setattr(sys, "stdin", SimpleNamespace(readline=lambda: next(lines, "")))
        self.monkeypatch.setattr(sys, "argv", ["vouchsafe", "--wallet", str(self.directory), *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
        return int(ended.value.code or 0)

    def post(self, *more: str, typed: tuple[str, ...] = ()) -> int:
        return self.run("post", "--as", "acme", "--title", "Title", "--body", "Text", *more, typed=typed)


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    device = Device(tmp_path / "wallet", Forum(), monkeypatch)
    monkeypatch.setattr(output.console, "_file", None)  # whatever stdout is
    (tmp_path / "passphrase").write_text("passphrase")
    monkeypatch.setenv("VOUCHSAFE_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.delenv("VOUCHSAFE_ALIAS_PASSPHRASE_FILE", raising=False)
    monkeypatch.setattr(Setup, "profile", lambda _: device.profile)
    monkeypatch.setattr(Setup, "platform", lambda *_: device.forum)
    return device


def test_speaking_needs_no_person_on_the_device(device: Device, capsys: pytest.CaptureFixture[str]) -> None:
    filled(device.directory, alias("acme", **READY))
    (device.directory / PersonCompartment.FILE).unlink()
    assert device.post() == 0
    assert device.run("post", "--as", "acme", "--thread", "t", "--body", "More") == 0
    assert device.run("comment", "t", "p", "--as", "acme", "--body", "Yes") == 0
    assert device.forum.heard == [(0, "Text"), (0, "More"), (0, "Yes")]
    capsys.readouterr()
    assert device.run("wallet", "show") == 0
    assert "ready" in capsys.readouterr().out


def test_speaking_does_not_unlock_the_person(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(device.directory, alias("acme", **READY))
    monkeypatch.setattr(PersonCompartment, "open", lambda *_: pytest.fail("the person's compartment was opened"))
    assert device.post() == 0
    assert device.run("wallet", "show", "--aliases") == 0
    assert device.run("wallet", "backup", "aliases", str(device.directory / "b")) == 0


def test_a_persons_command_does_not_unlock_the_aliases(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(device.directory, alias("acme", **READY))
    monkeypatch.setattr(AliasCompartment, "open", lambda *_: pytest.fail("the aliases' compartment was opened"))
    assert device.run("wallet", "code", "person") == 0
    assert device.run("wallet", "backup", "person", str(device.directory / "b")) == 0


def test_the_meter_is_shown_and_asks_only_when_it_warns(device: Device, capsys: pytest.CaptureFixture[str]) -> None:
    held = filled(device.directory, alias("acme", **READY)).alias_compartment
    assert device.post() == 0
    shown = capsys.readouterr()
    assert shown.err.startswith("anonymity: 20 people or more under this label; this alias: 0 texts in 0 threads")
    assert "warning" not in shown.err
    held.save_alias(alias("acme", **READY | {"crowd_at_least": 5}))
    for typed in ((), ("",), ("no",), ("y",)):
        assert device.post(typed=typed) == 1
    assert len(device.forum.heard) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("warning: fewer than 20 people")) == ("", 4)
    assert device.post(typed=("yes",)) == 0
    assert device.post("--yes") == 0
    assert len(device.forum.heard) == 3


def test_a_profile_without_delays_is_warned_of_before_every_text(device: Device) -> None:
    filled(device.directory, alias("acme", **READY))
    device.profile.delays = Delays(insecure_deposit_hours=0)
    assert device.post() == 1
    assert device.run("comment", "t", "p", "--as", "acme", "--body", "Yes") == 1
    assert device.forum.heard == []


def test_the_retired_alias_does_not_speak(device: Device) -> None:
    filled(device.directory, alias("acme", **READY | {"retired": True}), alias("acme", slot=1, **READY))
    assert device.post() == 0
    assert device.forum.heard == [(1, "Text")]


def test_aliases_may_have_a_passphrase_of_their_own(device: Device, tmp_path: Path) -> None:
    Wallet.create(device.directory, "of the person", alias_passphrase="passphrase").alias_compartment.finish_issuing(
        SimpleNamespace(label="", epoch=0, slot=0),  # type: ignore[arg-type]
        alias("acme", **READY),
    )
    assert device.post() == 0
    assert device.run("wallet", "show") == 1  # the one passphrase given does not open both
    (tmp_path / "person").write_text("of the person")
    device.monkeypatch.setenv("VOUCHSAFE_PASSPHRASE_FILE", str(tmp_path / "person"))
    device.monkeypatch.setenv("VOUCHSAFE_ALIAS_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    assert device.run("wallet", "show") == 0
    assert device.post() == 0


def test_a_lost_compartment_is_restored_by_its_code(
    device: Device, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(device.directory, alias("acme", **READY))
    codes = {}
    for half in ("person", "aliases"):
        assert device.run("wallet", "backup", half, str(tmp_path / half)) == 0
        capsys.readouterr()
        assert device.run("wallet", "code", half) == 0
        codes[half] = capsys.readouterr().out.removeprefix("recovery code: ").strip()
    device.directory = tmp_path / "new device"
    assert device.run("wallet", "restore", str(tmp_path / "aliases"), typed=(codes["person"],)) == 1
    assert "error: RECOVERY_CODE_WRONG: " in capsys.readouterr().err
    assert device.run("wallet", "restore", str(tmp_path / "aliases"), typed=(codes["aliases"],)) == 0
    assert device.post() == 0
    assert device.run("wallet", "restore", str(tmp_path / "aliases"), typed=(codes["aliases"],)) == 1
    assert "error: WALLET_EXISTS: " in capsys.readouterr().err
    assert device.run("wallet", "restore", typed=(codes["person"],)) == 0
    assert "register" in capsys.readouterr().out
    assert PersonCompartment.open(device.directory, "passphrase").person is None


def test_what_has_no_backup_is_made_anew(device: Device, capsys: pytest.CaptureFixture[str]) -> None:
    filled(device.directory, alias("acme"))
    (device.directory / AliasCompartment.FILE).unlink()
    assert device.run("wallet", "backup", "aliases", str(device.directory / "b")) == 1
    assert "error: WALLET_MISSING: there is no aliases.sealed at " in capsys.readouterr().err
    assert device.run("wallet", "new", "person") == 1
    assert "error: WALLET_EXISTS: " in capsys.readouterr().err
    assert device.run("wallet", "new", "aliases") == 0
    assert Wallet.open(device.directory, "passphrase").aliases == ()


def test_what_an_alias_waits_for_is_shown(device: Device, capsys: pytest.CaptureFixture[str]) -> None:
    later = 4_102_444_800
    filled(
        device.directory,
        alias("acme", deposit_due=later),
        alias("acme", slot=1, receipt=b"r" * 64, create_due=later),
        alias("acme", slot=2),
        alias("acme", slot=3, retired=True),
    )
    assert device.run("wallet", "show") == 0
    states = [line.split("\t")[3] for line in capsys.readouterr().out.splitlines() if line.startswith("acme\t")]
    assert states == [
        "issued, goes on from 2100-01-01 00:00",
        "deposited, goes on from 2100-01-01 00:00",
        "issued",
        "retired",
    ]


def test_an_alias_that_is_asked_for_too_early_is_told_when(
    device: Device, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(device.directory, alias("acme"))
    side: Any = AliasSideStub(SigningKey.generate())
    clock = FixedClock()

    def voice(_: Forum, compartment: AliasCompartment, held: Alias) -> Voice:
        key = side.receipts.public_key
        return Voice(side, compartment, held, key, delays=device.profile.delays, clock=clock, patience=1)

    monkeypatch.setattr(Forum, "voice", voice)
    told = []
    for _ in range(2):
        assert device.run("alias", "acme", "--handle", "mine") == 1
        shown = capsys.readouterr()
        assert shown.out.splitlines() == ["label: acme", "people under this label, at least: 20"]
        told.append(shown.err)
    assert re.fullmatch(r"error: TOO_EARLY: this alias may go on from 2030-01-0[1-4] \d\d:\d\d UTC: .*\n", told[0])
    assert told[0] == told[1]
    clock.advance(timedelta(days=3))
    assert device.run("alias", "acme", "--handle", "mine") == 1  # deposited; now the second moment
    clock.advance(timedelta(days=1))
    assert device.run("alias", "acme", "--handle", "mine") == 0
    assert capsys.readouterr().out.endswith("this alias can speak\n")
    assert side.asked[-2:] == ["log", "create"]
