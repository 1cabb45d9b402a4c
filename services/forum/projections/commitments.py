"""View `commitments`: what is kept of each text, by `commitment_id`. It holds no text, and outlives the text itself."""

from dataclasses import asdict

from services.chassis.views.projection import EventContext, Projection
from services.chassis.views.viewstore import Document
from services.forum.domain.text_commitment import TextCommitted


def commitment_id(post_id: str, comment_id: str = "") -> str:
    """The id of a text's document."""
    return f"{post_id}/{comment_id}" if comment_id else post_id


def _kept(_document: Document | None, event: TextCommitted, _context: EventContext) -> Document:
    kept = asdict(event)
    return kept | {"passages": list(event.passages), "day_path": list(event.day_path)}


def committed(document: Document) -> TextCommitted:
    """The event that a document holds."""
    lists = {"passages": tuple(document["passages"]), "day_path": tuple(document["day_path"])}
    return TextCommitted(**{name: document[name] for name in TextCommitted.__slots__} | lists)


COMMITMENTS = Projection(
    name="commitments",
    version=1,
    handles=(TextCommitted,),
    route=lambda event: (commitment_id(event.post_id, event.comment_id),),
    evolve=_kept,
)
"""Document: the fields of TextCommitted."""
