"""The story in order: who speaks, what readers see, how one alias is opened, and that nothing leaked.

Each part is in a module of its own; here is only their order and what passes between them.
"""

import asyncio
import signal
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from deploy.local.platform import LocalPlatform
from examples.demo import authors as people
from examples.demo.announced import check_offline
from examples.demo.authors import Author, authors_of
from examples.demo.command import Command
from examples.demo.crowds import Crowds
from examples.demo.declining import company_asks
from examples.demo.fresh import make_fresh
from examples.demo.leaks import LeakScan
from examples.demo.opening import ask, open_one
from examples.demo.posting import Placed, publish
from examples.demo.posts import Entry, Problem, read_posts
from examples.demo.proof import prove_origin
from examples.demo.public_words import public_texts
from examples.demo.reader import show_feed, show_two_threads
from examples.demo.show import StoryError, good, problem, progress, say, stage
from examples.demo.stopping import lock_and_unlock
from vouchsafe.cli import output
from vouchsafe.sdk import Profile, Vouchsafe
from vouchsafe.sdk.delays import SAFE_ALIAS_HOURS, SAFE_DEPOSIT_HOURS

PATIENCE = 90.0  # seconds: longer than a killed service needs to come back on a busy machine


@dataclass(frozen=True)
class Settings:
    """What was asked for on the command line."""

    posts: Path
    run_directory: Path
    fault_kill: str = ""
    keep: bool = False


async def tell(settings: Settings) -> bool:
    """Tell the story; StoryError, or another error, when a part of it does not hold.

    False when the input did not allow a part of it, which was told.
    """
    crowds = Crowds.configured()
    entries = _read(settings.posts, crowds)
    authors = authors_of(entries)
    await make_fresh(settings.run_directory)
    platform = LocalPlatform(settings.run_directory)
    scan = LeakScan(platform, entries, list(authors.values()))
    async with AsyncExitStack() as running:
        with stage("Starting the platform: stores, bus, mail, four services, five trustees, two witnesses, a mirror"):
            await running.enter_async_context(platform)
            say(f"{len(platform.processes())} processes are ready; their files are in {_short(platform.run_directory)}")
        profile = platform.run_directory  # holds profile.toml
        await scan.learn_words()
        scan.learn_public(public_texts(crowds.organisations, platform.officers))
        async with Vouchsafe(Profile.load(profile), patience=PATIENCE) as client:
            entries = await _onboard(client, platform, entries, authors, crowds.minimum)
            placed = await _publish(platform, entries, authors, settings.fault_kill)
            scan.learn_public(each.published.author_name for each in placed)
            whole = await _read_back(client, placed)
        await _open_and_prove(platform, Command(profile), placed)
        with stage("Looking for names where none may be"):
            await scan.check_itself()
            await scan.scan_running()
        if settings.keep:
            await _linger(profile)
    with stage("Everything has stopped: logs and traces are complete and can be searched too"):
        scan.scan_files()
        scan.verdict()
    return whole


def _read(path: Path, crowds: Crowds) -> list[Entry]:
    with stage(f"Reading posts from {path}"):
        try:
            entries, problems = read_posts(path)
        except OSError as error:
            raise StoryError(f"{path} cannot be read: {error.strerror}") from error
        _report(problems)
        if not entries:
            raise StoryError(f"{path} holds no post")
        authors = authors_of(entries).values()
        say(f"{len(entries)} posts by {len(authors)} authors in {len({e.thread for e in entries})} threads")
        say(f"K = {crowds.minimum}: so many distinct people must hold a credential before their label speaks")
        say(f"N = {crowds.candidates}: so many candidates are made for a credential, and all but one are opened")
        _forecast(crowds.expected(authors), crowds.minimum)
    return entries


def _forecast(expected: Counter[str], minimum: int) -> None:
    """Tell which labels cannot open; StoryError when none can."""
    for label, count in sorted(expected.items()):
        if count < minimum:
            problem(f"{label} has {count} of the {minimum} people that a label needs: nobody will speak under it")
    if not any(count >= minimum for count in expected.values()):
        raise StoryError(f"nobody could speak: no employer of the input has the {minimum} authors that a label needs")


async def _onboard(
    client: Vouchsafe,
    platform: LocalPlatform,
    entries: list[Entry],
    authors: dict[tuple[str, str], Author],
    minimum: int,
) -> list[Entry]:
    """Give everybody an alias; returns the posts whose authors have one."""
    everybody = list(authors.values())
    with stage("People register, prove by mail where they work, and get credentials that their issuer never saw"):
        with progress("people verified", len(everybody)) as advance:
            wallets = platform.run_directory / "wallets"
            _report(await people.onboard(everybody, client, platform.mailbox, wallets, advance))
        employed = [author for author in everybody if author.label]
    with stage("Labels open once enough people stand under them; then aliases are made"):
        with progress("labels open", len({author.label for author in employed})) as advance:
            crowds, closed = await people.activate(employed, minimum, advance)
        _report(closed)
        if client.delays.insecure:
            hours = f"insecure_deposit_hours = {client.delays.deposit_window:g}, "
            hours += f"insecure_alias_hours = {client.delays.alias_window:g}"
            say(f"no delays here ({hours}); shipped: drawn from {SAFE_DEPOSIT_HOURS:g} and {SAFE_ALIAS_HOURS:g} hours")
        speakers = [author for author in employed if author.label in crowds]
        with progress("aliases made", len(speakers)) as advance:
            await people.give_aliases(speakers, advance)
        counts = Counter(author.label for author in speakers)
        rows = ((label, f"at least {crowds[label]}", counts[label]) for label in sorted(crowds))
        output.table(("label", "crowd as published", "aliases here"), rows)
        good("the person side and the alias side share no connection, token or identifier")
    able = [entry for entry in entries if authors[entry.author, entry.work_email].voice]
    if not able:
        raise StoryError("nobody of the input can speak")
    return able


async def _publish(
    platform: LocalPlatform, entries: list[Entry], authors: dict[tuple[str, str], Author], fault_kill: str
) -> list[Placed]:
    def kill() -> None:
        if fault_kill:
            platform.kill(fault_kill)
            say(f"killed {fault_kill} (SIGKILL) in the middle of posting")

    with stage("Aliases post"):
        with progress("posts published", len(entries)) as advance:
            placed = await publish(entries, authors, advance, halfway=kill)
        if fault_kill:
            await platform.wait_ready(fault_kill)
            good(f"{fault_kill} is back, and everything that was acknowledged is there")
    return placed


async def _read_back(client: Vouchsafe, placed: list[Placed]) -> bool:
    with stage("What readers see"):
        await show_feed(client, len(placed))
        return await show_two_threads(client, placed)


async def _open_and_prove(platform: LocalPlatform, command: Command, placed: list[Placed]) -> None:
    directory, trust = platform.run_directory / "case", platform.run_directory / "trust" / "trust.toml"
    directory.mkdir()
    with stage("A company asks who wrote one post"):
        await company_asks(command, placed[0], directory)
    with stage("A court asks who wrote it"):
        case_id = await ask(command, placed[0], directory)
    with stage("One officer stops everything; it takes a quorum to go on"):
        await lock_and_unlock(platform, command, case_id)
    with stage(
        "Officers approve; the log announces it, and only then, after the window for a veto, is one alias opened"
    ):
        opened = await open_one(platform, command, placed[0], case_id, directory)
    with stage("The court is given a proof that the platform did not invent the employee"):
        await prove_origin(command, placed[0], opened["case"], trust, directory)
    with stage("The log is verified offline"):
        await check_offline(command, opened["intent is leaf"], trust, directory)
        await command.must("log", "report", "--from", str(directory / "log"), "--out", str(directory / "report"))
        good(f"anybody's report of it is in {_short(directory / 'report')}")


async def _linger(profile: Path) -> None:
    say(f"the platform stays up; try: VOUCHSAFE_PROFILE={profile} vouchsafe feed   (Ctrl-C ends it)")
    asked = asyncio.Event()
    # From here on it is no interruption, however often: everything is about to stop, and to be scanned.
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, asked.set)
    await asked.wait()


def _report(problems: list[Problem]) -> None:
    for each in problems:
        problem(f"line {each.line}: {each.what}")


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
