"""Whether an alias of this wallet was opened, or is about to be: asked of nobody, found in the whole public log.

The log names the subject of an intent by `subject.subject_tag`, and its notice tells what that is made of: only he who
has the sealed envelope can recognise himself in it, though everybody sees that it is the notice of this intent. The
wallet keeps the envelope of each alias. Since all of the log is read, from the platform or from any mirror, nobody
learns what was looked for, nor that anything was found.

What is not found here: a subject who may not be told yet. How many such intents there are is told instead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.seal.canonical import MAX_INTEGER
from services.seal.subject import subject_mark
from services.seal.trust import Trust
from vouchsafe.sdk.demands import Demands, Intent, read_demands
from vouchsafe.sdk.governance_history import read_governance
from vouchsafe.sdk.keys import Alias


@dataclass(frozen=True)
class FoundOpening:
    """An intent about an alias. `outcome` is empty while there is none.

    `opens_from`: not opened before that (Unix seconds), by the times that the log holds; 0 when it tells none.
    """

    alias: Alias
    intent: bytes
    index: int
    requester: str
    basis: str
    opens_from: int
    gagged: bool
    outcome: str


@dataclass(frozen=True)
class Search:
    """What the first `size` leaves say of some aliases. `untold`: intents whose subjects may not be told yet."""

    size: int
    aliases: int
    found: tuple[FoundOpening, ...]
    untold: int


def search(leaves: Sequence[bytes], aliases: Sequence[Alias], trust: Trust, *, as_of: int = MAX_INTEGER) -> Search:
    """Find the intents about these aliases in a whole, verified log; `as_of` as `read_demands` has it."""
    vetoes = frozenset(veto.index for veto in read_governance(trust, leaves).vetoes)
    told = read_demands(leaves, vetoes, as_of=as_of)
    return Search(
        size=len(leaves),
        aliases=len(aliases),
        found=tuple(_found(told, aliases)),
        untold=sum(intent.noticed is None for intent in told.intents),
    )


def _found(told: Demands, aliases: Sequence[Alias]) -> Iterable[FoundOpening]:
    by_case = {demand.case: demand for demand in told.demands}
    for intent in told.intents:
        if intent.noticed is None:
            continue
        for alias in aliases:
            if subject_mark(intent.blind, alias.envelope) == intent.mark:
                demand = by_case.get(intent.case)
                yield FoundOpening(
                    alias=alias,
                    intent=intent.commitment,
                    index=intent.index,
                    requester=demand.requester if demand else "",
                    basis=demand.basis if demand else "",
                    opens_from=_opens_from(intent),
                    gagged=bool(intent.gag_until),
                    outcome=intent.outcome,
                )


def _opens_from(intent: Intent) -> int:
    """Its delay began when it was logged, which was no earlier than what the leaves before it tell."""
    return intent.not_before + intent.delay if intent.not_before else 0
