"""Disclosure's public events about an alias, answered with the forum's own commands.

What is malformed, or says that an alias was opened of which no opening was announced, raises: the consumer parks it,
and whatever follows about that alias behind it, until people have looked.
"""

from collections.abc import Mapping

from services.chassis.integration.consumer import ForeignEvent, Reaction
from services.chassis.log.handle import CommandHandler, fingerprint_of
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.notices import Event, State, stream
from services.forum.domain.notices_decider import AnnounceOpening, Command, PlaceHold, RecordOpened, ReleaseHold
from vouchsafe.disclosure.events.v1 import alias_events_pb2 as pb

PRODUCER = "disclosure"

_KEY_SIZE = 32
_HOLD_SIZE = 16


class NoticeReactions:
    """Keeps what disclosure tells about aliases, whether or not they were made known here."""

    def __init__(self, notices: CommandHandler[Command, State, Event]) -> None:
        self._notices = notices

    def by_type(self) -> Mapping[str, Reaction]:
        """The reactions, by the type of event they answer."""
        return {
            pb.SubjectNotified.DESCRIPTOR.full_name: self.subject_notified,
            pb.AliasOpened.DESCRIPTOR.full_name: self.alias_opened,
            pb.HoldPlaced.DESCRIPTOR.full_name: self.hold_placed,
            pb.HoldReleased.DESCRIPTOR.full_name: self.hold_released,
        }

    async def subject_notified(self, event: ForeignEvent) -> None:
        """The owner is told that his alias is to be opened."""
        told = pb.SubjectNotified.FromString(event.data)
        _require_size(told.intent, _KEY_SIZE)
        await self._handle(event, told.alias_key, AnnounceOpening(told.alias_key, told.intent, told.opens_at))

    async def alias_opened(self, event: ForeignEvent) -> None:
        """The owner is told that his alias was opened; OPENING_UNANNOUNCED."""
        told = pb.AliasOpened.FromString(event.data)
        await self._handle(event, told.alias_key, RecordOpened(told.alias_key, told.intent))

    async def hold_placed(self, event: ForeignEvent) -> None:
        """What the alias wrote is to be kept."""
        told = pb.HoldPlaced.FromString(event.data)
        _require_size(told.hold, _HOLD_SIZE)
        await self._handle(event, told.alias_key, PlaceHold(told.alias_key, told.hold, told.until))

    async def hold_released(self, event: ForeignEvent) -> None:
        """It need be kept no longer for this hold's sake."""
        told = pb.HoldReleased.FromString(event.data)
        await self._handle(event, told.alias_key, ReleaseHold(told.alias_key, told.hold))

    async def _handle(self, event: ForeignEvent, alias_key: bytes, command: Command) -> None:
        _require_size(alias_key, _KEY_SIZE)
        await self._notices.handle(
            stream(alias_key),
            command,
            commit_id=event.commit_id,
            fingerprint=fingerprint_of(event.producer, event.data),
            caller=event.producer,
        )


def _require_size(value: bytes, size: int) -> None:
    if len(value) != size:
        raise DomainError(Reason.NOTICE_MALFORMED)
