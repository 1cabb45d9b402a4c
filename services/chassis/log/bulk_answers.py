"""What MongoDB's answer to a bulk says of each of its documents; codes and fields are those of its wire protocol."""

from collections.abc import Mapping
from typing import Any, Final

from services.chassis.log.bulkappend import Answer

DUPLICATE_KEY: Final = 11000

Details = Mapping[str, Any] | None
"""`BulkWriteError.details`, see https://www.mongodb.com/docs/manual/reference/method/BulkWriteResult/."""


def answers_of(details: Details, count: int) -> list[Answer]:
    """The answer to each of `count` commits that were inserted, unordered, with at least one complaint."""
    told = details or {}
    refused = told.get("writeErrors", [])
    # A write concern that was not met, or fewer written than were not refused: nobody knows which are there to stay.
    clear = not told.get("writeConcernErrors") and told.get("nInserted") == count - len(refused)
    answers = [Answer.WRITTEN if clear else Answer.UNCLEAR] * count
    for each in refused:
        answers[each["index"]] = _refusal(each)
    return answers


def has_duplicate(details: Details) -> bool:
    """Whether a write was refused for a key that is taken."""
    return any(refused["code"] == DUPLICATE_KEY for refused in (details or {}).get("writeErrors", []))


def _refusal(error: Mapping[str, Any]) -> Answer:
    if error["code"] != DUPLICATE_KEY:
        return Answer.UNCLEAR
    return Answer.ID_TAKEN if {"_id", "parts.id"} & set(error.get("keyPattern", ())) else Answer.VERSION_TAKEN
