"""Envelopes are taken under a logged, active key and with a genuine credential; all else is refused by name."""

import uuid
from typing import Any

import pytest

from services.chassis.rpc_errors import RpcError
from services.seal import ed25519
from services.seal.statements import Receipt
from tests.rpc.disclosure.authors import Author, credential_message
from tests.rpc.disclosure.world import Platform, deposit_request
from vouchsafe.disclosure.v1.deposit_service_pb2_grpc import DepositServiceStub


async def test_a_deposit_gets_a_receipt_and_a_repeat_the_same(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    author = platform.author()
    first = await disclosure.deposit(author)
    message = author.credential.message
    receipt = Receipt(message.cpk, message.envelope_hash).signed_bytes()
    ed25519.verify(platform.trust.receipt_public, receipt, first.receipt.signature)
    assert await disclosure.deposit(author) == first
    assert await (await platform.disclosure()).deposit(author) == first


async def test_of_the_moment_of_a_deposit_only_the_hour_is_stored(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    await disclosure.deposit(platform.author())
    kept = [part.meta.at for commit in platform.store._commits.values() for part in commit.parts]  # type: ignore[attr-defined]
    assert kept
    assert all(at % 3600 == 0 for at in kept)


async def refused(disclosure: Any, author: Author, reason: str, **changes: Any) -> None:
    before = len(disclosure.service.log._store._commits)
    with pytest.raises(RpcError, match=reason):
        await disclosure.deposit(author, **changes)
    assert len(disclosure.service.log._store._commits) == before


async def test_an_unknown_key_and_an_inactive_label_are_refused(platform: Platform):
    disclosure = await platform.disclosure()
    author = platform.author()
    await refused(disclosure, author, "UNKNOWN_KEY")
    await disclosure.publish_label(active=False)
    await refused(disclosure, author, "LABEL_NOT_ACTIVE")
    await disclosure.publish_label()
    await disclosure.deposit(author)


async def test_nothing_is_taken_under_a_revoked_label_by_any_replica(platform: Platform):
    disclosure, other = await platform.disclosure(), await platform.disclosure()
    await disclosure.publish_label()
    await disclosure.deposit(platform.author())
    await other.deposit(platform.author())
    await disclosure.revoke_label()
    for each in (disclosure, other):
        await refused(each, platform.author(), "LABEL_REVOKED")


async def test_what_the_issuer_did_not_sign_is_refused(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    author = platform.author()
    for change in ({"prefix": b"x" * 32}, {"alias_key": b"x" * 32}, {"signature": bytes(384)}):
        credential = credential_message(author.credential)
        for name, value in change.items():
            setattr(credential, name, value)
        await refused(disclosure, author, "CREDENTIAL_INVALID", credential=credential)


async def test_another_envelope_is_refused(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    author = platform.author()
    await refused(disclosure, author, "ENVELOPE_MISMATCH", envelope=Author(platform.trust.opening_key).envelope)


async def test_an_invalid_point_is_refused(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    author = platform.author()
    sealed = b"\xff" * 32 + author.envelope[32:]
    credential = credential_message(author.credential_for(sealed))
    await refused(disclosure, author, "ENVELOPE_INVALID", envelope=sealed, credential=credential)


async def test_a_second_envelope_for_an_alias_key_is_refused(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    author = platform.author()
    await disclosure.deposit(author)
    other = Author(platform.trust.opening_key).envelope
    credential = credential_message(author.credential_for(other))
    await refused(disclosure, author, "ALIAS_KEY_USED", envelope=other, credential=credential)


async def test_a_request_id_is_not_used_twice(platform: Platform):
    disclosure = await platform.disclosure()
    await disclosure.publish_label()
    request_id = str(uuid.uuid4())
    author = platform.author()
    await disclosure.deposit(author, request_id=request_id)
    await disclosure.deposit(author, request_id=request_id)
    await refused(disclosure, platform.author(), "REQUEST_ID_REUSED", request_id=request_id)


async def test_a_persons_token_is_turned_away(platform: Platform):
    disclosure = await platform.disclosure()
    channel = disclosure.channel("alias-edge")
    with pytest.raises(RpcError, match="PERSON_TOKEN_REFUSED"):
        await channel.unary(
            DepositServiceStub(channel.channel).DepositEnvelope,
            deposit_request(platform.author()),
            metadata=[("authorization", "Bearer token")],
        )


@pytest.mark.parametrize(
    "changes",
    [{"request_id": ""}, {"request_id": "x"}, {"envelope": b""}, {"envelope": bytes(127)}, {"credential": None}],
    ids=["no request id", "no uuid", "no envelope", "short envelope", "no credential"],
)
async def test_malformed_requests_are_refused(platform: Platform, changes: dict[str, Any]):
    disclosure = await platform.disclosure()
    await refused(disclosure, platform.author(), "INVALID_REQUEST", **changes)


@pytest.mark.parametrize("caller", ["person-edge", "officer-desk", "forum", "verification"])
async def test_only_the_alias_side_deposits(platform: Platform, caller: str):
    disclosure = await platform.disclosure()
    channel = disclosure.channel(caller)
    with pytest.raises(RpcError, match="CALLER_NOT_ALLOWED"):
        await channel.unary(DepositServiceStub(channel.channel).DepositEnvelope, deposit_request(platform.author()))
