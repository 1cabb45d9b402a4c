"""The first page of a feed as it was answered last: what nearly every reader asks for, made once for all of them.

A page is good for as long as the hot read model answers the same, and for what it was asked by; whoever keeps one says
that it rests on nothing else.
"""

from collections.abc import Hashable
from typing import Final

from services.forum.projections.hot import Hot

_PAGES: Final = 256
"""Pages that are kept: as many kinds of questions as are asked between two posts, as a rule."""

_BYTES: Final = 16 * 1024 * 1024
"""Of all pages together: a page of the longest posts takes most of a megabyte."""


class FirstPages:
    """Remembers encoded pages of what `hot` holds."""

    def __init__(self, hot: Hot) -> None:
        self._hot = hot
        self._version = hot.version
        self._pages: dict[Hashable, bytes] = {}
        self._bytes = 0

    def get(self, asked: Hashable) -> bytes | None:
        """The page for that question, None when it has to be made anew."""
        self._forget_old()
        return self._pages.get(asked)

    def keep(self, asked: Hashable, page: bytes) -> None:
        """Remember a page that was made of what `hot` holds now."""
        self._forget_old()
        if len(self._pages) < _PAGES and self._bytes + len(page) <= _BYTES:
            self._pages[asked] = page
            self._bytes += len(page)

    def _forget_old(self) -> None:
        if self._version != self._hot.version:
            self._pages, self._bytes, self._version = {}, 0, self._hot.version
