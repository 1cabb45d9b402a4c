"""Whatever a requester, an author or the platform itself writes: markup is shown as text, and never followed."""

import time
import uuid
from collections.abc import AsyncIterator

import pytest
from google.protobuf.message import Message

from services.seal.leaves import LockDownLeaf, OfficerAddedLeaf, PostRootLeaf
from tests.rpc.desk.conftest import AtWork
from tests.rpc.desk.markup import read
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk import VouchsafeError

EVIL = "\"'><script>pwned=1</script><img src=x onerror=pwned=1>{{7*7}}{% raw %}&lt;\u202e</style><!--"
LONG = 2**62


def filled(message: Message) -> None:
    """Put the worst of each kind into every field of a message, and of the messages within."""
    for field in message.DESCRIPTOR.fields:
        repeated = field.is_repeated
        if field.message_type:
            within = getattr(message, field.name)
            filled(within.add() if repeated else within)
            continue
        value = {
            field.CPPTYPE_STRING: EVIL,
            field.CPPTYPE_BYTES: EVIL.encode(),
            field.CPPTYPE_BOOL: True,
            field.CPPTYPE_ENUM: 99,
        }.get(field.cpp_type, LONG if field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_UINT64) else 7)
        if repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)


def evil_case(case_id: str, state: int) -> pb.Case:
    case = pb.Case()
    filled(case)
    case.case_id, case.state = case_id, state  # type: ignore[assignment]
    return case


class Lying:
    """A platform that answers with markup wherever a text may stand."""

    def __init__(self, at_work: AtWork, state: int) -> None:
        self.state = state
        self.case_id = str(uuid.uuid4())
        at_work.desk.side.case = self.case  # type: ignore[method-assign]
        at_work.desk.side.cases = self.cases  # type: ignore[method-assign]

    async def case(self, case_id: str) -> pb.Case:
        return evil_case(case_id, self.state)

    async def cases(self) -> AsyncIterator[pb.CaseSummary]:
        summary = pb.CaseSummary()
        filled(summary)
        summary.case_id, summary.state = self.case_id, self.state  # type: ignore[assignment]
        summary.opened_at = summary.due_at = summary.expires_at = summary.opens_at = int(time.time())
        yield summary


@pytest.mark.parametrize("state", pb.CaseState.values())
async def test_markup_in_every_field_of_a_case_is_shown_as_text(at_work: AtWork, state: int):
    lying, browser = Lying(at_work, state), at_work.browser
    for path in ("/cases", f"/cases/{lying.case_id}"):
        markup = read(await browser.page(path), browser.room)
        assert markup.wrong == []
        shown = "".join(markup.words)
        assert EVIL.replace("\u202e", "\N{REPLACEMENT CHARACTER}") in shown
        assert "{{7*7}}" in shown


async def test_a_case_that_does_not_hold_is_not_to_be_signed(at_work: AtWork):
    lying, browser = Lying(at_work, pb.CASE_STATE_PENDING), at_work.browser
    page = await browser.page(f"/cases/{lying.case_id}")
    assert "sign nothing" in page
    assert "Approve …" not in page
    answer = await browser.post(f"{browser.room}/cases/{lying.case_id}/approve", {"token": await browser.token()})
    assert answer.status == 502
    assert not at_work.desk.drafts._waiting


async def test_markup_in_leaves_is_shown_as_text(at_work: AtWork):
    """Leaves hold printable text of officers, days and labels; here as somebody with the log's key would write them."""
    browser, copy = at_work.browser, at_work.desk.log
    await browser.page("/log")
    plain = EVIL.replace("\u202e", "")
    evil = [
        LockDownLeaf(1, plain, b"s" * 64),
        PostRootLeaf(plain, 1, b"r" * 32),
        OfficerAddedLeaf(1, plain, plain, plain, b"k" * 32),
    ]
    copy.leaves += [leaf.to_bytes() for leaf in evil]
    for path in ("/log", *(f"/log/{len(copy.leaves) - 1 - i}" for i in range(len(evil)))):
        markup = read(await browser.page(path), browser.room)
        assert markup.wrong == []
        assert plain in "".join(markup.words)


async def test_markup_in_an_error_is_shown_as_text(at_work: AtWork):
    browser = at_work.browser

    async def refuse(case_id: str) -> pb.Case:
        raise VouchsafeError(EVIL, EVIL)

    at_work.desk.side.case = refuse  # type: ignore[method-assign]
    answer = await browser.get(f"{browser.room}/cases/{uuid.uuid4()}")
    assert answer.status == 502
    assert read(answer.text, browser.room).wrong == []
    at_work.desk.log.alarm = at_work.desk.log.away = EVIL
    assert read(await browser.page("/governance"), browser.room).wrong == []


async def test_an_unforeseen_error_tells_nothing_of_what_it_held(at_work: AtWork, capsys: pytest.CaptureFixture[str]):
    browser = at_work.browser

    async def fail(case_id: str) -> pb.Case:
        raise RuntimeError(EVIL + "a secret")

    at_work.desk.side.case = fail  # type: ignore[method-assign]
    answer = await browser.get(f"{browser.room}/cases/{uuid.uuid4()}")
    assert answer.status == 500
    assert "a secret" not in answer.text + "".join(capsys.readouterr())


@pytest.mark.parametrize("path", ["/cases", "/open", "/log", "/log/0?prove", "/pressure", "/report", "/governance"])
async def test_a_page_is_made_of_what_it_may_be_made_of(at_work: AtWork, path: str):
    markup = read(await at_work.browser.page(path), at_work.browser.room)
    assert markup.wrong == []


async def test_the_key_is_on_no_page(at_work: AtWork):
    seed = at_work.desk.key.seed().reveal()
    assert seed.hex() not in repr(at_work.desk)
    for path in ("/cases", "/open", "/log", "/report", "/governance"):
        page = await at_work.browser.page(path)
        assert seed.hex() not in page
