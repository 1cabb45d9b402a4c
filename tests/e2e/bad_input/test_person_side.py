"""Bad input on the person side: mail codes, mail domains and assertions."""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from grpc import StatusCode
from grpc.aio import AioRpcError

from examples.demo.authors import code_in
from tests.e2e.bad_input.calls import RefusedInVain, refused
from tests.e2e.bad_input.world import DOMAIN, LABEL, Citizen, Metadata, World, bearer, fresh
from vouchsafe.identity.v1 import person_service_pb2 as identity_pb
from vouchsafe.identity.v1.person_service_pb2_grpc import PersonServiceStub
from vouchsafe.verification.v1 import employment_service_pb2 as employment_pb
from vouchsafe.verification.v1 import issuance_service_pb2 as issuance_pb
from vouchsafe.verification.v1.employment_service_pb2_grpc import EmploymentServiceStub
from vouchsafe.verification.v1.issuance_service_pb2_grpc import IssuanceServiceStub

TRIES = 5


def employment(world: World) -> Any:
    return world.channels.stub(EmploymentServiceStub, "person-edge", "verification")


async def challenged(world: World, person: Citizen, token: Metadata) -> tuple[str, str]:
    """A challenge for the person's mailbox, and the code that arrived."""
    request = employment_pb.RequestMailCodeRequest(request_id=fresh(), work_email=person.work_email)
    answer = await employment(world).RequestMailCode(request, timeout=20, metadata=token)
    return answer.challenge_id, code_in(await world.platform.mailbox.wait(person.work_email))


def confirmation(challenge: str, code: str) -> employment_pb.ConfirmMailCodeRequest:
    return employment_pb.ConfirmMailCodeRequest(request_id=fresh(), challenge_id=challenge, code=code)


async def test_five_wrong_codes_lock_the_challenge_for_the_right_one_too(world: World, in_vain: RefusedInVain) -> None:
    person = await world.newcomer()
    token = await world.bearer(person)
    challenge, code = await challenged(world, person, token)
    world.hide(challenge)
    before = await world.stores.commits()
    confirm = employment(world).ConfirmMailCode
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(TRIES):
        refusal = await refused(confirm(confirmation(challenge, wrong), timeout=20, metadata=token))
        assert refusal.told == (StatusCode.INVALID_ARGUMENT, "WRONG_CODE")
        world.says_nothing(refusal)
    # Each try is counted, and nothing but that has happened.
    after = await world.stores.commits()
    assert {service: len(after[service] - before[service]) for service in after} == {
        "identity": 0,
        "verification": TRIES,
        "forum": 0,
        "disclosure": 0,
    }
    for tried in (wrong, code):
        locked = await in_vain(confirm(confirmation(challenge, tried), timeout=20, metadata=token))
        assert locked.told == (StatusCode.FAILED_PRECONDITION, "CODE_LOCKED")


async def test_a_repeated_try_counts_once(world: World, in_vain: RefusedInVain) -> None:
    person = await world.newcomer()
    token = await world.bearer(person)
    challenge, code = await challenged(world, person, token)
    again = confirmation(challenge, f"{(int(code) + 1) % 10**6:06}")
    first = await refused(employment(world).ConfirmMailCode(again, timeout=20, metadata=token))
    for _ in range(TRIES):
        repeat = await in_vain(employment(world).ConfirmMailCode(again, timeout=20, metadata=token))
        assert repeat.told == first.told == (StatusCode.INVALID_ARGUMENT, "WRONG_CODE")
    right = await employment(world).ConfirmMailCode(confirmation(challenge, code), timeout=20, metadata=token)
    assert right.label == LABEL


async def test_the_same_request_in_capitals_unlocks_nothing(world: World) -> None:
    person = await world.newcomer()
    token = await world.bearer(person)
    request = employment_pb.RequestMailCodeRequest(request_id=f"ab{fresh()[2:]}", work_email=person.work_email)
    challenge = (await employment(world).RequestMailCode(request, timeout=20, metadata=token)).challenge_id
    code = code_in(await world.platform.mailbox.wait(person.work_email))
    wrong = confirmation(challenge, f"{(int(code) + 1) % 10**6:06}")
    for _ in range(TRIES):
        wrong.request_id = fresh()
        await refused(employment(world).ConfirmMailCode(wrong, timeout=20, metadata=token))
    request.request_id = request.request_id.upper()
    with suppress(AioRpcError):
        await employment(world).RequestMailCode(request, timeout=20, metadata=token)
    right = employment(world).ConfirmMailCode(confirmation(challenge, code), timeout=20, metadata=token)
    assert (await refused(right)).told == (StatusCode.FAILED_PRECONDITION, "CODE_LOCKED")


async def test_a_code_works_once_and_for_its_own_person(world: World, in_vain: RefusedInVain) -> None:
    person, thief = await world.newcomer(), world.crowd[0]
    token = await world.bearer(person)
    challenge, code = await challenged(world, person, token)
    confirm = employment(world).ConfirmMailCode
    stolen = await in_vain(confirm(confirmation(challenge, code), timeout=20, metadata=await world.bearer(thief)))
    assert stolen.told == (StatusCode.NOT_FOUND, "UNKNOWN_CHALLENGE")
    await confirm(confirmation(challenge, code), timeout=20, metadata=token)
    used = await in_vain(confirm(confirmation(challenge, code), timeout=20, metadata=token))
    assert used.told == (StatusCode.FAILED_PRECONDITION, "CODE_USED")


@pytest.mark.parametrize("domain", ["nowhere.example", f"sub.{DOMAIN}", f"{DOMAIN}.nowhere.example", "example"])
async def test_a_mail_domain_that_nobody_declared(world: World, in_vain: RefusedInVain, domain: str) -> None:
    person = world.crowd[0]
    address = f"somebody.unheard.of@{domain}"
    world.hide(address)
    request = employment_pb.RequestMailCodeRequest(request_id=fresh(), work_email=address)
    call = employment(world).RequestMailCode(request, timeout=20, metadata=await world.bearer(person))
    assert (await in_vain(call)).told == (StatusCode.FAILED_PRECONDITION, "UNKNOWN_MAIL_DOMAIN")
    assert world.platform.mailbox.messages(address) == []


async def test_an_assertion_that_has_ended(world: World, in_vain: RefusedInVain) -> None:
    token = world.assertion_of_identity(world.crowd[0], expires_at=int(time.time()) - 1)
    for call in verification_calls(world, token):
        assert (await in_vain(call())).told == (StatusCode.UNAUTHENTICATED, "ASSERTION_EXPIRED")


async def test_an_assertion_for_somebody_else_or_by_somebody_else(world: World, in_vain: RefusedInVain) -> None:
    person = world.crowd[0]
    soon = int(time.time()) + 60
    elsewhere = world.assertion_of_identity(person, audience="forum", expires_at=soon)
    genuine = world.assertion_of_identity(person, expires_at=soon)[0][1].removeprefix("Bearer ")
    statement, _, signature = genuine.partition(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    session = bearer(person.keys.session_token)
    for token in (elsewhere, bearer(f"{statement}.{flipped}"), bearer("no token at all"), session):
        refusal = await in_vain(verification_calls(world, token)[0]())
        assert refusal.told == (StatusCode.UNAUTHENTICATED, "ASSERTION_INVALID")
    refusal = await in_vain(verification_calls(world, ())[0]())
    assert refusal.told == (StatusCode.UNAUTHENTICATED, "ASSERTION_MISSING")


async def test_an_assertion_is_no_session(world: World, in_vain: RefusedInVain) -> None:
    stub = world.channels.stub(PersonServiceStub, "person-edge", "identity")
    token = await world.bearer(world.crowd[0])
    request = identity_pb.IssueAssertionRequest(audience="verification")
    refusal = await in_vain(stub.IssueAssertion(request, timeout=20, metadata=token))
    assert refusal.told == (StatusCode.UNAUTHENTICATED, "SESSION_INVALID")


def verification_calls(world: World, token: Metadata) -> list[Callable[[], Awaitable[Any]]]:
    """Every call of verification that takes an assertion, with requests that are in order but for the token."""
    issuance: Any = world.channels.stub(IssuanceServiceStub, "person-edge", "verification")
    mail = employment_pb.RequestMailCodeRequest(request_id=fresh(), work_email=world.crowd[0].work_email)
    key = issuance_pb.GetIssuerKeyRequest(label=LABEL)
    place = {"label": LABEL, "epoch": world.crowd[0].alias.epoch, "slot": 2}
    begin = issuance_pb.BeginIssuanceRequest(
        request_id=fresh(), **place, candidates=256, terms=b"\1" * 32, commitment=b"\1" * 32
    )
    finish = issuance_pb.FinishIssuanceRequest(request_id=fresh(), **place, blinded_message=b"\1" * 384)
    confirm = confirmation("0" * 32, "123456")
    return [
        lambda: employment(world).RequestMailCode(mail, timeout=20, metadata=token),
        lambda: employment(world).ConfirmMailCode(confirm, timeout=20, metadata=token),
        lambda: issuance.GetIssuerKey(key, timeout=20, metadata=token),
        lambda: issuance.BeginIssuance(begin, timeout=20, metadata=token),
        lambda: issuance.FinishIssuance(finish, timeout=20, metadata=token),
    ]
