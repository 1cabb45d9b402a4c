"""Progress, on stderr: a bar on a terminal, elsewhere a line now and then."""

import time
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from services.admin import output

_LINE_SECONDS = 2.0


class Shown:
    """What `what` has come to; a context manager around the work."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told_at = time.monotonic()
        self._lines = not output.errors.is_terminal
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn())
        self._bar = Progress(*columns, TimeElapsedColumn(), console=output.errors, disable=self._lines)
        self._task = self._bar.add_task(what, total=None)

    def __enter__(self) -> "Shown":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def saw(self, done: int, total: int, state: str = "") -> None:
        """Show that `done` of `total` is reached."""
        self._bar.update(self._task, completed=done, total=total)
        now = time.monotonic()
        if self._lines and now - self._told_at >= _LINE_SECONDS:
            self._told_at = now
            output.note(f"{self._what}: {state + ', ' if state else ''}{done} of {total}")
