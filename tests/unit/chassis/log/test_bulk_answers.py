"""What a server's complaints about a bulk mean for each of its commits."""

from typing import Any

import pytest

from services.chassis.log.bulk_answers import answers_of, has_duplicate
from services.chassis.log.bulkappend import Answer

OK, VERSION, ID, UNCLEAR = Answer.WRITTEN, Answer.VERSION_TAKEN, Answer.ID_TAKEN, Answer.UNCLEAR


def refused(index: int, *fields: str, code: int = 11000) -> dict[str, Any]:
    return {"index": index, "code": code, "keyPattern": dict.fromkeys(fields, 1)}


@pytest.mark.parametrize(
    ("errors", "inserted", "answers"),
    [
        ([refused(1, "stream", "events.v")], 2, [OK, VERSION, OK]),
        ([refused(0, "_id"), refused(2, "parts.id")], 1, [ID, OK, ID]),
        ([{"index": 1, "code": 11000}], 2, [OK, VERSION, OK]),
        ([refused(1, code=91)], 2, [OK, UNCLEAR, OK]),
        ([refused(1, "_id")], 1, [UNCLEAR, ID, UNCLEAR]),
        ([], 3, [OK, OK, OK]),
        ([], 0, [UNCLEAR, UNCLEAR, UNCLEAR]),
    ],
)
def test_each_commit_has_its_answer(errors: list[dict[str, Any]], inserted: int, answers: list[Answer]) -> None:
    assert answers_of({"writeErrors": errors, "nInserted": inserted}, 3) == answers


def test_without_a_majority_only_refusals_are_clear() -> None:
    details = {"writeErrors": [refused(0, "_id")], "nInserted": 2, "writeConcernErrors": [{"code": 64}]}
    assert answers_of(details, 3) == [ID, UNCLEAR, UNCLEAR]


@pytest.mark.parametrize("details", [None, {}, {"writeErrors": []}])
def test_an_answer_that_says_nothing_is_unclear(details: dict[str, Any] | None) -> None:
    assert answers_of(details, 2) == [UNCLEAR, UNCLEAR]
    assert not has_duplicate(details)


def test_a_taken_key_is_told_from_other_refusals() -> None:
    assert has_duplicate({"writeErrors": [refused(0, code=91), refused(1, "_id")]})
    assert not has_duplicate({"writeErrors": [refused(0, code=91)]})
