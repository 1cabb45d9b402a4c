"""An archive gives back exactly what went in, and nothing at all when a bit of it is wrong."""

import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.admin.archive import ArchiveInvalid, Header, Reader, Writer
from services.chassis.log.eventstore import Commit, CommitMeta, EventData, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from tests.support.commits import new_id, sequence_all

META = CommitMeta("f1", 1_900_000_000, "spiffe://test/ns/client/sa/client", "00-a-b-01")
UNTRACED = CommitMeta("f2", 1_900_000_001, "caller")


async def log(*payloads: bytes) -> list[Commit]:
    """A log of commits with one part and with two, with claims and without, over two streams."""
    store = MemoryEventStore()
    versions: dict[str, int] = {}
    for number, payload in enumerate(payloads):
        stream = f"thing-{number % 2}"
        event = EventData("test.v1.Happened", payload)
        claims = [f"name/{new_id()}" for _ in range(number % 3)]
        writes = [Write(new_id(), [event, event], META, claims), Write(new_id(), [event], UNTRACED)][: 1 + number % 2]
        commit = await store.append(stream, versions.get(stream, 0), writes)
        versions[stream] = commit.last
        await sequence_all(store)
    return await store.read_log(0, len(payloads))


def written(commits: list[Commit]) -> bytes:
    file = io.BytesIO()
    writer = Writer(file, Header("forum", "epoch", len(commits), 1_900_000_000))
    for commit in commits:
        writer.add(commit)
    writer.close()
    return file.getvalue()


def read(path: Path) -> list[Commit]:
    with Reader(path) as reader:
        return list(reader)


@settings(deadline=None, max_examples=30)
@given(payloads=st.lists(st.binary(max_size=200), max_size=6))
async def test_commits_come_back_as_they_were(payloads: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("archive") / "log"
    commits = await log(*payloads)
    path.write_bytes(written(commits))
    assert read(path) == commits
    with Reader(path) as reader:
        assert reader.header == Header("forum", "epoch", len(commits), 1_900_000_000)


async def test_a_file_is_the_same_each_time(tmp_path: Path) -> None:
    commits = await log(b"a", b"b")
    assert written(commits) == written(commits)


@pytest.fixture
async def lines() -> list[bytes]:
    return gzip.decompress(written(await log(b"a", b"b", b"c"))).splitlines(keepends=True)


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(ArchiveInvalid) as refusal:
        read(path)
    return str(refusal.value)


@pytest.mark.parametrize("kept", range(5))
async def test_a_file_that_lacks_its_last_lines_is_refused(kept: int, lines: list[bytes], tmp_path: Path) -> None:
    refused(tmp_path / "log", gzip.compress(b"".join(lines[:kept])))


async def test_a_file_that_was_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = written(await log(b"a", b"b"))
    for length in range(0, len(whole), 7):
        refused(tmp_path / "log", whole[:length])


async def test_a_file_with_a_byte_changed_is_refused_or_says_the_same(tmp_path: Path) -> None:
    commits, path = await log(b"a", b"b"), tmp_path / "log"
    whole = written(commits)
    without_effect = 0
    for place in range(10, len(whole), 5):  # The first ten bytes are gzip's own heading.
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            assert read(path) == commits
        except ArchiveInvalid:
            continue
        without_effect += 1
    assert without_effect <= 1  # The last byte of what is packed has bits that stand for nothing.


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 3)])
async def test_lines_that_changed_places_are_refused(
    first: int, second: int, lines: list[bytes], tmp_path: Path
) -> None:
    lines[first], lines[second] = lines[second], lines[first]
    assert "missing" in refused(tmp_path / "log", gzip.compress(b"".join(lines)))


async def test_an_altered_payload_is_refused_although_it_can_be_read(lines: list[bytes], tmp_path: Path) -> None:
    commit = json.loads(lines[2])
    commit["events"][0][1] = "eHh4"
    lines[2] = json.dumps(commit, separators=(",", ":")).encode() + b"\n"
    assert "as it was made" in refused(tmp_path / "log", gzip.compress(b"".join(lines)))


async def test_another_version_or_format_is_refused(lines: list[bytes], tmp_path: Path) -> None:
    header = json.loads(lines[0])
    for change, word in (({"version": 2}, "version"), ({"format": "other"}, "no export")):
        changed = json.dumps({**header, **change}).encode() + b"\n"
        assert word in refused(tmp_path / "log", gzip.compress(changed + b"".join(lines[1:])))
    refused(tmp_path / "log", b"not gzip at all")
    refused(tmp_path / "log", gzip.compress(b"[]\n"))


async def test_what_follows_the_end_is_refused(lines: list[bytes], tmp_path: Path) -> None:
    assert "after its end" in refused(tmp_path / "log", gzip.compress(b"".join(lines) + b"{}\n"))


async def test_commits_out_of_order_are_not_written(tmp_path: Path) -> None:
    first, second = await log(b"a", b"b")
    writer = Writer(io.BytesIO(), Header("forum", "epoch", 2, 0))
    with pytest.raises(ValueError, match="position 1"):
        writer.add(second)
    writer = Writer(io.BytesIO(), Header("forum", "epoch", 2, 0))
    writer.add(first)
    with pytest.raises(ValueError, match="fewer"):
        writer.close()
