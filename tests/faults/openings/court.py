"""A running platform with two subjects, its officers, and a court that wants to know who they are.

`Court` takes cases from step to step as those do who have a right to, remembers what it was given, and lets all that
is left be judged. What is broken meanwhile is for the scenarios to say.
"""

import asyncio
import hashlib
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import grpc
import pytest

from deploy.local import ceremony, supervisor
from services.chassis.rpc_errors import from_call
from services.seal import hpke
from services.seal.ed25519 import SigningKey
from services.seal.governance import Proposal
from services.seal.release import open_released
from services.seal.requests import Basis, Requester
from services.seal.requests import Field as Wanted
from services.seal.secret import SecretBytes
from services.seal.trust import Trust
from services.tlog.reader import MirrorReader
from tests.e2e.bad_input.calls import Channels
from tests.e2e.bad_input.stores import Stores
from tests.e2e.bad_input.world import LABEL, Citizen, World
from tests.e2e.waiting import eventually
from tests.faults.openings import checks
from tests.faults.openings.platform import CROWD, BreakablePlatform
from tests.faults.openings.stored import case_evidence
from tests.faults.rig.checks import Breach
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.disclosure.v1.case_service_pb2_grpc import CaseServiceStub
from vouchsafe.sdk import Profile, Vouchsafe
from vouchsafe.sdk.governance_side import GovernanceSide
from vouchsafe.sdk.key_file import read_key
from vouchsafe.sdk.officer_side import Ask, OfficerSide
from vouchsafe.sdk.officer_signatures import approval_of, endorsement_of
from vouchsafe.sdk.public_log import PublicLog, read_public_log
from vouchsafe.sdk.report import Report, report_on
from vouchsafe.sdk.voice import Voice

PATIENT: Final = 90.0
"""Seconds that a call is repeated for while something is away: longer than anything takes to come back."""
ONCE: Final = 8.0
"""Seconds for a call that is made once."""
UNREACHED: Final = {"TRUSTEES_UNAVAILABLE", "DEADLINE_EXCEEDED"}
"""What a caller is told when too few trustees answer: whichever of the two times is over first."""
_QUIET_SECONDS: Final = 60.0
_APPROVALS: Final = 3
_PAUSE: Final = 0.3
_ORDER: Final = hashlib.sha256(b"order of disclosure").digest()


@dataclass(frozen=True)
class Subject:
    """Somebody who wrote a post under an alias."""

    citizen: Citizen
    post_id: str

    @property
    def voice(self) -> Voice:
        return self.citizen.voice


@dataclass
class Followed:
    """A case of the court: about whom, and every sealed answer that the court was given."""

    case_id: str
    subject: Subject
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    given: list[bytes] = field(default_factory=list)


class Court:
    """Make one with `holding_court`."""

    def __init__(self, platform: BreakablePlatform, subjects: Sequence[Subject], desk: OfficerSide, raw: Any) -> None:
        self.platform = platform
        self.subjects = subjects
        self.profile = Profile.load(platform.run_directory)
        self.trust: Trust = self.profile.read_trust()
        self.desk = desk
        self._raw = raw
        self.followed: list[Followed] = []
        self.officers = {name: SigningKey(read_key(path)) for name, path in platform.officers.items()}
        self._recipient: SecretBytes = hpke.generate()[0]

    # --- The steps of a case ----------------------------------------------------------------------------------------

    async def approved(self, about: int = 0) -> Followed:
        """A case that enough officers have approved; nothing is intended yet."""
        subject = self.subjects[about]
        case = await self.desk.open_case(
            Ask(
                requester=Requester.COURT,
                basis=Basis.COURT_ORDER,
                organisation="Regional Court",
                instrument=f"12 O {len(self.followed)}/26",
                ground="order under section 21 TDDDG",
                document_hash=_ORDER,
                recipient_key=hpke.public_key(self._recipient),
                fields=[Wanted.NAME],
                post_id=subject.post_id,
            )
        )
        reviewed = await self.desk.review(case.case_id)
        for name in list(self.officers)[:_APPROVALS]:
            note = approval_of(reviewed, name, self.officers[name], now=int(time.time()))
            await self.desk.approve(case.case_id, note)
        followed = Followed(case.case_id, subject)
        self.followed.append(followed)
        return followed

    async def intend(self, followed: Followed) -> pb.Case:
        """Have the intent logged and co-signed."""
        case = await self.desk.execute(followed.case_id)
        assert case.state == pb.CASE_STATE_WITNESSED, pb.CaseState.Name(case.state)
        return case

    async def witnessed(self, about: int = 0) -> Followed:
        """A case whose delay runs."""
        followed = await self.approved(about)
        await self.intend(followed)
        return followed

    async def due(self, about: int = 0) -> Followed:
        """A case whose delay is over."""
        followed = await self.witnessed(about)
        await self.delay_over(followed)
        return followed

    async def delay_over(self, followed: Followed) -> None:
        """Return when the case may be opened."""
        case = await self.desk.case(followed.case_id)
        await asyncio.sleep(max(0.0, case.intent.opens_at + 0.1 - time.time()))

    async def carry_out(self, followed: Followed) -> pb.Case:
        """Have the case opened, whose delay is over."""
        case = await self.desk.execute(followed.case_id)
        assert case.state in (pb.CASE_STATE_OPENED, pb.CASE_STATE_COLLECTED), pb.CaseState.Name(case.state)
        return case

    async def insist(self, followed: Followed) -> None:
        """Keep executing the case until it is open."""

        async def opened() -> bool:
            return (await self.desk.execute(followed.case_id)).state == pb.CASE_STATE_OPENED

        await eventually(opened, within=10 * PATIENT)

    async def collect(self, followed: Followed) -> None:
        """Collect the answer, under the case's one request, and read the subject's name in it."""
        case = await self.desk.case(followed.case_id)
        sealed = await self.desk.collect(followed.case_id, followed.request_id)
        followed.given.append(sealed)
        told = open_released(self._recipient, followed.case_id, case.bundle_hash, sealed)
        assert told == {"name": followed.subject.citizen.name}

    async def opened_and_collected(self, followed: Followed) -> None:
        """All that is left to do with a case whose delay is over."""
        await self.carry_out(followed)
        await self.collect(followed)

    async def state(self, followed: Followed) -> str:
        """The case's state, as `CASE_STATE_…` without that."""
        return pb.CaseState.Name((await self.desk.case(followed.case_id)).state).removeprefix("CASE_STATE_")

    async def refused(self, followed: Followed) -> str:
        """The reason for which executing the case is refused, when it is asked for once and not again."""
        return await self._once(
            self._raw.ExecuteCase, pb.ExecuteCaseRequest(request_id=_new(), case_id=followed.case_id)
        )

    async def attempt(self, followed: Followed) -> None:
        """Execute the case once, whatever comes of it."""
        request = pb.ExecuteCaseRequest(request_id=_new(), case_id=followed.case_id)
        with suppress(grpc.aio.AioRpcError):
            await self._raw.ExecuteCase(request, timeout=ONCE, wait_for_ready=True)

    async def not_given(self, followed: Followed) -> str:
        """The reason for which the answer is not given out, under a request that is made once."""
        request = pb.CollectAnswerRequest(request_id=_new(), case_id=followed.case_id)
        return await self._once(self._raw.CollectAnswer, request)

    async def _once(self, method: Any, request: object) -> str:
        try:
            await method(request, timeout=ONCE, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            return from_call(error).reason
        raise AssertionError("it was not refused")

    # --- What officers do above single cases ------------------------------------------------------------------------

    def governance(self, *, disclosure: str = "", patience: float = ONCE) -> GovernanceSide:
        """The officers' desk for lock-downs; `disclosure`: where to look for that instead. The caller closes it."""
        edge = self.profile.officer_edge()
        if disclosure:
            edge = type(edge)(**{**vars(edge), "disclosure": disclosure})
        return GovernanceSide(edge, self.trust, patience=patience)

    async def agree(self, proposal: Proposal) -> None:
        """Have a proposal logged and endorsed by as many officers as it takes."""
        async with self.governance(patience=PATIENT) as side:
            await side.propose(proposal)
            for name in list(self.officers)[:_APPROVALS]:
                log = await side.read_log()
                await side.endorse(endorsement_of(log.governance, proposal, name, self.officers[name]))

    # --- What everybody sees, and the verdict -----------------------------------------------------------------------

    async def public_log(self) -> PublicLog:
        """The whole log as the mirror shows it, verified to its root under the witnesses' signatures."""
        return await read_public_log(MirrorReader(self.platform.mirrors[0]), self.trust)

    async def seen_by_the_mirror(self) -> None:
        """Return when the mirror shows all that is in the log now."""
        size = len(await self._all_leaves())

        async def shown() -> bool:
            return len((await self.public_log()).leaves) >= size

        await eventually(shown)

    async def _all_leaves(self) -> list[bytes]:
        return [leaf async for _, leaf in self.desk.log.leaves()]

    async def report(self) -> Report:
        """The transparency report of that log."""
        log = await self.public_log()
        return report_on(self.trust, log.leaves, root=log.root, as_of=log.as_of)

    async def evidence(self) -> checks.Evidence:
        """Everything there is to judge by."""
        log = await self.public_log()
        report = report_on(self.trust, log.leaves, root=log.root, as_of=log.as_of)
        without = frozenset(each.intent.index for each in report.open_intents)
        return checks.Evidence(log.leaves, without, report.alarms, await self._cases())

    async def case_evidence(self, followed: Followed) -> checks.CaseEvidence:
        """What there is of one case."""
        return next(each for each in await self._cases() if each.state.facts.case_id == followed.case_id)

    async def _cases(self) -> tuple[checks.CaseEvidence, ...]:
        notices = [notice for subject in self.subjects for notice in await subject.voice.notices()]
        given = {each.case_id: each.given for each in self.followed}
        return await asyncio.to_thread(case_evidence, self.platform, given, notices)

    async def judge(self) -> checks.Evidence:
        """Judge all cases of this court once nothing is missing any more; AssertionError with what is wrong."""
        give_up = time.monotonic() + _QUIET_SECONDS
        while True:
            evidence = await self.evidence()
            wrong: list[Breach] = checks.breaches(evidence)
            if not wrong:
                return evidence
            assert time.monotonic() < give_up, [breach.what for breach in wrong[:20]]
            await asyncio.sleep(_PAUSE)


@asynccontextmanager
async def holding_court(directory: Path) -> AsyncIterator[Court]:
    """A platform below `directory` with a court; two subjects have posted. Its delays are shorter still."""
    async with AsyncExitStack() as running:
        patch = running.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(ceremony, "POLICY", replace(ceremony.POLICY, veto_delay_seconds=2, notice_seconds=3))
        # Here a process that ends often is no fault that should be waited out.
        patch.setattr(supervisor, "LONGEST_PAUSE", supervisor.FIRST_PAUSE)
        platform = await running.enter_async_context(BreakablePlatform(directory))
        profile = Profile.load(platform.run_directory)
        sdk = await running.enter_async_context(Vouchsafe(profile, patience=PATIENT))
        world = World(platform, sdk, Channels(platform), Stores(platform), directory)
        running.push_async_callback(world.channels.close)
        running.push_async_callback(world.stores.close)
        subjects = await _subjects(world)
        edge, trust = profile.officer_edge(), profile.read_trust()
        desk = await running.enter_async_context(OfficerSide(edge, trust, patience=PATIENT))
        raw = world.channels.stub(CaseServiceStub, "officer-desk", "disclosure")
        yield Court(platform, subjects, desk, raw)


async def _subjects(world: World) -> list[Subject]:
    async def verified() -> Citizen:
        citizen = await world.arrival()
        await world.employ(citizen)
        return citizen

    async def posted(citizen: Citizen) -> Subject:
        await citizen.account.create_alias(LABEL, "mine")
        published = await citizen.voice.open_thread("What happened", "I was there when it happened.")
        return Subject(citizen, published.post_id)

    crowd = await asyncio.gather(*(verified() for _ in range(CROWD)))
    return list(await asyncio.gather(*map(posted, crowd)))


def _new() -> str:
    return str(uuid.uuid4())
