"""Reading posts: what is wrong is told by its line, and the rest goes on."""

import json
from pathlib import Path

import pytest

from examples.demo.posts import read_posts

GOOD = {"author": "Chen Wei", "work_email": "wei@acme.example", "thread": "Title", "body": "Text\nof two lines"}


def written(tmp_path: Path, *lines: bytes) -> Path:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b"\n".join(lines))
    return path


def test_good_lines_are_read_around_bad_ones(tmp_path: Path) -> None:
    good = json.dumps(GOOD).encode()
    entries, problems = read_posts(written(tmp_path, b"\xef\xbb\xbf" + good, b"", b"{", good + b"\r", b"[]"))
    assert [entry.line for entry in entries] == [1, 4]
    assert [(problem.line, problem.what) for problem in problems] == [
        (3, "not a JSON object in UTF-8"),
        (5, "not a JSON object"),
    ]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"author": ""}, "'author' must have"),
        ({"author": 7}, "'author' is missing"),
        ({"author": "a\u0000b"}, "'author' holds a control"),
        ({"author": "\ud800"}, "'author' holds half"),
        ({"thread": "x" * 121}, "'thread' must have"),
        ({"body": "x" * 4001}, "'body' must have"),
        ({"body": "bell\u0007"}, "'body' holds a control"),
        ({"body": None}, "'body' is missing"),
    ],
)
def test_a_bad_field_is_told(tmp_path: Path, change: dict[str, object], what: str) -> None:
    entries, problems = read_posts(written(tmp_path, json.dumps(GOOD | change).encode()))
    assert entries == []
    assert problems[0].what.startswith(what)


def test_bytes_that_are_not_utf8_are_told(tmp_path: Path) -> None:
    _, problems = read_posts(written(tmp_path, b'{"author": "\xff"}'))
    assert [problem.line for problem in problems] == [1]


def test_the_shipped_posts_are_all_usable() -> None:
    entries, problems = read_posts(Path(__file__).resolve().parents[3] / "examples" / "posts.jsonl")
    assert problems == []
    assert len(entries) >= 200
    assert len({entry.author for entry in entries}) >= 60
    assert len({entry.work_email.partition("@")[2] for entry in entries}) >= 6
