"""How the story is told: stages, progress bars, tables. Colour on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from vouchsafe.cli.output import console as console
from vouchsafe.cli.output import shown

Advance = Callable[[], None]

_errors = Console(stderr=True, highlight=False)


@contextmanager
def stage(title: str) -> Iterator[None]:
    """Head a part of the story, and tell how long it took when it ends well."""
    console.print()
    console.print(Text(f"== {title}", style="bold cyan"), soft_wrap=True)
    begun = time.monotonic()
    yield
    console.print(Text(f"   {time.monotonic() - begun:.1f} s", style="dim"))


@contextmanager
def progress(what: str, total: int) -> Iterator[Advance]:
    """A bar that advances once a call; without a terminal, one line at the end."""
    if not console.is_terminal:
        done = 0

        def count() -> None:
            nonlocal done
            done += 1

        yield count
        say(f"{what}: {done} of {total}")
        return
    text = TextColumn("{task.description}")
    columns = (TextColumn(" "), SpinnerColumn(), text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        task = bars.add_task(what, total=total)
        yield lambda: bars.advance(task)


def say(sentence: str) -> None:
    """One line of the story."""
    console.print(Text(f"   {shown(sentence)}"), soft_wrap=True)


def good(sentence: str) -> None:
    """Something that was claimed and now has been shown."""
    console.print(Text.assemble(("   ok  ", "bold green"), shown(sentence)), soft_wrap=True)


def problem(sentence: str) -> None:
    """Something of the input that could not be used."""
    console.print(Text.assemble(("   !!  ", "bold yellow"), shown(sentence)), soft_wrap=True)


def failure(sentence: str) -> None:
    """Why the demonstration ends here. On stderr, where the command's refusals are too."""
    _errors.print(Text.assemble(("demo failed: ", "bold red"), shown(sentence)), soft_wrap=True)


class StoryError(Exception):
    """Something that was claimed did not hold. The message is for people."""
