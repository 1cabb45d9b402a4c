"""The domain of the rig's two services: accounts that payments are made to, and copies of them.

Small, but of the product's own shape: frozen events, pure deciders, a projection. The mirror's decider takes down what
it hears as it hears it and refuses nothing, so that a payment which came twice or out of order is seen by the checks.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import Final

from services.chassis.log.codec import EventCodec
from services.chassis.views.projection import EventContext, Projection
from services.chassis.views.viewstore import Document
from tests.support.protos import proto_module

pb: Final = proto_module("ledger_pb2")

CEILING: Final = 10**12
POISON: Final = b"poison"
"""A payment with this note cannot be copied while the file `indigestible` stands in the replica's directory."""


class Reason(StrEnum):
    CEILING_REACHED = "CEILING_REACHED"


class DomainError(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Paid:
    account: str
    number: int
    amount: int
    reference: str
    note: bytes


@dataclass(frozen=True)
class Copied:
    account: str
    number: int
    amount: int
    reference: str


@dataclass(frozen=True)
class Pay:
    account: str
    amount: int
    reference: str
    times: int
    note: bytes


@dataclass(frozen=True)
class Account:
    count: int = 0
    total: int = 0


def _evolve(state: Account, event: Paid | Copied) -> Account:
    return Account(state.count + 1, state.total + event.amount)


def _pay(command: Pay, state: Account) -> tuple[Paid, ...]:
    if state.total + command.amount * command.times > CEILING:
        raise DomainError(Reason.CEILING_REACHED)
    numbers = range(state.count + 1, state.count + command.times + 1)
    return tuple(Paid(command.account, number, command.amount, command.reference, command.note) for number in numbers)


def _copy(command: Copied, _state: Account) -> tuple[Copied, ...]:
    return (command,)


LEDGER: Final = SimpleNamespace(initial=Account(), evolve=_evolve, decide=_pay)
MIRROR: Final = SimpleNamespace(initial=Account(), evolve=_evolve, decide=_copy)
CODEC: Final = EventCodec({Paid: pb.Paid, Copied: pb.Copied})


def stream(account: str) -> str:
    """Where an account's payments, or the copies of them, are kept."""
    return f"account-{account}"


def _shown(document: Document | None, event: Paid | Copied, _context: EventContext) -> Document:
    before = document or {"count": 0, "total": 0}
    return {"count": before["count"] + 1, "total": before["total"] + event.amount, "last": event.reference}


ACCOUNTS: Final = Projection(
    name="accounts", version=1, handles=(Paid, Copied), route=lambda event: (event.account,), evolve=_shown
)
"""Document: {count, total, last}, by account."""
