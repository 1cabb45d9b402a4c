"""Answers what identity and verification publish: the leaf first, then the record that depends on it.

Every delivery of an event ends in the same commits, so a repeat changes nothing. A second key for a label and epoch,
or other words for it, stop the line (`ProducerDistrusted`): somebody is being cheated, and no later event may be taken
as true.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from services.chassis.integration.consumer import ForeignEvent, ProducerDistrusted, Reaction
from services.chassis.log.handle import fingerprint_of
from services.disclosure.domain.label import AcceptKey, Command, KeyConflict, OpenLabel, RevokeLabel
from services.disclosure.labels import Labels
from services.seal.leaves import IssuerKeyLeaf, LabelActivatedLeaf, LabelDefinedLeaf, LabelRevokedLeaf, OwnershipLeaf
from services.tlog.errors import LeafConflict
from services.tlog.log import TransparencyLog
from vouchsafe.identity.events.v1 import events_pb2 as identity_pb
from vouchsafe.verification.events.v1 import events_pb2 as verification_pb

_LEAF_IDS = uuid.UUID("e0f1d7a4-52d1-5c7b-9f0e-6b8d3c1a2f44")


class Published:
    """What this service does about other services' events."""

    def __init__(self, log: TransparencyLog, labels: Labels) -> None:
        self._log = log
        self._labels = labels

    def of_identity(self) -> Mapping[str, Reaction]:
        """Reactions by stored type name."""
        return {identity_pb.OwnershipCommitted.DESCRIPTOR.full_name: self.ownership_committed}

    def of_verification(self) -> Mapping[str, Reaction]:
        """Reactions by stored type name."""
        return {
            verification_pb.IssuerKeyPublished.DESCRIPTOR.full_name: self.issuer_key_published,
            verification_pb.LabelActivated.DESCRIPTOR.full_name: self.label_activated,
            verification_pb.LabelRevoked.DESCRIPTOR.full_name: self.label_revoked,
        }

    async def ownership_committed(self, event: ForeignEvent) -> None:
        """A registration's salted hash becomes a leaf."""
        published = identity_pb.OwnershipCommitted.FromString(event.data)
        await self._log.append(OwnershipLeaf(published.commitment), commit_id=event.commit_id)

    async def issuer_key_published(self, event: ForeignEvent) -> None:
        """What a label means in an epoch becomes a leaf, then its key, and only then does the key count.

        In this order, so that nobody meets a key in the log whose label could still be said to mean something else.
        """
        published = verification_pb.IssuerKeyPublished.FromString(event.data)
        label, epoch = published.label, published.epoch
        defined = LabelDefinedLeaf.of(label, epoch, published.label_name, published.parent)
        key = IssuerKeyLeaf.of(label, epoch, published.public_key)
        with _conflict_distrusted():
            await self._log.append(defined, commit_id=_only_leaf("label-defined", label, epoch))
            await self._log.append(key, commit_id=_only_leaf("issuer-key", label, epoch))
            await self._record(AcceptKey(label, epoch, published.public_key), event)

    async def label_activated(self, event: ForeignEvent) -> None:
        """That a label's crowd is large enough becomes a leaf, and only then counts."""
        published = verification_pb.LabelActivated.FromString(event.data)
        leaf = LabelActivatedLeaf(published.label, published.epoch, published.crowd_bucket)
        with _conflict_distrusted():
            await self._log.append(leaf, commit_id=_only_leaf("label-activated", published.label, published.epoch))
            await self._record(OpenLabel(published.label, published.epoch), event)

    async def label_revoked(self, event: ForeignEvent) -> None:
        """That nobody may speak under a label any more becomes a leaf, and then holds here."""
        published = verification_pb.LabelRevoked.FromString(event.data)
        leaf = LabelRevokedLeaf(published.label, published.epoch, published.reason)
        with _conflict_distrusted():
            await self._log.append(leaf, commit_id=_only_leaf("label-revoked", published.label, published.epoch))
            await self._record(RevokeLabel(published.label, published.epoch, published.reason), event)

    async def _record(self, command: Command, event: ForeignEvent) -> None:
        fingerprint = fingerprint_of(event.producer, event.data)
        await self._labels.record(command, commit_id=event.commit_id, fingerprint=fingerprint, caller=event.producer)


@contextmanager
def _conflict_distrusted() -> Iterator[None]:
    try:
        yield
    except (LeafConflict, KeyConflict) as error:
        raise ProducerDistrusted(str(error)) from error


def _only_leaf(kind: str, label: str, epoch: int) -> str:
    """The commit id of the one leaf of this kind that a label and epoch may have."""
    return str(uuid.uuid5(_LEAF_IDS, f"{kind} {label} {epoch}"))
