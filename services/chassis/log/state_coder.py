"""Writes a decider's state as bytes and reads it back: frozen dataclasses, mappings and plain values, as JSON.

For states that are kept to save folding (`snapshots`). What is stored for good is events, by `codec`; nothing here has
to be readable for ever. So bytes of a state that was shaped otherwise are refused, not converted.

Kinds: `str` (and `StrEnum`), `int`, `bool`, `float`, `bytes`, a frozen dataclass, `tuple[kind, ...]`, a mapping class
with `of` (from a dict), a union of dataclasses, and `kind | None`.
"""

import hashlib
import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

S = TypeVar("S")

_PLAIN = (str, int, bool, float)


class StateUnfit(Exception):
    """A kind of state that cannot be written, or bytes that are no such state."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How values of one annotation are written, read and described."""

    put: Callable[[Any], Any]
    take: Callable[[Any], Any]
    shape: str


class StateCoder(Generic[S]):
    """Writes and reads the states of one annotation; StateUnfit for one that has no place here.

    Equal states give equal bytes. `shape` is a digest of the names and kinds of all fields.
    """

    def __init__(self, state: Any) -> None:
        self._kind = _kind(state)
        self.shape = hashlib.sha256(self._kind.shape.encode()).hexdigest()[:16]

    def to_bytes(self, state: S) -> bytes:
        """The state as bytes."""
        written = [self.shape, self._kind.put(state)]
        return json.dumps(written, ensure_ascii=False, separators=(",", ":")).encode()

    def from_bytes(self, data: bytes) -> S:
        """The state; raises StateUnfit for any other bytes, and for those of another shape."""
        try:
            shape, written = json.loads(data)
            if shape != self.shape:
                raise StateUnfit("a state of another shape")
            return typing.cast("S", self._kind.take(written))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # The cause is dropped: it may quote the state.
            raise StateUnfit(f"no state ({type(error).__name__})") from None


def _kind(hint: Any) -> _Kind:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _union(arguments)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return _tuple(_kind(arguments[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping) and hasattr(origin, "of"):
        return _mapping(origin, _kind(arguments[0]), _kind(arguments[1]))
    if is_dataclass(hint):
        return _dataclass(typing.cast("type", hint))
    if hint is bytes:
        return _Kind(bytes.hex, bytes.fromhex, "bytes")
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _Kind(str, hint, f"{hint.__name__}:str")
    if hint in _PLAIN:
        return _Kind(_as_is, _exactly(hint), hint.__name__)
    raise StateUnfit(f"{hint} cannot be written")


def _as_is(value: Any) -> Any:
    return value


def _exactly(plain: type) -> Callable[[Any], Any]:
    def take(value: Any) -> Any:
        if type(value) is not plain:
            raise TypeError
        return value

    return take


def _tuple(each: _Kind) -> _Kind:
    return _Kind(
        lambda value: [each.put(one) for one in value],
        lambda written: tuple(each.take(one) for one in written),
        f"tuple[{each.shape}]",
    )


def _mapping(made_by: Any, key: _Kind, value: _Kind) -> _Kind:
    return _Kind(
        # Sorted, since equal mappings may have come to their entries in different order.
        lambda mapping: sorted(([key.put(k), value.put(v)] for k, v in mapping.items()), key=lambda pair: pair[0]),
        lambda written: made_by.of({key.take(k): value.take(v) for k, v in written}),
        f"mapping[{key.shape},{value.shape}]",
    )


def _dataclass(state: type) -> _Kind:
    hints = typing.get_type_hints(state)
    kinds = [(field.name, _kind(hints[field.name])) for field in fields(state)]

    def put(value: Any) -> Any:
        return [kind.put(getattr(value, name)) for name, kind in kinds]

    def take(written: Any) -> Any:
        return state(**{name: kind.take(each) for (name, kind), each in zip(kinds, written, strict=True)})

    return _Kind(put, take, f"{state.__name__}({','.join(f'{name}:{kind.shape}' for name, kind in kinds)})")


def _union(hints: tuple[Any, ...]) -> _Kind:
    """Tagged with the class's name; None is null."""
    present = [hint for hint in hints if hint is not types.NoneType]
    if len(present) == 1:
        (only,) = map(_kind, present)
        return _Kind(
            lambda value: None if value is None else [only.put(value)],
            lambda written: None if written is None else only.take(*written),
            f"{only.shape}?",
        )
    if len(present) < len(hints) or not all(isinstance(hint, type) and is_dataclass(hint) for hint in present):
        raise StateUnfit("a union must be of dataclasses, or of one kind and None")
    kinds = {hint.__name__: _kind(hint) for hint in present}

    def put(value: Any) -> Any:
        name = type(value).__name__
        return [name, kinds[name].put(value)]

    def take(written: Any) -> Any:
        name, each = written
        return kinds[name].take(each)

    return _Kind(put, take, "|".join(kind.shape for kind in kinds.values()))
