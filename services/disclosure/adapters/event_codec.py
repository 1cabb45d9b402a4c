"""How disclosure's events are stored: each dataclass as the protobuf message of its name."""

from services.chassis.log.codec import EventCodec
from services.disclosure.domain import case, deposit, label
from services.tlog.log import LeafAppended
from vouchsafe.disclosure.events.v1 import events_pb2 as pb


def event_codec() -> EventCodec:
    """The codec of all streams of this service."""
    return EventCodec(
        {
            LeafAppended: pb.LeafAppended,
            label.IssuerKeyAccepted: pb.IssuerKeyAccepted,
            label.LabelOpened: pb.LabelOpened,
            label.LabelRevoked: pb.LabelRevoked,
            deposit.EnvelopeDeposited: pb.EnvelopeDeposited,
            case.CaseOpened: pb.CaseOpened,
            case.CaseDeclined: pb.CaseDeclined,
            case.CaseApproved: pb.CaseApproved,
            case.OpeningIntended: pb.OpeningIntended,
            case.CaseExecuted: pb.CaseExecuted,
        }
    )
