"""An immutable mapping that grows by an entry without being copied: for states that many events build.

The logarithmic method (J. L. Bentley, J. B. Saxe, "Decomposable searching problems I", 1980): a mapping is a few
layers, each at least twice as large as the next newer one, and adding merges what would break that rule. So n additions
move n log n entries, while each earlier mapping stays as it was. It knows nothing of what it maps.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Layered(Mapping[K, V]):
    """A mapping with `plus`; iteration takes the time and memory of a copy."""

    __slots__ = ("_layers", "_size")

    def __init__(self) -> None:
        self._layers: tuple[dict[K, V], ...] = ()  # the oldest first; a newer layer's entry stands for an older one's
        self._size = 0

    @classmethod
    def of(cls, entries: Mapping[K, V]) -> "Layered[K, V]":
        """A mapping of these entries, which are copied."""
        made: Layered[K, V] = cls()
        made._layers = (dict(entries),) if entries else ()
        made._size = len(entries)
        return made

    def plus(self, key: K, value: V) -> "Layered[K, V]":
        """This mapping with the entry, in place of the key's earlier one if it had any."""
        layers, newest = self._layers, {key: value}
        while layers and len(layers[-1]) < 2 * len(newest):
            layers, newest = layers[:-1], layers[-1] | newest
        grown: Layered[K, V] = Layered()
        grown._layers = (*layers, newest)
        grown._size = self._size + (key not in self)
        return grown

    def __getitem__(self, key: K) -> V:
        for layer in reversed(self._layers):
            if key in layer:
                return layer[key]
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        for layer in self._layers:  # noqa: SIM110 -- a generator would cost several times as much
            if key in layer:
                return True
        return False

    def __iter__(self) -> Iterator[K]:
        merged: dict[K, V] = {}
        for layer in self._layers:
            merged |= layer
        return iter(merged)

    def __len__(self) -> int:
        return self._size
