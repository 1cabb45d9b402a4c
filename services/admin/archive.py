"""The file that a log is exported to: format 1, which every later version goes on reading.

A gzip stream of lines of JSON, each ended by a line feed:

    {"format": "vouchsafe-log", "version": 1, "service": ..., "epoch": ..., "head": ..., "made": ...}
    {"position": 1, "stream": ..., "first": ..., "events": [[type, base64], ...], "parts": [[id, number of events,
     fingerprint, at, caller, traceparent, each claim], ...]}
    ...
    {"end": {"count": ..., "head": ..., "chain": ...}}

The header says whose log it is, its store epoch, its last position and when it was exported (Unix seconds). Each commit
has a line, by its position from 1 without a gap. The chain begins as 32 zero bytes; each line but the last makes it
SHA-256 of what it was before and the bytes of the line. Its end is told in hex.

So a file that was cut off, or in which anything of this was changed, cannot be read to its end; a bit that only gzip's
own framing holds, such as its time, may differ unnoticed. Who made it is not proven: guard it like the database,
for it holds the log's payloads as they are stored.
"""

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final

from services.chassis.log.eventstore import MAX_COMMIT_BYTES, Commit, CommitMeta, Part, RecordedEvent

FORMAT: Final = "vouchsafe-log"
VERSION: Final = 1

_MAX_LINE = 4 * MAX_COMMIT_BYTES


class ArchiveInvalid(Exception):
    """The file is no export, or not as it was made; told without any of its contents."""


@dataclass(frozen=True, slots=True)
class Header:
    """Whose log an archive holds; see above."""

    service: str
    epoch: str
    head: int
    made: int


@dataclass
class _Chain:
    value: bytes = field(default=bytes(32))

    def add(self, line: bytes) -> None:
        self.value = sha256(self.value + line).digest()


class Writer:
    """Writes an archive to an open binary file: the header at once, then each commit, then `close`."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        self._header = header
        self._zip = gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=header.made)
        self._chain = _Chain()
        self._count = 0
        told = {"service": header.service, "epoch": header.epoch, "head": header.head, "made": header.made}
        self._line({"format": FORMAT, "version": VERSION, **told})

    def add(self, commit: Commit) -> None:
        """Write the next commit; ValueError when it is not the next one."""
        self._count += 1
        if commit.position != self._count:
            raise ValueError(f"position {self._count} was to come next")
        self._line(_told(commit))

    def close(self) -> str:
        """Write the end: the chain's, in hex. ValueError when commits are missing."""
        if self._count != self._header.head:
            raise ValueError("fewer commits than the header tells")
        chain = self._chain.value.hex()
        self._zip.write(_encoded({"end": {"count": self._count, "head": self._header.head, "chain": chain}}))
        self._zip.close()
        return chain

    def _line(self, value: dict[str, Any]) -> None:
        line = _encoded(value)
        self._chain.add(line)
        self._zip.write(line)


class Reader:
    """Reads an archive: its header when it is made, its commits once by iterating; `chain` is known after that.

    Raises ArchiveInvalid as soon as something is wrong, at the latest after the last commit.
    """

    def __init__(self, path: Path) -> None:
        self._zip = gzip.open(path, "rb")  # noqa: SIM115 -- closed by `close`
        self._chain = _Chain()
        try:
            self.header = self._read_header()
        except BaseException:
            self.close()
            raise

    @property
    def chain(self) -> str:
        """The chain's value in hex, over what was read."""
        return self._chain.value.hex()

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Commit]:
        for position in range(1, self.header.head + 1):
            line = self._line()
            self._chain.add(line)
            yield _commit(_parsed(line), position)
        end = {"count": self.header.head, "head": self.header.head, "chain": self.chain}
        if _parsed(self._line()) != {"end": end}:
            raise ArchiveInvalid("the file is not as it was made")
        if self._line(may_end=True):
            raise ArchiveInvalid("the file goes on after its end")

    def _read_header(self) -> Header:
        line = self._line()
        told = _parsed(line)
        if told.get("format") != FORMAT:
            raise ArchiveInvalid("the file is no export of a log")
        if told.get("version") != VERSION:
            raise ArchiveInvalid("the file is of a version that is not known here")
        self._chain.add(line)
        try:
            header = Header(str(told["service"]), str(told["epoch"]), int(told["head"]), int(told["made"]))
        except (KeyError, TypeError, ValueError):
            raise ArchiveInvalid("the file's header is not whole") from None
        return header

    def _line(self, *, may_end: bool = False) -> bytes:
        try:
            line = self._zip.readline(_MAX_LINE)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise ArchiveInvalid("the file is cut off or damaged") from None
        if not line.endswith(b"\n") and not (may_end and not line):
            raise ArchiveInvalid("the file is cut off or damaged")
        return line


def _encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        raise ArchiveInvalid("a line of the file is no JSON") from None
    if not isinstance(value, dict):
        raise ArchiveInvalid("a line of the file is not what it should be")
    return value


def _told(commit: Commit) -> dict[str, Any]:
    return {
        "position": commit.position,
        "stream": commit.stream,
        "first": commit.first,
        "events": [[event.type, base64.b64encode(event.data).decode()] for event in commit.events],
        "parts": [
            [
                part.commit_id,
                part.last - part.first + 1,
                part.meta.fingerprint,
                part.meta.at,
                part.meta.caller,
                part.meta.traceparent,
                *part.claims,
            ]
            for part in commit.parts
        ],
    }


def _commit(told: dict[str, Any], position: int) -> Commit:
    try:
        if told["position"] != position:
            raise ArchiveInvalid(f"position {position} is missing from the file")
        first = int(told["first"])
        events = [
            RecordedEvent(version, str(kind), base64.b64decode(data, validate=True))
            for version, (kind, data) in enumerate(told["events"], start=first)
        ]
        parts: list[Part] = []
        for commit_id, count, fingerprint, at, caller, traceparent, *claims in told["parts"]:
            meta = CommitMeta(str(fingerprint), int(at), str(caller), traceparent and str(traceparent))
            parts.append(Part(str(commit_id), first, first + int(count) - 1, meta, tuple(map(str, claims))))
            first += int(count)
        return Commit(str(told["stream"]), tuple(events), tuple(parts), position)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise ArchiveInvalid(f"the commit at position {position} is not whole") from None
