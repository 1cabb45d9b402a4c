"""Crowds on an event log: who is admitted, who counts when, what activates, across epochs and replicas."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import CommandHandler
from services.verification.adapters.event_codec import event_codec
from services.verification.crowds import Crowds, employment_stream
from services.verification.curation import CURATION
from services.verification.domain import crowd_decider, employment_decider
from services.verification.domain.crowd_decider import Policy, RevocationReason
from services.verification.domain.employment_decider import VerifyEmployment
from services.verification.domain.epoch import EpochLength
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.organisation import Organisation, Organisations, Sector
from tests.support.commits import sequence_all
from vouchsafe.verification.events.v1 import events_pb2 as events

EPOCH = 203001
CROWD = 3
DAY = timedelta(hours=24)
PIXEL, HARBOUR, GAMING, ARTS = "pixel", "harbour", "gaming", "arts"
REGISTRY = Organisations(
    [
        Organisation(HARBOUR, "Harbour", ("harbour.example",), GAMING),
        Organisation(PIXEL, "Pixel", ("pixel.example",), GAMING),
        Organisation("jade", "Jade", ("jade.example",), "finance"),
    ],
    [Sector(GAMING, "a game maker", parent=ARTS), Sector(ARTS, "the arts"), Sector("finance", "a bank")],
)


@dataclass
class Town:
    """People, their proofs of employment and their credentials, on one store; each `replica` is another process."""

    store: MemoryEventStore = field(default_factory=MemoryEventStore)
    clock: FixedClock = field(default_factory=FixedClock)

    def __post_init__(self) -> None:
        self.crowds = self.replica()

    def replica(self) -> Crowds:
        return Crowds(
            crowds=CommandHandler(self.store, event_codec(), crowd_decider, self.clock),
            employments=self.employments(),
            organisations=REGISTRY,
            policy=Policy(CROWD, age_seconds=86_400),
            length=EpochLength.MONTH,
            clock=self.clock,
        )

    def employments(
        self,
    ) -> CommandHandler[employment_decider.Command, employment_decider.State, employment_decider.Event]:
        return CommandHandler(self.store, event_codec(), employment_decider, self.clock)

    async def prove(self, person: bytes, organisation: str, *, days: int = 180) -> None:
        """A proof of employment, given now."""
        now = int(self.clock.now().timestamp())
        proof = VerifyEmployment(person, b"k" * 32, organisation, now + days * 86_400, now)
        request = str(uuid.uuid4())
        await self.employments().handle(
            employment_stream(person), proof, commit_id=request, fingerprint=request, caller="test"
        )

    async def credential(self, person: bytes, label: str) -> None:
        """What issuance does around a credential of the current epoch."""
        await self.crowds.admit(person, label, self.crowds.epoch)
        await self.crowds.count(person, label, self.crowds.epoch)

    async def at(self, label: str, *organisations: str) -> list[bytes]:
        """New people who work at these, each with a credential under the label."""
        people = [uuid.uuid4().bytes for _ in organisations]
        for person, organisation in zip(people, organisations, strict=True):
            await self.prove(person, organisation)
            await self.credential(person, label)
        return people

    async def later(self, by: timedelta) -> None:
        """Some time passes, and somebody looks."""
        self.clock.advance(by)
        await self.crowds.ripen()

    async def published(self, kind: str = "LabelActivated") -> list[tuple[str, int]]:
        """Label and epoch of the public events of a kind."""
        await sequence_all(self.store)
        public = CURATION.public_events(await self.store.read_log(0, 10_000))
        said = [getattr(events, kind).FromString(each.data) for each in public if each.type.endswith(f".{kind}")]
        return [(each.label, each.epoch) for each in said]


@pytest.fixture
def town() -> Town:
    return Town()


async def refused(call: object) -> Reason:
    with pytest.raises(DomainError) as error:
        await call  # type: ignore[misc]
    return error.value.reason


class TestAge:
    async def test_a_burst_of_new_people_opens_nothing_until_they_are_of_age(self, town: Town) -> None:
        await town.at(HARBOUR, *[HARBOUR] * (CROWD + 1))
        await town.later(DAY - timedelta(seconds=1))
        assert await town.published() == []
        await town.later(timedelta(seconds=1))
        assert await town.published() == [(HARBOUR, EPOCH)]

    async def test_replicas_that_look_at_once_activate_once(self, town: Town) -> None:
        await town.at(HARBOUR, *[HARBOUR] * CROWD)
        other = town.replica()
        # Both know the crowd before either of them writes.
        await other.standing(HARBOUR, EPOCH)
        await town.later(DAY)
        await other.ripen()
        assert await town.published() == [(HARBOUR, EPOCH)]

    async def test_who_came_on_the_last_day_of_an_epoch_is_of_age_in_the_next(self, town: Town) -> None:
        town.clock.advance(timedelta(days=30, hours=12))
        await town.at(HARBOUR, *[HARBOUR] * CROWD)
        await town.later(DAY)
        assert town.crowds.epoch == EPOCH + 1
        assert await town.published() == [(HARBOUR, EPOCH)]

    async def test_a_long_proven_employment_counts_at_once_in_a_later_epoch(self, town: Town) -> None:
        people = await town.at(HARBOUR, *[HARBOUR] * CROWD)
        town.clock.advance(timedelta(days=31))
        for person in people:
            await town.credential(person, HARBOUR)
        assert await town.published() == [(HARBOUR, EPOCH + 1)]

    async def test_a_person_counts_once_however_many_slots_and_processes(self, town: Town) -> None:
        (person,) = await town.at(HARBOUR, HARBOUR)
        for crowds in (town.crowds, town.replica()):
            await crowds.count(person, HARBOUR, EPOCH)
        await town.later(DAY)
        assert (await town.crowds.standing(HARBOUR, EPOCH)).crowd == 1


class TestWiderLabels:
    async def test_a_person_may_have_credentials_of_every_label_above_the_employers(self, town: Town) -> None:
        (person,) = await town.at(HARBOUR, HARBOUR)
        await town.credential(person, GAMING)
        await town.credential(person, ARTS)
        await town.later(DAY)
        assert [(await town.crowds.standing(each, EPOCH)).crowd for each in (HARBOUR, GAMING, ARTS, PIXEL)] == [
            1,
            1,
            1,
            0,
        ]

    async def test_nobody_has_one_of_another_employers_or_sectors_label(self, town: Town) -> None:
        (person,) = await town.at(HARBOUR, HARBOUR)
        assert await refused(town.credential(person, "finance")) is Reason.NOT_EMPLOYED
        assert await refused(town.credential(person, PIXEL)) is Reason.OTHER_EMPLOYER
        assert await refused(town.credential(uuid.uuid4().bytes, HARBOUR)) is Reason.NOT_EMPLOYED
        assert await refused(town.credential(person, "gambling")) is Reason.UNKNOWN_LABEL

    async def test_a_narrower_label_waits_while_too_few_would_remain(self, town: Town) -> None:
        """Three of Harbour and two of Pixel speak as people of gaming: Harbour's own label would betray the two."""
        people = await town.at(GAMING, *[HARBOUR] * 3, *[PIXEL] * 2)
        await town.later(DAY)
        for person in people[:3]:
            await town.credential(person, HARBOUR)
        await town.later(DAY)
        assert await town.published() == [(GAMING, EPOCH)]
        await town.at(GAMING, PIXEL)
        await town.later(DAY)
        assert await town.published() == [(GAMING, EPOCH), (HARBOUR, EPOCH)]

    async def test_who_works_for_two_of_a_sector_is_issued_through_one_in_an_epoch(self, town: Town) -> None:
        (person,) = await town.at(HARBOUR, HARBOUR)
        await town.prove(person, PIXEL)
        assert await refused(town.credential(person, PIXEL)) is Reason.OTHER_EMPLOYER
        await town.credential(person, GAMING)
        town.clock.advance(timedelta(days=31))
        await town.credential(person, PIXEL)

    async def test_two_processes_that_are_asked_at_once_settle_on_one_employer(self, town: Town) -> None:
        person = uuid.uuid4().bytes
        for employer in (HARBOUR, PIXEL):
            await town.prove(person, employer)
        stale = town.replica()
        await stale._employments.state(employment_stream(person))
        await town.crowds.admit(person, PIXEL, EPOCH)
        assert await refused(stale.admit(person, HARBOUR, EPOCH)) is Reason.OTHER_EMPLOYER
        await stale.admit(person, PIXEL, EPOCH)


class TestEnds:
    async def test_the_end_of_an_employment_ends_issuing_with_the_next_epoch(self, town: Town) -> None:
        (person,) = await town.at(HARBOUR, HARBOUR)
        for days in (31, 28, 31, 30, 31):
            town.clock.advance(timedelta(days=days))
            await town.credential(person, HARBOUR)
        town.clock.advance(timedelta(days=30))
        for label in (HARBOUR, GAMING, ARTS):
            assert await refused(town.credential(person, label)) is Reason.NOT_EMPLOYED

    async def test_a_revoked_label_admits_nobody_and_the_others_go_on(self, town: Town) -> None:
        (person,) = await town.at(HARBOUR, HARBOUR)
        for _ in range(2):
            request = str(uuid.uuid4())
            await town.crowds.revoke(GAMING, EPOCH, RevocationReason.CEASED, request_id=request, caller="test")
        assert await town.published("LabelRevoked") == [(GAMING, EPOCH)]
        assert await refused(town.credential(person, GAMING)) is Reason.LABEL_REVOKED
        await town.credential(person, ARTS)
        town.clock.advance(timedelta(days=31))
        await town.credential(person, GAMING)

    async def test_a_revoked_label_is_not_activated_by_time(self, town: Town) -> None:
        await town.at(GAMING, *[PIXEL] * CROWD)
        request = str(uuid.uuid4())
        await town.crowds.revoke(GAMING, EPOCH, RevocationReason.CEASED, request_id=request, caller="test")
        await town.later(DAY)
        assert await town.published() == []
