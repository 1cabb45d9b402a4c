"""The command's manners: what it checks before it asks, what it says when it fails, and what it leaves behind."""

import asyncio
import os
import re
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest

from services.seal.ed25519 import SigningKey
from vouchsafe.cli import main as command
from vouchsafe.cli import output
from vouchsafe.cli import setup as parts
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Cost, PersonAccount, PersonCompartment, VouchsafeError, Wallet
from vouchsafe.sdk.keys import Person
from vouchsafe.verification.v1 import label_service_pb2 as pb

CHEAP = Cost(memory_kib=8, passes=1)
ADDRESS = "wei@acme.example"


@dataclass
class PersonSideStub:
    """Verification with one right code, which locks after five wrong ones; and identity, which may refuse."""

    refusal: str = ""
    mailed: int = 0
    tried: list[str] = field(default_factory=list)

    async def register(self, **_: Any) -> Any:
        if self.refusal:
            raise VouchsafeError(self.refusal, "a sentence")
        return SimpleNamespace(person_id="p", escrow_reference=b"e" * 16, commitment_salt=b"s" * 32)

    async def sign_in(self, *_: Any) -> Any:
        return SimpleNamespace(session_token="token", expires_at=int(time.time()) + 900)

    async def issue_assertion(self, _: str) -> Any:
        return SimpleNamespace(assertion="word", expires_at=int(time.time()) + 300)

    async def request_mail_code(self, *_: Any, **__: Any) -> Any:
        self.mailed += 1
        expires = int(time.time()) + 900
        return SimpleNamespace(challenge_id=f"c{self.mailed}", organisation="Acme", expires_at=expires)

    async def labels(self, _: str) -> pb.ListMyLabelsResponse:
        narrow = pb.LabelStanding(
            label="acme", name="Acme", parent="games", state=pb.LABEL_STATE_WAITING, crowd_at_least=0
        )
        wide = pb.LabelStanding(label="games", name="Games", state=pb.LABEL_STATE_ACTIVE, crowd_at_least=50)
        return pb.ListMyLabelsResponse(labels=[narrow, wide], epoch=1, epoch_ends_at=4_102_444_800, crowd_minimum=20)

    async def confirm_mail_code(self, *_: Any, code: str, **__: Any) -> Any:
        if len(self.tried) >= 5:
            raise VouchsafeError("CODE_LOCKED", "a sentence")
        self.tried.append(code)
        if code != "123456":
            raise VouchsafeError("WRONG_CODE", "a sentence")
        return SimpleNamespace(label="acme", expires_at=0)


class PlatformStub:
    """As much of a platform as the person side's commands use."""

    def __init__(self, side: PersonSideStub) -> None:
        self._side = side

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def person_account(self, compartment: PersonCompartment) -> PersonAccount:
        side: Any = self._side
        return PersonAccount(side, compartment)


@dataclass
class Device:
    """A wallet's directory, and the command in this process with a stubbed platform."""

    directory: Path
    side: PersonSideStub
    monkeypatch: pytest.MonkeyPatch

    def run(self, *arguments: str) -> int:
        self.monkeypatch.setattr(sys, "argv", ["vouchsafe", "--wallet", str(self.directory), *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
        return int(ended.value.code or 0)

    def types(self, *lines: str) -> None:
        typed = iter(f"{line}\n" for line in lines)
        self.monkeypatch.setattr(sys, "stdin", SimpleNamespace(readline=lambda: next(typed, "")))

    def registered(self) -> Wallet:
        wallet = Wallet.create(self.directory, "passphrase", cost=CHEAP)
        person = Person("login", str(uuid.uuid4()), SigningKey.generate().seed(), "p", b"e" * 16, b"s" * 32)
        wallet.save_person(person)
        asyncio.run(PlatformStub(self.side).person_account(wallet.person_compartment).sign_in("a password long enough"))
        return wallet


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    side = PersonSideStub()
    monkeypatch.setattr(output.console, "_file", None)  # whatever stdout is
    for name, text in (("PASSPHRASE", "passphrase"), ("PASSWORD", "a password long enough")):
        (tmp_path / name).write_text(text)
        monkeypatch.setenv(f"VOUCHSAFE_{name}_FILE", str(tmp_path / name))
    monkeypatch.setattr(Setup, "profile", lambda _: None)
    monkeypatch.setattr(Setup, "platform", lambda *_: PlatformStub(side))
    return Device(tmp_path / "wallet", side, monkeypatch)


def test_the_code_is_asked_for_until_it_is_right(device: Device, capsys: pytest.CaptureFixture[str]) -> None:
    device.registered()
    device.types("12345", "abcdef", "000000", " １２３ 456 ")
    assert device.run("verify", ADDRESS) == 0
    assert device.side.tried == ["000000", "123456"]  # what is no code is not sent
    shown = capsys.readouterr()
    assert shown.out.startswith("label: acme\n")
    assert re.findall(r"error: (\w+): ", shown.err) == ["CODE_MALFORMED", "CODE_MALFORMED", "WRONG_CODE"]


def test_labels_are_shown_with_their_crowds(device: Device, capsys: pytest.CaptureFixture[str]) -> None:
    device.registered()
    assert device.run("labels") == 0
    assert capsys.readouterr().out.splitlines() == [
        "acme\tAcme\twaiting\tfewer than 5\tgames",
        "games\tGames\tactive\tat least 50\t",
        "people needed: 20",
        "epoch ends: 2100-01-01 00:00",
    ]


@pytest.mark.parametrize("typed", [(), ("",), ("no",)])
def test_a_wider_label_is_offered_before_a_credential_is_used_up(
    device: Device, typed: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    device.registered()
    used: list[str] = []
    monkeypatch.setattr(PlatformStub, "account", lambda *_: used.append("account"), raising=False)
    device.types(*typed)
    assert device.run("issue", "acme") == 1
    assert "under games (Games) at least 50 do, and it may speak now" in capsys.readouterr().err
    assert used == []


def test_all_five_tries_can_be_used_up(device: Device, capsys: pytest.CaptureFixture[str]) -> None:
    device.registered()
    device.types(*["000000"] * 7)
    assert device.run("verify", ADDRESS) == 1
    assert len(device.side.tried) == 5
    assert "error: CODE_LOCKED: " in capsys.readouterr().err


def test_an_unanswered_code_serves_on_and_no_second_one_is_mailed(device: Device) -> None:
    device.registered()
    device.types("000000")
    assert device.run("verify", ADDRESS) == 1
    device.types()
    assert device.run("verify", ADDRESS) == 1
    assert device.side.mailed == 1
    assert device.run("verify", ADDRESS, "--resend") == 1
    assert device.side.mailed == 2
    assert device.run("verify", "other@acme.example") == 1
    assert device.side.mailed == 3
    device.types("123456")
    assert device.run("verify", "other@acme.example") == 0
    device.types()
    assert device.run("verify", "other@acme.example") == 1  # what was answered is over
    assert device.side.mailed == 4


@pytest.mark.parametrize(
    "arguments",
    [("--login", "u0", "--name", "N"), ("--login", "a b c", "--name", "N"), ("--login", "abc", "--name", "")],
)
def test_a_login_that_cannot_be_is_refused_before_a_secret_is_asked(
    device: Device, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(parts, "_secret", lambda *_, **__: pytest.fail("a secret was asked for"))
    assert device.run("register", *arguments) == 1
    assert capsys.readouterr().err.startswith("error: INVALID_REQUEST: the ")
    assert not device.directory.exists()


def test_a_short_password_makes_no_wallet(device: Device, tmp_path: Path) -> None:
    (tmp_path / "PASSWORD").write_text("short")
    assert device.run("register", "--login", "abc", "--name", "N") == 1
    assert not device.directory.exists()


def test_a_refused_registration_removes_the_wallet_that_it_made(device: Device) -> None:
    device.side.refusal = "LOGIN_TAKEN"
    assert device.run("register", "--login", "abc", "--name", "N") == 1
    assert not device.directory.exists()


def test_a_wallet_that_was_there_is_kept(device: Device) -> None:
    Wallet.create(device.directory, "passphrase", cost=CHEAP)
    device.side.refusal = "LOGIN_TAKEN"
    assert device.run("register", "--login", "abc", "--name", "N") == 1
    assert (device.directory / "person.sealed").exists()


def test_a_registration_that_may_have_happened_can_be_gone_on_with(device: Device) -> None:
    device.side.refusal = "UNAVAILABLE"
    assert device.run("register", "--login", "abc", "--name", "N") == 1
    began = Wallet.open(device.directory, "passphrase").person
    device.side.refusal = ""
    assert device.run("register", "--login", "abc", "--name", "N") == 0
    ended = Wallet.open(device.directory, "passphrase").person
    assert began is not None
    assert ended is not None
    assert (ended.request_id, ended.registered) == (began.request_id, True)


def run(*arguments: str | bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own, where nobody answers."""
    return subprocess.run(
        [sys.executable, "-m", "vouchsafe.cli.main", *arguments],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment,
        timeout=60,
    )


def test_the_version_is_told() -> None:
    ended = run("--version")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.startswith(b"vouchsafe 0.")


def test_where_to_post_is_settled_before_the_text_is_asked_for() -> None:
    ended = run("post", "--as", "acme")
    assert ended.returncode == 2
    assert b"give either --title or --thread" in ended.stderr
    assert b"Text" not in ended.stdout + ended.stderr


def test_an_error_that_nobody_foresaw_is_one_line(
    device: Device, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Setup) -> None:
        raise ZeroDivisionError("with something secret in it")

    monkeypatch.setattr(Setup, "open_aliases", broken)
    assert device.run("wallet", "show") == 1
    assert capsys.readouterr().err == "error: INTERNAL: ZeroDivisionError (VOUCHSAFE_DEBUG=1 shows where)\n"
    monkeypatch.setenv("VOUCHSAFE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        command.main()


def test_bytes_that_are_not_text_are_refused_by_type(
    device: Device, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def encode(_: Setup) -> None:
        os.fsdecode(b"bad \xff byte").encode("utf-8")

    monkeypatch.setattr(Setup, "open_aliases", encode)
    assert device.run("wallet", "show") == 1
    assert capsys.readouterr().err.startswith("error: TEXT_INVALID: ")


def test_a_key_that_is_there_and_a_key_that_is_none_are_told_as_such(tmp_path: Path) -> None:
    key, document = tmp_path / "key", tmp_path / "document"
    key.write_bytes(bytes(32))
    document.write_text("an order")
    ended = run("case", "recipient-key", str(key), "--new")
    assert (ended.returncode, ended.stderr.split(b": ")[1]) == (1, b"FILE_EXISTS")
    profile = tmp_path / "profile.toml"
    lines = ['trust = "trust"', "[person]", *(f'{name} = "x:1"' for name in ("identity", "verification", "disclosure"))]
    lines += [*_EDGE, "[alias]", 'forum = "x:1"', 'disclosure = "x:1"', *_EDGE]
    profile.write_text("\n".join(lines))
    asked = ("--requester", "court", "--basis", "court-order", "--organisation", "c")
    given = (*asked, "--instrument", "1", "--ground", "g", "--document", str(document))
    for recipient in ("zz", "00ff"):
        ended = run("--profile", str(profile), "case", "open", "p", *given, "--recipient", recipient)
        assert ended.stderr.startswith(b"error: RECIPIENT_INVALID: "), ended.stderr


_EDGE = ('certificate = "c"', 'key = "k"', 'authority = "a"')


def test_who_watches_is_told_what_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    setup = Setup(None, tmp_path, patience=7)
    setup.run(asyncio.sleep(0.05), quiet=0.001)
    assert capsys.readouterr().err == ""  # nobody watches a pipe
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    setup.run(asyncio.sleep(0.05), quiet=0.001)
    assert capsys.readouterr().err.startswith("still waiting for the platform, for 7 s at most (--patience changes it)")
    setup.run(asyncio.sleep(0.05), waiting="waiting for a crowd", quiet=0.001)
    assert capsys.readouterr().err == "waiting for a crowd …\n"
    setup.run(asyncio.sleep(0))
    assert capsys.readouterr().err == ""
