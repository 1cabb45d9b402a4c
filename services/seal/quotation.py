"""A confirmed quotation: a file that shows, offline, that a text held these very passages, and nothing else of it.

It holds the passages with their salts and their paths to the text's commitment, the commitment's path to the root of a
day, and the proof that this root is in the witnessed log. It stays good when the text is removed. It does not say who
wrote the text, nor what stands before or behind the passages.

Alone it proves the forum's word, given that day: the forum cut the text and committed to the passages, and no check
here ties them to what the author signed. Beside a provenance file of the post that verifies and has the same `day_root`
and `day_index` the passages are the author's own words, for `provenance` recomputes all of them from the signed text.
Beside one of another place they show that the forum committed to the post twice, which an honest one never does. For a
comment there is no such file. All errors are `SealError`.
"""

from dataclasses import dataclass

from services.seal.canonical import from_base64, to_base64
from services.seal.checkpoint import LogPolicy
from services.seal.commitment import TextCommitment, TextId, verify_passage
from services.seal.errors import SealError
from services.seal.exhibit import Exhibit
from services.seal.leaves import PostRootLeaf
from services.seal.logged import Logged, check_logged
from services.seal.post_root import DayPlace, verify_place


@dataclass(frozen=True, kw_only=True)
class Quotation(Exhibit):
    """The file. `first` is the place of the first passage among all of the text's, counted from 0.

    `passages` follow one another in the text; each has its salt, and in `paths` its audit path: hashes in base64, apart
    by spaces. `comment` is empty when the text is the post itself.
    """

    KIND = "quotation"

    thread: str
    post: str
    comment: str = ""
    first: int
    passages: tuple[str, ...]
    salts: tuple[bytes, ...]
    paths: tuple[str, ...]
    statement_commitment: bytes
    passage_count: int
    passages_root: bytes
    day: str
    day_size: int
    day_index: int
    day_path: tuple[bytes, ...]
    day_root: bytes
    day_proof: str


def path_line(path: tuple[bytes, ...]) -> str:
    """Return an audit path as a line of `Quotation.paths`."""
    return " ".join(to_base64(node) for node in path)


def verify_quotation(quotation: Quotation, policy: LogPolicy) -> Logged:
    """Return where the day's root stands in the log when the text held the passages, one after another, as quoted."""
    q = quotation
    commitment = TextCommitment(
        TextId(q.thread, q.post, q.comment), q.statement_commitment, q.passage_count, q.passages_root
    )
    if not q.passages or not len(q.passages) == len(q.salts) == len(q.paths):
        raise SealError("each passage has a salt and a path")
    quoted = zip(q.passages, q.salts, q.paths, strict=True)
    for index, (passage, salt, path) in enumerate(quoted, start=q.first):
        verify_passage(commitment, index, salt, passage, _path(path))
    leaf = PostRootLeaf(q.day, q.day_size, q.day_root)
    verify_place(DayPlace(q.day, q.day_size, q.day_index, q.day_path), commitment.to_bytes(), leaf)
    return check_logged(leaf, q.day_proof, policy)


def _path(line: str) -> tuple[bytes, ...]:
    return tuple(from_base64(node) for node in line.split(" ")) if line else ()
