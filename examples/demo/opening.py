"""One alias is opened: refused without approvals, then by three officers and three of five trustees, log first.

Everything goes through the `vouchsafe` command. Between the intent and the opening lies the time in which any officer
could veto and the subject knows; here it is a few seconds, and said to be. Two trustees are kept dead meanwhile, so
that exactly the threshold is left. The name that the recipient decrypts must be the one of the input.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.platform import LocalPlatform
from examples.demo.command import Command
from examples.demo.posting import Placed
from examples.demo.public_words import COURT, GROUND, INSTRUMENT
from examples.demo.show import StoryError, good, say
from vouchsafe.cli import output
from vouchsafe.cli.output import shown

_KILLED = ("trustee-2", "trustee-4")
_PAUSE = 0.05
_TOLD = ("case", "state", "requester", "basis", "organisation", "instrument", "ground", "asked for", "subject")


async def ask(command: Command, placed: Placed, directory: Path) -> str:
    """A court asks for the name behind one post; the case, which is refused while nobody has approved it."""
    instrument = directory / "order.txt"
    instrument.write_text(f"{COURT}, order of disclosure, docket {INSTRUMENT}\n", encoding="utf-8")
    recipient = await command.must("case", "recipient-key", str(directory / "recipient.key"), "--new")
    case = await command.must(
        *("case", "open", placed.published.post_id, "--requester", "court", "--basis", "court-order"),
        *("--organisation", COURT, "--instrument", INSTRUMENT, "--ground", GROUND, "--document", str(instrument)),
        *("--recipient", recipient["public key"], "--field", "name", "--field", "login"),
    )
    output.facts((name, case[name]) for name in (*_TOLD, "answer due") if name in case)
    await command.refused("QUORUM_MISSING", "case", "execute", case["case"])
    good("refused while approvals are lacking: the system did what it promises")
    return case["case"]


async def open_one(
    platform: LocalPlatform, command: Command, placed: Placed, case_id: str, directory: Path
) -> dict[str, str]:
    """Have the case approved, announced and opened, and its answer collected; its facts as they were shown last."""
    officers = platform.officers
    for name in list(officers)[:3]:
        facts = await command.must(
            "officer", "approve", case_id, "--officer", name, "--key", str(officers[name]), "--yes"
        )
    say(f"delay: {facts['delay']}; rule: {facts['rule']}")
    good(f"approved by {facts['approved by']}, each signed on the officer's own machine")
    await _announce(command, case_id)
    async with _kept_dead(platform):
        say(f"killed {' and '.join(_KILLED)}: three of five trustees are left")
        opened = await command.must("case", "execute", case_id, "--wait")
    if opened["state"] != "opened":
        raise StoryError(f"the case is {opened['state']}, not opened")
    good(f"opened by three of five trustees; the intent is leaf {opened['intent is leaf']} of the log, written first")
    await _collect(command, placed, case_id, directory)
    return opened


async def _announce(command: Command, case_id: str) -> None:
    """Have the intent logged, and watch the window in which one officer could still stop it."""
    intended = await command.must("case", "execute", case_id)
    if intended["state"] != "witnessed" or intended["subject"] != "has been told":
        raise StoryError(f"the case is {intended['state']}, and its subject {intended['subject']}")
    good(f"announced before anything happens: leaf {intended['intent is leaf']} of the log; its subject has been told")
    say(f"SHORTENED window for a veto and for the subject: it opens {intended['opens'].rpartition(', ')[2]}")
    watched = await command.must("case", "show", case_id)  # executing it again so late might already open it
    say(f"one officer could stop it now (officer veto): it opens {watched['opens'].rpartition(', ')[2]}")


async def _collect(command: Command, placed: Placed, case_id: str, directory: Path) -> None:
    """The recipient collects the answer, once."""
    key = ("--recipient-key", str(directory / "recipient.key"))
    answer = await command.must("case", "collect", case_id, *key, "--save", str(directory / "answer.sealed"))
    if answer.get("name") != shown(placed.author.name) or answer.get("login") != placed.author.login:
        raise StoryError("the opened name is not the author's")
    good(f"the recipient, and nobody else, reads: {answer['name']}")
    await command.refused(
        "ANSWER_COLLECTED", "case", "collect", case_id, *key, "--save", str(directory / "again.sealed")
    )
    good("the answer is given once")


@asynccontextmanager
async def _kept_dead(platform: LocalPlatform) -> AsyncIterator[None]:
    """Kill two trustees and, since the runner starts them again, keep killing them until the block ends."""

    async def kill() -> None:
        while True:
            for name in _KILLED:
                platform.kill(name, signal.SIGKILL)
            await asyncio.sleep(_PAUSE)

    task = asyncio.create_task(kill())
    try:
        await asyncio.sleep(0)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
