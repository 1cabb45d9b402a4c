"""The commands that read the whole log: where they take it from, what they write and say, what they leave closed."""

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from services.seal.merkle import Tree, leaf_hash
from services.tlog.tile_store import TileStore
from services.tlog.verified import Signed
from tests.unit.client.log_stories import DAY, START, Story, intent, trust
from tests.unit.client.test_public_log import saved
from tests.unit.client.wallets import alias, filled
from vouchsafe.cli import main as command
from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Notice, PersonCompartment, audit

TRUST = trust()
MINE = alias("harbour", envelope=b"m" * 128)
Run = Callable[..., int]


def told() -> Story:
    story = Story(TRUST).declined("x").asked("a").intended("a", envelope=MINE.envelope).told("a")
    return story.asked("b").intended("b", gag=START + DAY)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, with a wallet that holds one alias; its exit code."""
    filled(tmp_path / "wallet", MINE)
    (tmp_path / "passphrase").write_text("passphrase")
    monkeypatch.setenv("VOUCHSAFE_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.delenv("VOUCHSAFE_ALIAS_PASSPHRASE_FILE", raising=False)
    monkeypatch.setattr(output.console, "_file", None)  # whatever stdout is
    monkeypatch.setattr(PersonCompartment, "open", lambda *_: pytest.fail("the person's compartment was opened"))
    profile = SimpleNamespace(read_trust=lambda: TRUST, alias=SimpleNamespace(proxy=None))
    monkeypatch.setattr(Setup, "profile", lambda _: profile)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["vouchsafe", "--wallet", str(tmp_path / "wallet"), *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
        return int(ended.value.code or 0)

    return run


def test_a_time_beyond_any_calendar_is_told_as_such() -> None:
    assert [output.moment(at) for at in (2**63, 2**64 - 1, -(2**70))] == ["beyond any calendar"] * 3


class Handler(SimpleHTTPRequestHandler):
    """Shows files, and remembers which."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A mirror of the story's log: its URL, and the directory of its files."""
    leaves, directory = told().leaves, tmp_path / "mirror"
    snapshot = audit.load(saved(leaves, tmp_path / "snapshot"))
    note = snapshot.inclusion.partition("\n\n")[2]
    signed = Signed.verify(note, TRUST.log_policy())
    TileStore(directory).extend(Tree(leaf_hash(leaf) for leaf in leaves), 0, leaves, signed)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(directory)))
    Handler.asked.clear()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", directory
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_report_is_written_from_a_snapshot(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = saved(told().leaves, tmp_path / "saved")
    assert run("log", "report", "--from", str(source), "--out", str(tmp_path / "out")) == 0
    document = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (document["size"], document["demands"], document["as_of"]) == (7, 3, START)
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!doctype html>")
    assert "openings without a result: 2" in capsys.readouterr().out


def test_the_same_report_comes_from_a_mirror_and_from_its_directory(
    run: Run, tmp_path: Path, mirror: tuple[str, Path]
) -> None:
    url, directory = mirror
    assert run("log", "report", "--from", str(tmp_path / "snapshot"), "--out", str(tmp_path / "one")) == 0
    assert run("log", "report", "--mirror", url, "--out", str(tmp_path / "two")) == 0
    assert run("log", "report", "--from", str(directory), "--out", str(tmp_path / "three")) == 0
    reports = [(tmp_path / each / "report.html").read_bytes() for each in ("one", "two", "three")]
    assert reports[0] == reports[1] == reports[2]


def test_a_mirror_that_shows_another_log_is_not_reported_on(
    run: Run, tmp_path: Path, mirror: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    url, directory = mirror
    (bundle,) = (path for path in (directory / "tile" / "entries").rglob("*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes().replace(b"company", b"onwards"))
    assert run("log", "report", "--mirror", url, "--out", str(tmp_path / "out")) == 1
    assert "PROOF_INVALID" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_source_is_named_at_most(run: Run, tmp_path: Path) -> None:
    arguments = ("--mirror", "http://127.0.0.1:1", "--from", str(tmp_path))
    assert run("log", "report", *arguments, "--out", str(tmp_path / "out")) == 2


def test_an_owner_finds_his_opening_without_asking(
    run: Run, mirror: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("wallet", "openings", "--mirror", mirror[0]) == 0
    lines = capsys.readouterr().out.splitlines()
    (row,) = (line.split("\t") for line in lines if "\t" in line)
    assert row == [
        "harbour",
        "202611",
        "0",
        "announced",
        "2030-03-31 17:00",
        "court (court-order)",
        "3",
        intent("a").hex(),
    ]
    assert re.search(r"not told yet.*: 1$", lines[-1])


def test_an_owner_asks_for_the_whole_log_or_for_what_he_has_not_yet(run: Run, mirror: tuple[str, Path]) -> None:
    """Which leaves are looked at, nobody can tell: the second time, the copy beside the wallet is."""
    for asked in (["/checkpoint", "/tile/entries/000.p/7"], ["/checkpoint"]):
        Handler.asked.clear()
        assert run("wallet", "openings", "--mirror", mirror[0]) == 0
        assert Handler.asked == asked


def test_a_copy_that_was_changed_is_told_and_read_anew(
    run: Run, tmp_path: Path, mirror: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("wallet", "openings", "--mirror", mirror[0]) == 0
    whole = capsys.readouterr().out
    (bundle,) = (tmp_path / "wallet.public-log").rglob("entries/*.p/*")
    bundle.write_bytes(bundle.read_bytes().replace(b"company", b"onwards"))
    assert run("wallet", "openings", "--mirror", mirror[0]) == 0
    shown = capsys.readouterr()
    assert shown.out == whole
    assert "it was removed, and all of the log is read anew" in shown.err


def test_who_was_not_opened_is_told_as_of_which_leaf(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = saved(Story(TRUST).asked("a").intended("a").told("a").leaves, tmp_path / "saved")
    assert run("wallet", "openings", "--from", str(source)) == 0
    shown = capsys.readouterr().out
    assert "as of leaf 3, no opening of any of them was announced" in shown
    assert "not told yet" not in shown


def test_notices_are_asked_of_the_forum(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers: list[tuple[Notice, ...]] = [(Notice(b"i" * 32, START, opened=True),), ()]

    async def notices() -> tuple[Notice, ...]:
        return answers.pop(0)

    class Platform:
        async def __aenter__(self) -> "Platform":
            return self

        async def __aexit__(self, *_: object) -> None: ...

        def voice(self, *_: object) -> SimpleNamespace:
            return SimpleNamespace(notices=notices)

    monkeypatch.setattr(Setup, "platform", lambda *_: Platform())
    assert run("alias-notices", "--as", "harbour") == 0
    assert capsys.readouterr().out == f"{(b'i' * 32).hex()}\t2030-03-17 17:00\topened\n"
    assert run("alias-notices", "--as", "harbour") == 0
    assert "no opening of this alias was announced" in capsys.readouterr().out
