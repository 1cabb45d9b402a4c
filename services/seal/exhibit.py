"""Evidence as a text that people can read and a shell can take apart: what is handed to a court, an expert, a reader.

The first line is ``vouchsafe/v1/exhibit/<kind>``. Then comes ``<key> <value>``, one line a value, the keys in the order
declared. What takes several lines, or has several values, repeats the key; an empty line of a value is the key alone.
Bytes are padded base64 (RFC 4648 section 4), integers decimal, text UTF-8 as it is; a value that is empty has no line.
So one exhibit has exactly one form, and a change of any byte is either another exhibit or none.

What an exhibit proves is for its own module to say. All errors are `SealError`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any, ClassVar, Self

from services.seal.canonical import from_base64, to_base64
from services.seal.checkpoint import parse_decimal
from services.seal.errors import SealError

HEADER = "vouchsafe/v1/exhibit/"
MAX_EXHIBIT = 1 << 18
"""Bytes of the largest exhibit."""


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """Base of all exhibits: to text and back, from the declared fields.

    A field is str (of any number of lines), bytes, int, `int | None`, or a tuple of bytes or of lines of text.
    """

    KIND: ClassVar[str]

    def to_bytes(self) -> bytes:
        """Return the file's content; `SealError` when a text in it is not encodable."""
        lines = [HEADER + self.KIND]
        for field in fields(self):
            key = field.name.replace("_", "-")
            lines += [f"{key} {line}" if line else key for line in _lines(getattr(self, field.name))]
        try:
            return ("\n".join(lines) + "\n").encode("utf-8")
        except UnicodeEncodeError as error:
            raise SealError("text is not encodable as UTF-8") from error

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Return the exhibit whose `to_bytes` are exactly this data."""
        values = dict(_entries(cls.KIND, data))
        made: dict[str, Any] = {}
        for field in fields(cls):
            lines = values.pop(field.name.replace("_", "-"), [])
            if lines or field.default not in (None, "", b"", ()):
                made[field.name] = _value(field.type, lines)
        if values:
            raise SealError(f"the exhibit has a line '{min(values)}' that does not belong")
        exhibit = cls(**made)
        if exhibit.to_bytes() != data:
            raise SealError("the exhibit is not in its one form")
        return exhibit


def _lines(value: object) -> list[str]:
    match value:
        case None | "" | b"" | ():
            return []
        case bytes():
            return [to_base64(value)]
        case tuple():
            return [to_base64(each) if isinstance(each, bytes) else _one_line(each) for each in value]
    return str(value).split("\n")


def _one_line(text: str) -> str:
    if "\n" in text:
        raise SealError("a line of an exhibit holds no line feed")
    return text


def _entries(kind: str, data: bytes) -> Iterator[tuple[str, list[str]]]:
    """The keys with their lines, in order."""
    if len(data) > MAX_EXHIBIT:
        raise SealError("an exhibit is too long")
    try:
        header, *lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise SealError("an exhibit is UTF-8 text") from error
    if header != HEADER + kind:
        raise SealError(f"not an exhibit of the kind '{kind}'")
    pairs = (line.partition(" ") for line in lines[:-1])
    for key, group in groupby(pairs, key=lambda pair: pair[0]):
        yield key, [text for _, _, text in group]


def _value(kind: object, lines: list[str]) -> object:
    if kind == tuple[bytes, ...]:
        return tuple(from_base64(line) for line in lines)
    if kind == tuple[str, ...]:
        return tuple(lines)
    if kind is str:
        return "\n".join(lines)
    if len(lines) != 1:
        raise SealError("a number, or bytes, of an exhibit take one line")
    return from_base64(lines[0]) if kind is bytes else parse_decimal(lines[0])
