"""How a label stands in an epoch, as the leaves of the transparency log have it: defined, keyed, active or revoked.

A label may be spoken under when the log shows what it means, then its one issuer key, then that its crowd is large
enough, and not that it was revoked. Whether the leaves are those of the log is for `merkle` and `checkpoint` to say;
that a label is not revoked holds up to the size of the log that was read and no further. All errors are `SealError`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from services.seal.errors import SealError
from services.seal.leaves import IssuerKeyLeaf, LabelActivatedLeaf, LabelDefinedLeaf, LabelRevokedLeaf, kind_of


@dataclass(frozen=True)
class LabelStanding:
    """A label in an epoch. `label_name`: the words that readers see; `parent`: the wider label, or `leaves.NO_PARENT`;
    `public_key_sha256`: of its issuer key; `crowd_at_least`: 0 until it is active; `revoked`: the reason. What is not
    logged is empty.
    """

    label_name: str = ""
    parent: str = ""
    public_key_sha256: bytes = b""
    crowd_at_least: int = 0
    revoked: str = ""

    @property
    def active(self) -> bool:
        """Whether it may be spoken under."""
        return bool(self.public_key_sha256 and self.crowd_at_least and not self.revoked)


NOTHING_LOGGED = LabelStanding()


def label_standings(leaves: Iterable[bytes]) -> Mapping[tuple[str, int], LabelStanding]:
    """By label and epoch, what the leaves say in their order.

    SealError for what an honest issuer never has logged: a second definition, by which one label would mean different
    things to different people; a key of a label that is not defined; a second key, with which it could tell people
    apart by the key it shows them; an activation without a key, a second one, or one of a revoked label; a second
    revocation.
    """
    standings: dict[tuple[str, int], LabelStanding] = {}
    for data in leaves:
        if (leaf := _parsed(data)) is not None:
            place = (leaf.label, leaf.epoch)
            standings[place] = _after(standings.get(place, NOTHING_LOGGED), leaf)
    return standings


_LabelLeaf = LabelDefinedLeaf | IssuerKeyLeaf | LabelActivatedLeaf | LabelRevokedLeaf
_KINDS: Mapping[str, type[_LabelLeaf]] = {
    kind.KIND: kind for kind in (LabelDefinedLeaf, IssuerKeyLeaf, LabelActivatedLeaf, LabelRevokedLeaf)
}

LABEL_KINDS = frozenset(_KINDS)
"""The kinds of leaves that say how a label stands."""


def _parsed(data: bytes) -> _LabelLeaf | None:
    kind = _KINDS.get(kind_of(data))
    return kind.parse(data) if kind else None


def _after(standing: LabelStanding, leaf: _LabelLeaf) -> LabelStanding:
    match leaf:
        case LabelDefinedLeaf():
            if standing.label_name:
                raise SealError("a label is defined twice in one epoch")
            return replace(standing, label_name=leaf.label_name, parent=leaf.parent)
        case IssuerKeyLeaf():
            if not standing.label_name:
                raise SealError("a label has an issuer key and is not defined")
            if standing.public_key_sha256:
                raise SealError("a label has two issuer keys in one epoch")
            return replace(standing, public_key_sha256=leaf.public_key_sha256)
        case LabelActivatedLeaf():
            if not standing.public_key_sha256 or standing.crowd_at_least or standing.revoked or not leaf.crowd_at_least:
                raise SealError("a label is activated once, after its key is logged and not after it was revoked")
            return replace(standing, crowd_at_least=leaf.crowd_at_least)
        case LabelRevokedLeaf():
            if standing.revoked:
                raise SealError("a label is revoked twice in one epoch")
            return replace(standing, revoked=leaf.reason)
