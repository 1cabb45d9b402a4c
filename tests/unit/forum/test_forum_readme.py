"""The README tells callers every reason and status, and no other."""

import re
from pathlib import Path

from services.forum import checks
from services.forum.api.errors import ERRORS
from services.forum.domain.errors import DomainError, Reason

README = Path(checks.__file__).with_name("README.md")


def test_the_readme_lists_every_reason_with_its_status() -> None:
    told = dict(re.findall(r"^\| ([A-Z_]+) \| ([A-Z_]+) \|", README.read_text(encoding="utf-8"), re.MULTILINE))
    failures = {reason.value: ERRORS.failure(DomainError(reason)) for reason in Reason}
    assert told == {reason: failure.code.name for reason, failure in failures.items() if failure is not None}
    assert len(told) == len(Reason)
