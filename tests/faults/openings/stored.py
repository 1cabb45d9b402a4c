"""What the stores of disclosure and identity hold of cases, read past the services."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pymongo import MongoClient

from deploy.local.view import PlatformView
from services.chassis.log.codec import EventCodec
from services.disclosure.adapters.event_codec import event_codec as of_disclosure
from services.disclosure.domain import case
from services.disclosure.domain.case_events import AnswerCollected
from services.identity.adapters.event_codec import event_codec as of_identity
from services.identity.domain.person import PersonReleased
from tests.faults.openings.checks import CaseEvidence
from vouchsafe.sdk.voice import Notice


def case_evidence(
    platform: PlatformView, given: Mapping[str, Sequence[bytes]], notices: Sequence[Notice]
) -> tuple[CaseEvidence, ...]:
    """The evidence of each case in `given`, with the answers that its requester was given."""
    released: dict[str, list[bytes]] = {}
    for _, event in _events(platform.store_uri("identity"), of_identity()):
        if isinstance(event, PersonReleased):
            released.setdefault(event.case_id, []).append(event.sealed_identity)
    found: dict[str, CaseEvidence] = {}
    collections: Counter[str] = Counter()
    states: dict[str, case.State] = {}
    for stream, event in _events(platform.store_uri("disclosure"), of_disclosure()):
        if stream.startswith("case-"):
            case_id = stream.removeprefix("case-")
            states[case_id] = case.evolve(states.get(case_id, case.initial), event)
            collections[case_id] += isinstance(event, AnswerCollected)
    for case_id, answers in given.items():
        state = states[case_id]
        assert not isinstance(state, case.Unasked | case.Declined)
        found[case_id] = CaseEvidence(
            state, collections[case_id], tuple(released.get(case_id, ())), tuple(dict.fromkeys(answers))
        )
    return tuple(_noticed(each, notices) for each in found.values())


def _noticed(each: CaseEvidence, notices: Sequence[Notice]) -> CaseEvidence:
    if not isinstance(each.state, case.Aimed):
        return each
    own = [notice for notice in notices if notice.intent == each.state.opening.commitment]
    return replace(each, notified=len(own), told_opened=sum(notice.opened for notice in own))


def _events(uri: str, codec: EventCodec) -> Iterator[tuple[str, Any]]:
    """Each event with its stream's name, in the order of that stream."""
    with MongoClient[dict[str, Any]](uri) as client:
        for commit in sorted(client.get_default_database()["commits"].find(), key=lambda each: each["first"]):
            for stored in commit["events"]:
                for event in codec.decode(stored["type"], bytes(stored["data"])):
                    yield commit["stream"], event
