"""Identity, served for real over mutual TLS, on a store in memory and a clock that tests move."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.views.view_catalog import ViewCatalog
from services.chassis.views.viewstore_memory import MemoryViewStore
from services.identity.adapters.attempts import AttemptLimit
from services.identity.adapters.passwords import PasswordCost
from services.identity.api.errors import ERRORS
from services.identity.config import Config
from services.identity.keys import Keys
from services.identity.projections.persons_by_escrow import persons_by_escrow
from services.identity.wiring import SERVICE, assemble
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from services.seal.statements import Registration
from services.seal.trust import Trust
from services.stops.stops import Stops
from tests.rpc.identity.cases import make_trust
from tests.support.public_log import MemoryLogView
from tests.support.rpc import Running, identity, serving
from vouchsafe.identity.v1 import person_service_pb2 as rpc
from vouchsafe.identity.v1.person_service_pb2_grpc import PersonServiceStub

PASSWORD = "a long enough password"

ALLOW = {
    "vouchsafe.identity.v1.PersonService": frozenset({identity("person-edge")}),
    "vouchsafe.identity.v1.ReleaseService": frozenset({identity("disclosure")}),
    "vouchsafe.trustee.v1.LockService": frozenset({identity("officer-desk")}),
    "vouchsafe.log.v1.EventLogService": frozenset({identity("verification"), identity("disclosure")}),
}


@dataclass
class Identity:
    """The running service, and what a test looks at behind its back."""

    running: Running
    store: MemoryEventStore
    views: MemoryViewStore
    clock: FixedClock
    keys: Keys
    trust: Trust
    log: MemoryLogView

    async def projected(self) -> None:
        """Return when every commit so far is in the views."""
        async with asyncio.timeout(5):
            while await self.store.unsequenced(1):  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # the worker rings for nobody else
            by_escrow = ViewCatalog(self.views).views(persons_by_escrow())
            await by_escrow.reached(await self.store.head_position())


@dataclass
class Ground:
    """What outlives a process of identity: keys, stores, its own directory, and the log that it reads."""

    state: Path
    keys: Keys
    trust: Trust
    log: MemoryLogView
    store: MemoryEventStore = field(default_factory=MemoryEventStore)
    views: MemoryViewStore = field(default_factory=MemoryViewStore)
    clock: FixedClock = field(default_factory=FixedClock)

    @classmethod
    def fresh(cls, state: Path) -> "Ground":
        """Nobody is registered yet."""
        keys = Keys(
            assertion=SigningKey.generate(),
            session=SigningKey.generate(),
            kek=SecretBytes.random(32),
            login_mac=SecretBytes.random(32),
        )
        trust = make_trust(keys.assertion.public_key)
        return cls(state, keys, trust, MemoryLogView(trust))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Identity]:
        """A process on it, until the block ends."""
        cost = PasswordCost(memory_kib=64, iterations=1, lanes=1)
        config = Config(allow=ALLOW, password=cost, attempts=AttemptLimit(burst=3, refill_seconds=60))
        stops = Stops.open(self.state, self.log)
        assembly = assemble(
            config=config,
            keys=self.keys,
            trust=self.trust,
            log=self.log,
            stops=stops,
            store=self.store,
            views=self.views,
            clock=self.clock,
        )
        worker = asyncio.create_task(assembly.worker.run())
        await assembly.ready()
        async with serving(SERVICE, assembly.bindings, allow=config.allow, errors=ERRORS) as running:
            yield Identity(running, self.store, self.views, self.clock, self.keys, self.trust, self.log)
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
        await assembly.close()
        await stops.close()


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Identity]:
    async with Ground.fresh(tmp_path_factory.mktemp("identity")).serving() as running:
        yield running


@dataclass
class Person:
    """Somebody who has registered."""

    login: str
    ownership_key: SigningKey
    registered: rpc.RegisterResponse


class PersonSide:
    """The person edge: short ways to make its calls."""

    def __init__(self, service: Identity) -> None:
        self.channel = service.running.channel("person-edge")
        self._stub = PersonServiceStub(self.channel.channel)

    async def register(self, request: rpc.RegisterRequest) -> rpc.RegisterResponse:
        return await self.channel.unary(self._stub.Register, request)

    async def person(self, name: str = "Ada Lovelace") -> Person:
        """A new person."""
        key = SigningKey.generate()
        request = registration(key, name=name)
        return Person(request.login, key, await self.register(request))

    async def sign_in(self, login: str, password: str = PASSWORD) -> rpc.SignInResponse:
        return await self.channel.unary(self._stub.SignIn, rpc.SignInRequest(login=login, password=password))

    async def assertion(self, token: str | None) -> rpc.IssueAssertionResponse:
        metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        request = rpc.IssueAssertionRequest(audience="verification")
        return await self.channel.unary(self._stub.IssueAssertion, request, metadata=metadata)


def registration(key: SigningKey | None = None, /, **changes: object) -> rpc.RegisterRequest:
    """A good request under a new login, with a proof of possession of the key; then so changed."""
    key, request_id = key or SigningKey.generate(), str(uuid.uuid4())
    fields = {
        "request_id": request_id,
        "login": f"user-{uuid.uuid4().hex[:12]}",
        "name": "Ada Lovelace",
        "password": PASSWORD,
        "ownership_key": key.public_key,
        "ownership_proof": key.sign(Registration(request_id, key.public_key).signed_bytes()),
    }
    return rpc.RegisterRequest(**(fields | changes))  # type: ignore[arg-type]


@pytest.fixture
async def person_side(service: Identity) -> AsyncIterator[PersonSide]:
    side = PersonSide(service)
    yield side
    await side.channel.close()
