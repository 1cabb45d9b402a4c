"""How many commits to take at once: few while little comes, many to catch up, fewer again where each costs much."""

_FIRST = 250
_LEAST = 20
MOST = 500
_SHORT_SECONDS = 0.4
_LONG_SECONDS = 1.0


class PageSize:
    """Adapts to how long pages take, up to `most` commits."""

    def __init__(self, most: int = MOST) -> None:
        self.commits = min(_FIRST, most)
        self._most = most

    def took(self, seconds: float, *, full: bool) -> None:
        """Learn from one page; `full`: there were as many commits as were asked for."""
        if seconds > _LONG_SECONDS:
            self.commits = max(min(_LEAST, self._most), self.commits // 2)
        elif full and seconds < _SHORT_SECONDS:
            self.commits = min(self._most, self.commits * 2)
