"""The people of these tests: a crowd that speaks under one label, and what an attacker could know of them.

Everybody comes in by the SDK, as everybody does; from there on the tests use raw stubs.
"""

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.platform import LocalPlatform
from examples.demo.authors import code_in
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from services.seal.statements import Assertion, encode_token
from tests.e2e.bad_input.calls import Channels, Refusal
from tests.e2e.bad_input.stores import Stores
from tests.e2e.waiting import eventually
from vouchsafe.identity.v1 import person_service_pb2 as identity_pb
from vouchsafe.identity.v1.person_service_pb2_grpc import PersonServiceStub
from vouchsafe.sdk import Account, Cost, Profile, Voice, Vouchsafe, Wallet
from vouchsafe.sdk.keys import Alias, Person

DOMAIN = "lanternrobotics.example"
LABEL = "lantern-robotics"
CROWD = 5
PASSWORD = "a password that nobody guesses"  # of people who do not exist

_CHEAP = Cost(memory_kib=8 * 1024, passes=1)
Metadata = Sequence[tuple[str, str]]


def fresh() -> str:
    """A new request id."""
    return str(uuid.uuid4())


@dataclass
class Citizen:
    """One of the crowd."""

    name: str
    login: str
    work_email: str
    account: Account

    @property
    def keys(self) -> Person:
        """The person's side of the wallet."""
        return self.account.wallet.registered()

    @property
    def alias(self) -> Alias:
        """The alias side of it."""
        return self.account.wallet.alias(LABEL, 0)

    @property
    def voice(self) -> Voice:
        """The alias, to speak with."""
        return self.account.voice(LABEL, 0)


@dataclass
class World:
    """A running platform, its crowd, and the attacker's tools. `secret` holds all that no error may ever show."""

    platform: LocalPlatform
    sdk: Vouchsafe
    channels: Channels
    stores: Stores
    directory: Path
    crowd: list[Citizen] = field(default_factory=list)
    secret: set[bytes] = field(default_factory=lambda: {PASSWORD.encode()})

    async def newcomer(self) -> Citizen:
        """Somebody registered and signed in, who has proven nothing yet and whom the log knows already."""
        citizen = await self.arrival()
        await eventually(self.stores.all_is_heard)
        return citizen

    async def arrival(self) -> Citizen:
        """Somebody registered and signed in, who is still on his way into the log."""
        tag = secrets.token_hex(6)
        name, login = f"Zofia Kowalczyk {tag}", f"zofia-{tag}"
        directory = self.directory / tag
        wallet = await asyncio.to_thread(Wallet.create, directory, "a passphrase", cost=_CHEAP)
        citizen = Citizen(name, login, f"{tag}@{DOMAIN}", self.sdk.account(wallet))
        await citizen.account.register(login, name, PASSWORD)
        await citizen.account.sign_in(PASSWORD)
        self.hide(name, login, citizen.work_email, citizen.keys.session_token, citizen.keys.escrow_reference)
        return citizen

    async def employ(self, citizen: Citizen) -> None:
        """Prove the employer and get the credential of slot 0."""

        async def code(_: str) -> str:
            return code_in(await self.platform.mailbox.wait(citizen.work_email))

        await citizen.account.verify_employment(citizen.work_email, code)
        await citizen.account.issue(LABEL)

    def hide(self, *values: str | bytes) -> None:
        """Note values that no refusal may show, in any form."""
        for value in values:
            raw = value.encode() if isinstance(value, str) else value
            self.secret |= {raw, raw.hex().encode()}

    def says_nothing(self, refusal: Refusal) -> None:
        """Fails when a refusal shows a name, a login, a mail address, a reference, a token or a password."""
        shown = [value for value in self.secret if value in refusal.words]
        assert shown == []

    async def bearer(self, citizen: Citizen) -> Metadata:
        """The citizen's assertion for verification, as call metadata."""
        stub = self.channels.stub(PersonServiceStub, "person-edge", "identity")
        request = identity_pb.IssueAssertionRequest(audience="verification")
        answer = await stub.IssueAssertion(request, timeout=20, metadata=bearer(citizen.keys.session_token))
        self.hide(answer.assertion)
        return bearer(answer.assertion)

    def assertion_of_identity(self, citizen: Citizen, *, audience: str = "verification", expires_at: int) -> Metadata:
        """An assertion that identity's own key has signed, with the audience and the end that the test wants."""
        seed = (self.platform.client_secrets("identity") / "assertion.key").read_bytes()
        key = SigningKey(SecretBytes(seed))
        person = citizen.keys
        assertion = Assertion(person.escrow_reference, person.ownership_key.public_key, audience, expires_at)
        return bearer(encode_token(assertion, key.sign(assertion.signed_bytes())))


def bearer(token: str) -> Metadata:
    """A token as call metadata."""
    return (("authorization", f"Bearer {token}"),)


@asynccontextmanager
async def world_on(platform: LocalPlatform, directory: Path) -> AsyncIterator[World]:
    """A world on a running platform, with its crowd's aliases created and nothing under way any more."""
    channels, stores = Channels(platform), Stores(platform)
    try:
        async with Vouchsafe(Profile.load(platform.run_directory)) as sdk:
            world = World(platform, sdk, channels, stores, directory)
            world.crowd = list(await asyncio.gather(*(_settled(world) for _ in range(CROWD))))
            await asyncio.gather(*(each.account.create_alias(LABEL, "mine") for each in world.crowd[:2]))
            await eventually(stores.all_is_heard)
            yield world
    finally:
        await channels.close()
        await stores.close()


async def _settled(world: World) -> Citizen:
    citizen = await world.arrival()
    await world.employ(citizen)
    return citizen
