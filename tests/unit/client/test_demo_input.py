"""What the demonstration's input may do to it: refused by line, told early, skipped and said, and never an abort."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from examples.demo import authors as people
from examples.demo import run
from examples.demo.authors import Author
from examples.demo.crowds import Crowds
from examples.demo.leaks import names_in
from examples.demo.posting import Placed
from examples.demo.posts import Entry, read_posts
from examples.demo.public_words import public_texts
from examples.demo.reader import show_two_threads
from examples.demo.show import failure
from examples.demo.story import Settings, tell
from vouchsafe.cli import output
from vouchsafe.sdk import Published, Vouchsafe, VouchsafeError

REPOSITORY = Path(__file__).resolve().parents[3]
GOOD = {"author": "Chen Wei", "work_email": "wei@acme.example", "thread": "Title", "body": "Text"}


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> pytest.CaptureFixture[str]:
    """What the story prints goes to this test's own stdout."""
    monkeypatch.setattr(output.console, "_file", None)
    return capsys


def problems_of(tmp_path: Path, *lines: str) -> list[tuple[int, str]]:
    path = tmp_path / "posts.jsonl"
    path.write_text("\n".join(lines))
    return [(problem.line, problem.what) for problem in read_posts(path)[1]]


def line(**change: str) -> str:
    return json.dumps(GOOD | change)


@pytest.mark.parametrize("field", ["author", "work_email", "thread", "body"])
def test_a_blank_field_is_refused(tmp_path: Path, field: str) -> None:
    assert problems_of(tmp_path, line(), line(**{field: "  "})) == [(2, f"'{field}' is blank")]


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    twice = line()[:-1] + ', "author": "Somebody"}'
    assert problems_of(tmp_path, twice) == [(1, "a key stands twice")]


def test_a_number_that_is_too_long_is_refused(tmp_path: Path) -> None:
    assert problems_of(tmp_path, f'{{"n": {"1" * 5000}}}') == [(1, "not a JSON object in UTF-8")]


@pytest.mark.parametrize("address", ["wei@acme.example", "WEI@acme.example", "wei+two@acme.example"])
def test_a_mailbox_has_one_author(tmp_path: Path, address: str) -> None:
    (found,) = problems_of(tmp_path, line(), line(author="Somebody", work_email=address), line(body="more"))
    assert found == (2, "'work_email' is another author's, of line 1: a mailbox has one owner")


def test_a_name_has_one_address(tmp_path: Path) -> None:
    (found,) = problems_of(tmp_path, line(), line(work_email="other@acme.example"))
    assert found == (2, "'author' has another 'work_email' on line 1: a name has one address")


def test_another_spelling_of_an_address_makes_no_second_author(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text("\n".join((line(), line(work_email="Wei@ACME.example"))))
    entries, problems = read_posts(path)
    assert ([entry.work_email for entry in entries], problems) == (["wei@acme.example"] * 2, [])


def author(name: str, address: str = "someone@jaderiver.example", at: int = 1) -> Author:
    return Author(name, address, at)


def test_people_are_counted_under_the_label_that_they_can_prove() -> None:
    crowds = Crowds.configured()
    addresses = ("a@jaderiver.example", "b@JadeRiver.example", "c@studio.harbourgames.example", "d@nowhere.example")
    found = crowds.expected(author(address, address) for address in addresses)
    assert found == Counter({"jade-river": 2, "harbour-games": 1})
    assert crowds.minimum == 5


async def test_an_input_without_a_crowd_ends_before_anything_starts(
    tmp_path: Path, told: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(line(work_email="a@jaderiver.example"))
    with pytest.raises(Exception, match="has the 5 authors that a label needs"):
        await tell(Settings(path, tmp_path / "run"))
    assert "jade-river has 1 of the 5 people" in told.readouterr().out
    assert not (tmp_path / "run").exists()


async def test_nobody_in_two_threads_skips_that_part_and_says_so(told: pytest.CaptureFixture[str]) -> None:
    placed = [
        Placed(Entry(number, who.name, who.work_email, "T", "b"), who, Published(f"thread {number}", "post", "a name"))
        for number, who in enumerate((author("Anna"), author("Bao")))
    ]
    nothing = cast("Vouchsafe", None)  # must not be asked
    assert await show_two_threads(nothing, placed) is False
    assert "skipped: no author writes in two threads" in told.readouterr().out


class Stub:
    """An account whose label never opens; keeps how long it was waited for."""

    patience = 0.0

    async def wait_active(self, _label: str, *, patience: float) -> int:
        self.patience = patience
        raise VouchsafeError("LABEL_NOT_ACTIVE", "too few")


async def test_a_label_that_lacks_people_is_not_waited_for_long() -> None:
    advanced: list[None] = []
    account = Stub()
    who = author("Anna")
    who.label, who.account = "jade-river", account  # type: ignore[assignment]  # as much of an account as is used
    crowds, problems = await people.activate([who], 5, lambda: advanced.append(None))
    assert (crowds, advanced, account.patience) == ({}, [], people.HOPELESS_PATIENCE)
    assert problems[0].what.startswith("too few people (1 of 5) under the label jade-river")


async def test_people_who_are_refused_are_told_and_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = {"Bao": "TOO_MANY_CODES", "Cem": "WRONG_CODE"}

    async def issue(who: Author, *_: object) -> None:
        if who.name in reasons:
            raise VouchsafeError(reasons[who.name], "a sentence")

    monkeypatch.setattr(people, "_issue", issue)
    everybody = [author(name, at=at) for at, name in enumerate(("Anna", "Bao", "Cem"), start=1)]
    advanced: list[None] = []
    nothing = cast("Vouchsafe", None)
    problems = await people.onboard(everybody, nothing, None, tmp_path, lambda: advanced.append(None))  # type: ignore[arg-type]
    assert len(advanced) == 1
    assert [(each.line, each.what) for each in problems] == [
        (2, "its author cannot be verified: TOO_MANY_CODES: a sentence"),
        (3, "its author cannot be verified: WRONG_CODE: a sentence"),
    ]


@pytest.mark.parametrize("name", ["Jade", "robin", "ivy", "olive", "Employee", "court", "玉河保险"])
def test_a_name_that_is_a_word_of_public_text_is_set_aside(name: str) -> None:
    texts = list(public_texts(Crowds.configured().organisations, ["officer-1"]))
    everybody = [author(name, at=3), author("Chen Wei", "wei@jaderiver.example", 4)]
    assert names_in(everybody, texts) == {"the name of the author on line 3"}


def test_a_name_that_is_a_pseudonym_is_set_aside() -> None:
    assert names_in([author("robin 42")], ["quiet robin 42"]) == {"the name of the author on line 1"}
    assert names_in([author("robin 4")], ["quiet robin 42"]) == set()


def test_why_it_failed_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    failure("for a reason")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "demo failed: for a reason\n")


def test_ctrl_c_while_it_is_imported_ends_without_a_traceback() -> None:
    interrupting = """
import os, runpy, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "deploy.local.platform":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may have been given it ignored
sys.meta_path.insert(0, Interrupt())
runpy.run_module("examples.demo", run_name="__main__")
"""
    ended = subprocess.run(
        [sys.executable, "-c", interrupting], capture_output=True, text=True, check=False, cwd=REPOSITORY, timeout=60
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "demo failed: interrupted\n")


def test_ctrl_c_twice_still_stops_what_was_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped: list[str] = []

    async def story(_: Settings) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(5)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(0.05)
            stopped.append("everything")
        return True

    monkeypatch.setattr(run, "tell", story)
    assert run.main([]) == 130
    assert (stopped, capsys.readouterr().err) == (["everything"], "demo failed: interrupted\n")
