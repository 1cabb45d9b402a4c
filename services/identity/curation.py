"""Which of identity's events others may see, and under which subject."""

from typing import Final

from services.chassis.integration.bus import Curation
from vouchsafe.identity.events.v1 import events_pb2 as pb

_COMMITTED: Final = pb.OwnershipCommitted.DESCRIPTOR.full_name

# Alone: what else is ever published of a person must not say which commitment is theirs.
CURATION: Final = Curation("identity", {_COMMITTED: "OwnershipCommitted.v1"}, alone={_COMMITTED})
