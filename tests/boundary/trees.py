"""Records as trees of plain values, and the atoms in them: every value long enough to say whose it is.

A value counts in each of its forms: a text is also what its hex, base64 or UUID says, bytes are also the protobuf
message that they may be, a token of a longer text (a stream's name, a header) also counts by itself.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Tree: TypeAlias = Any
"""dict, list, bytes, str, int, float, None."""

LEAST = 8
"""Bytes below which a value is shared by accident."""

_DEEPEST = 6
_TOKEN = re.compile(r"[A-Za-z0-9+/=_@.-]{8,}")
_PART = re.compile(r"[A-Za-z0-9+/=_]{8,}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")
_HEX_IN_BYTES = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}={0,2}")
_DIGIT = re.compile(rb"[0-9]")


def of_message(data: bytes, depth: int = 0) -> Tree:
    """A protobuf message without its schema: the values of its fields in order, each message among them a list."""
    values: list[Tree] = []
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            values.append(value)
        elif wire == 2:
            size, at = _varint(data, at)
            values.append(_field(data[at : at + size], depth))
            at += size
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            values.append(int.from_bytes(data[at : at + size], "little"))
            at += size
        else:
            raise ValueError("not a message")
        if tag >> 3 == 0 or at > len(data):
            raise ValueError("not a message")
    return values


def _field(data: bytes, depth: int) -> Tree:
    """A field that has a length: a text, a message or bytes, and what could be two of them is both."""
    if is_text(data):
        return data.decode("utf-8")
    if len(data) > 2 and depth < _DEEPEST:
        try:
            message = of_message(data, depth + 1)
        except ValueError:
            return data
        # Random bytes may look like a message, but not like one that holds words.
        return message if any(isinstance(value, str) and len(value) > 3 for value in message) else [data, message]
    return data


def is_text(data: bytes) -> bool:
    """Whether bytes are text, of one line or several."""
    try:
        return data.decode("utf-8").replace("\n", " ").isprintable()
    except UnicodeDecodeError:
        return False


def of_document(value: Tree) -> Tree:
    """A document with the messages that lie in its binary fields."""
    if isinstance(value, bytes):
        return _field(value, 0)
    if isinstance(value, Mapping):
        return {key: of_document(each) for key, each in value.items()}
    if isinstance(value, list):
        return [of_document(each) for each in value]
    return value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("not a varint")


def children(tree: Tree) -> Iterator[Tree]:
    """The parts of a container."""
    if isinstance(tree, Mapping):
        yield from tree.values()
    elif isinstance(tree, Sequence) and not isinstance(tree, str | bytes):
        yield from tree


def atoms(tree: Tree) -> Iterator[bytes]:
    """Every value in the tree that could say whose it is, in each of its forms."""
    match tree:
        case bytes():
            if len(tree) >= LEAST:
                yield tree
                yield from (bytes.fromhex(run.decode()) for run in _HEX_IN_BYTES.findall(tree))
        case str():
            yield from _of_text(tree)
        case bool() | None | float():
            return
        case int():
            if tree >= 2**32:
                yield tree.to_bytes((tree.bit_length() + 7) // 8, "big").rjust(LEAST, b"\0")
        case Mapping():
            for key, value in tree.items():
                yield from _of_text(str(key))
                yield from atoms(value)
        case _:
            for value in children(tree):
                yield from atoms(value)


def numbers(tree: Tree, path: str = "") -> Iterator[tuple[str, int]]:
    """Every integer in the tree, with the way to it."""
    if isinstance(tree, int) and not isinstance(tree, bool):
        yield path, tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from numbers(value, f"{path}.{key}")
    else:
        for index, value in enumerate(children(tree)):
            yield from numbers(value, f"{path}.{index}")


def _of_text(text: str) -> Iterator[bytes]:
    seen = {text, *_TOKEN.findall(text), *_PART.findall(text), *_UUID.findall(text)}
    for each in seen:
        raw = each.encode()
        # Words without a digit are the platform's own: reasons, names of methods.
        if len(raw) >= LEAST and _DIGIT.search(raw):
            yield raw
            yield from _decoded(each)


def _decoded(text: str) -> Iterator[bytes]:
    if _UUID.fullmatch(text):
        yield bytes.fromhex(text.replace("-", ""))
    elif _HEX.fullmatch(text):
        yield bytes.fromhex(text)
    elif _BASE64.fullmatch(text) and not text.islower():
        try:
            found = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
        except binascii.Error:
            return
        if len(found) >= LEAST:
            yield found
