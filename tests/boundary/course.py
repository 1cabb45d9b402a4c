"""The course of a run: everybody's steps in the order of their moments, each taken when the clock has been set to it.

One step at a time: the platform sees events as far apart as they would be, and none waits for another by accident.
"""

import hashlib
import heapq
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tests.boundary.breaking import Build
from tests.boundary.client_side import extra_metadata, traceparent
from tests.boundary.deployment import OverheardPlatform
from tests.boundary.people import DAY, HOUR, MINUTE, Citizen, Devices
from tests.boundary.settings import Employer
from tests.boundary.simulated_clock import SimulatedTime, rule_client
from vouchsafe.sdk import Profile, delays
from vouchsafe.sdk.delays import Delays, TooEarlyError

Step = Callable[[], Awaitable[None]]


@dataclass
class Course:
    """One build's people and what they did, between two moments of the machine's clock (ns) and of the run's."""

    build: Build
    people: list[Citizen]
    began_ns: int = 0
    ended_ns: int = 0
    began: float = 0.0
    ended: float = 0.0

    def covers(self, real_ns: int) -> bool:
        """Whether something happened in its time."""
        return self.began_ns <= real_ns <= self.ended_ns


@dataclass
class Stage:
    """A running platform on which courses are run one after another."""

    platform: OverheardPlatform
    chance: random.Random
    employers: Sequence[Employer]
    _steps: list[tuple[float, int, Step]] = field(default_factory=list)
    _made: int = 0
    _pushed: int = 0

    def arrivals(self, count: int, over: float) -> list[Citizen]:
        """`count` people of all employers, who come in at moments drawn evenly from the next `over` seconds."""
        start = self.platform.clock.now() + MINUTE
        made = [
            Citizen(number, self.employers[number % len(self.employers)], start + self.chance.uniform(0, over))
            for number in range(self._made, self._made + count)
        ]
        self._made += count
        return made

    async def run(self, build: Build, people: list[Citizen], waits: Delays) -> Course:
        """Let these people come in, get their aliases and speak, on a platform so built; then read it all."""
        directory = self.platform.overheard / f"wallets of {build.name}"
        directory.mkdir()
        profile = replace(Profile.load(self.platform.run_directory), delays=waits)
        devices = Devices(profile, SimulatedTime(self.platform.clock), self.platform.mailbox, directory)
        course = Course(build, people, began_ns=time.time_ns(), began=self.platform.clock.now())
        with ExitStack() as stack:
            stack.enter_context(rule_client(self.platform.clock))
            stack.enter_context(_drawn_by(self.chance))
            stack.enter_context(self.platform.orders.given(build))
            for citizen in people:
                self._due(citizen.arrives, _Life(self, devices, citizen, build).register)
            await self._play()
            await devices.read()
        course.ended_ns, course.ended = time.time_ns(), self.platform.clock.now()
        return course

    def later(self, wait: float, step: Step) -> None:
        """Take a step `wait` seconds from now."""
        self._due(self.platform.clock.now() + wait, step)

    def _due(self, at: float, step: Step) -> None:
        self._pushed += 1  # of two steps at one moment, the one that was planned first
        heapq.heappush(self._steps, (at, self._pushed, step))

    async def _play(self) -> None:
        while self._steps:
            at, _, step = heapq.heappop(self._steps)
            self.platform.clock.set(max(at, self.platform.clock.now()))
            await step()


@dataclass
class _Life:
    """One person's way from registration to his second thread."""

    stage: Stage
    devices: Devices
    citizen: Citizen
    build: Build

    def __post_init__(self) -> None:
        self._trace = traceparent(self.stage.chance)

    async def register(self) -> None:
        with self._traced():
            sdk = await self.devices.register(self.citizen)
        self._note("registered")

        async def verify() -> None:
            with self._traced():
                await self.devices.verify(self.citizen, sdk)
            self._note("issued")
            self.stage.later(0, self.deposit)

        self.stage.later(self.stage.chance.uniform(MINUTE, 4 * MINUTE), verify)

    async def deposit(self) -> None:
        """Leave the envelope when it is due, as the wallet says; until the label is open, look again now and then."""
        with self._traced():
            done = await self._when_due(self.devices.deposit(self.citizen), self.deposit, HOUR)
        if done:
            self._note("deposited")
            self.stage.later(0, self.create)

    async def create(self) -> None:
        with self._traced():
            if not await self._when_due(self.devices.create(self.citizen, self._handle()), self.create, MINUTE):
                return
        self._note("created")
        if self.build is Build.ALIAS_SENT_TO_IDENTITY:
            with extra_metadata(("x-alias", self.citizen.alias.key.public_key.hex())):
                await self.devices.sign_in(self.citizen)
        self.stage.later(self.stage.chance.uniform(0, HOUR), self.speak)
        self.stage.later(self.stage.chance.uniform(0, DAY), self.come_back)

    async def speak(self) -> None:
        """Open a thread, and later one more: no reader shall see that they are one author's."""
        with self._traced():
            await self.devices.speak(self.citizen)
        self._note("spoke")
        if len(self.citizen.published) < 2:
            self.stage.later(self.stage.chance.uniform(0, DAY), self.speak)

    async def come_back(self) -> None:
        """Sign in again at some time, as people do."""
        await self.devices.sign_in(self.citizen)

    async def _when_due(self, step: Awaitable[bool], again: Step, pause: float) -> bool:
        """Take a step of the alias; if it is too early, plan it for when it is due."""
        try:
            if await step:
                return True
        except TooEarlyError as error:
            self.stage.later(error.until - self.stage.platform.clock.now(), again)
        else:
            self.stage.later(self.stage.chance.uniform(pause, 6 * pause), again)
        return False

    def _handle(self) -> str:
        reference = self.citizen.person.escrow_reference
        match self.build:
            case Build.REFERENCE_IN_CLEAR:
                return reference.hex()
            case Build.REFERENCE_HASHED:
                return hashlib.sha256(reference).hexdigest()[:32]  # as much as a handle holds
            case _:
                return f"alias-{self.stage.chance.randbytes(6).hex()}"

    def _traced(self) -> AbstractContextManager[None]:
        broken = self.build is Build.TRACE_CONTINUED
        return extra_metadata(*([("traceparent", self._trace)] if broken else []))

    def _note(self, what: str) -> None:
        self.citizen.moments.setdefault(what, self.stage.platform.clock.now())


@contextmanager
def _drawn_by(chance: random.Random) -> Iterator[None]:
    """Have the SDK draw its delays by a generator that repeats, so that a run can be repeated."""
    module: Any = delays
    system, module.secrets = module.secrets, _Drawing(chance)
    try:
        yield
    finally:
        module.secrets = system


class _Drawing:
    """Stands where `delays` imported `secrets`."""

    def __init__(self, chance: random.Random) -> None:
        self.randbelow = chance.randrange


def labels(people: Iterable[Citizen]) -> dict[int, str]:
    """Everybody's label."""
    return {citizen.number: citizen.employer.label for citizen in people}
