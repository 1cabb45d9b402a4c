"""One alias is opened: refused without approvals, then by three officers and three of five trustees, log first.

Everything goes through the `vouchsafe` command. Two trustees are kept dead meanwhile, so that exactly the threshold is
left. The name that the recipient decrypts must be the one of the input.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.platform import LocalPlatform
from examples.demo.command import Command
from examples.demo.posting import Placed
from examples.demo.public_words import GROUND, INSTRUMENT
from examples.demo.show import StoryError, good, say
from vouchsafe.cli import output
from vouchsafe.cli.output import shown

_KILLED = ("trustee-2", "trustee-4")
_PAUSE = 0.05
_TOLD = ("case", "state", "requester", "instrument", "ground", "approved by", "intent is leaf", "result is leaf")


async def open_one(platform: LocalPlatform, command: Command, placed: Placed, directory: Path) -> dict[str, str]:
    """Open the case of one post and return its facts as the command showed them last."""
    case_id = await _open_case(command, placed, directory)
    await _refused(command, case_id)
    officers = platform.officers
    for name in list(officers)[:3]:
        arguments = ("--officer", name, "--key", str(officers[name]), "--yes")
        facts = await command.must("officer", "approve", case_id, *arguments)
    good(f"approved by {facts['approved by']}, each signed on the officer's own machine")
    async with _kept_dead(platform):
        say(f"killed {' and '.join(_KILLED)}: three of five trustees are left")
        opened = await command.must("case", "execute", case_id)
    if opened["state"] != "opened":
        raise StoryError(f"the case is {opened['state']}, not opened")
    good(f"opened by three of five trustees; the intent is leaf {opened['intent is leaf']} of the log, written first")
    shown_case = await command.must("case", "show", case_id, "--recipient-key", str(directory / "recipient.key"))
    if shown_case.get("name") != shown(placed.author.name) or shown_case.get("login") != placed.author.login:
        raise StoryError("the opened name is not the author's")
    output.facts((name, shown_case[name]) for name in _TOLD if name in shown_case)
    good(f"the recipient, and nobody else, reads: {shown_case['name']}")
    return opened


async def _open_case(command: Command, placed: Placed, directory: Path) -> str:
    instrument = directory / "order.txt"
    instrument.write_text(f"District Court, order of disclosure, docket {INSTRUMENT}\n", encoding="utf-8")
    recipient = await command.must("case", "recipient-key", str(directory / "recipient.key"), "--new")
    case = await command.must(
        *("case", "open", placed.published.post_id, "--requester", "court", "--instrument", INSTRUMENT),
        *("--ground", GROUND, "--document", str(instrument), "--recipient", recipient["public key"]),
    )
    return case["case"]


async def _refused(command: Command, case_id: str) -> None:
    outcome = await command.run("case", "execute", case_id)
    if outcome.code == 0 or "QUORUM_MISSING" not in outcome.error:
        raise StoryError(f"a case without approvals was not refused as it should be: {outcome.error or outcome.output}")
    say(outcome.error)
    good("refused while approvals are lacking: the system did what it promises")


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
