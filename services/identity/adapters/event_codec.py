"""Which protobuf message stores which event of identity."""

from services.chassis.log.codec import EventCodec
from services.identity.domain.person import OwnershipCommitted, PersonRegistered, PersonReleased
from vouchsafe.identity.events.v1 import events_pb2 as stored


def event_codec() -> EventCodec:
    """The codec of all events that identity writes."""
    return EventCodec(
        {
            PersonRegistered: stored.PersonRegistered,
            OwnershipCommitted: stored.OwnershipCommitted,
            PersonReleased: stored.PersonReleased,
        }
    )
