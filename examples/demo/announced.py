"""What the log announced of the opening, checked from files alone: intent, notice, result, and the time between."""

from pathlib import Path

from examples.demo.command import Command
from examples.demo.show import StoryError, good
from services.seal.trust import Trust
from vouchsafe.cli import output
from vouchsafe.sdk import audit
from vouchsafe.sdk.demands import Intent, read_demands


async def check_offline(command: Command, intent_leaf: str, trust: Path, directory: Path) -> None:
    """Save the log, and verify it and the story that it tells of one intent without any network; StoryError."""
    saved = directory / "log"
    await command.must("log", "verify", "--leaf", intent_leaf, "--save", str(saved))
    facts = await command.must("log", "verify", "--from", str(saved))
    output.facts(facts.items())
    if facts["inclusion proven of leaf"] != intent_leaf:
        raise StoryError("the log's proof is of another leaf")
    good("signature, witnesses, root, inclusion of the intent and consistency hold, without any network")
    intent = _intent(saved, int(intent_leaf), trust)
    if intent.noticed is None or intent.ended is None or not intent.index < intent.noticed < intent.ended:
        raise StoryError("the log does not tell of intent, notice and result in this order")
    if intent.outcome != "opened" or intent.waived or intent.gag_until:
        raise StoryError(f"the log tells of an intent that ended as '{intent.outcome}'")
    good(f"leaf {intent.index} announces it, leaf {intent.noticed} tells the subject, leaf {intent.ended} ends it")
    good(f"between announcement and opening everybody had {intent.delay} s (SHORTENED; shipped: 14 days)")


def _intent(saved: Path, index: int, trust: Path) -> Intent:
    snapshot = audit.load(saved)
    audit.verify(snapshot, Trust.parse(trust.read_text(encoding="utf-8")))
    for intent in read_demands(snapshot.leaves).intents:
        if intent.index == index:
            return intent
    raise StoryError(f"leaf {index} of the log is no intent")
