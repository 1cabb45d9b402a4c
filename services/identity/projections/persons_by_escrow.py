"""Finds a person by his escrow reference: the only lookup that a release needs.

One document per person, under the reference in hex; it holds the person's identifier and nothing else.
"""

from typing import Any

from services.chassis.views.projection import EventContext, Projection
from services.chassis.views.viewstore import Document, Views
from services.identity.domain.person import PersonRegistered


def persons_by_escrow() -> Projection:
    """The projection, for the projector to run."""
    return Projection(name="persons_by_escrow", version=1, handles=(PersonRegistered,), route=_route, evolve=_evolve)


async def person_id_of(views: Views, escrow_reference: bytes) -> str | None:
    """The person behind a reference, None when there is none (yet)."""
    document = await views.get(escrow_reference.hex())
    return None if document is None else str(document["person_id"])


def _route(event: Any) -> tuple[str, ...]:
    return (event.escrow_reference.hex(),)


def _evolve(_document: Document | None, event: Any, _context: EventContext) -> Document | None:
    return {"person_id": event.person_id}
