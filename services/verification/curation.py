"""Which of verification's events others may see, and under which subject."""

from typing import Final

from services.chassis.integration.bus import Curation
from vouchsafe.verification.events.v1 import events_pb2 as pb


def _label_and_epoch(stream: str) -> str:
    """Key and crowd of a label in an epoch go together: whoever has not taken its key must not open it."""
    kind = "issuer-key-" if stream.startswith("issuer-key-") else "crowd-"
    return stream.removeprefix(kind)


CURATION: Final = Curation(
    "verification",
    {
        pb.IssuerKeyPublished.DESCRIPTOR.full_name: "IssuerKeyPublished.v1",
        pb.LabelActivated.DESCRIPTOR.full_name: "LabelActivated.v1",
    },
    group=_label_and_epoch,
)
