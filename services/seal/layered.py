"""An immutable mapping that grows by an entry without being copied, for a fold over a log that never ends.

The logarithmic method (J. L. Bentley, J. B. Saxe, "Decomposable searching problems I", 1980): a mapping is a few
layers, each at least twice as large as the next newer one, and adding merges what would break that rule. So n additions
move n log n entries, while each earlier mapping stays as it was: whoever appends leaves cannot make reading them slow.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Layered(Mapping[K, V]):
    """A mapping with `plus`; iteration and comparison take the time and memory of a copy."""

    __slots__ = ("_layers", "_size")

    def __init__(self) -> None:
        self._layers: tuple[dict[K, V], ...] = ()  # the oldest first; a newer layer's entry stands for an older one's
        self._size = 0

    def plus(self, key: K, value: V) -> "Layered[K, V]":
        """Return this mapping with the entry, in place of the key's earlier one if it had any."""
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

    def __iter__(self) -> Iterator[K]:
        merged: dict[K, V] = {}
        for layer in self._layers:
            merged |= layer
        return iter(merged)

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        return f"Layered({dict(self)})"
