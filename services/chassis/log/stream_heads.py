"""The first streams by name, gathered from all commits of a log in any order, in little memory."""

from services.chassis.log.eventstore import StreamHead, stream_category

_ROOM = 1000


class FirstStreams:
    """The `limit` streams of a category ("": of all) that come first by name after `after`, among those added."""

    def __init__(self, category: str, after: str, limit: int) -> None:
        self._category = category
        self._after = after
        self._limit = limit
        self._last_name: str | None = None
        self._found: dict[str, StreamHead] = {}

    def add(self, stream: str, last: int) -> None:
        """Count a commit of a stream that ends at version `last`; add each commit once."""
        if stream <= self._after or self._category not in ("", stream_category(stream)):
            return
        if self._last_name is not None and stream > self._last_name:
            return
        _, version, commits = self._found.get(stream, (stream, 0, 0))
        self._found[stream] = StreamHead(stream, max(version, last), commits + 1)
        if len(self._found) >= 2 * self._limit + _ROOM:
            # Whatever is dropped comes after `limit` others, and so does each later commit of it.
            self._found = {head.stream: head for head in self.heads()}
            self._last_name = max(self._found, default="")

    def heads(self) -> list[StreamHead]:
        """What was found, ordered by name."""
        return sorted(self._found.values())[: self._limit]
