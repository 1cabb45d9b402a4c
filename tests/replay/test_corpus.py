"""Whatever was stored once is read, written and folded as it was then, and every event type is in the corpus."""

import importlib
from types import ModuleType
from typing import Any, cast

import pytest

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore import EventData, Write
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import CommandHandler, Decider
from services.tlog.log import STREAM, TransparencyLog
from tests.replay.fixtures import CORPUS, SERVICES, Fixture, codec_of, read, stored_types, unproven_types
from tests.support.commits import META

FIXTURES = {service: read(CORPUS / f"{service}.jsonl") for service in SERVICES}
LOG = ("disclosure", STREAM)
"""The stream without a decider: the transparency log reads it."""

every_service = pytest.mark.parametrize("service", SERVICES)
every_fixture = pytest.mark.parametrize(
    ("service", "fixture"),
    [
        pytest.param(service, fixture, id=f"{service}-{number}-{fixture.type.rsplit('.', 1)[-1]}")
        for service in SERVICES
        for number, fixture in enumerate(FIXTURES[service], start=1)
    ],
)
every_stream = pytest.mark.parametrize(
    ("service", "stream"),
    sorted({(service, fixture.stream) for service in SERVICES for fixture in FIXTURES[service]} - {LOG}),
)


@every_fixture
def test_an_event_is_read_as_it_was_stored(service: str, fixture: Fixture) -> None:
    assert fixture.read_with(codec_of(service)) == fixture.fields


@every_fixture
def test_an_event_is_written_as_it_was_stored(service: str, fixture: Fixture) -> None:
    if not codec_of(service).is_upcast(fixture.type):
        assert fixture.written_with(codec_of(service)) == [EventData(fixture.type, fixture.data)]


@every_fixture
def test_a_line_holds(service: str, fixture: Fixture) -> None:
    assert fixture.holds(codec_of(service))


@every_service
def test_no_stored_type_is_removed_or_renamed(service: str) -> None:
    assert {fixture.type for fixture in FIXTURES[service]} <= set(stored_types(codec_of(service)))


@every_service
def test_every_event_is_in_the_corpus_with_all_its_fields(service: str) -> None:
    assert unproven_types(codec_of(service), FIXTURES[service]) == [], "run `python -m tests.replay.freeze`"


@every_service
def test_every_event_is_stored_under_its_own_name(service: str) -> None:
    """Events of the same fields, such as MailCodeSent and MailCodeRejected, could change places unnoticed."""
    codec = codec_of(service)
    names = {type_name: codec.event_class(type_name).__name__ for type_name in codec.type_names}
    assert names == {type_name: type_name.rsplit(".", 1)[-1] for type_name in names}


def test_every_file_of_the_corpus_is_of_a_service() -> None:
    assert sorted(path.name for path in CORPUS.iterdir()) == [f"{service}.jsonl" for service in SERVICES]


@every_stream
async def test_a_stream_is_folded(service: str, stream: str) -> None:
    fixtures = _of_stream(service, stream)
    decider = cast("Decider[Any, Any, Any]", _domain_of(service, fixtures))
    handler = CommandHandler(await _stored(stream, fixtures), codec_of(service), decider)
    state, version = await handler.state(stream)
    assert version == len(fixtures)
    assert state != decider.initial


async def test_the_transparency_log_grows_by_each_stored_leaf() -> None:
    fixtures = _of_stream(*LOG)
    log = TransparencyLog(await _stored(STREAM, fixtures), codec_of("disclosure"), FixedClock())
    assert await log.refresh() == len(fixtures)
    assert [leaf.hex() for leaf in log.leaves(0, log.size)] == [fixture.fields["leaf"] for fixture in fixtures]


def _of_stream(service: str, stream: str) -> list[Fixture]:
    return [fixture for fixture in FIXTURES[service] if fixture.stream == stream]


def _domain_of(service: str, fixtures: list[Fixture]) -> ModuleType:
    """The module of the stream's events, which holds their fold too, or the one beside it where they fill a module."""
    codec = codec_of(service)
    (name,) = {type(event).__module__ for fixture in fixtures for event in fixture.told_with(codec)}
    return importlib.import_module(name.removesuffix("_events"))


async def _stored(stream: str, fixtures: list[Fixture]) -> MemoryEventStore:
    """A store that holds the stream, a commit for each event."""
    store = MemoryEventStore()
    for version, fixture in enumerate(fixtures):
        await store.append(stream, version, [Write(f"commit-{version}", [EventData(fixture.type, fixture.data)], META)])
    return store
