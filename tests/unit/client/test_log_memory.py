"""A device that has read the log asks for what is new, believes none of what it kept, and takes no step back."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.chassis.durable_file import open_alone
from services.seal import tiles
from services.seal.checkpoint import Checkpoint, VerifiedCheckpoint, verify_checkpoint
from services.tlog.anchor import FORKED, NEWEST, ROLLED_BACK
from services.tlog.kept import LOCK
from tests.support.public_log import LogKeys, MemorySource, PublicLog
from vouchsafe.sdk import VouchsafeError, log_memory, public_log
from vouchsafe.sdk.log_memory import SEEN, TREE, LogMemory
from vouchsafe.sdk.public_log import PlatformLog
from vouchsafe.sdk.public_log import PublicLog as Read


class Device:
    """One device's memory, what it was told, and the log that it reads."""

    def __init__(self, directory: Path, size: int = 700) -> None:
        self.log = PublicLog()
        self.log.grow(size - 1)
        self.source = MemorySource(self.log)
        self.told: list[str] = []
        self.memory = LogMemory(self.log.trust, directory, tell=self.told.append)
        self.directory = directory / self.log.trust.hash().hex()[:16]

    async def read(self, source: MemorySource | None = None) -> Read:
        return await self.memory.read(lambda _: source or self.source)

    def heads(self, names: str) -> list[Checkpoint]:
        """The signed heads that were kept as evidence."""
        notes = [(self.directory / SEEN / names.format(number)).read_text(encoding="utf-8") for number in (1, 2)]
        return [verify_checkpoint(note, self.log.trust.log_policy()).checkpoint for note in notes]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_memory, "BEHIND_SECONDS", 0)
    monkeypatch.setattr(log_memory, "_PAUSE", 0)


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


async def test_what_was_read_is_not_asked_for_again(device: Device) -> None:
    first = await device.read()
    assert (list(first.leaves), device.source.served) == (device.log.leaves, 700)
    device.log.grow(9)
    again = await device.read()
    assert (list(again.leaves), device.source.served) == (device.log.leaves, 709)
    assert again.root == device.log.tree.root()
    assert (await device.read()).leaves == again.leaves
    assert device.source.served == 709
    assert device.told == []


async def test_without_a_directory_nothing_is_remembered(device: Device) -> None:
    memory = LogMemory(device.log.trust)
    for times in (1, 2):
        assert list((await memory.read(lambda _: device.source)).leaves) == device.log.leaves
        assert device.source.served == times * 700
    assert not device.directory.exists()


async def test_where_nothing_can_be_kept_the_log_can_be_read_all_the_same(device: Device, tmp_path: Path) -> None:
    """An officer who wants to stop something must not fail for a directory."""
    (tmp_path / "file").write_text("")
    memory = LogMemory(device.log.trust, tmp_path / "file" / "memory", tell=device.told.append)
    assert list((await memory.read(lambda _: device.source)).leaves) == device.log.leaves
    assert len(device.told) == 1


async def test_who_reads_the_log_is_nobodys_business(device: Device) -> None:
    await device.read()
    assert device.directory.stat().st_mode & 0o077 == 0


async def test_two_logs_are_remembered_apart(device: Device, tmp_path: Path) -> None:
    other = Device(tmp_path, 20)
    assert other.log.trust.hash() != device.log.trust.hash()
    for each in (device, other, device, other):
        assert list((await each.read()).leaves) == each.log.leaves
    assert (device.source.served, other.source.served) == (700, 20)


def changed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [changed, Path.unlink, lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("path", [tiles.Bundle(0).path, tiles.Bundle(2, 188).path, tiles.CHECKPOINT])
async def test_a_copy_that_was_tampered_with_is_told_and_read_anew(device: Device, harm, path: str) -> None:
    await device.read()
    harm(device.directory / TREE / path)
    assert list((await device.read()).leaves) == device.log.leaves
    # Without its checkpoint a copy holds nothing that could be wrong: the newest head seen is remembered beside it.
    assert len(device.told) == (0 if harm is Path.unlink and path == tiles.CHECKPOINT else 1)
    assert all("anew" in sentence for sentence in device.told)
    assert device.source.served == 1400
    assert list((await device.read()).leaves) == device.log.leaves
    assert device.source.served == 1400


async def test_a_copy_that_was_tampered_with_does_not_open_the_way_for_another_log(device: Device) -> None:
    await device.read()
    changed(device.directory / TREE / tiles.Bundle(1).path)
    fork = device.log.fork(300)
    fork.grow(500, seed=1)
    with pytest.raises(VouchsafeError, match="LOG_FORKED"):
        await device.read(MemorySource(fork))


async def test_an_older_copy_is_read_on_from(device: Device) -> None:
    """Whoever puts back an old copy gains nothing: it is a beginning of the log, and is taken as that."""
    device.source.size = 400
    await device.read()
    device.source.size = None
    assert list((await device.read()).leaves) == device.log.leaves
    assert device.source.served == 700


@pytest.mark.parametrize("size", [500, 700, 900])
async def test_another_history_is_refused_from_now_on_and_its_heads_are_kept(device: Device, size: int) -> None:
    await device.read()
    known = (device.directory / SEEN / NEWEST).read_text(encoding="utf-8")
    fork = device.log.fork(300)
    fork.grow(size - 300, seed=1)
    with pytest.raises(VouchsafeError, match="LOG_FORKED"):
        await device.read(MemorySource(fork))
    assert {head.root for head in device.heads(FORKED)} == {device.log.tree.root(), fork.tree.root()}
    assert (device.directory / SEEN / NEWEST).read_text(encoding="utf-8") == known
    with pytest.raises(VouchsafeError, match="LOG_FORKED"):
        await device.read()
    for number in (1, 2):
        (device.directory / SEEN / FORKED.format(number)).unlink()
    assert list((await device.read()).leaves) == device.log.leaves


async def test_a_log_that_shows_less_than_before_is_refused_and_its_head_is_kept(device: Device) -> None:
    await device.read()
    device.source.size = 699
    for _ in range(2):
        with pytest.raises(VouchsafeError, match="LOG_ROLLED_BACK"):
            await device.read()
    assert [head.size for head in device.heads(ROLLED_BACK)] == [700, 699]
    device.source.size = None  # it was only behind: that is proof of nothing, and goes by
    assert list((await device.read()).leaves) == device.log.leaves


async def test_a_source_that_is_a_moment_behind_may_catch_up(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_memory, "BEHIND_SECONDS", 60)
    monkeypatch.setattr(log_memory, "_PAUSE", 0.01)
    await device.read()
    device.log.grow(5)
    device.source.size = 650
    reading = asyncio.create_task(device.read())
    await asyncio.sleep(0.05)
    assert not reading.done()
    device.source.size = None
    assert list((await reading).leaves) == device.log.leaves


async def test_unsigned_heads_and_wrong_leaves_are_refused_and_change_nothing(device: Device) -> None:
    await device.read()
    device.log.grow(5)
    device.source.garbled = True
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await device.read()
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await device.read(MemorySource(PublicLog(LogKeys())))
    device.source.garbled = False
    assert list((await device.read()).leaves) == device.log.leaves
    assert device.told == []


async def test_two_commands_at_once_do_each_other_no_harm(device: Device) -> None:
    read = await asyncio.gather(*(device.read() for _ in range(4)))
    assert all(list(each.leaves) == device.log.leaves for each in read)
    served = device.source.served
    assert list((await device.read()).leaves) == device.log.leaves
    assert device.source.served == served


async def test_while_another_command_writes_the_log_is_held_against_what_was_seen(device: Device) -> None:
    await device.read()
    fork = device.log.fork(300)
    fork.grow(500, seed=1)
    other = open_alone(device.directory / SEEN / LOCK)
    assert list((await device.read()).leaves) == device.log.leaves
    device.source.size = 600
    with pytest.raises(VouchsafeError, match="LOG_ROLLED_BACK"):
        await device.read()
    with pytest.raises(VouchsafeError, match="LOG_FORKED"):
        await device.read(MemorySource(fork))
    assert {head.root for head in device.heads(FORKED)} == {device.log.tree.root(), fork.tree.root()}
    with pytest.raises(VouchsafeError, match="LOG_FORKED"):
        await device.read()
    os.close(other)


async def test_what_was_seen_is_not_given_up_unasked(device: Device) -> None:
    await device.read()
    (device.directory / SEEN / NEWEST).write_text("nothing")
    with pytest.raises(VouchsafeError, match="FILE_UNREADABLE"):
        await device.read()


class Reader:
    """The platform's log as `LogReader` shows it: what was asked of it, and how many leaves it sent."""

    def __init__(self, log: PublicLog) -> None:
        self.log = log
        self.starts: list[int] = []
        self.sent = 0
        self.sizes: list[int] = []

    async def checkpoint(self, *, min_size: int = 0) -> tuple[str, VerifiedCheckpoint]:
        self.sizes.append(min_size)
        if min_size > len(self.log.leaves):
            raise VouchsafeError("SIZE_UNKNOWN", "the log never had this size")
        note = self.log.head()
        return note, verify_checkpoint(note, self.log.trust.log_policy())

    async def leaves(self, start: int = 0) -> AsyncIterator[tuple[int, bytes]]:
        self.starts.append(start)
        for index, leaf in enumerate(self.log.leaves[start:], start):
            self.sent += 1
            yield index, leaf


async def platform(device: Device, reader: Reader, *, strict: bool = True) -> Read:
    return await device.memory.read(lambda known: PlatformLog(reader, known, strict=strict))


@pytest.mark.parametrize("size", [1, 256, 257, 700, 1024])
async def test_the_platform_is_not_told_how_much_exactly_is_known(tmp_path: Path, size: int) -> None:
    device = Device(tmp_path, size)
    reader = Reader(device.log)
    await platform(device, reader)
    assert reader.sent == size
    device.log.grow(3)
    assert list((await platform(device, reader)).leaves) == device.log.leaves
    assert all(start % tiles.WIDTH == 0 for start in reader.starts)
    assert reader.sizes == [0, 0]
    assert reader.sent - size <= tiles.WIDTH + 3


@pytest.mark.parametrize("size", [1, 511, 512, 513, 600])
async def test_a_platform_that_shows_less_than_before_is_caught_whatever_is_left(device: Device, size: int) -> None:
    await platform(device, Reader(device.log))
    with pytest.raises(VouchsafeError, match="LOG_ROLLED_BACK"):
        await platform(device, Reader(device.log.fork(size)))
    assert [head.size for head in device.heads(ROLLED_BACK)] == [700, size]


async def test_a_platform_that_shows_another_history_is_caught(device: Device) -> None:
    await platform(device, Reader(device.log))
    fork = device.log.fork(300)
    fork.grow(600, seed=1)
    with pytest.raises(VouchsafeError, match="LOG_FORKED"):
        await platform(device, Reader(fork))


async def test_a_head_that_leaves_out_what_was_there_is_refused_or_as_good_as_there_is(device: Device) -> None:
    class Behind(Reader):
        async def checkpoint(self, *, min_size: int = 0) -> tuple[str, VerifiedCheckpoint]:
            if min_size:
                raise VouchsafeError("WITNESSES_UNAVAILABLE", "no quorum of witnesses has co-signed")
            note = self.log.head(500)
            return note, verify_checkpoint(note, self.log.trust.log_policy())

    reader = Behind(device.log)
    with pytest.raises(VouchsafeError, match="WITNESSES_UNAVAILABLE"):
        await platform(device, reader)
    assert list((await platform(device, reader, strict=False)).leaves) == device.log.leaves[:500]


async def test_what_came_since_the_newest_head_is_signed_and_read_too(device: Device) -> None:
    class Lagging(Reader):
        async def checkpoint(self, *, min_size: int = 0) -> tuple[str, VerifiedCheckpoint]:
            note, head = await super().checkpoint(min_size=min_size)
            if min_size:
                return note, head
            note = self.log.head(650)
            return note, verify_checkpoint(note, self.log.trust.log_policy())

    reader = Lagging(device.log)
    assert list((await platform(device, reader)).leaves) == device.log.leaves
    assert reader.sizes == [0, 700]


class Endless(Reader):
    """After the log's leaves it shows others, without end; and no head over them."""

    async def checkpoint(self, *, min_size: int = 0) -> tuple[str, VerifiedCheckpoint]:
        return await super().checkpoint()

    async def leaves(self, start: int = 0) -> AsyncIterator[tuple[int, bytes]]:
        async for index, leaf in super().leaves(start):
            yield index, leaf
        for index in range(max(start, len(self.log.leaves)), 100_000):
            self.sent += 1
            yield index, b"no leaf"
        pytest.fail("all of it was taken")


async def test_of_leaves_without_end_no_more_is_taken_than_was_signed_and_a_few(device: Device) -> None:
    reader = Endless(device.log)
    assert list((await platform(device, reader, strict=False)).leaves) == device.log.leaves
    with pytest.raises(VouchsafeError, match="LOG_STALE"):
        await platform(device, reader)
    assert reader.sent <= 2 * (700 + public_log.BEYOND)


async def test_who_shows_the_log_too_slowly_is_not_waited_for(device: Device) -> None:
    class Slow(Reader):
        async def leaves(self, start: int = 0) -> AsyncIterator[tuple[int, bytes]]:
            async for index, leaf in super().leaves(start):
                await asyncio.sleep(0.05)
                yield index, leaf

    reader = Slow(device.log)
    with pytest.raises(VouchsafeError, match="LOG_UNREACHABLE"):
        await device.memory.read(lambda known: PlatformLog(reader, known, within=0.2))
    assert 0 < reader.sent < 20
    assert list((await platform(device, Reader(device.log))).leaves) == device.log.leaves


async def test_leaves_are_shown_from_anywhere_again(device: Device) -> None:
    reader = Reader(device.log)
    source = PlatformLog(reader, 600)

    await source.checkpoint()
    for start, size in ((600, 700), (650, 700), (0, 700), (300, 400), (0, 10)):
        assert list(await source.entries(start, size)) == device.log.leaves[start:size]
    head = Checkpoint.parse(device.log.head().partition("\n\n")[0] + "\n")
    assert await source.root_at(40, head) == device.log.tree.root(40)
