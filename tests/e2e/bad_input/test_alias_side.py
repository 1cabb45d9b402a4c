"""Bad input on the alias side: tokens that do not belong there, credentials, receipts, envelopes, signatures."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from grpc import StatusCode

from services.seal.blind_rsa_signer import BlindSigner
from services.seal.statements import PostStatement
from tests.e2e.bad_input import requests
from tests.e2e.bad_input.calls import RefusedInVain
from tests.e2e.bad_input.world import LABEL, Metadata, World, bearer
from vouchsafe.disclosure.v1.deposit_service_pb2_grpc import DepositServiceStub
from vouchsafe.forum.v1 import alias_service_pb2 as alias_pb
from vouchsafe.forum.v1 import reading_service_pb2 as reading_pb
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.forum.v1.reading_service_pb2_grpc import ReadingServiceStub
from vouchsafe.forum.v1.thread_service_pb2_grpc import ThreadServiceStub
from vouchsafe.sdk import signing

# Encodings that are no ristretto255 point (RFC 9496) to seal to.
NO_POINTS = {"identity": bytes(32), "not canonical": b"\xff" * 32, "negative": b"\x01" + bytes(31)}


def threads(world: World) -> Any:
    return world.channels.stub(ThreadServiceStub, "alias-edge", "forum")


def aliases(world: World) -> Any:
    return world.channels.stub(AliasServiceStub, "alias-edge", "forum")


def vault(world: World) -> Any:
    return world.channels.stub(DepositServiceStub, "alias-edge", "disclosure")


async def alias_side_calls(world: World) -> list[Callable[[Metadata], Awaitable[Any]]]:
    """Every call that aliases and readers make, each with a request that is in order."""
    alias = world.crowd[0].alias
    reading = world.channels.stub(ReadingServiceStub, "alias-edge", "forum")
    opened = await world.crowd[0].voice.open_thread("A title", "A text")
    creation = await requests.alias(world, alias)
    new, more = requests.thread(alias), requests.post(alias, opened.thread_id)
    below = requests.comment(alias, opened.thread_id, opened.post_id)
    whole = reading_pb.GetThreadRequest(thread_id=opened.thread_id)
    return [
        lambda m: aliases(world).CreateChallenge(alias_pb.CreateChallengeRequest(), timeout=20, metadata=m),
        lambda m: aliases(world).CreateAlias(creation, timeout=20, metadata=m),
        lambda m: threads(world).OpenThread(new, timeout=20, metadata=m),
        lambda m: threads(world).CreatePost(more, timeout=20, metadata=m),
        lambda m: threads(world).CreateComment(below, timeout=20, metadata=m),
        lambda m: reading.ListLatestPosts(reading_pb.ListLatestPostsRequest(), timeout=20, metadata=m),
        lambda m: reading.GetThread(whole, timeout=20, metadata=m),
        lambda m: vault(world).DepositEnvelope(requests.deposit(alias), timeout=20, metadata=m),
    ]


async def test_a_persons_token_is_refused_by_every_call(world: World, in_vain: RefusedInVain) -> None:
    person = world.crowd[0]
    assertion = await world.bearer(person)
    for call in await alias_side_calls(world):
        for token in (assertion, bearer(person.keys.session_token), (("authorization", ""),)):
            assert (await in_vain(call(token))).told == (StatusCode.INVALID_ARGUMENT, "PERSON_TOKEN_REFUSED")


async def test_a_persons_token_is_in_no_log(world: World) -> None:
    tokens = [world.crowd[0].keys.session_token.encode(), (await world.bearer(world.crowd[0]))[0][1].encode()[7:]]
    kept = [*world.platform.layout.log_files.iterdir(), *world.platform.layout.traces.iterdir()]
    assert [path.name for path in kept if any(token in path.read_bytes() for token in tokens)] == []


@pytest.mark.parametrize(("label", "epoch"), [("nobody-at-all", 0), (LABEL, 1)])
async def test_a_credential_under_a_key_that_nobody_published(
    world: World, in_vain: RefusedInVain, label: str, epoch: int
) -> None:
    alias = world.crowd[2].alias
    deposit, creation = requests.deposit(alias), await requests.alias(world, alias)
    for request in (deposit, creation):
        request.credential.label, request.credential.epoch = label, epoch or alias.epoch
    # The alias has no receipt yet; this one has the right size, and the key is looked at first.
    creation.receipt.signature = bytes(64)
    unknown = (StatusCode.FAILED_PRECONDITION, "UNKNOWN_KEY")
    assert (await in_vain(vault(world).DepositEnvelope(deposit, timeout=20))).told == unknown
    assert (await in_vain(aliases(world).CreateAlias(creation, timeout=20))).told == unknown


async def test_a_credential_that_somebody_else_signed(world: World, in_vain: RefusedInVain) -> None:
    alias = world.crowd[2].alias
    deposit, creation = requests.deposit(alias), await requests.alias(world, alias)
    creation.receipt.signature = bytes(64)
    forged = BlindSigner.generate().blind_sign(b"\1" * 384)
    for request in (deposit, creation):
        request.credential.signature = forged
    invalid = (StatusCode.INVALID_ARGUMENT, "CREDENTIAL_INVALID")
    assert (await in_vain(vault(world).DepositEnvelope(deposit, timeout=20))).told == invalid
    assert (await in_vain(aliases(world).CreateAlias(creation, timeout=20))).told == invalid


async def test_the_receipt_of_another_alias(world: World, in_vain: RefusedInVain) -> None:
    creation = await requests.alias(world, world.crowd[2].alias)
    creation.receipt.signature = world.crowd[0].alias.receipt
    refusal = await in_vain(aliases(world).CreateAlias(creation, timeout=20))
    assert refusal.told == (StatusCode.INVALID_ARGUMENT, "RECEIPT_INVALID")


async def test_the_credential_of_another_alias(world: World, in_vain: RefusedInVain) -> None:
    victim, thief = world.crowd[0].alias, world.crowd[1].alias
    creation = await requests.alias(world, victim)
    creation.signature = thief.key.sign(b"\0" * 40)
    refusal = await in_vain(aliases(world).CreateAlias(creation, timeout=20))
    assert refusal.told == (StatusCode.INVALID_ARGUMENT, "ALIAS_PROOF_INVALID")


async def test_an_envelope_whose_point_is_none(world: World, in_vain: RefusedInVain) -> None:
    for what, c1 in NO_POINTS.items():
        deposit = await requests.deposit_of_any_envelope(world, world.crowd[3], c1 + bytes(96))
        refusal = await in_vain(vault(world).DepositEnvelope(deposit, timeout=20))
        assert refusal.told == (StatusCode.INVALID_ARGUMENT, "ENVELOPE_INVALID"), what


async def test_another_envelope_than_the_credentials(world: World, in_vain: RefusedInVain) -> None:
    deposit = requests.deposit(world.crowd[2].alias)
    deposit.envelope = world.crowd[0].alias.envelope
    refusal = await in_vain(vault(world).DepositEnvelope(deposit, timeout=20))
    assert refusal.told == (StatusCode.INVALID_ARGUMENT, "ENVELOPE_MISMATCH")


async def test_a_signature_by_the_key_of_another_thread(world: World, in_vain: RefusedInVain) -> None:
    author = world.crowd[0]
    here = (await author.voice.open_thread("Here", "A text")).thread_id
    there = (await author.voice.open_thread("There", "A text")).thread_id
    elsewhere = author.alias.thread_key(there)

    signed = requests.post(author.alias, here)
    statement = PostStatement(here, signed.post_id, "", signed.body)
    signed.proof.signature = elsewhere.sign(statement.signed_bytes())
    refusal = await in_vain(threads(world).CreatePost(signed, timeout=20))
    assert refusal.told == (StatusCode.INVALID_ARGUMENT, "SIGNATURE_INVALID")

    certified = requests.post(author.alias, here)
    certified.proof.CopyFrom(signing.author_proof(author.alias, PostStatement(there, certified.post_id, "", "A text")))
    refusal = await in_vain(threads(world).CreatePost(certified, timeout=20))
    assert refusal.told == (StatusCode.INVALID_ARGUMENT, "CERTIFICATE_INVALID")


async def test_a_second_key_of_one_alias_in_one_thread(world: World, in_vain: RefusedInVain) -> None:
    author = world.crowd[0]
    here = (await author.voice.open_thread("Here", "A text")).thread_id
    other = author.alias.thread_key("another")
    request = requests.post(author.alias, here)
    request.proof.CopyFrom(requests.proof_with(author.alias, other, PostStatement(here, request.post_id, "", "A text")))
    refusal = await in_vain(threads(world).CreatePost(request, timeout=20))
    assert refusal.told == (StatusCode.FAILED_PRECONDITION, "THREAD_KEY_CHANGED")


async def test_the_thread_key_of_somebody_else(world: World, in_vain: RefusedInVain) -> None:
    author, impostor = world.crowd[0], world.crowd[1]
    here = (await author.voice.open_thread("Here", "A text")).thread_id
    request = requests.post(impostor.alias, here)
    request.proof.signature = author.alias.thread_key(here).sign(b"whatever")
    refusal = await in_vain(threads(world).CreatePost(request, timeout=20))
    assert refusal.told == (StatusCode.INVALID_ARGUMENT, "SIGNATURE_INVALID")
    # The author's own key and signature, under a certificate of the impostor's.
    stolen = requests.post(author.alias, here)
    stolen.proof.CopyFrom(requests.certified_by(impostor.alias, stolen.proof, here))
    refusal = await in_vain(threads(world).CreatePost(stolen, timeout=20))
    assert refusal.told == (StatusCode.FAILED_PRECONDITION, "THREAD_KEY_TAKEN")


async def test_an_alias_that_the_forum_does_not_know(world: World, in_vain: RefusedInVain) -> None:
    refusal = await in_vain(threads(world).OpenThread(requests.thread(world.crowd[4].alias), timeout=20))
    assert refusal.told == (StatusCode.FAILED_PRECONDITION, "ALIAS_UNKNOWN")
