"""Commands of the alias side: alias, post, comment, feed, thread. None of them opens the person's compartment."""

import sys
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from vouchsafe.cli import output
from vouchsafe.cli.person import Label
from vouchsafe.cli.setup import Setup, ask
from vouchsafe.sdk import Alias, Author, Post, Published, Thread
from vouchsafe.sdk.anonymity import measure

ThreadId = Annotated[str, typer.Argument(help="Identifier of the thread.")]
As = Annotated[str, typer.Option("--as", help="Label to speak under.")]
Body = Annotated[str | None, typer.Option(help="Text; asked for if not given.")]
Yes = Annotated[bool, typer.Option("--yes", help="Publish without asking, whatever the meter warns of.")]

_LET_KNOW = 1.0  # seconds: an open label is known to be open within that


def alias(
    context: typer.Context,
    label: Label,
    handle: Annotated[str, typer.Option(help="Name for your own use; readers never see it.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for the label's crowd.", min=0)] = 60.0,
    slot: Annotated[int | None, typer.Option(help="Slot of the credential; the newest if not given.", min=0)] = None,
    stay: Annotated[bool, typer.Option("--stay", help="Wait for the moments that were drawn, for days.")] = False,
) -> None:
    """Turn a credential into an alias that can speak.

    Its two steps wait for moments that are drawn. Before them this tells when to come back.
    """
    setup = Setup.of(context)
    profile, aliases = setup.profile(), setup.open_aliases()

    async def work() -> None:
        async with setup.platform(profile) as platform:
            voice = platform.voice(aliases, aliases.alias(label, slot))
            crowd = await voice.wait_active(patience=wait)
            output.facts([("label", label), ("people under this label, at least", crowd)])
            await voice.deposit(wait=stay)
            await voice.create(handle, wait=stay)
        output.done("this alias can speak")

    waiting = f"waiting until enough people hold a credential under {label}, for {wait:g} s at most (--wait changes it)"
    setup.run(work(), waiting="waiting" if stay else waiting, quiet=_LET_KNOW)


def post(
    context: typer.Context,
    label: As,
    body: Body = None,
    title: Annotated[str, typer.Option(help="Open a new thread with this title.")] = "",
    thread_id: Annotated[str, typer.Option("--thread", help="Add to this thread instead.")] = "",
    yes: Yes = False,
) -> None:
    """Open a thread, or add a post to one."""
    if bool(title) == bool(thread_id):
        raise typer.BadParameter("give either --title or --thread")
    setup = Setup.of(context)
    profile, aliases = setup.profile(), setup.open_aliases()
    speaker = aliases.speaker(label)
    _weigh(speaker, hasty=profile.delays.insecure, yes=yes)
    text = _text(body)

    async def work() -> None:
        async with setup.platform(profile) as platform:
            voice = platform.voice(aliases, speaker)
            _show(await (voice.open_thread(title, text) if title else voice.post(thread_id, text)))

    setup.run(work())


def comment(
    context: typer.Context,
    thread_id: ThreadId,
    post_id: Annotated[str, typer.Argument(help="Identifier of the post.")],
    label: As,
    body: Body = None,
    yes: Yes = False,
) -> None:
    """Comment on a post."""
    setup = Setup.of(context)
    profile, aliases = setup.profile(), setup.open_aliases()
    speaker = aliases.speaker(label)
    _weigh(speaker, hasty=profile.delays.insecure, yes=yes)
    text = _text(body)

    async def work() -> None:
        async with setup.platform(profile) as platform:
            _show(await platform.voice(aliases, speaker).comment(thread_id, post_id, text))

    setup.run(work())


def feed(
    context: typer.Context,
    label: Annotated[str, typer.Option(help="Only posts under this label.")] = "",
    limit: Annotated[int, typer.Option(help="How many posts at most.", min=1)] = 20,
) -> None:
    """Read the newest posts. Needs no wallet."""
    setup = Setup.of(context)
    profile = setup.profile()

    async def work() -> list[Post]:
        posts: list[Post] = []
        async with setup.platform(profile) as platform:
            async for each in platform.feed(label=label):
                posts.append(each)
                if len(posts) == limit:
                    break
        return posts

    columns = ("published", "thread", "author", "text", "post", "thread id")
    output.table(
        columns,
        (
            (output.moment(p.published_at), p.thread_title, _author(p.author), p.body, p.post_id, p.thread_id)
            for p in setup.run(work())
        ),
    )


def thread(context: typer.Context, thread_id: ThreadId) -> None:
    """Read a thread with its comments. Needs no wallet."""
    setup = Setup.of(context)
    profile = setup.profile()

    async def work() -> None:
        async with setup.platform(profile) as platform:
            found = await platform.thread(thread_id)
        output.table(("published", "author", "text", "post"), _rows(found), title=found.title)

    setup.run(work())


def _weigh(speaker: Alias, *, hasty: bool, yes: bool) -> None:
    """Show the meter, and go on after a yes where it warns. On stderr: stdout is for results alone."""
    reading = measure(speaker, now=int(time.time()), hasty=hasty)
    sys.stderr.write(
        f"anonymity: {reading.crowd_at_least} people or more under this label; "
        f"this alias: {reading.texts} texts in {reading.threads} threads, {reading.age_days} days old\n"
    )
    for warning in reading.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    if reading.warnings and not yes and ask("Publish all the same? Type yes") != "yes":
        raise typer.Abort


def _text(body: str | None) -> str:
    return ask("Text") if body is None else body


def _rows(found: Thread) -> Iterator[tuple[str, str, str, str]]:
    for each in found.posts:
        yield output.moment(each.published_at), _author(each.author), each.body, each.post_id
        for below in each.comments:
            yield output.moment(below.published_at), f"> {_author(below.author)}", below.body, ""


def _author(author: Author) -> str:
    return f"{author.name} ({author.label_name})"


def _show(published: Published) -> None:
    pairs = [("thread", published.thread_id), ("post", published.post_id), ("shown as", published.author_name)]
    if published.comment_id:
        pairs.append(("comment", published.comment_id))
    output.facts(pairs)
