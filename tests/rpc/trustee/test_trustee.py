"""A trustee answers one lawful opening, and refuses everything else with one constant answer."""

import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from services.chassis.configfile import ConfigError
from services.chassis.identity_uri import server_name
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from services.chassis.rpc_errors import RpcError
from services.seal.authorization import Demand, bundle_hash
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.checkpoint import Checkpoint, sign_checkpoint
from services.seal.envelope import Partial, verify_partial
from services.seal.errors import SealError
from services.seal.leaves import IssuerKeyLeaf, Leaf, OpenIntentLeaf
from services.seal.merkle import Tree, leaf_hash
from services.seal.note import Note, NoteSigner, SignatureType, cosign
from services.seal.statements import CaseStatement
from services.seal.tlog_proof import TlogProof
from services.trustee import wiring
from tests.rpc.disclosure.authors import EPOCH, LABEL, Author, credential_message, issuer
from tests.rpc.disclosure.world import ORIGIN, Ceremony, process, running, share_secrets, tls_of, trustee
from vouchsafe.trustee.v1 import authorization_pb2
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb
from vouchsafe.trustee.v1.trustee_service_pb2_grpc import TrusteeServiceStub

SALT = b"s" * 32
RECIPIENT = b"r" * 32
DEMAND = Demand("REQUESTER_CLASS_COURT", "7 O 113/26", b"d" * 32)


@dataclass
class Lawful:
    """A lawful request and the means to make it less so."""

    ceremony: Ceremony
    author: Author
    statement: CaseStatement
    officers: tuple[str, ...] = ("ann", "bob", "cyd")
    quorum: int = 2
    approvals_expire: int | None = None
    issuer_key: bytes = b""

    def request(self, mend: Callable[[pb.DecryptShareRequest], None] = lambda request: None) -> pb.DecryptShareRequest:
        issuer_key = self.issuer_key or issuer().public_key.to_spki()
        intent = OpenIntentLeaf.of(SALT, self.statement.hash())
        leaves: list[Leaf] = [IssuerKeyLeaf.of(LABEL, EPOCH, issuer_key), intent]
        tree = Tree(leaf_hash(leaf.to_bytes()) for leaf in leaves)
        note = self.checkpoint(tree)
        approve = self.ceremony.approve
        statement = self.statement
        request = pb.DecryptShareRequest(
            authorization=authorization_pb2.Authorization(
                case_id=statement.case_id,
                bundle_hash=statement.bundle_hash,
                ground=statement.ground,
                policy_hash=statement.policy_hash,
                opened_at=statement.opened_unix,
                expires_at=statement.expires_unix,
                requester=DEMAND.requester,
                instrument=DEMAND.instrument,
                document_hash=DEMAND.document_hash,
                post_id=self.author.post_id,
                recipient_key=RECIPIENT,
                approvals=[approve(statement, officer, self.approvals_expire) for officer in self.officers],
                intent_salt=SALT,
                intent_proof=TlogProof(1, tree.inclusion(1, 2), note).format(),
            ),
            credential=credential_message(self.author.credential),
            envelope=self.author.envelope,
            issuer_key=issuer_key,
            issuer_key_proof=TlogProof(0, tree.inclusion(0, 2), note).format(),
            post=self.author.post_evidence(),
        )
        mend(request)
        return request

    def checkpoint(self, tree: Tree) -> str:
        note = sign_checkpoint(Checkpoint(ORIGIN, tree.size, tree.root()), NoteSigner(ORIGIN, self.ceremony.log))
        lines = [
            cosign(note.text, NoteSigner(f"witness-{i}", key, SignatureType.COSIGNATURE), int(time.time()))
            for i, key in enumerate(self.ceremony.witnesses[: self.quorum], start=1)
        ]
        return Note(note.text, (*note.signatures, *lines)).format()


def lawful(ceremony: Ceremony, author: Author, **changes: Any) -> Lawful:
    now = int(time.time())
    statement = CaseStatement(
        str(uuid.uuid4()),
        bundle_hash(author.credential, DEMAND, author.post_id, RECIPIENT),
        "court order",
        ceremony.trust.policy.hash(),
        now - 5,
        now + 3000,
    )
    return Lawful(ceremony, author, replace(statement, **changes))


@pytest.fixture(scope="module")
def ceremony() -> Ceremony:
    return Ceremony()


@pytest.fixture(scope="module")
def author(ceremony: Ceremony) -> Author:
    return Author(ceremony.dealing.public_key)


@pytest.fixture(scope="module")
async def ask(ceremony: Ceremony, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """Ask trustee 3, which runs for real, as disclosure."""
    async with (
        trustee(ceremony, tmp_path_factory.mktemp("trustee"), 3) as address,
        RpcChannel(address, server_name=server_name("trustee-3"), tls=tls_of("disclosure"), retry=NO_RETRY) as channel,
    ):
        stub = TrusteeServiceStub(channel.channel)

        async def asked(request: pb.DecryptShareRequest) -> pb.DecryptShareResponse:
            return await channel.unary(stub.DecryptShare, request)

        yield asked


async def assert_refused(ask: Any, request: pb.DecryptShareRequest) -> None:
    with pytest.raises(RpcError) as caught:
        await ask(request)
    failure = caught.value.failure
    assert (failure.code.name, failure.reason, failure.message) == ("PERMISSION_DENIED", "REFUSED", "refused")
    assert not failure.violations


async def test_a_lawful_request_gets_a_proven_partial(ask: Any, ceremony: Ceremony, author: Author):
    answer = await ask(lawful(ceremony, author).request())
    assert answer.index == 3
    partial = Partial(3, answer.point, answer.proof)
    verify_partial(ceremony.dealing.share_public_keys[2], author.envelope, partial)


async def test_the_same_case_is_answered_again_and_another_bundle_is_not(ask: Any, ceremony: Ceremony, author: Author):
    first = lawful(ceremony, author)
    answer = await ask(first.request())
    assert (await ask(first.request())).point == answer.point
    other = Author(ceremony.dealing.public_key)
    await assert_refused(ask, lawful(ceremony, other, case_id=first.statement.case_id).request())
    await assert_refused(ask, lawful(ceremony, author, case_id=first.statement.case_id, ground="another").request())


@pytest.mark.parametrize(
    "change",
    [
        {"officers": ("ann", "bob")},
        {"officers": ("ann", "bob", "eve")},
        {"officers": ("ann", "ann", "cyd")},
        {"quorum": 1},
        {"quorum": 0},
        {"approvals_expire": 1},
    ],
    ids=["two officers", "one role", "one officer twice", "one witness", "no witness", "approvals expired"],
)
async def test_an_authorization_that_falls_short_is_refused(
    ask: Any, ceremony: Ceremony, author: Author, change: dict[str, Any]
):
    await assert_refused(ask, replace(lawful(ceremony, author), **change).request())


@pytest.mark.parametrize(
    "change",
    [
        {"policy_hash": b"x" * 32},
        {"bundle_hash": b"x" * 32},
        {"expires_unix": int(time.time()) - 1},
        {"opened_unix": int(time.time()) + 3600},
    ],
    ids=["another policy", "another bundle", "expired", "not yet open"],
)
async def test_a_statement_that_does_not_hold_is_refused(
    ask: Any, ceremony: Ceremony, author: Author, change: dict[str, Any]
):
    await assert_refused(ask, lawful(ceremony, author, **change).request())


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
async def test_one_wrong_part_is_refused(ask: Any, ceremony: Ceremony, author: Author, mend: Any):
    await assert_refused(ask, lawful(ceremony, author).request(mend))


async def test_approvals_of_one_authors_post_do_not_open_another(ask: Any, ceremony: Ceremony, author: Author):
    """Officers can be lied to. A whole quorum signed for this post and a credential whose holder did not write it."""
    victim = Author(ceremony.dealing.public_key, post_id=author.post_id)
    deceived = lawful(ceremony, victim)
    await assert_refused(ask, deceived.request(lambda request: request.post.CopyFrom(author.post_evidence())))


async def test_a_request_without_the_post_is_invalid(ask: Any, ceremony: Ceremony, author: Author):
    with pytest.raises(RpcError, match="INVALID_REQUEST"):
        await ask(lawful(ceremony, author).request(lambda request: request.ClearField("post")))


async def test_an_invalid_point_is_refused_even_under_a_genuine_credential(ask: Any, ceremony: Ceremony):
    crooked = Author(ceremony.dealing.public_key)
    sealed = b"\xff" * 32 + crooked.envelope[32:]
    object.__setattr__(crooked, "envelope", sealed)
    object.__setattr__(crooked, "credential", crooked.credential_for(sealed))
    await assert_refused(ask, lawful(ceremony, crooked).request())


async def test_nobody_but_disclosure_may_ask(ceremony: Ceremony, author: Author, tmp_path: Path):
    async with trustee(ceremony, tmp_path, 3) as address:
        for caller in ("forum", "officer-desk", "trustee-1"):
            async with RpcChannel(
                address, server_name=server_name("trustee-3"), tls=tls_of(caller), retry=NO_RETRY
            ) as channel:
                stub = TrusteeServiceStub(channel.channel)
                with pytest.raises(RpcError, match="CALLER_NOT_ALLOWED"):
                    await channel.unary(stub.DecryptShare, lawful(ceremony, author).request())


async def starts(directory: Path, ceremony: Ceremony, secrets: dict[str, bytes]) -> None:
    async with running(wiring.start, process("trustee-3", directory, secrets, ceremony.text)):
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
