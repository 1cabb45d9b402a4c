"""What a reader sees, and what he cannot see: the feed, and one author's two threads.

That two threads have nothing in common is computed, not claimed: over every text and every byte string that the reading
calls return for the author's posts, at any depth of the messages.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from examples.demo.authors import Author
from examples.demo.posting import Placed
from examples.demo.show import StoryError, good, problem, say
from vouchsafe.cli import output
from vouchsafe.forum.v1 import reading_service_pb2 as pb
from vouchsafe.sdk import Post, Vouchsafe

_FEED_ROWS = 10
_EXCERPT = 48
_CATCHING_UP = 15.0
_PAUSE = 0.2
_TEXTUAL = (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
_SHARED_BY_ALL = "label_name"  # the words of the label stand in every post of everybody under it


async def show_feed(platform: Vouchsafe, expected: int) -> list[Post]:
    """Show the newest posts, and read all of them; fails when a published post is missing."""
    posts = await _whole_feed(platform, expected)
    rows = (
        (post.author.label_name, post.author.name, _short(post.thread_title), _short(post.body))
        for post in posts[:_FEED_ROWS]
    )
    output.table(("label", "author", "thread", "post"), rows, title=f"the newest of {len(posts)} posts")
    if len(posts) != expected or len({post.post_id for post in posts}) != expected:
        raise StoryError(f"the feed holds {len(posts)} posts, not the {expected} that were published")
    good(f"all {expected} published posts are in the feed, each once")
    return posts


async def _whole_feed(platform: Vouchsafe, expected: int) -> list[Post]:
    """Read the feed until it shows what was published a moment ago; a feed follows the log, it is not part of it."""
    give_up = time.monotonic() + _CATCHING_UP
    while True:
        posts = [post async for post in platform.feed()]
        if len(posts) >= expected or time.monotonic() > give_up:
            return posts
        await asyncio.sleep(_PAUSE)


async def show_two_threads(platform: Vouchsafe, placed: Sequence[Placed]) -> bool:
    """Show one author's posts in two threads, and that a reader has nothing to join them by.

    False, and said so, when nobody wrote in two: then there is nothing to compare.
    """
    found = _with_two_threads(placed)
    if found is None:
        problem("skipped: no author writes in two threads, so there are no two to compare")
        return False
    author, (first, second) = found
    own = {p.published.post_id for p in placed if p.author is author}
    messages = [await _posts_as_read(platform, thread_id, own) for thread_id in (first, second)]
    rows = [
        (post.thread_title, post.author.name, post.author.label_name, _short(post.body)) for m in messages for post in m
    ]
    output.table(("thread", "author as readers see it", "label", "post"), rows, title="one person, two threads")
    values = [{value for post in each for value in _values(post)} for each in messages]
    if not all(values):
        raise StoryError("nothing was read of the author's posts")
    chosen = {text for p in placed if p.author is author for text in (p.entry.body, p.entry.thread)}
    common = values[0] & values[1]
    if same_words := common & chosen:
        say(f"not counted: the author himself wrote the same {len(same_words)} text(s) in both threads")
    if common - chosen:
        raise StoryError(f"the author's two threads have {len(common - chosen)} values in common")
    say(f"compared {len(values[0])} with {len(values[1])} texts and byte strings that the reading calls return")
    good("the two threads of one alias have no identifier in common")
    return True


async def _posts_as_read(platform: Vouchsafe, thread_id: str, own: set[str]) -> list[pb.Post]:
    """The author's posts of a thread, as the messages that came over the wire."""
    found: list[pb.Post] = []
    token = ""
    while True:
        page = await platform.alias.thread(pb.GetThreadRequest(thread_id=thread_id, page_token=token))
        found += [post for post in page.posts if post.post_id in own]
        token = page.next_page_token
        if not token:
            return found


def _values(message: Message) -> Iterator[str | bytes]:
    """Every text and byte string in a message and the messages within, but for the words of the label."""
    for field, value in message.ListFields():
        if field.name == _SHARED_BY_ALL:
            continue
        items = value if field.is_repeated else [value]
        for item in items:
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                yield from _values(item)
            elif field.type in _TEXTUAL:
                yield item


def _with_two_threads(placed: Sequence[Placed]) -> tuple[Author, tuple[str, str]] | None:
    threads: dict[int, tuple[Author, dict[str, None]]] = {}
    for each in placed:
        threads.setdefault(id(each.author), (each.author, {}))[1].setdefault(each.published.thread_id)
    author, found = max(threads.values(), key=lambda pair: len(pair[1]))
    if len(found) < 2:
        return None
    first, second, *_ = found
    return author, (first, second)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"
