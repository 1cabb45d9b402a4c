"""Looking at a log, and taking it out and in again, with the operators' command on a real store."""

import gzip
from contextlib import suppress
from pathlib import Path

import pytest

from services.admin import audits
from services.admin.errors import AdminError
from services.chassis.integration.claim import Claim
from services.chassis.log.eventstore import Commit, EventData, Mark, StoreUnavailable, Write
from services.chassis.log.eventstore_mongo import MongoEventStore
from tests.integration.admin.conftest import Service
from tests.support.commits import META, append, new_id, sequence_all
from tests.support.prepared import Prepared
from vouchsafe.forum.events.v1.events_pb2 import PostIdReserved

POST = "0123456789abcdef"
STORED = EventData(PostIdReserved.DESCRIPTOR.full_name, PostIdReserved(post_id=POST).SerializeToString())


async def fill(store: MongoEventStore) -> None:
    """Two streams; one commit of two parts; one commit without a position."""
    await append(store, "post-1", 0, event=STORED)
    await store.append("thread-1", 0, [Write(new_id(), [STORED], META), Write(new_id(), [STORED, STORED], META)])
    await append(store, "thread-1", 3, event=EventData("test.v1.Odd", b"\x00\xff"))
    await sequence_all(store)


async def test_streams_and_their_events_are_shown_without_payloads(service: Service) -> None:
    await fill(service.store)
    assert (await service.must("streams")).lines == [["post-1", "1", "1"], ["thread-1", "4", "2"]]
    assert (await service.must("streams", "thread")).lines == [["thread-1", "4", "2"]]
    shown = await service.must("show", "thread-1")
    assert [line[0] for line in shown.lines] == ["1", "2", "3", "4"]
    assert len({line[1] for line in shown.lines[:3]}) == 1
    assert POST not in shown.output
    private = (await service.must("--json", "show", "thread-1", "--after", "2", "--payload")).json
    assert [each["version"] for each in private] == [3, 4]
    assert private[1]["payload"] == {"unread": "AP8="}
    assert private[0]["payload"] == {"post_id": POST}


async def test_the_log_is_told_by_position(service: Service) -> None:
    await fill(service.store)
    assert [line[0] for line in (await service.must("tail")).lines] == ["1", "2", "3"]
    assert [line[0] for line in (await service.must("tail", "--last", "1")).lines] == ["3"]
    assert [line[0] for line in (await service.must("tail", "--after", "1")).lines] == ["2", "3"]


async def test_lags_tell_who_follows_how_far(service: Service) -> None:
    await fill(service.store)
    await append(service.store, "post-2", 0, event=STORED)
    claim = Claim(3)
    with suppress(StoreUnavailable), claim.writing():
        raise StoreUnavailable("no answer")
    await service.store.save_mark("consumer of verification", Mark(7, 1), claim.number)
    await service.store.acquire_lease("log worker", "me", 30)
    told = {(each["what"], each["name"]): each for each in (await service.must("--json", "lags")).json}
    assert told["log", "head"]["position"] == 3
    assert told["log", "without a position"]["lag"] == 1
    consumer = told["consumer", "consumer of verification"]
    assert (consumer["position"], consumer["note"]) == ("7.1", "epoch 3")
    assert told["lease", "log worker"]["note"].startswith("epoch 1, until ")


async def test_a_log_is_the_same_after_export_and_import(service: Service, empty: Service, tmp_path: Path) -> None:
    await fill(service.store)
    file = tmp_path / "log.gz"
    told = (await service.must("--json", "export", str(file))).json
    assert told["commits"] == 3
    assert file.stat().st_mode & 0o077 == 0
    again = await service.admin("export", str(file))
    assert (again.code, again.error[:19]) == (1, "error: FILE_EXISTS:")

    assert (await service.must("--json", "verify", str(file))).json["chain"] == told["chain"]
    refused = await empty.admin("import", str(file))
    assert refused.error.startswith("error: NOT_CONFIRMED: ")
    assert (await empty.must("--json", "import", str(file), "--yes")).json["chain"] == told["chain"]
    assert await log(empty.store) == await log(service.store)
    commit = (await log(service.store))[1]
    assert await empty.store.find_commit(commit.parts[1].commit_id) == commit
    await append(empty.store, "thread-1", 4)

    twice = await empty.admin("import", str(file), "--yes")
    assert twice.error.startswith("error: LOG_NOT_EMPTY: ")


async def test_a_damaged_file_changes_nothing(service: Service, empty: Service, tmp_path: Path) -> None:
    await fill(service.store)
    whole, damaged = tmp_path / "log.gz", tmp_path / "damaged.gz"
    await service.must("export", str(whole))
    lines = gzip.decompress(whole.read_bytes()).splitlines(keepends=True)
    contents = {
        "cut off": whole.read_bytes()[:-20],
        "a line less": gzip.compress(b"".join(lines[:2] + lines[3:])),
        "altered": gzip.compress(b"".join([*lines[:2], lines[2].replace(b"thread-1", b"thread-2"), *lines[3:]])),
        "no archive": b"hello",
    }
    for content in contents.values():
        damaged.write_bytes(content)
        refused = await empty.admin("import", str(damaged), "--yes")
        assert refused.code == 1
        assert refused.error.startswith("error: FILE_INVALID: ")
        assert refused.error.count("\n") == 1
    assert await empty.store.head_position() == await empty.store.unsequenced_count() == 0
    missing = await empty.admin("import", str(tmp_path / "missing"), "--yes")
    assert missing.error.startswith("error: FILE_UNUSABLE: ")


async def test_an_interrupted_import_goes_on(service: Service, empty: Service, tmp_path: Path) -> None:
    await fill(service.store)
    file = tmp_path / "log.gz"
    await service.must("export", str(file))
    await empty.store.ensure_indexes()
    await empty.store.restore((await log(service.store))[:2])
    assert (await empty.admin("import", str(file), "--yes")).code == 1
    await empty.must("import", str(file), "--yes", "--resume")
    assert await log(empty.store) == await log(service.store)


async def test_the_log_of_another_service_is_refused(
    service: Service, tmp_path: Path, store_address: str, command: Prepared
) -> None:
    await fill(service.store)
    file = tmp_path / "log.gz"
    await service.must("export", str(file))
    other = Service(tmp_path / "identity", store_address, command, "identity")
    refused = await other.admin("import", str(file), "--yes")
    assert refused.error == "error: OTHER_SERVICE: the file holds the log of forum\n"
    await other.close()


async def test_a_failure_is_one_line_without_secrets(service: Service, tmp_path: Path) -> None:
    unknown = await service.started("show", "thread-9")
    assert (unknown.code, unknown.output) == (1, "")
    assert unknown.error.startswith("error: NOTHING_THERE: ")
    (tmp_path / "forum" / "secrets" / "mongodb-uri").write_text(
        "mongodb://someone:password@127.0.0.1:1/x?serverSelectionTimeoutMS=200"
    )
    away = await service.started("lags")
    assert (away.code, away.error) == (1, "error: STORE_UNAVAILABLE: the store does not answer\n")
    assert (await service.started("frobnicate")).code == 2


async def log(store: MongoEventStore) -> list[Commit]:
    return await store.read_log(0, 100)


async def test_an_audit_finds_nothing_in_a_sound_log_and_a_hole_in_another(service: Service) -> None:
    await fill(service.store)
    sound = (await service.must("--json", "audit")).json
    assert (sound["checked"], sound["through"], sound["faults"]) == (3, 3, {})
    await service.database.collection("commits").delete_one({"pos": 2})
    broken = await service.admin("--json", "audit")
    assert broken.code == 3
    assert "missing position at 2.0" in broken.json["findings"]


def test_there_is_no_bus_to_audit_where_nothing_is_public() -> None:
    with pytest.raises(AdminError) as refused:
        audits._curation("trustee")
    assert (refused.value.reason, refused.value.message) == ("PUBLISHES_NOTHING", "trustee publishes nothing")
