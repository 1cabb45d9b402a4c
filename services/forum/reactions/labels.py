"""Verification's public events about labels, answered with the forum's own commands.

A key that is malformed, a second key for the same label and epoch, or a label activated before its key was published
raise: the consumer parks the event, and whatever follows about that label in that epoch behind it, until people have
looked. Skipping one would let aliases be created under a key that not everybody sees.
"""

from collections.abc import Mapping

from services.chassis.integration.consumer import ForeignEvent, Reaction
from services.chassis.log.handle import CommandHandler, fingerprint_of
from services.forum import checks
from services.forum.domain.label import Event, State, stream
from services.forum.domain.label_decider import AcceptIssuerKey, Command, OpenLabel, RevokeLabel
from services.forum.domain.verified import IssuerKey
from vouchsafe.verification.events.v1 import events_pb2 as pb

PRODUCER = "verification"


class LabelReactions:
    """Keeps the labels as verification publishes them."""

    def __init__(self, labels: CommandHandler[Command, State, Event]) -> None:
        self._labels = labels

    def by_type(self) -> Mapping[str, Reaction]:
        """The reactions, by the type of event they answer."""
        return {
            pb.IssuerKeyPublished.DESCRIPTOR.full_name: self.issuer_key_published,
            pb.LabelActivated.DESCRIPTOR.full_name: self.label_activated,
            pb.LabelRevoked.DESCRIPTOR.full_name: self.label_revoked,
        }

    async def issuer_key_published(self, event: ForeignEvent) -> None:
        """Accept the key; ISSUER_KEY_MALFORMED, ISSUER_KEY_CONFLICT."""
        published = pb.IssuerKeyPublished.FromString(event.data)
        claim = IssuerKey(
            published.label, published.epoch, published.label_name, published.public_key, published.ends_at
        )
        key = checks.verified_issuer_key(claim)
        await self._handle(event, stream(key.label, key.epoch), AcceptIssuerKey(key))

    async def label_activated(self, event: ForeignEvent) -> None:
        """Open the label; UNKNOWN_KEY."""
        activated = pb.LabelActivated.FromString(event.data)
        command = OpenLabel(activated.label, activated.epoch)
        await self._handle(event, stream(activated.label, activated.epoch), command)

    async def label_revoked(self, event: ForeignEvent) -> None:
        """Stop the label."""
        revoked = pb.LabelRevoked.FromString(event.data)
        command = RevokeLabel(revoked.label, revoked.epoch, revoked.reason)
        await self._handle(event, stream(revoked.label, revoked.epoch), command)

    async def _handle(self, event: ForeignEvent, label_stream: str, command: Command) -> None:
        await self._labels.handle(
            label_stream,
            command,
            commit_id=event.commit_id,
            fingerprint=fingerprint_of(event.producer, event.data),
            caller=event.producer,
        )
