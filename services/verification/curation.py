"""Which of verification's events others may see, and under which subject."""

from functools import partial
from typing import Final, TypeAlias

from services.chassis.integration.bus import Curation
from vouchsafe.verification.events.v1 import events_pb2 as pb

_Public: TypeAlias = type[pb.IssuerKeyPublished] | type[pb.LabelActivated] | type[pb.LabelRevoked]
_PUBLIC: Final[tuple[_Public, ...]] = (pb.IssuerKeyPublished, pb.LabelActivated, pb.LabelRevoked)


def _label_and_epoch(message: _Public, data: bytes) -> str:
    """What is said of a label in an epoch goes together: whoever has not taken its key must not open it."""
    said = message.FromString(data)
    return f"{said.label}-{said.epoch}"


CURATION: Final = Curation(
    "verification",
    {message.DESCRIPTOR.full_name: f"{message.DESCRIPTOR.name}.v1" for message in _PUBLIC},
    about={message.DESCRIPTOR.full_name: partial(_label_and_epoch, message) for message in _PUBLIC},
)
