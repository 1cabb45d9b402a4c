"""Bad input whatever the call: size, encoding, missing and reused ids, missing deadlines, pages of other queries."""

from typing import Any

import grpc
import pytest
from grpc import StatusCode

from services.seal.ed25519 import SigningKey
from services.seal.statements import Registration
from tests.e2e.bad_input import requests
from tests.e2e.bad_input.callers import METHODS, allowed
from tests.e2e.bad_input.calls import Method, RefusedInVain, refused
from tests.e2e.bad_input.world import PASSWORD, World, fresh
from tests.e2e.waiting import eventually
from vouchsafe.disclosure.v1 import case_service_pb2 as case_pb
from vouchsafe.disclosure.v1.case_service_pb2_grpc import CaseServiceStub
from vouchsafe.forum.v1 import reading_service_pb2 as reading_pb
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.forum.v1.reading_service_pb2_grpc import ReadingServiceStub
from vouchsafe.forum.v1.thread_service_pb2_grpc import ThreadServiceStub
from vouchsafe.identity.v1 import person_service_pb2 as identity_pb
from vouchsafe.identity.v1.person_service_pb2_grpc import PersonServiceStub
from vouchsafe.verification.v1 import employment_service_pb2 as employment_pb
from vouchsafe.verification.v1.employment_service_pb2_grpc import EmploymentServiceStub
from vouchsafe.verification.v1.issuance_service_pb2_grpc import IssuanceServiceStub

INVALID = (StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
REUSED = (StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")
MIB = 1024 * 1024

CONTROLS = ["\0", "a\x07b", "\x1b[2J", "\r", "\x7f", "\x85", "\x9f"]


def threads(world: World) -> Any:
    return world.channels.stub(ThreadServiceStub, "alias-edge", "forum")


def by_name(method: Method) -> str:
    return method.name


async def test_a_body_of_a_mebibyte(world: World, in_vain: RefusedInVain) -> None:
    request = requests.thread(world.crowd[0].alias, body="x" * MIB)
    refusal = await in_vain(threads(world).OpenThread(request, timeout=20))
    assert refusal.told == (StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")


@pytest.mark.parametrize("method", METHODS, ids=by_name)
async def test_no_service_reads_a_mebibyte(world: World, in_vain: RefusedInVain, method: Method) -> None:
    call = method.raw(world.channels.channel(allowed(method)[0], method.process))
    refusal = await in_vain(call(b"\x0a" * MIB, timeout=20))
    assert refusal.told == (StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")


async def test_a_body_that_is_empty_or_a_little_too_long(world: World, in_vain: RefusedInVain) -> None:
    alias = world.crowd[0].alias
    opened = await world.crowd[0].voice.open_thread("A title", "A text")
    for body in ("", "x" * 4001):
        for refusal in (
            await in_vain(threads(world).OpenThread(requests.thread(alias, body=body), timeout=20)),
            await in_vain(threads(world).CreatePost(requests.post(alias, opened.thread_id, body=body), timeout=20)),
            await in_vain(
                threads(world).CreateComment(
                    requests.comment(alias, opened.thread_id, opened.post_id, body=body), timeout=20
                )
            ),
        ):
            assert (refusal.told, refusal.fields) == (INVALID, ("body",))
    refusal = await in_vain(threads(world).OpenThread(requests.thread(alias, title=""), timeout=20))
    assert (refusal.told, refusal.fields) == (INVALID, ("title",))


@pytest.mark.parametrize("text", CONTROLS, ids=ascii)
async def test_control_characters(world: World, in_vain: RefusedInVain, text: str) -> None:
    alias = world.crowd[0].alias
    refusal = await in_vain(threads(world).OpenThread(requests.thread(alias, body=text, title=text), timeout=20))
    assert (refusal.told, refusal.fields) == (INVALID, ("title", "body"))
    stub = world.channels.stub(AliasServiceStub, "alias-edge", "forum")
    refusal = await in_vain(stub.CreateAlias(await requests.alias(world, alias, handle=text), timeout=20))
    assert (refusal.told, refusal.fields) == (INVALID, ("handle",))


async def test_control_characters_in_a_name(world: World, in_vain: RefusedInVain) -> None:
    stub = world.channels.stub(PersonServiceStub, "person-edge", "identity")
    request = registration("somebody\n", "Some\x1bbody")
    world.hide(request.login, request.name)
    refusal = await in_vain(stub.Register(request, timeout=20))
    assert (refusal.told, refusal.fields) == (INVALID, ("login", "name"))


@pytest.mark.parametrize("bad", [b"\xff\xfe\xfd", b"\xc3\x28", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"])
async def test_text_that_is_no_utf8(world: World, in_vain: RefusedInVain, bad: bytes) -> None:
    marker = "M" * len(bad)
    encoded = requests.thread(world.crowd[0].alias, body=f"A {marker} text").SerializeToString()
    open_thread = next(m for m in METHODS if m.descriptor.name == "OpenThread")
    call = open_thread.raw(world.channels.channel("alias-edge", "forum"))
    refusal = await in_vain(call(encoded.replace(marker.encode(), bad), timeout=20))
    assert refusal.told == (StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")


async def test_the_page_token_of_another_query(world: World, in_vain: RefusedInVain) -> None:
    reading = world.channels.stub(ReadingServiceStub, "alias-edge", "forum")
    author = world.crowd[0]
    opened = [await author.voice.open_thread("A title", "A text") for _ in range(2)]
    for thread in opened:
        await author.voice.post(thread.thread_id, "More")
    feed, label = reading_pb.ListLatestPostsRequest(page_size=1), author.alias.label
    pages = [reading_pb.GetThreadRequest(thread_id=each.thread_id, page_size=1) for each in opened]

    async def there_is_more() -> bool:
        try:
            shown = [await reading.GetThread(page, timeout=20) for page in pages]
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:  # Without a token a reader may be a moment behind.
                return False
            raise
        return all(answer.next_page_token for answer in shown)

    await eventually(there_is_more)
    token = (await reading.ListLatestPosts(feed, timeout=20)).next_page_token
    of_thread = (await reading.GetThread(pages[0], timeout=20)).next_page_token
    refused_calls = [
        reading.ListLatestPosts(reading_pb.ListLatestPostsRequest(page_token=token, label=label), timeout=20),
        reading.ListLatestPosts(reading_pb.ListLatestPostsRequest(page_token=of_thread), timeout=20),
        reading.ListLatestPosts(reading_pb.ListLatestPostsRequest(page_token=token[:-1]), timeout=20),
        reading.ListLatestPosts(reading_pb.ListLatestPostsRequest(page_token="no token"), timeout=20),
        reading.GetThread(reading_pb.GetThreadRequest(thread_id=opened[1].thread_id, page_token=of_thread), timeout=20),
        reading.GetThread(reading_pb.GetThreadRequest(thread_id=opened[1].thread_id, page_token=token), timeout=20),
    ]
    for call in refused_calls:
        assert (await in_vain(call)).told == (StatusCode.INVALID_ARGUMENT, "INVALID_PAGE_TOKEN")
    # Each is good where it was given.
    await reading.ListLatestPosts(reading_pb.ListLatestPostsRequest(page_token=token, page_size=3), timeout=20)
    more = reading_pb.GetThreadRequest(thread_id=opened[0].thread_id, page_token=of_thread)
    assert [post.body for post in (await reading.GetThread(more, timeout=20)).posts] == ["More"]


@pytest.mark.parametrize("method", METHODS, ids=by_name)
async def test_no_deadline(world: World, in_vain: RefusedInVain, method: Method) -> None:
    call = method.raw(world.channels.channel(allowed(method)[0], method.process))
    assert (await in_vain(call(b""))).told == (StatusCode.INVALID_ARGUMENT, "DEADLINE_REQUIRED")


@pytest.mark.parametrize("method", [m for m in METHODS if m.is_mutation], ids=by_name)
@pytest.mark.parametrize(
    "request_id", [b"", b"\x0a\x04four", b"\x0a\x24" + b"x" * 36], ids=["none", "short", "no uuid"]
)
async def test_no_request_id(world: World, in_vain: RefusedInVain, method: Method, request_id: bytes) -> None:
    call = method.raw(world.channels.channel(allowed(method)[0], method.process))
    refusal = await in_vain(call(request_id, timeout=20))
    assert refusal.told == INVALID
    assert "request_id" in refusal.fields


def registration(login: str, name: str) -> identity_pb.RegisterRequest:
    request = identity_pb.RegisterRequest(request_id=fresh(), login=login, name=name, password=PASSWORD)
    owned(request, SigningKey.generate())
    return request


def owned(request: identity_pb.RegisterRequest, key: SigningKey) -> None:
    """Register this key, with the proof that it is the caller's."""
    request.ownership_key = key.public_key
    request.ownership_proof = key.sign(Registration(request.request_id, key.public_key).signed_bytes())


async def test_a_registration_under_the_id_of_another(world: World, in_vain: RefusedInVain) -> None:
    stub = world.channels.stub(PersonServiceStub, "person-edge", "identity")
    known = world.crowd[0]
    request = identity_pb.RegisterRequest(
        request_id=known.keys.request_id,
        login=known.login,
        name=known.name,
        password=PASSWORD,
    )
    owned(request, known.keys.ownership_key)
    assert (await stub.Register(request, timeout=20)).person_id == known.keys.person_id
    for field, value in (
        ("login", f"{known.login}-2"),
        ("name", "Another Name"),
        ("password", "another long password"),
        ("ownership_key", SigningKey.generate()),
    ):
        other = identity_pb.RegisterRequest()
        other.CopyFrom(request)
        if isinstance(value, str):
            setattr(other, field, value)
            world.hide(value)
        else:
            owned(other, value)
        assert (await in_vain(stub.Register(other, timeout=20))).told == REUSED, field


async def test_a_mail_request_under_the_id_of_another(world: World, in_vain: RefusedInVain) -> None:
    stub = world.channels.stub(EmploymentServiceStub, "person-edge", "verification")
    person = await world.newcomer()
    token = await world.bearer(person)
    request = employment_pb.RequestMailCodeRequest(request_id=fresh(), work_email=person.work_email)
    await stub.RequestMailCode(request, timeout=20, metadata=token)
    other = employment_pb.RequestMailCodeRequest(request_id=request.request_id, work_email=f"2{person.work_email}")
    world.hide(other.work_email)
    assert (await in_vain(stub.RequestMailCode(other, timeout=20, metadata=token))).told == REUSED
    assert world.platform.mailbox.messages(other.work_email) == []
    theft = stub.RequestMailCode(request, timeout=20, metadata=await world.bearer(world.crowd[0]))
    assert (await in_vain(theft)).told == REUSED


async def test_an_issuance_under_the_id_of_another(world: World, in_vain: RefusedInVain) -> None:
    stub = world.channels.stub(IssuanceServiceStub, "person-edge", "verification")
    person = world.crowd[2]
    token = await world.bearer(person)
    offer = requests.offer(person, slot=2)
    begin = requests.begin_issuance(offer)
    chosen = (await stub.BeginIssuance(begin, timeout=20, metadata=token)).chosen
    assert (await stub.BeginIssuance(begin, timeout=20, metadata=token)).chosen == chosen
    finish = requests.finish_issuance(offer, chosen)
    first = await stub.FinishIssuance(finish, timeout=20, metadata=token)
    assert await stub.FinishIssuance(finish, timeout=20, metadata=token) == first
    begin.commitment = b"\2" * 32
    assert (await in_vain(stub.BeginIssuance(begin, timeout=20, metadata=token))).told == REUSED
    # Another id does not help: the slot is used.
    begin.request_id, finish.request_id = fresh(), fresh()
    finish.blinded_message = offer.blinded_message((chosen + 1) % offer.terms.candidates)
    for used in (
        await in_vain(stub.BeginIssuance(begin, timeout=20, metadata=token)),
        await in_vain(stub.FinishIssuance(finish, timeout=20, metadata=token)),
    ):
        assert used.told == (StatusCode.ALREADY_EXISTS, "SLOT_USED")


async def test_a_cheat_in_one_of_all_candidates(world: World) -> None:
    stub = world.channels.stub(IssuanceServiceStub, "person-edge", "verification")
    person = await world.newcomer()
    await world.employ(person)
    token = await world.bearer(person)
    offer = requests.offer(person, slot=1)
    chosen = (await stub.BeginIssuance(requests.begin_issuance(offer), timeout=20, metadata=token)).chosen
    finish = requests.finish_issuance(offer, chosen)
    finish.openings = finish.openings[:-1] + bytes([finish.openings[-1] ^ 1])
    caught = await refused(stub.FinishIssuance(finish, timeout=20, metadata=token))
    assert caught.told == (StatusCode.PERMISSION_DENIED, "CHEAT_CAUGHT")
    world.says_nothing(caught)
    honest = requests.finish_issuance(offer, chosen)
    lost = await refused(stub.FinishIssuance(honest, timeout=20, metadata=token))
    assert lost.told == (StatusCode.FAILED_PRECONDITION, "SLOT_LOST")


async def test_texts_under_the_id_of_another(world: World, in_vain: RefusedInVain) -> None:
    alias = world.crowd[0].alias
    first = requests.thread(alias)
    await threads(world).OpenThread(first, timeout=20)
    more, below = requests.post(alias, first.thread_id), requests.comment(alias, first.thread_id, first.post_id)
    await threads(world).CreatePost(more, timeout=20)
    await threads(world).CreateComment(below, timeout=20)
    thread = requests.thread(alias, body="Another text")
    post = requests.post(alias, first.thread_id, body="Another text")
    comment = requests.comment(alias, first.thread_id, first.post_id, body="Another text")
    thread.request_id, post.request_id, comment.request_id = first.request_id, more.request_id, below.request_id
    assert (await in_vain(threads(world).OpenThread(thread, timeout=20))).told == REUSED
    assert (await in_vain(threads(world).CreatePost(post, timeout=20))).told == REUSED
    assert (await in_vain(threads(world).CreateComment(comment, timeout=20))).told == REUSED
    # Nor does the id of a post serve for a comment, or for a post of somebody else.
    comment.request_id = more.request_id
    assert (await in_vain(threads(world).CreateComment(comment, timeout=20))).told == REUSED
    others = requests.post(world.crowd[1].alias, first.thread_id, body=more.body)
    others.request_id = more.request_id
    assert (await in_vain(threads(world).CreatePost(others, timeout=20))).told == REUSED


async def test_a_case_under_the_id_of_another(world: World, in_vain: RefusedInVain) -> None:
    desk = world.channels.stub(CaseServiceStub, "officer-desk", "disclosure")
    opened = await world.crowd[0].voice.open_thread("A title", "A text")
    request = case_pb.OpenCaseRequest(
        request_id=fresh(),
        requester=case_pb.REQUESTER_CLASS_COURT,
        basis=case_pb.LEGAL_BASIS_COURT_ORDER,
        organisation="District Court",
        fields=[case_pb.PERSON_FIELD_NAME],
        instrument="1 O 2/26",
        ground="court order",
        document_hash=b"\3" * 32,
        post_id=opened.post_id,
        recipient_key=b"\5" * 32,
    )
    await desk.OpenCase(request, timeout=20)
    request.ground = "another ground"
    assert (await in_vain(desk.OpenCase(request, timeout=20))).told == REUSED
