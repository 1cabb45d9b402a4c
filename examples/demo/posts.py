"""Read posts from a file with one JSON object a line, and say which lines cannot be used, and why.

The limits are those of the protocol (proto/vouchsafe/forum, proto/vouchsafe/identity), checked here as well so that a
bad line is told by its number before anything runs. An author is known by name: each has one address, and each mailbox
one author, as verification will have it. Whether a mail domain belongs to an employer is for verification.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LIMITS = {"author": 128, "work_email": 254, "thread": 120, "body": 4000}


@dataclass(frozen=True)
class Entry:
    """One post to be: who writes it, from which employer, in which thread."""

    line: int
    author: str
    work_email: str
    thread: str
    body: str


@dataclass(frozen=True)
class Problem:
    """Why a line could not be used; the story goes on without it."""

    line: int
    what: str


class MalformedLineError(ValueError):
    """A line that is not a post."""


def read_posts(path: Path) -> tuple[list[Entry], list[Problem]]:
    """The usable posts in file order, and the lines that are not. OSError when the file cannot be read."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    people = _People()
    for number, line in _lines(path.read_bytes()):
        try:
            entries.append(people.recognise(_entry(number, line)))
        except MalformedLineError as error:
            problems.append(Problem(number, str(error)))
    return entries, problems


class _People:
    """Who has been met so far. The first line that names somebody tells his address."""

    def __init__(self) -> None:
        self._by_name: dict[str, Entry] = {}
        self._by_mailbox: dict[str, Entry] = {}

    def recognise(self, entry: Entry) -> Entry:
        """The entry, its address spelt as at first; MalformedLineError if its name or mailbox is another's."""
        mailbox = _mailbox(entry.work_email)
        known = self._by_name.get(entry.author)
        if known is not None and _mailbox(known.work_email) != mailbox:
            raise MalformedLineError(f"'author' has another 'work_email' on line {known.line}: a name has one address")
        owner = self._by_mailbox.setdefault(mailbox, entry)
        if owner.author != entry.author:
            raise MalformedLineError(f"'work_email' is another author's, of line {owner.line}: a mailbox has one owner")
        self._by_name.setdefault(entry.author, entry)
        return replace(entry, work_email=owner.work_email)


def _mailbox(address: str) -> str:
    """What verification takes for one mailbox: case, width and subaddress make no other."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address).casefold())
    local, _, domain = folded.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _entry(number: int, line: bytes) -> Entry:
    try:
        document = json.loads(line.decode("utf-8"), object_pairs_hook=_object)
    except MalformedLineError:
        raise
    except (ValueError, RecursionError) as error:
        raise MalformedLineError("not a JSON object in UTF-8") from error
    if not isinstance(document, dict):
        raise MalformedLineError("not a JSON object")
    fields = {name: _field(document, name) for name in _LIMITS}
    return Entry(number, **fields)


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedLineError("a key stands twice")
    return found


def _field(document: dict[str, object], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise MalformedLineError(f"'{name}' is missing or is not a text")
    if not 0 < len(value) <= _LIMITS[name]:
        raise MalformedLineError(f"'{name}' must have 1 to {_LIMITS[name]} characters")
    if not value.strip():
        raise MalformedLineError(f"'{name}' is blank")
    if (_CONTROL_IN_TEXT if name == "body" else _CONTROL).search(value):
        raise MalformedLineError(f"'{name}' holds a control character")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedLineError(f"'{name}' holds half a character") from error
    return value
