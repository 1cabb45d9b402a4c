"""A trustee answers one lawful opening, and refuses everything else with one constant answer."""

import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.chassis.configfile import ConfigError
from services.chassis.identity_uri import server_name
from services.chassis.lifecycle import Process
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from services.chassis.rpc_errors import RpcError
from services.seal.authorization import Scope, approval_hash
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.envelope import Partial, verify_partial
from services.seal.errors import SealError
from services.seal.governance import Proposal, proposal_hash
from services.seal.leaves import (
    ApprovalWithdrawnLeaf,
    EndorsementLeaf,
    IssuerKeyLeaf,
    Leaf,
    LockDownLeaf,
    OfficerRemovedLeaf,
    OpeningVetoedLeaf,
)
from services.seal.statements import Endorsement, LockDown, Veto, Withdrawal
from services.tlog.errors import LogForked, LogUnavailable
from services.trustee import servicer, wiring
from tests.rpc.disclosure.authors import EPOCH, LABEL, Author, credential_message, issuer
from tests.rpc.disclosure.world import Ceremony, process, running, share_secrets, tls_of, trustee
from tests.support.openings import COURT, Opening, Signers
from tests.support.public_log import MemoryLogView
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb
from vouchsafe.trustee.v1.trustee_service_pb2_grpc import TrusteeServiceStub

RECIPIENT = b"r" * 32
OFFICERS = ("ann", "bob", "cyd")


@dataclass(frozen=True)
class Lawful:
    """A lawful request and the means to make it less so."""

    author: Author
    opening: Opening
    issuer_key: bytes = field(default_factory=lambda: issuer().public_key.to_spki())

    def request(self, mend: Callable[[pb.DecryptShareRequest], None] = lambda request: None) -> pb.DecryptShareRequest:
        request = pb.DecryptShareRequest(
            authorization=self.opening.message(),
            credential=credential_message(self.author.credential),
            envelope=self.author.envelope,
            issuer_key=self.issuer_key,
            issuer_key_proof=self.opening.proof_of(self.opening.before[0]),
            post=self.author.post_evidence() if self.opening.scope.post_id else None,
            subject_blind=self.opening.blind,
        )
        mend(request)
        return request


def lawful(ceremony: Ceremony, author: Author, **changes: Any) -> Lawful:
    """A request that holds, but for the changes."""
    signers = Signers(
        ceremony.trust,
        ceremony.log,
        {f"witness-{i}": key for i, key in enumerate(ceremony.witnesses, start=1)},
        ceremony.officers,
    )
    opening = Opening(
        signers,
        author.credential,
        author.envelope,
        int(time.time()),
        RECIPIENT,
        before=(IssuerKeyLeaf.of(LABEL, EPOCH, issuer().public_key.to_spki()),),
        scope=Scope(author.post_id, ("name",)),
        approved_by=OFFICERS,
        lasts=3000,
    )
    return Lawful(author, replace(opening, **changes))


class Asked:
    """Trustee 3, which runs for real, asked as disclosure.

    It sees the log that a request was made for, and the leaves `since`.
    """

    def __init__(self, channel: RpcChannel, log: MemoryLogView) -> None:
        self._channel = channel
        self._stub = TrusteeServiceStub(channel.channel)
        self.log = log

    async def __call__(
        self, told: Lawful, mend: Callable[[pb.DecryptShareRequest], None] = lambda request: None, *since: Leaf
    ) -> pb.DecryptShareResponse:
        self.log.leaves = list(told.opening.logged)
        self.log.append(*since)
        return await self._channel.unary(self._stub.DecryptShare, told.request(mend))


def channel_to(address: str, caller: str) -> RpcChannel:
    """A channel that is patient with a busy machine."""
    return RpcChannel(address, server_name=server_name("trustee-3"), tls=tls_of(caller), timeout=25.0, retry=NO_RETRY)


def lock_leaf(ceremony: Ceremony, number: int, officer: str) -> LockDownLeaf:
    signature = ceremony.officers[officer].sign(LockDown(ceremony.trust.hash(), number, officer).signed_bytes())
    return LockDownLeaf(number, officer, signature)


def endorsements(ceremony: Ceremony, proposal: Proposal) -> list[EndorsementLeaf]:
    """A quorum's."""
    hashed = proposal_hash(proposal)
    signed = Endorsement(ceremony.trust.hash(), hashed).signed_bytes()
    return [EndorsementLeaf(hashed, each, ceremony.officers[each].sign(signed)) for each in OFFICERS]


@pytest.fixture(scope="module")
def ceremony() -> Ceremony:
    return Ceremony()


@pytest.fixture(scope="module")
def author(ceremony: Ceremony) -> Author:
    return Author(ceremony.dealing.public_key)


@pytest.fixture(scope="module")
async def ask(ceremony: Ceremony, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Asked]:
    log = MemoryLogView(ceremony.trust)
    async with (
        trustee(ceremony, tmp_path_factory.mktemp("trustee"), 3, log) as address,
        channel_to(address, "disclosure") as channel,
    ):
        yield Asked(channel, log)


@contextmanager
def refused() -> Iterator[None]:
    """The one constant answer."""
    with pytest.raises(RpcError) as caught:
        yield
    failure = caught.value.failure
    assert (failure.code.name, failure.reason, failure.message) == ("PERMISSION_DENIED", "REFUSED", "refused")
    assert not failure.violations


async def test_a_lawful_request_gets_a_proven_partial(ask: Asked, ceremony: Ceremony, author: Author):
    answer = await ask(lawful(ceremony, author))
    assert answer.index == 3
    partial = Partial(3, answer.point, answer.proof)
    verify_partial(ceremony.dealing.share_public_keys[2], author.envelope, partial)


async def test_a_case_about_the_alias_itself_needs_no_post(ask: Asked, ceremony: Ceremony, author: Author):
    assert (await ask(lawful(ceremony, author, scope=Scope("", ("login",))))).index == 3


async def test_the_same_case_is_answered_again_and_another_is_not(ask: Asked, ceremony: Ceremony, author: Author):
    first = lawful(ceremony, author)
    answer = await ask(first)
    assert (await ask(first)).point == answer.point
    other, case_id = Author(ceremony.dealing.public_key), first.opening.case_id
    with refused():
        await ask(lawful(ceremony, other, case_id=case_id))
    with refused():
        await ask(lawful(ceremony, author, case_id=case_id, ground="another"))


@pytest.mark.parametrize(
    "change",
    [
        {"approved_by": ("ann", "bob")},
        {"approved_by": ("ann", "bob", "eve")},
        {"approved_by": ("ann", "ann", "cyd")},
        {"approved_until": 1},
        {"quorum": 1},
        {"quorum": 0},
        {"policy_hash": b"x" * 32},
        {"demand": replace(COURT, requester="company")},
        {"demand": replace(COURT, organisation="platform")},
        {"lasts": -1},
        {"opened": -3600},
        {"delay": 3600},
        {"noticed": False},
        {"gag_until": int(time.time()) + 60},
        {"notice_blind": b"x" * 32},
    ],
    ids=[
        "two officers", "one role", "one officer twice", "approvals expired", "one witness", "no witness",
        "another policy", "a company", "the officers' own organisation", "case expired", "case not open yet",
        "delay not over", "subject not told", "gag without a document", "somebody else told",
    ],
)  # fmt: skip
async def test_an_authorization_that_falls_short_is_refused(
    ask: Asked, ceremony: Ceremony, author: Author, change: dict[str, Any]
):
    with refused():
        await ask(lawful(ceremony, author, **change))


async def test_an_opening_that_an_officer_stopped_is_refused(ask: Asked, ceremony: Ceremony, author: Author):
    told = lawful(ceremony, author)
    intent = told.opening.intent.commitment
    signed = Veto(ceremony.trust.hash(), intent, "dan").signed_bytes()
    veto = OpeningVetoedLeaf(intent, "dan", ceremony.officers["dan"].sign(signed))
    for stop in (veto, lock_leaf(ceremony, 1, "eve")):
        with refused():
            await ask(told, lambda _: None, stop)
    assert (await ask(told)).index == 3


async def test_an_approval_that_was_taken_back_is_refused(ask: Asked, ceremony: Ceremony, author: Author):
    told = lawful(ceremony, author)
    first, *others = told.opening.authorization().approvals
    officer = OFFICERS[0]
    signed = Withdrawal(ceremony.trust.hash(), approval_hash(told.opening.statement.case_id, officer), officer)
    signature = ceremony.officers[officer].sign(signed.signed_bytes())
    withdrawn = ApprovalWithdrawnLeaf(signed.approval, officer, signature)
    again = ceremony.approve(told.opening.statement, officer, told.opening.now + 1234)
    assert again != first

    def reapproved(request: pb.DecryptShareRequest) -> None:
        request.authorization.approvals[:] = [again, *others]

    with refused():
        await ask(told, lambda _: None, withdrawn)
    with refused():
        await ask(told, reapproved, withdrawn)
    assert (await ask(told, reapproved)).index == 3


@pytest.mark.parametrize("changes", [{}, {"case_salt": b"k" * 32}], ids=["of the same case", "of another case"])
async def test_what_was_approved_once_is_not_opened_on_a_second_intent(
    ask: Asked, ceremony: Ceremony, author: Author, changes: dict[str, bytes]
):
    shown = lawful(ceremony, author).opening
    signed = Veto(ceremony.trust.hash(), shown.intent.commitment, "dan").signed_bytes()
    veto = OpeningVetoedLeaf(shown.intent.commitment, "dan", ceremony.officers["dan"].sign(signed))
    for since in ((), (veto,)):
        with refused():
            await ask(Lawful(author, shown.twin(**changes)), lambda _: None, *since)
    assert (await ask(Lawful(author, shown))).index == 3


async def test_officers_of_today_are_those_of_the_log(ask: Asked, ceremony: Ceremony, author: Author):
    removed = OfficerRemovedLeaf(1, "eve")
    endorsed = endorsements(ceremony, removed)
    told = lawful(ceremony, author)
    assert (await ask(told, lambda _: None, removed, *endorsed[:2])).index == 3
    with refused():
        await ask(told, lambda _: None, removed, *endorsed)


async def test_a_log_that_cannot_be_read_is_worth_another_try(ask: Asked, ceremony: Ceremony, author: Author):
    ask.log.fails = LogUnavailable("no mirror shows a tree that was co-signed lately")
    try:
        with pytest.raises(RpcError) as caught:
            await ask(lawful(ceremony, author))
    finally:
        ask.log.fails = None
    assert (caught.value.code.name, caught.value.reason) == ("UNAVAILABLE", "LOG_UNAVAILABLE")


async def test_a_log_with_two_histories_is_refused(ask: Asked, ceremony: Ceremony, author: Author):
    ask.log.fails = LogForked("two histories", ())
    try:
        with refused():
            await ask(lawful(ceremony, author))
    finally:
        ask.log.fails = None


async def test_refusals_are_counted(ask: Asked, ceremony: Ceremony, author: Author, monkeypatch: pytest.MonkeyPatch):
    counted: list[tuple[int, dict[str, str]]] = []
    monkeypatch.setattr(servicer, "_REFUSALS", SimpleNamespace(add=lambda *told: counted.append(told)))
    with refused():
        await ask(lawful(ceremony, author, quorum=1))
    assert counted == [(1, {"method": "DecryptShare"})]


def another_recipient(request: pb.DecryptShareRequest) -> None:
    request.authorization.recipient_key = b"x" * 32


def another_post(request: pb.DecryptShareRequest) -> None:
    request.authorization.post_id = str(uuid.uuid4())


def another_salt(request: pb.DecryptShareRequest) -> None:
    request.authorization.intent_salt = b"x" * 32


def swapped_proofs(request: pb.DecryptShareRequest) -> None:
    request.authorization.intent_proof = request.issuer_key_proof


def key_not_in_the_log(request: pb.DecryptShareRequest) -> None:
    request.issuer_key_proof = request.authorization.intent_proof


def another_key(request: pb.DecryptShareRequest) -> None:
    request.issuer_key = BlindSigner.generate().public_key.to_spki()


def another_label(request: pb.DecryptShareRequest) -> None:
    request.credential.label = "other"


def another_signature(request: pb.DecryptShareRequest) -> None:
    request.credential.signature = bytes(384)


def another_envelope(request: pb.DecryptShareRequest) -> None:
    request.envelope = request.envelope[:32] + bytes(96)


def another_subject(request: pb.DecryptShareRequest) -> None:
    request.authorization.subject = b"x" * 32


def another_blind(request: pb.DecryptShareRequest) -> None:
    request.subject_blind = b"x" * 32


def another_case_salt(request: pb.DecryptShareRequest) -> None:
    request.authorization.case_salt = b"x" * 32


def more_fields(request: pb.DecryptShareRequest) -> None:
    request.authorization.fields.append("login")


def less_delay(request: pb.DecryptShareRequest) -> None:
    request.authorization.delay_seconds = 0


def no_post(request: pb.DecryptShareRequest) -> None:
    request.ClearField("post")


def no_proof(request: pb.DecryptShareRequest) -> None:
    request.authorization.intent_proof = "nonsense"


def before_1970(request: pb.DecryptShareRequest) -> None:
    request.authorization.opened_at = -1


def another_text(request: pb.DecryptShareRequest) -> None:
    request.post.body = "other words"


def another_title(request: pb.DecryptShareRequest) -> None:
    request.post.title = ""


def another_thread(request: pb.DecryptShareRequest) -> None:
    request.post.thread_id = str(uuid.uuid4())


def another_thread_key(request: pb.DecryptShareRequest) -> None:
    request.post.thread_key = b"x" * 32


def another_certificate(request: pb.DecryptShareRequest) -> None:
    request.post.certificate = bytes(64)


def another_post_signature(request: pb.DecryptShareRequest) -> None:
    request.post.signature = bytes(64)


@pytest.mark.parametrize(
    "mend",
    [
        another_text,
        another_title,
        another_thread,
        another_thread_key,
        another_certificate,
        another_post_signature,
        no_post,
        another_subject,
        another_blind,
        another_case_salt,
        more_fields,
        less_delay,
        another_recipient,
        another_post,
        another_salt,
        swapped_proofs,
        key_not_in_the_log,
        another_key,
        another_label,
        another_signature,
        another_envelope,
        no_proof,
        before_1970,
    ],
)
async def test_one_wrong_part_is_refused(ask: Asked, ceremony: Ceremony, author: Author, mend: Any):
    with refused():
        await ask(lawful(ceremony, author), mend)


async def test_approvals_of_one_authors_post_do_not_open_another(ask: Asked, ceremony: Ceremony, author: Author):
    """Officers can be lied to. A whole quorum signed for this post and a credential whose holder did not write it."""
    victim = Author(ceremony.dealing.public_key, post_id=author.post_id)
    with refused():
        await ask(lawful(ceremony, victim), lambda request: request.post.CopyFrom(author.post_evidence()))


async def test_a_subject_who_is_somebody_else_is_refused(ask: Asked, ceremony: Ceremony, author: Author):
    """The log tells another alias's owner. Officers, intent and notice fit each other, but not this envelope."""
    with refused():
        await ask(lawful(ceremony, author, envelope=Author(ceremony.dealing.public_key).envelope))


async def test_an_envelope_that_the_credential_does_not_name_is_refused(ask: Asked, ceremony: Ceremony, author: Author):
    """A lawful case is no way to have another envelope decrypted, though the log speaks of that one."""
    other = Author(ceremony.dealing.public_key).envelope

    def swap(request: pb.DecryptShareRequest) -> None:
        request.envelope = other

    with refused():
        await ask(lawful(ceremony, author, envelope=other), swap)


async def test_an_invalid_point_is_refused_even_under_a_genuine_credential(ask: Asked, ceremony: Ceremony):
    crooked = Author(ceremony.dealing.public_key)
    sealed = b"\xff" * 32 + crooked.envelope[32:]
    object.__setattr__(crooked, "envelope", sealed)
    object.__setattr__(crooked, "credential", crooked.credential_for(sealed))
    with refused():
        await ask(lawful(ceremony, crooked))


async def test_nobody_but_disclosure_may_ask(ceremony: Ceremony, author: Author, tmp_path: Path):
    async with trustee(ceremony, tmp_path, 3, MemoryLogView(ceremony.trust)) as address:
        for caller in ("forum", "officer-desk", "trustee-1"):
            async with channel_to(address, caller) as channel:
                stub = TrusteeServiceStub(channel.channel)
                with pytest.raises(RpcError, match="CALLER_NOT_ALLOWED"):
                    await channel.unary(stub.DecryptShare, lawful(ceremony, author).request())


async def starts(directory: Path, ceremony: Ceremony, secrets: dict[str, bytes]) -> None:
    async def start(of: Process) -> None:
        wiring.assemble(of, ceremony.trust, MemoryLogView(ceremony.trust))

    async with running(start, process("trustee-3", directory, secrets, ceremony.text)):
        pass


async def test_a_trustee_that_reads_no_log_refuses_to_start(ceremony: Ceremony, tmp_path: Path):
    secrets = share_secrets(ceremony.dealing, 3)
    with pytest.raises(ConfigError, match="reads the public log by itself"):
        async with running(wiring.start, process("trustee-3", tmp_path, secrets, ceremony.text)):
            pass


async def test_a_share_that_was_not_dealt_refuses_to_start(ceremony: Ceremony, tmp_path: Path):
    stranger = replace(Ceremony().dealing, public_key=ceremony.dealing.public_key)
    with pytest.raises(SealError, match="commitments"):
        await starts(tmp_path, ceremony, share_secrets(stranger, 3))


async def test_a_share_of_another_ceremony_refuses_to_start(ceremony: Ceremony, tmp_path: Path):
    with pytest.raises(SealError, match="not a share of this opening key"):
        await starts(tmp_path, ceremony, share_secrets(Ceremony().dealing, 3))


async def test_another_trustees_share_refuses_to_start(ceremony: Ceremony, tmp_path: Path):
    with pytest.raises(ValueError, match="another trustee"):
        await starts(tmp_path, ceremony, share_secrets(ceremony.dealing, 1))


async def test_a_wrong_passphrase_refuses_to_start(ceremony: Ceremony, tmp_path: Path):
    secrets = share_secrets(ceremony.dealing, 3) | {"share-passphrase": b"another passphrase"}
    with pytest.raises(ValueError, match="passphrase does not open the share"):
        await starts(tmp_path, ceremony, secrets)


async def test_a_share_without_its_passphrase_refuses_to_start(ceremony: Ceremony, tmp_path: Path):
    secrets = share_secrets(ceremony.dealing, 3)
    del secrets["share-passphrase"]
    with pytest.raises(ConfigError, match="'share-passphrase' is missing"):
        await starts(tmp_path, ceremony, secrets)


async def test_a_plain_share_refuses_to_start(ceremony: Ceremony, tmp_path: Path):
    plain = {"share": ceremony.dealing.shares[2].encode().reveal()}
    with pytest.raises(SealError, match="passphrase"):
        await starts(tmp_path, ceremony, share_secrets(ceremony.dealing, 3) | plain)
