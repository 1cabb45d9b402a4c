"""Quotations: having one checked by the forum, and verifying, offline, the file that confirms one.

The forum's word that a quotation is right comes with a proof, and is not believed without. That one is wrong, or cannot
be checked yet, is the forum's word alone. What a file is, and what it proves, is `seal.quotation`'s.
"""

from services.seal.leaves import PostRootLeaf
from services.seal.logged import Logged
from services.seal.passages import passages
from services.seal.quotation import Quotation, path_line, verify_quotation
from services.seal.trust import Trust
from vouchsafe.forum.v1 import provenance_service_pb2 as pb
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated


async def check(side: AliasSide, post_id: str, text: str, trust: Trust, *, comment_id: str = "") -> Quotation:
    """The file that confirms a quotation.

    Raises QUOTE_REFUTED, QUOTE_UNKNOWN (the day of the text is not over), POST_NOT_FOUND, LEAF_UNKNOWN while the day's
    root is not in the log yet, or PROOF_INVALID, also for a proof of other words than these.
    """
    answer = await side.check_quote(pb.CheckQuoteRequest(post_id=post_id, comment_id=comment_id, text=text))
    if answer.verdict == pb.VERDICT_REFUTED:
        message = "no run of whole sentences of the text reads like that; part of a sentence cannot be confirmed"
        raise VouchsafeError(Reason.QUOTE_REFUTED, message)
    if answer.verdict != pb.VERDICT_CONFIRMED:
        raise VouchsafeError(Reason.QUOTE_UNKNOWN, "the day of the text is not over; ask again tomorrow")
    place = answer.proof.place
    with translated():
        leaf = PostRootLeaf(place.day, place.size, place.root).to_bytes()
    day_proof, _ = await side.log.prove(leaf)
    with translated():
        quotation = _quotation(answer.proof, post_id, comment_id, day_proof)
    verify(quotation, trust)
    if quotation.passages != passages(text):
        raise VouchsafeError(Reason.PROOF_INVALID, "the forum has confirmed other words than those that were asked for")
    return quotation


def read(data: bytes) -> Quotation:
    """The file of this content, unverified; PROOF_INVALID for anything else."""
    with translated():
        return Quotation.parse(data)


def verify(quotation: Quotation, trust: Trust) -> Logged:
    """Where the log holds the root that the file rests on; PROOF_INVALID when any link fails. Takes no connection."""
    with translated():
        return verify_quotation(quotation, trust.log_policy())


def _quotation(proof: pb.QuotedPassages, post_id: str, comment_id: str, day_proof: str) -> Quotation:
    return Quotation(
        thread=proof.thread_id,
        post=post_id,
        comment=comment_id,
        first=proof.first,
        passages=tuple(passage.text for passage in proof.passages),
        salts=tuple(passage.salt for passage in proof.passages),
        paths=tuple(path_line(tuple(passage.path)) for passage in proof.passages),
        statement_commitment=proof.statement_commitment,
        passage_count=proof.passage_count,
        passages_root=proof.passages_root,
        day=proof.place.day,
        day_size=proof.place.size,
        day_index=proof.place.index,
        day_path=tuple(proof.place.path),
        day_root=proof.place.root,
        day_proof=day_proof,
    )
