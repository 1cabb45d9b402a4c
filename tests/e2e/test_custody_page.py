"""The commands of docs/custody.md, run as they stand there, with people at the keyboard who are this test."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.ceremony.public_part import PublicPart
from services.chassis import configfile
from services.seal.passphrase import WrongPassphrase
from services.seal.share_file import open_share, passphrase_of
from services.seal.trust import Trust
from services.verification.config import IssuerKeySettings, KeyBackend

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "custody.md"
AGAIN = "a passphrase that is typed anew"


def passphrase(index: int) -> str:
    return f"the passphrase of trustee {index}"


@dataclass
class Room:
    """A directory without a network, and what was printed there, command by command."""

    place: Path
    printed: dict[str, str] = field(default_factory=dict)

    def run(self, command: str, typed: list[str], *, fails: bool = False) -> str:
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=self.place,
            input="".join(f"{line}\n" for line in typed),
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # no terminal: what would be typed unseen is read from standard input
            env={"PATH": f"{self.place}/bin:{os.environ['PATH']}", "PYTHONWARNINGS": "ignore"},
        )
        assert (done.returncode != 0) is fails, done.stderr
        assert "Traceback" not in done.stderr
        if not fails:
            self.printed[command.removeprefix("vouchsafe-ceremony ").split()[0]] = done.stdout
        return done.stderr

    def typed(self, command: str) -> list[str]:
        """What people type at a command of the page."""
        match command.removeprefix("vouchsafe-ceremony ").split()[0]:
            case "deal":
                return [line for index in range(1, 6) for line in (passphrase(index), passphrase(index))]
            case "check" | "paper":
                return [passphrase(2)]
            case "restore":
                return [*self.sheets()[1:], "", AGAIN, AGAIN]
        return []

    def sheets(self) -> list[str]:
        return [line for line in self.printed["paper"].splitlines() if line and not line.endswith(":")]

    def public(self) -> PublicPart:
        return PublicPart.parse((self.place / "dealing/public.toml").read_text(encoding="utf-8"))


def commands() -> Iterator[str]:
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        yield from block.splitlines()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    place = tmp_path_factory.mktemp("room")
    (place / "bin").mkdir()
    command = place / "bin" / "vouchsafe-ceremony"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={REPOSITORY} exec {sys.executable} -m services.ceremony "$@"\n')
    command.chmod(0o755)
    room = Room(place)
    for each in commands():
        room.run(each, room.typed(each))
    return room


def test_the_page_has_the_whole_ceremony() -> None:
    asked = {command.split()[1] for command in commands() if command.startswith("vouchsafe-ceremony")}
    assert asked == {"deal", "check", "part", "assemble", "hash", "paper", "restore"}


def test_the_trust_file_is_what_everybody_brought(room: Room) -> None:
    trust = Trust.parse((room.place / "trust.toml").read_text(encoding="utf-8"))
    assert [(officer.name, officer.role) for officer in trust.officers] == [("anna", "legal"), ("bo", "works-council")]
    assert (trust.threshold, len(trust.share_public_keys)) == (3, 5)
    assert trust.opening_key == room.public().opening_key
    assert room.printed["hash"].replace(" ", "").strip() == trust.hash().hex()
    assert room.printed["hash"] in room.printed["assemble"]


def test_the_hash_of_the_dealing_is_told_at_each_step(room: Room) -> None:
    said = f"hash of the public part: {room.public().hash().hex()}"
    for step in ("deal", "check"):
        assert said in room.printed[step].replace(" ", "").replace("hashofthepublicpart:", "hash of the public part: ")


def test_a_share_comes_back_from_paper_under_its_new_passphrase(room: Room) -> None:
    key = room.public().opening_key
    before = open_share((room.place / "dealing/trustee-2.share").read_bytes(), key, passphrase_of(passphrase(2)))
    again = (room.place / "again.share").read_bytes()
    assert open_share(again, key, passphrase_of(AGAIN)) == before
    with pytest.raises(WrongPassphrase):
        open_share(again, key, passphrase_of(passphrase(2)))
    assert len(room.sheets()) == 3


def test_no_share_and_no_passphrase_is_left_in_clear(room: Room) -> None:
    key = room.public().opening_key
    secrets = [passphrase(index).encode() for index in range(1, 6)]
    for index in range(1, 6):
        text = (room.place / f"dealing/trustee-{index}.share").read_bytes()
        value = open_share(text, key, passphrase_of(passphrase(index))).value.reveal()
        secrets += [value, value.hex().encode()]
    files = [path for path in room.place.rglob("*") if path.is_file()]
    assert len(files) > 15
    for path in files:
        assert not any(secret in path.read_bytes() for secret in secrets), path


def test_what_is_secret_is_readable_by_its_owner_alone(room: Room) -> None:
    secret = [*room.place.glob("*.key"), *room.place.glob("**/*.share")]
    assert len(secret) == 12
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}


@pytest.mark.parametrize(
    ("command", "typed", "told"),
    [
        ("deal --trustees 5 --threshold 3 --out new", ["x" * 20] * 10, "two trustees have one passphrase"),
        ("deal --trustees 2 --threshold 2 --out new", ["short", "short"], "fewer than 15 characters"),
        ("deal --trustees 2 --threshold 3 --out new", [], "more shares would be needed than there are"),
        (
            "deal --trustees 2 --threshold 2 --out new --passphrase-file bo.key",
            [],
            "2 trustees need 2 passphrase files",
        ),
        (
            "deal --trustees 2 --threshold 2 --out dealing",
            [],
            "dealing exists already",
        ),
        ("check dealing/trustee-2.share --public dealing/public.toml", ["wrong"], "passphrase does not open it"),
        ("check dealing/trustee-9.share --public dealing/public.toml", [], "cannot be read"),
        ("check trust.toml --public dealing/public.toml", [], "not a text under a passphrase"),
        ("check dealing/trustee-2.share --public anna.toml", [], "not the public part"),
        ("paper dealing/trustee-2.share --public trust.toml --groups 1of1", [], "2of3"),
        ("restore --public trust.toml --out new.share --sheet anna.toml", [], "do not give a share"),
        ("restore --public trust.toml --out again.share", [], "again.share exists already"),
        ("part key anna.key", [], "anna.key exists already"),
        ("part officer cy legal acme", [], "either --key or --public"),
        ("part officer cy legal acme --public 00", [], "32 bytes"),
        ("part officer cy legal acme --public zz", [], "in hex"),
        ("assemble --out new.toml dealing/public.toml anna.toml", [], "no part says"),
        ("assemble --out trust.toml dealing/public.toml policy.toml", [], "no part says"),
        ("hash anna.toml", [], "anna.toml"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(room: Room, command: str, typed: list[str], told: str) -> None:
    before = sorted(room.place.rglob("*"))
    error = room.run(f"vouchsafe-ceremony {command}", typed, fails=True)
    assert told in error
    assert error.strip().splitlines()[-1].startswith("error: ")
    assert sorted(room.place.rglob("*")) == before


def test_the_page_names_the_setting_as_it_is(tmp_path: Path) -> None:
    [block] = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    path = tmp_path / "part.toml"
    path.write_text(block.replace("[issuer_keys]\n", ""), encoding="utf-8")
    assert configfile.load(path, IssuerKeySettings).backend is KeyBackend.PKCS11
