"""What the load sent and what it was answered: a file of JSON lines, each handed to the system before work goes on."""

import json
import os
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class RecordWriter:
    """Appends to the file at `path`."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._file)

    def sent(self, request: Any, kind: str) -> None:
        """This command is about to be sent for the first time."""
        command = {"account": request.account, "amount": request.amount, "times": request.times, "kind": kind}
        self._write("sent", request, command)

    def acknowledged(self, request: Any, response: Any) -> None:
        """It was carried out, so says this answer."""
        self._write("acknowledged", request, {"version": response.version, "total": response.total})

    def refused(self, request: Any, reason: str) -> None:
        """It was refused for good."""
        self._write("refused", request, {"reason": reason})

    def read(self, account: str, *, seen: int, token: bool, wanted: int, shown: int) -> None:
        """A view showed that many payments; `seen` had been shown before it was asked, the token stood for `wanted`."""
        line = {"is": "read", "account": account, "seen": seen, "token": token, "wanted": wanted, "shown": shown}
        os.write(self._file, (json.dumps(line) + "\n").encode())

    def surprise(self, request: Any, what: str) -> None:
        """An answer that no fault explains."""
        self._write("surprise", request, {"what": what})

    def _write(self, what: str, request: Any, fields: dict[str, Any]) -> None:
        line = {"is": what, "id": request.request_id, "reference": request.reference, **fields}
        os.write(self._file, (json.dumps(line) + "\n").encode())


@dataclass(frozen=True)
class Sent:
    """A command as it was sent. `reference` is the payer's own, `id` its request id."""

    id: str
    reference: str
    account: str
    amount: int
    times: int
    kind: str


@dataclass(frozen=True)
class Answer:
    """What was said of a carried-out command: the account's version and total right after it."""

    version: int
    total: int


@dataclass(frozen=True)
class Read:
    """A view as it was read: see `RecordWriter.read`."""

    account: str
    seen: int
    token: bool
    wanted: int
    shown: int


@dataclass
class Record:
    """All that the load knows. `answers` holds every answer to a command, by its request id."""

    sent: dict[str, Sent] = field(default_factory=dict)
    answers: defaultdict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    refused: set[str] = field(default_factory=set)
    surprises: list[str] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Record":
        """What stands in the file so far; a last line that is not whole yet is left out."""
        record = cls()
        for line in path.read_text().splitlines(keepends=True) if path.exists() else []:
            if line.endswith("\n"):
                record._take(json.loads(line))
        return record

    def _take(self, line: dict[str, Any]) -> None:
        match line.pop("is"):
            case "sent":
                self.sent[line["id"]] = Sent(**line)
            case "acknowledged":
                self.answers[line["id"]].append(Answer(line["version"], line["total"]))
            case "refused":
                self.refused.add(line["id"])
            case "read":
                self.reads.append(Read(**line))
            case "surprise":
                self.surprises.append(line["what"])
