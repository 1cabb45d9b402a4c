"""Tells stored messages of versions that are no longer written as those of today; pure functions, chained.

An upcast goes from message to message and knows no dataclass, so it is written once and never again: where the version
that it leads to is itself left behind one day, another upcast goes on from there. What may be told is declared, so that
whoever wants today's event can say under which names it may be stored. `tests/replay` keeps the bytes of each version.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Upcast(Generic[M]):
    """How a message `stored` once is told today: as the messages of `tell`, none or more, each of a class in `into`.

    `stored` is a message that is no longer written. Or it is written still and its old bytes lack a field: then it is
    in `into` too, and `tell` fills in what is missing and gives a whole message back as it is. `tell` is a pure
    function of the message, for good: what it says of a commit is in states, views and snapshots.
    """

    stored: type[M]
    into: tuple[type[Message], ...]
    tell: Callable[[M], Iterable[Message]]


class Upcasts:
    """The upcasts of one service. `written`: the names of today's messages.

    Raises ValueError when one leads nowhere or in a circle, or would hide a message that is written today.
    """

    def __init__(self, upcasts: Sequence[Upcast[Any]], written: Collection[str]) -> None:
        self._upcasts = {_name(upcast.stored): upcast for upcast in upcasts}
        self._into = {name: frozenset(map(_name, upcast.into)) for name, upcast in self._upcasts.items()}
        if len(self._upcasts) != len(upcasts):
            raise ValueError("two upcasts of one message")
        for name in self._upcasts.keys() & set(written):
            if name not in self._into[name]:
                raise ValueError(f"{name} is written today and must be told as itself")
        self._ends = {name: self._ends_of(name, frozenset()) for name in self._upcasts}
        for name, ends in self._ends.items():
            if not ends <= set(written):
                raise ValueError(f"{name} leads to {sorted(ends - set(written))}, which nothing reads")

    def message(self, name: str) -> type[Message] | None:
        """The message class that an upcast reads under this stored name, None when there is no upcast of it."""
        upcast = self._upcasts.get(name)
        return upcast.stored if upcast else None

    def told(self, message: Message) -> Iterator[Message]:
        """The message as those of today; raises ValueError for an upcast that tells what it did not declare."""
        name = message.DESCRIPTOR.full_name
        upcast = self._upcasts.get(name)
        if upcast is None:
            yield message
            return
        for told in upcast.tell(message):
            told_name = told.DESCRIPTOR.full_name
            if told_name not in self._into[name]:
                raise ValueError(f"an upcast of {name} told an undeclared {told_name}")
            if told_name == name:  # Filled in, and of today from here on.
                yield told
            else:
                yield from self.told(told)

    def names_of(self, name: str) -> frozenset[str]:
        """Every name under which something is stored that may be told as the message of this name; it among them."""
        return frozenset({name, *(stored for stored, ends in self._ends.items() if name in ends)})

    @property
    def names(self) -> frozenset[str]:
        """The names of all that an upcast reads."""
        return frozenset(self._upcasts)

    def _ends_of(self, name: str, above: frozenset[str]) -> frozenset[str]:
        """Where the chain that begins with `name` can end."""
        if name in above:
            raise ValueError(f"the upcasts of {name} go in a circle")
        further = self._into.get(name, frozenset())
        own = {name} if name in further or name not in self._into else set()
        return frozenset(own).union(*(self._ends_of(each, above | {name}) for each in further - {name}))


def _name(message: type[Message]) -> str:
    return str(message.DESCRIPTOR.full_name)
