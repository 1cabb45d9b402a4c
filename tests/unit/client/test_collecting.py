"""The answer comes once: into a file before it is read, and for the recipient alone."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.seal import hpke
from services.seal.release import seal_released
from tests.unit.client.officers import RECIPIENT, RECIPIENT_PRIVATE, Shown
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.collecting import Answer, collect

TOLD = {"name": "Wei Chen"}


@dataclass
class Once:
    """Disclosure's rule: the first request gets the answer, and it alone gets it again. May fail on its way back."""

    sealed: bytes
    asked: list[str] = field(default_factory=list)
    lost: bool = False

    async def __call__(self, _: str, request_id: str) -> bytes:
        self.asked.append(request_id)
        if self.asked[0] != request_id:
            raise VouchsafeError("ALREADY_COLLECTED", "collected")
        if self.lost:
            self.lost = False
            raise VouchsafeError("UNAVAILABLE", "away")
        return self.sealed


@pytest.fixture
def case() -> pb.Case:
    case = Shown().case
    case.state = pb.CASE_STATE_OPENED
    return case


@pytest.fixture
def once(case: pb.Case) -> Once:
    return Once(seal_released(RECIPIENT, case.case_id, case.bundle_hash, TOLD))


async def test_the_answer_is_read_and_the_same_file_shows_it_again_without_asking(
    case: pb.Case, once: Once, tmp_path: Path
) -> None:
    file = tmp_path / "answer"
    for _ in range(2):
        answer = await collect(case, RECIPIENT_PRIVATE, file, once)
        assert answer.fields == TOLD
        case.state = pb.CASE_STATE_COLLECTED
    assert len(once.asked) == 1
    assert "Wei" not in file.read_text()
    assert "Wei" not in repr(answer)


async def test_an_answer_that_was_lost_on_its_way_comes_again_to_the_same_file(
    case: pb.Case, once: Once, tmp_path: Path
) -> None:
    once.lost = True
    with pytest.raises(VouchsafeError, match="UNAVAILABLE"):
        await collect(case, RECIPIENT_PRIVATE, tmp_path / "answer", once)
    case.state = pb.CASE_STATE_COLLECTED
    assert await collect(case, RECIPIENT_PRIVATE, tmp_path / "answer", once) == Answer(TOLD)
    assert once.asked[0] == once.asked[1]


async def test_collected_twice_is_refused(case: pb.Case, once: Once, tmp_path: Path) -> None:
    await collect(case, RECIPIENT_PRIVATE, tmp_path / "answer", once)
    with pytest.raises(VouchsafeError, match="ALREADY_COLLECTED"):
        await collect(case, RECIPIENT_PRIVATE, tmp_path / "another", once)
    case.state = pb.CASE_STATE_COLLECTED
    with pytest.raises(VouchsafeError, match="ANSWER_COLLECTED"):
        await collect(case, RECIPIENT_PRIVATE, tmp_path / "a third", once)


async def test_the_one_answer_is_not_spent_on_somebody_who_could_not_read_it(
    case: pb.Case, once: Once, tmp_path: Path
) -> None:
    with pytest.raises(VouchsafeError, match="RECIPIENT_INVALID"):
        await collect(case, hpke.generate()[0], tmp_path / "answer", once)
    assert once.asked == []
    assert not (tmp_path / "answer").exists()


@pytest.mark.parametrize("content", ["my diary\n", "", "vouchsafe/v1/collected\ncase x\nrequest y\nsealed \n"])
async def test_a_file_of_something_else_is_left_alone(case: pb.Case, once: Once, tmp_path: Path, content: str) -> None:
    file = tmp_path / "answer"
    file.write_text(content)
    with pytest.raises(VouchsafeError, match="FILE_EXISTS"):
        await collect(case, RECIPIENT_PRIVATE, file, once)
    assert (file.read_text(), once.asked) == (content, [])


async def test_nothing_is_asked_when_the_answer_could_not_be_kept(case: pb.Case, once: Once, tmp_path: Path) -> None:
    with pytest.raises(VouchsafeError, match="FILE_UNREADABLE"):
        await collect(case, RECIPIENT_PRIVATE, tmp_path / "no such directory" / "answer", once)
    assert once.asked == []


async def test_an_answer_of_another_case_does_not_open(case: pb.Case, once: Once, tmp_path: Path) -> None:
    once.sealed = seal_released(RECIPIENT, case.case_id, b"x" * 32, TOLD)
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await collect(case, RECIPIENT_PRIVATE, tmp_path / "answer", once)
