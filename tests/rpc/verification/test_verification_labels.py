"""LabelService and LabelRevocationService over real connections: what is told to whom, and who may stop a label."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from services.chassis.rpc_client import NO_RETRY
from services.chassis.rpc_errors import RpcError
from services.verification.config import Issuance
from services.verification.curation import CURATION
from services.verification.domain.epoch import EpochLength
from services.verification.domain.organisation import Organisations
from tests.rpc.verification import conftest
from tests.rpc.verification.conftest import CROWD, ORGANISATIONS, Person, PersonSide, Verification, running_verification
from tests.support.commits import sequence_all
from vouchsafe.verification.events.v1 import events_pb2 as events
from vouchsafe.verification.v1 import label_service_pb2 as rpc
from vouchsafe.verification.v1.label_service_pb2_grpc import LabelRevocationServiceStub

EPOCH = 203001
WITHDRAWN = Organisations(
    [replace(each, withdrawn=each.id == "jade-river") for each in ORGANISATIONS], conftest.SECTORS
)
FIRST_OF_JANUARY = 1_893_456_000


class Desk(PersonSide):
    """The person edge, and the operators' desk beside it."""

    async def standing(self, person: Person, label: str) -> tuple[str, int]:
        """State and crowd of one of the person's labels."""
        (found,) = [each for each in (await self.labels(person)).labels if each.label == label]
        return rpc.LabelState.Name(found.state).removeprefix("LABEL_STATE_"), found.crowd_at_least

    async def revoke(self, caller: str = "label-desk", **changes: object) -> list[int]:
        """Revoke a label; the epochs."""
        fields = {
            "request_id": str(uuid.uuid4()),
            "label": "technology",
            "epoch": EPOCH,
            "reason": rpc.REVOCATION_REASON_KEY_COMPROMISED,
        }
        request = rpc.RevokeLabelRequest(**(fields | changes))  # type: ignore[arg-type]
        async with self.service.running.channel(caller, retry=NO_RETRY) as channel:
            stub = LabelRevocationServiceStub(channel.channel)
            return list((await channel.unary(stub.RevokeLabel, request)).epochs)

    async def published(self, kind: str) -> list[tuple[str, int]]:
        """Label and epoch of the public events of a kind."""
        await sequence_all(self.service.store)
        public = CURATION.public_events(await self.service.store.read_log(0, 10_000))
        said = [getattr(events, kind).FromString(each.data) for each in public if each.type.endswith(f".{kind}")]
        return [(each.label, each.epoch) for each in said]


async def refusal(call: object) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(RpcError) as error:
        await call  # type: ignore[misc]
    return error.value.code, error.value.reason


@pytest.fixture
async def desk(service: Verification) -> AsyncIterator[Desk]:
    side = Desk(service)
    yield side
    await side.channel.close()


class TestWhatIsTold:
    async def test_the_wider_labels_come_behind_the_employers(self, desk: Desk) -> None:
        answer = await desk.labels(await desk.employed())
        assert [(each.label, each.parent) for each in answer.labels] == [
            ("harbour-games", "gaming"),
            ("gaming", "entertainment"),
            ("entertainment", ""),
        ]
        assert answer.labels[1].name == "Employee of a gaming company"
        assert (answer.epoch, answer.crowd_minimum) == (EPOCH, CROWD)
        assert answer.epoch_ends_at == FIRST_OF_JANUARY + 31 * 86_400

    async def test_fewer_than_five_are_told_as_none_and_more_rounded(self, desk: Desk) -> None:
        label, seen = "jade-river", []
        for _ in range(6):
            person = await desk.employed(f"{uuid.uuid4().hex[:12]}@jade.example")
            await desk.issue(person, await desk.offer(person, label))
            seen.append(await desk.standing(person, label))
        assert seen == [("WAITING", 0)] * 2 + [("ACTIVE", 0)] * 2 + [("ACTIVE", 5)] * 2

    async def test_who_has_proven_nothing_has_no_label(self, desk: Desk) -> None:
        assert list((await desk.labels(desk.person())).labels) == []

    async def test_without_an_assertion_nothing_is_told(self, desk: Desk) -> None:
        call = desk.channel.unary(desk._labels.ListMyLabels, rpc.ListMyLabelsRequest())
        assert await refusal(call) == (grpc.StatusCode.UNAUTHENTICATED, "ASSERTION_MISSING")


class TestWiderLabels:
    async def test_a_credential_comes_under_a_wider_label_and_its_own_key(self, desk: Desk) -> None:
        person = await desk.employed()
        keys = {(await desk.issuer_key(person, label)).public_key for label in ("harbour-games", "gaming")}
        assert len(keys) == 2
        await desk.issue(person, await desk.offer(person, "gaming"))
        assert "PersonCounted" in desk.service.events(f"crowds-entertainment-{EPOCH}")

    async def test_not_under_one_of_another_employer(self, desk: Desk) -> None:
        person = await desk.employed()
        other = await desk.offer(person, "pixel-foundry")
        assert await refusal(desk.begin(person, other)) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_EMPLOYED")


class TestRevocation:
    async def test_is_published_once_and_ends_issuance(self, desk: Desk) -> None:
        person = await desk.employed(f"{uuid.uuid4().hex[:12]}@cloud.example")
        request_id = str(uuid.uuid4())
        for _ in range(2):
            assert await desk.revoke(request_id=request_id) == [EPOCH]
        await desk.revoke(reason=rpc.REVOCATION_REASON_CEASED)
        assert await desk.published("LabelRevoked") == [("technology", EPOCH)]
        offer = await desk.offer(person, "technology")
        assert await refusal(desk.begin(person, offer)) == (grpc.StatusCode.FAILED_PRECONDITION, "LABEL_REVOKED")
        assert await desk.standing(person, "technology") == ("REVOKED", 0)

    async def test_between_challenge_and_answer_gives_an_honest_slot_back(self, tmp_path: Path) -> None:
        async with running_verification(tmp_path, Issuance(insecure_crowd_minimum=CROWD)) as service:
            desk = Desk(service)
            person = await desk.employed()
            offers = [await desk.offer(person, slot=slot) for slot in range(2)]
            chosen = [(await desk.begin(person, offer)).chosen for offer in offers]
            await desk.revoke(label="harbour-games")
            for _ in range(2):  # an answer that was lost is answered again
                refused = await refusal(desk.finish(person, offers[0], chosen[0]))
                assert refused == (grpc.StatusCode.FAILED_PRECONDITION, "LABEL_REVOKED")
            stream = f"slots-{person.escrow_reference.hex()}"
            assert service.events(stream)[2:] == ["SlotReleased"]
            nonsense = bytes(offers[1].terms.openings_size)
            cheated = desk.finish(person, offers[1], chosen[1], openings=nonsense)
            assert await refusal(cheated) == (grpc.StatusCode.PERMISSION_DENIED, "CHEAT_CAUGHT")
            service.clock.advance(timedelta(hours=2))
            await desk.issue(person, await desk.offer(person, "gaming", slot=0))  # the cheat alone is a strike
            assert service.events(stream)[3:] == ["CheatCaught", "ChallengeMade", "CredentialIssued"]
            await desk.channel.close()

    async def test_of_what_does_not_exist(self, desk: Desk) -> None:
        assert await refusal(desk.revoke(label="gambling")) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_LABEL")
        assert await refusal(desk.revoke(epoch=203013)) == (grpc.StatusCode.INVALID_ARGUMENT, "EPOCH_UNKNOWN")
        unspecified = await refusal(desk.revoke(reason=rpc.REVOCATION_REASON_UNSPECIFIED))
        assert unspecified == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")

    @pytest.mark.parametrize("caller", ["person-edge", "alias-edge", "forum", "officer-desk"])
    async def test_is_the_operators_alone(self, desk: Desk, caller: str) -> None:
        assert (await refusal(desk.revoke(caller)))[0] is grpc.StatusCode.PERMISSION_DENIED

    async def test_without_an_epoch_covers_every_key_that_may_still_be_used(self, desk: Desk) -> None:
        assert await desk.revoke(label="finance", epoch=0) == [202912, 203001]
        desk.service.clock.advance(timedelta(days=29))
        assert await desk.revoke(label="finance", epoch=0) == [202912, 203001, 203002]


async def test_a_label_that_nobody_is_issued_under_gets_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "ORGANISATIONS", WITHDRAWN)
    async with running_verification(tmp_path, Issuance(insecure_crowd_minimum=CROWD)) as service:
        desk = Desk(service)
        person = await desk.employed()
        for label in ("jade-river", "finance"):
            assert await refusal(desk.issuer_key(person, label)) == (grpc.StatusCode.NOT_FOUND, "UNKNOWN_LABEL")
        assert {label for label, _ in await desk.published("IssuerKeyPublished")} == {
            label.id for label in ORGANISATIONS.labels() if label.id not in ("jade-river", "finance")
        }
        await desk.channel.close()


async def test_every_label_has_a_key_and_the_next_epochs_are_published_ahead(tmp_path: Path) -> None:
    issuance = Issuance(insecure_crowd_minimum=CROWD, epoch=EpochLength.DAY, key_ahead_days=1)
    async with running_verification(tmp_path, issuance) as daily:
        side = Desk(daily)
        published = await side.published("IssuerKeyPublished")
        labels = [label.id for label in ORGANISATIONS.labels()]
        assert sorted(published) == sorted((each, epoch) for each in labels for epoch in (20300101, 20300102))
        assert (await side.issuer_key(side.person())).epoch == 20300101
        await side.channel.close()
