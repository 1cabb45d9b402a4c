"""Files that prove, offline, who wrote a post: made by its author, or by an officer from a case; verified by anyone.

Making one asks the forum for what it holds of the post, as its author, and the log for proofs; a file is verified
before it is handed out. What it proves is `seal.provenance`'s, and how that is told `provenance_findings`'s.
"""

from collections.abc import Sequence
from dataclasses import replace

from services.seal.authorship import SignedPost
from services.seal.leaves import IssuerKeyLeaf, LabelActivatedLeaf, LabelDefinedLeaf, LabelRevokedLeaf, PostRootLeaf
from services.seal.provenance import Provenance, ProvenanceRequest, Verdict, verify_provenance
from services.seal.trust import Trust
from vouchsafe.credential.v1 import credential_pb2
from vouchsafe.forum.v1 import provenance_service_pb2 as pb
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.case_review import ReviewedCase
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.keys import Alias
from vouchsafe.sdk.transparency import LogReader, says


async def make(side: AliasSide, aliases: Sequence[Alias], post_id: str, trust: Trust) -> Provenance:
    """The file about a post that one of the aliases wrote; NO_SUCH_ALIAS when none did.

    It holds the part about the day once that is over and its root is in the log.
    """
    alias, told = await _ask(side, aliases, post_id)
    proof = told.proof
    post = SignedPost(
        told.thread_id, post_id, told.title, told.body, proof.thread_key, proof.certificate, proof.signature
    )
    made = await _with_label(_begun(post, told.credential, alias.issuer_key), side.log)
    if told.HasField("committed"):
        made = await _with_day(made, told.committed, side.log)
    verify(made, trust)
    return made


async def of_case(reviewed: ReviewedCase, log: LogReader, trust: Trust) -> Provenance:
    """The file about the post of a case, for the court that asked: without the part about the day."""
    case = reviewed.case
    told = case.post
    post = SignedPost(
        told.thread_id, case.post_id, told.title, told.body, told.thread_key, told.certificate, told.signature
    )
    made = await _with_label(_begun(post, case.credential, case.issuer_key), log)
    verify(made, trust)
    return made


def read(data: bytes) -> Provenance:
    """The file of this content, unverified; PROOF_INVALID for anything else."""
    with translated():
        return Provenance.parse(data)


def verify(provenance: Provenance, trust: Trust) -> Verdict:
    """What the file proves; PROOF_INVALID when any link of it fails. Takes no connection."""
    with translated():
        return verify_provenance(provenance, trust.log_policy())


def _begun(post: SignedPost, credential: credential_pb2.Credential, issuer_key: bytes) -> Provenance:
    """The file without the log's proofs."""
    return Provenance(
        thread=post.thread_id,
        post=post.post_id,
        title=post.title,
        body=post.body,
        thread_key=post.thread_key,
        post_signature=post.signature,
        alias_key=credential.alias_key,
        thread_certificate=post.certificate,
        label=credential.label,
        epoch=credential.epoch,
        prefix=credential.prefix,
        envelope_hash=credential.envelope_hash,
        credential_signature=credential.signature,
        label_name="",
        parent="",
        definition_proof="",
        issuer_key=issuer_key,
        issuer_key_proof="",
        crowd_at_least=0,
        activation_proof="",
    )


async def _ask(side: AliasSide, aliases: Sequence[Alias], post_id: str) -> tuple[Alias, pb.GetProvenanceResponse]:
    """The alias that wrote the post, and the forum's answer to it.

    Tried are the aliases that spoke in the thread; all, if the wallet has forgotten where they did. The forum sees
    which try fails, but a signature without its key tells it nothing.
    """
    challenge = await side.provenance_challenge(post_id)
    spoke = [alias for alias in aliases if challenge.thread_id in alias.threads]
    asked = ProvenanceRequest(challenge.nonce, post_id).signed_bytes()
    for alias in spoke or aliases:
        signature = alias.thread_key(challenge.thread_id).sign(asked)
        request = pb.GetProvenanceRequest(post_id=post_id, nonce=challenge.nonce, signature=signature)
        try:
            return alias, await side.provenance(request)
        except VouchsafeError as error:
            if error.reason != "SIGNATURE_INVALID":
                raise
    raise VouchsafeError(Reason.NO_SUCH_ALIAS, "none of the aliases of this wallet wrote the post")


async def _with_label(made: Provenance, log: LogReader) -> Provenance:
    """The file with the proofs of the label's meaning, issuer's key and activation and, if there is one, revocation.

    PROOF_INVALID when the log shows no meaning, LABEL_NOT_ACTIVE when it shows no activation. A label that was revoked
    later is no reason to refuse.
    """
    key_proof, _ = await log.prove(IssuerKeyLeaf.of(made.label, made.epoch, made.issuer_key).to_bytes())
    defined, activated, revoked = await _label_leaves(made, log)
    if defined is None:
        raise VouchsafeError(Reason.PROOF_INVALID, f"the log does not say what {made.label} means")
    if activated is None:
        raise VouchsafeError(Reason.LABEL_NOT_ACTIVE, f"the log does not show that {made.label} was activated")
    definition_proof, _ = await log.prove(defined.to_bytes())
    activation_proof, _ = await log.prove(activated.to_bytes())
    made = replace(
        made,
        label_name=defined.label_name,
        parent=defined.parent,
        definition_proof=definition_proof,
        issuer_key_proof=key_proof,
        crowd_at_least=activated.crowd_at_least,
        activation_proof=activation_proof,
    )
    if revoked is None:
        return made
    revocation_proof, _ = await log.prove(revoked.to_bytes())
    return replace(made, revoked=revoked.reason, revocation_proof=revocation_proof)


async def _label_leaves(
    made: Provenance, log: LogReader
) -> tuple[LabelDefinedLeaf | None, LabelActivatedLeaf | None, LabelRevokedLeaf | None]:
    """What the log says of the label in its epoch. The whole log is read: nobody learns which label is sought."""
    defined, activated, revoked = None, None, None
    async for _, data in log.leaves():
        defined = defined or says(data, LabelDefinedLeaf, made.label, made.epoch)
        activated = activated or says(data, LabelActivatedLeaf, made.label, made.epoch)
        revoked = revoked or says(data, LabelRevokedLeaf, made.label, made.epoch)
    return defined, activated, revoked


async def _with_day(made: Provenance, committed: pb.CommittedStatement, log: LogReader) -> Provenance:
    """The file with the part about the day, or as it is while the day's root is not in the log yet."""
    place = committed.place
    with translated():
        leaf = PostRootLeaf(place.day, place.size, place.root).to_bytes()
    try:
        day_proof, _ = await log.prove(leaf)
    except VouchsafeError as error:
        if error.reason != "LEAF_UNKNOWN":
            raise
        return made
    return replace(
        made,
        statement_salt=committed.salt,
        passage_salts=tuple(committed.passage_salts),
        passage_count=committed.passage_count,
        passages_root=committed.passages_root,
        day=place.day,
        day_size=place.size,
        day_index=place.index,
        day_path=tuple(place.path),
        day_root=place.root,
        day_proof=day_proof,
    )
