"""What a message looks like on JetStream: an event's place and kind as headers, its bytes as the payload.

An event that is larger than the server takes travels without kind and bytes. Whoever receives that finds it unreadable
and asks the producer's log, as for anything that the bus has lost; so no event can stop a relay. The same is done with
a message that names no key.
"""

from collections.abc import Mapping

from services.chassis.integration.bus import Message, PublicEvent
from services.chassis.log.eventstore import Mark

POSITION = "Vs-Pos"
"""The header with the event's mark."""

_PREVIOUS = "Vs-Prev"
_TYPE = "Vs-Type"
_KEY = "Vs-Key"
_TRACEPARENT = "traceparent"
_MESSAGE_ID = "Nats-Msg-Id"


def headers(message: Message, *, whole: bool) -> dict[str, str]:
    """The headers of a message; `whole`: its bytes travel with it."""
    event = message.event
    place = str(event.mark)
    told = {
        POSITION: place,
        _PREVIOUS: str(message.previous),
        _KEY: event.key,
        # The fence is what keeps repeats out; this catches one within minutes should the fence be lost.
        _MESSAGE_ID: place,
    }
    if whole:
        told[_TYPE] = event.type
    if event.traceparent is not None:
        told[_TRACEPARENT] = event.traceparent
    return told


def message(subject: str, told: Mapping[str, str] | None, data: bytes) -> Message | None:
    """What a message says; None when it cannot be read as one, or does not bring its event's bytes."""
    told = told or {}
    try:
        mark, previous = Mark.parse(told[POSITION]), Mark.parse(told[_PREVIOUS])
        event = PublicEvent(mark, told[_TYPE], data, told.get(_TRACEPARENT), key=told[_KEY])
    except (KeyError, ValueError):
        return None
    return Message(subject, event, previous) if event.key else None


def mark(told: Mapping[str, str] | None) -> Mark | None:
    """Where a message says that its event stands; None when it does not."""
    try:
        return Mark.parse((told or {})[POSITION])
    except (KeyError, ValueError):
        return None
