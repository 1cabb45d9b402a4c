"""Posts, credentials and commitments into the answers of ProvenanceService, with the salts that they take."""

from collections.abc import Sequence

from services.forum.api import mapping
from services.forum.committing import day_name
from services.forum.domain.alias import AliasCreated
from services.forum.domain.text_commitment import TextCommitted
from services.forum.domain.thread import PostPublished
from services.seal.commitment import Salts, TextId, passage_path, passages_root, salts_of
from services.seal.secret import SecretBytes
from vouchsafe.forum.v1 import provenance_service_pb2 as pb


def provenance(
    post: PostPublished, author: AliasCreated, kept: TextCommitted | None, secret: SecretBytes
) -> pb.GetProvenanceResponse:
    """Everything that shows who signed a post, for its author. `kept` is None before the post's day is over."""
    evidence = mapping.evidence(post, author)
    return pb.GetProvenanceResponse(
        thread_id=evidence.thread_id,
        title=evidence.title,
        body=evidence.body,
        proof=evidence.proof,
        credential=evidence.credential,
        committed=None if kept is None else _committed(kept, _salts(kept, secret)),
    )


def quoted_passages(kept: TextCommitted, first: int, quoted: Sequence[str], secret: SecretBytes) -> pb.QuotedPassages:
    """The proof that these passages stand in the text from the `first` on: their salts, and no others."""
    salts = _salts(kept, secret).passages
    return pb.QuotedPassages(
        thread_id=kept.thread_id,
        first=first,
        passages=[
            pb.QuotedPassage(text=text, salt=salts[index], path=passage_path(kept.passages, index))
            for index, text in enumerate(quoted, start=first)
        ],
        statement_commitment=kept.statement_commitment,
        passage_count=len(kept.passages),
        passages_root=passages_root(kept.passages),
        place=_place(kept),
    )


def _committed(kept: TextCommitted, salts: Salts) -> pb.CommittedStatement:
    return pb.CommittedStatement(
        salt=salts.statement,
        passage_count=len(kept.passages),
        passages_root=passages_root(kept.passages),
        place=_place(kept),
        passage_salts=salts.passages,
    )


def _place(kept: TextCommitted) -> pb.DayPlace:
    return pb.DayPlace(
        day=day_name(kept.day), size=kept.day_size, index=kept.day_index, path=kept.day_path, root=kept.day_root
    )


def _salts(kept: TextCommitted, secret: SecretBytes) -> Salts:
    return salts_of(secret, TextId(kept.thread_id, kept.post_id, kept.comment_id), len(kept.passages))
