"""Reads docs/protocol.md: its tables, and the inputs and outputs of its worked example.

``python -m tests.unit.seal.protocol_document --write`` works the outputs out again from the page's inputs and writes
them into the page. What a changed output means, a mistake or a change of the protocol, is for people to say.
"""

import json
import re
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.unit.seal.protocol_issued import Value
from tests.unit.seal.protocol_outputs import outputs

PAGE = Path(__file__).parents[3] / "docs" / "protocol.md"
RENEW = "python -m tests.unit.seal.protocol_document --write"

_WIDTH = 112
_BLOCK = re.compile(r"```(inputs|outputs)\n(.*?)```", re.DOTALL)
_FIELD = re.compile(r"`([a-z_0-9-]+)`(?: ([a-z0-9–-]+(?: [0-9–]+)?))?")


def page() -> str:
    """The page as it is."""
    return PAGE.read_text(encoding="utf-8")


def inputs(text: str) -> dict[str, Value]:
    """The inputs: text in quotes, numbers in decimal, bytes in hex after ``0x``."""
    return {name: _value(told) for name, told in _entries(text, "inputs").items()}


def shown(text: str) -> dict[str, str]:
    """The outputs that the page shows."""
    return _entries(text, "outputs")


def renewed(text: str) -> str:
    """The page with the outputs that follow from its inputs; KeyError for one that nothing makes."""
    worked_out = outputs(inputs(text))

    def write(block: re.Match[str]) -> str:
        if block[1] == "inputs":
            return block[0]
        lines = [_line(name, worked_out[name]) for name in _pairs(block[2])]
        return "```outputs\n" + "\n".join(lines) + "\n```"

    return _BLOCK.sub(write, text)


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table that begins with this heading row, without the heading."""
    start = text.index(heading)
    body = text[start:].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in body]


def declared(cell: str) -> list[tuple[str, str]]:
    """Names and types of a table's cell that lists fields."""
    return [(name, kind) for name, kind in _FIELD.findall(cell)]


def encoded(tag: str, kinds: Sequence[str], values: Sequence[object]) -> bytes:
    """Canonical bytes as the page describes them, written anew from its words."""
    data = f"vouchsafe/v1/{tag}\n".encode()
    for kind, value in zip(kinds, values, strict=True):
        if kind == "integer":
            assert isinstance(value, int)
            field = struct.pack(">Q", value)
        elif kind == "text":
            field = str(value).encode()
        else:
            assert isinstance(value, bytes)
            field = value
        data += struct.pack(">I", len(field)) + field
    return data


def _entries(text: str, kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for block in _BLOCK.finditer(text):
        if block[1] == kind:
            pairs = _pairs(block[2])
            assert not found.keys() & pairs.keys(), f"told twice: {found.keys() & pairs.keys()}"
            found |= pairs
    return found


def _pairs(block: str) -> dict[str, str]:
    """Names and values; a line that begins with two spaces goes on with the value before it."""
    pairs = (line.split(" = ", 1) for line in block.replace("\n  ", "").splitlines())
    return {pair[0]: pair[1] for pair in pairs}


def _line(name: str, value: str) -> str:
    if len(f"{name} = {value}") <= _WIDTH or " " in value:
        return f"{name} = {value}"
    first, more = _WIDTH - len(name) - 3, _WIDTH - 2
    rest = [value[at : at + more] for at in range(first, len(value), more)]
    return "\n  ".join([f"{name} = {value[:first]}", *rest])


def _value(told: str) -> Value:
    if told.startswith('"'):
        return str(json.loads(told))
    return bytes.fromhex(told[2:]) if told.startswith("0x") else int(told)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"usage: {RENEW}")
    PAGE.write_text(renewed(page()), encoding="utf-8")
