"""Which announced openings an officer can still stop, by the public log alone.

The log names a case by a salted reference alone. Whoever has no disclosure to ask tells intents apart by who asks, and
on what basis.
"""

from dataclasses import dataclass

from services.seal.announced import OVER
from services.seal.governance import Governance
from services.seal.leaves import OpenIntentLeaf


@dataclass(frozen=True)
class StandingIntent:
    """An intent as the log has it, and the kind of requester and the basis of its case."""

    leaf: OpenIntentLeaf
    requester: str
    basis: str


def standing_intents(governance: Governance) -> tuple[StandingIntent, ...]:
    """The intents without a result or a veto, whose case goes on; the oldest first."""
    told = governance.announced
    over = governance.vetoed | told.results.keys()
    standing = (leaf for leaf in told.intents.values() if leaf.commitment not in over)
    return tuple(StandingIntent(leaf, *told.cases[leaf.case]) for leaf in standing if told.cases[leaf.case] != OVER)
