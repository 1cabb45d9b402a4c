"""How disclosure's events are stored: each dataclass as the protobuf message of its name."""

from typing import get_args

from services.chassis.log.codec import EventCodec
from services.disclosure.domain import deposit, label
from services.disclosure.domain.case_events import Event, Public
from services.tlog.log import LeafAppended
from vouchsafe.disclosure.events.v1 import alias_events_pb2, events_pb2

_OTHERS = (LeafAppended, label.IssuerKeyAccepted, label.LabelOpened, label.LabelRevoked, deposit.EnvelopeDeposited)


def event_codec() -> EventCodec:
    """The codec of all streams of this service."""
    public = get_args(Public)
    own = [event for event in (*_OTHERS, *get_args(Event)) if event not in public]
    return EventCodec(
        {event: getattr(events_pb2, event.__name__) for event in own}
        | {event: getattr(alias_events_pb2, event.__name__) for event in public}
    )
