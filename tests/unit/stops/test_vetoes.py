"""A veto that an officer told a process himself: on disk before the answer, for good, and bounded for each officer."""

import os
from pathlib import Path

import pytest

from services.chassis.durable_file import StateError
from services.seal.errors import SealError
from services.seal.governance import begin
from services.seal.statements import Veto
from services.stops import vetoes as record
from services.stops.vetoes import FILE_NAME, Vetoes
from tests.support.public_log import LogKeys

KEYS = LogKeys()
NOW = begin(KEYS.trust)
INTENT, OTHER = b"i" * 32, b"o" * 32


def veto(
    vetoes: Vetoes, intent: bytes = INTENT, officer: str = "ann", by: str = "ann", ceremony: bytes = NOW.ceremony
) -> None:
    signature = KEYS.officers[by].sign(Veto(ceremony, intent, officer).signed_bytes())
    vetoes.veto(intent, officer, signature, NOW)


async def test_it_stops_that_intent_and_a_restart_remembers(tmp_path: Path):
    vetoes = Vetoes.open(tmp_path)
    veto(vetoes)
    assert (vetoes.stop(INTENT), vetoes.stop(OTHER)) == (True, False)
    await vetoes.close()
    again = Vetoes.open(tmp_path)
    assert (again.stop(INTENT), again.stop(OTHER)) == (True, False)
    await again.close()


@pytest.mark.parametrize(
    "told",
    [{"by": "bob"}, {"officer": "mallory"}, {"ceremony": b"o" * 32}],
    ids=["another's key", "nobody", "another ceremony's"],
)
async def test_what_is_no_veto_leaves_no_trace(tmp_path: Path, told: dict[str, object]):
    vetoes = Vetoes.open(tmp_path)
    with pytest.raises(SealError):
        veto(vetoes, **told)  # type: ignore[arg-type]
    assert not vetoes.stop(INTENT)
    assert (tmp_path / FILE_NAME).read_bytes() == b""
    await vetoes.close()


async def test_a_signature_over_another_intent_is_no_veto(tmp_path: Path):
    vetoes = Vetoes.open(tmp_path)
    with pytest.raises(SealError):
        vetoes.veto(OTHER, "ann", KEYS.officers["ann"].sign(Veto(NOW.ceremony, INTENT, "ann").signed_bytes()), NOW)
    assert not vetoes.stop(OTHER)
    await vetoes.close()


async def test_it_is_on_disk_before_it_is_answered_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    vetoes = Vetoes.open(tmp_path)
    synced: list[bytes] = []
    monkeypatch.setattr(os, "fsync", lambda _: synced.append((tmp_path / FILE_NAME).read_bytes()))
    veto(vetoes)
    veto(vetoes)
    veto(vetoes, officer="bob", by="bob")
    assert len(synced) == 1
    assert synced[0].startswith(INTENT.hex().encode() + b" ann ")
    assert synced[0].endswith(b"\n")
    await vetoes.close()


async def test_one_officer_fills_neither_the_disk_nor_the_others_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(record, "MOST_BY_ONE_OFFICER", 2)
    first, second, third = (bytes([number]) * 32 for number in range(3))
    vetoes = Vetoes.open(tmp_path)
    veto(vetoes, first)
    veto(vetoes, second)
    await vetoes.close()
    again = Vetoes.open(tmp_path)
    with pytest.raises(SealError):
        veto(again, third)
    assert not again.stop(third)
    veto(again, first)  # what he told before is in force
    veto(again, third, "bob", "bob")
    assert again.stop(third)
    assert len((tmp_path / FILE_NAME).read_text().splitlines()) == 3
    await again.close()


@pytest.mark.parametrize("content", ["nonsense\n", "00 ann 00\n", "\n", f"{'zz' * 32} ann 00\n", f"{'00' * 32}  00\n"])
def test_a_malformed_record_refuses_to_open(tmp_path: Path, content: str):
    (tmp_path / FILE_NAME).write_text(content, encoding="utf-8")
    with pytest.raises(StateError):
        Vetoes.open(tmp_path)
