"""All posts of the input are published: each thread in file order, many threads at once.

The first post of a title opens the thread. A service may be killed in the middle (`--fault-kill`): every call keeps its
request and repeats it, so nothing is lost and nothing is there twice.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from examples.demo.authors import Author
from examples.demo.posts import Entry
from examples.demo.show import Advance
from vouchsafe.sdk import Published

THREADS_AT_ONCE = 12


@dataclass(frozen=True)
class Placed:
    """A post of the input and where it stands now."""

    entry: Entry
    author: Author
    published: Published


async def publish(
    entries: Sequence[Entry],
    authors: Mapping[tuple[str, str], Author],
    advance: Advance,
    halfway: Callable[[], None] = lambda: None,
) -> list[Placed]:
    """Publish what has an author with a voice, in file order within each thread. `halfway` is called once, then."""
    gate = asyncio.Semaphore(THREADS_AT_ONCE)
    placed: list[Placed] = []
    threads: dict[str, list[Entry]] = {}
    for entry in entries:
        threads.setdefault(entry.thread, []).append(entry)

    async def one(posts: Sequence[Entry]) -> None:
        thread_id = ""
        async with gate:
            for entry in posts:
                author = authors[entry.author, entry.work_email]
                published = await _publish(entry, author, thread_id)
                thread_id = published.thread_id
                placed.append(Placed(entry, author, published))
                advance()
                if len(placed) == (len(entries) + 1) // 2:
                    halfway()

    async with asyncio.TaskGroup() as group:
        for posts in threads.values():
            group.create_task(one(posts))
    return sorted(placed, key=lambda each: each.entry.line)


async def _publish(entry: Entry, author: Author, thread_id: str) -> Published:
    if author.voice is None:
        raise ValueError("the author has no alias yet")
    if thread_id:
        return await author.voice.post(thread_id, entry.body)
    return await author.voice.open_thread(entry.thread, entry.body)
