"""Who may ask for an opening, on what paper, and for what: the words, and the rule that goes by them alone.

The words stand in the public log and in what officers sign, so they are fixed. Whether a paper is what it says is for
the officers who read it.
"""

from enum import StrEnum
from typing import Final


class Requester(StrEnum):
    """The class of whoever asks."""

    COURT = "court"
    POLICE = "police"
    REGULATOR = "regulator"
    COMPANY = "company"
    INVESTOR = "investor"
    EMPLOYER = "employer"
    PRIVATE_PERSON = "private-person"
    SUBJECT = "subject"


class Basis(StrEnum):
    """The kind of paper that a request stands on; an emergency has none before the fact."""

    COURT_ORDER = "court-order"
    PRODUCTION_ORDER = "production-order"
    REGULATORY_ORDER = "regulatory-order"
    EMERGENCY = "emergency"
    NONE = "none"


class Field(StrEnum):
    """What identity can tell of a person."""

    NAME = "name"
    LOGIN = "login"


class Wants(StrEnum):
    """What a request is for."""

    NAME = "name"
    DELETION = "deletion"


_MAY_ASK: Final = frozenset(
    {
        (Requester.COURT, Basis.COURT_ORDER),
        (Requester.POLICE, Basis.PRODUCTION_ORDER),
        (Requester.POLICE, Basis.EMERGENCY),
        (Requester.REGULATOR, Basis.REGULATORY_ORDER),
    }
)


def may_ask(requester: str, basis: str) -> bool:
    """Whether a name may be asked for at all by this requester on this basis. A company never may, on any paper."""
    return (requester, basis) in _MAY_ASK
