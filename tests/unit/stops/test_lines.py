"""What is kept of officers holds whatever may be a name, and each line is one line again after a restart."""

from dataclasses import replace
from pathlib import Path

import pytest

from services.chassis.lines import Lines
from services.seal.ed25519 import SigningKey
from services.seal.governance import begin
from services.seal.note import check_name
from services.seal.statements import LockDown
from services.seal.trust import Officer
from services.stops.lock_downs import LockDowns
from tests.support.public_log import LogKeys

NAMES = ["jörg", "Ана", "李雷", "a\u0301"]


@pytest.mark.parametrize("name", NAMES)
async def test_an_officer_of_any_name_locks(tmp_path: Path, name: str):
    key, now = SigningKey.generate(), begin(LogKeys().trust)
    office = replace(now, officers=(Officer(check_name(name), "legal", "platform", key.public_key),))
    lock_downs = LockDowns.open(tmp_path)
    lock_downs.lock(1, name, key.sign(LockDown(office.ceremony, 1, name).signed_bytes()), office)
    await lock_downs.close()
    again = LockDowns.open(tmp_path)
    assert again.stand(now)
    await again.close()


async def test_a_line_ends_at_its_line_feed_alone(tmp_path: Path):
    texts = ["a\u2028b", "a\x1cb", "", *NAMES]
    lines = Lines.open(tmp_path / "lines")
    for text in texts:
        lines.append(text)
    await lines.close()
    again = Lines.open(tmp_path / "lines")
    assert again.found == texts
    await again.close()


async def test_what_cannot_be_written_breaks_nothing(tmp_path: Path):
    lines = Lines.open(tmp_path / "lines")
    with pytest.raises(UnicodeEncodeError):
        lines.append("\ud800")
    lines.append("whole")
    await lines.close()
    assert (tmp_path / "lines").read_bytes() == b"whole\n"
