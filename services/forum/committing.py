"""What is committed to of a text, and how a quotation is compared with it. Pure: texts and hashes in, hashes out.

Cutting texts, hashing and proving are `seal`'s; which texts belong to a day is `domain/post_root`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from services.forum.domain.text_commitment import TextCommitted
from services.forum.domain.thread import CommentPublished, PostPublished
from services.seal.commitment import (
    TextCommitment,
    TextId,
    passage_hash,
    passages_root,
    salts_of,
    statement_commitment,
)
from services.seal.passages import passages
from services.seal.post_root import DayTree
from services.seal.secret import SecretBytes
from services.seal.statements import CommentStatement, PostStatement

_SECONDS = 24 * 60 * 60

Text = PostPublished | CommentPublished


@dataclass(frozen=True, slots=True)
class Committed:
    """The commitment to a text, and the hashes of its passages."""

    commitment: TextCommitment
    passages: tuple[bytes, ...]

    def kept(self, day: int, tree: DayTree) -> TextCommitted:
        """What is recorded of it; `tree` is that of the day."""
        text, place = self.commitment.text, tree.place(self.commitment.to_bytes())
        return TextCommitted(
            day=day,
            thread_id=text.thread_id,
            post_id=text.post_id,
            comment_id=text.comment_id,
            statement_commitment=self.commitment.statement,
            passages=self.passages,
            day_size=place.size,
            day_index=place.index,
            day_path=place.path,
            day_root=tree.leaf().root,
        )


def commit(secret: SecretBytes, event: Text) -> Committed:
    """The commitment to a text."""
    match event:
        case PostPublished():
            text = TextId(event.thread_id, event.post_id)
            hashed = PostStatement(event.thread_id, event.post_id, event.title, event.body).hash()
            cut = passages(event.body, event.title)
        case CommentPublished():
            text = TextId(event.thread_id, event.post_id, event.comment_id)
            hashed = CommentStatement(event.thread_id, event.post_id, event.comment_id, event.body).hash()
            cut = passages(event.body)
    salts = salts_of(secret, text, len(cut))
    leaves = tuple(passage_hash(salt, passage) for salt, passage in zip(salts.passages, cut, strict=True))
    statement = statement_commitment(salts.statement, hashed)
    return Committed(TextCommitment(text, statement, len(cut), passages_root(leaves)), leaves)


def find(secret: SecretBytes, kept: TextCommitted, quoted: Sequence[str]) -> int | None:
    """The place of the first of the quoted passages in the text, None when they do not stand in it one after another.

    Takes one HKDF, and a hash for each passage of the text as a rule; each is compared with a quoted one at most once.
    """
    if not 0 < len(quoted) <= len(kept.passages):
        return None
    salts = salts_of(secret, TextId(kept.thread_id, kept.post_id, kept.comment_id), len(kept.passages)).passages

    @cache
    def stands_at(index: int, passage: str) -> bool:
        return passage_hash(salts[index], passage) == kept.passages[index]

    for first in range(len(kept.passages) - len(quoted) + 1):
        if all(stands_at(index, passage) for index, passage in enumerate(quoted, start=first)):
            return first
    return None


def day_name(day: int) -> str:
    """The day as the log names it, ``YYYY-MM-DD``."""
    return datetime.fromtimestamp(day * _SECONDS, UTC).date().isoformat()
