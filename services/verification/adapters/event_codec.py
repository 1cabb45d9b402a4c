"""Which protobuf message stores which event of verification."""

from services.chassis.log.codec import EventCodec
from services.verification.domain.allowance_decider import MailAllowanceUsed
from services.verification.domain.crowd_decider import LabelActivated, LabelRevoked, PersonCounted
from services.verification.domain.employment_decider import EmployerChosen, EmploymentVerified
from services.verification.domain.issuer_key_decider import IssuerKeyPublished, IssuerKeyStored
from services.verification.domain.mailbox import MailboxProven, MailCodeRejected, MailCodeRequested, MailCodeSent
from services.verification.domain.slots import ChallengeMade, CheatCaught, CredentialIssued, SlotReleased
from vouchsafe.verification.events.v1 import events_pb2 as stored


def event_codec() -> EventCodec:
    """The codec of all events that verification writes."""
    return EventCodec(
        {
            MailAllowanceUsed: stored.MailAllowanceUsed,
            MailCodeRequested: stored.MailCodeRequested,
            MailCodeSent: stored.MailCodeSent,
            MailCodeRejected: stored.MailCodeRejected,
            MailboxProven: stored.MailboxProven,
            EmploymentVerified: stored.EmploymentVerified,
            EmployerChosen: stored.EmployerChosen,
            ChallengeMade: stored.ChallengeMade,
            CheatCaught: stored.CheatCaught,
            CredentialIssued: stored.CredentialIssued,
            SlotReleased: stored.SlotReleased,
            PersonCounted: stored.PersonCounted,
            LabelActivated: stored.LabelActivated,
            LabelRevoked: stored.LabelRevoked,
            IssuerKeyStored: stored.IssuerKeyStored,
            IssuerKeyPublished: stored.IssuerKeyPublished,
        }
    )
