"""Which of disclosure's events others may see: four, each about an alias key; never a case or a requester."""

from typing import Final

from services.chassis.integration.bus import Curation
from vouchsafe.disclosure.events.v1 import alias_events_pb2 as pb

_PUBLIC: Final = {
    event.DESCRIPTOR.full_name: event for event in (pb.SubjectNotified, pb.AliasOpened, pb.HoldPlaced, pb.HoldReleased)
}


def _alias(data: bytes) -> str:
    """The alias that any of them is about: the field has one number in all."""
    return pb.HoldReleased.FromString(data).alias_key.hex()


# What is about one alias stays in order, and its key on the bus tells the forum nothing that it does not know.
CURATION: Final = Curation(
    "disclosure",
    {name: f"{event.DESCRIPTOR.name}.v1" for name, event in _PUBLIC.items()},
    about=dict.fromkeys(_PUBLIC, _alias),
)
