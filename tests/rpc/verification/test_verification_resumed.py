"""The SDK's issuance against a real verification: a device that stops at any step goes on from there, and gives
nothing away by it.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.seal import cut_and_choose
from services.seal.authorization import SignedCredential, verify_credential
from services.seal.cut_and_choose import OPENING_SIZE, SEED_SIZE
from tests.rpc.identity.cases import make_trust
from tests.rpc.verification.conftest import CANDIDATES, IDENTITY_KEY, OPENING_KEY, PersonSide, Verification
from tests.rpc.verification.conftest import Person as Caller
from tests.support.rpc import credentials
from vouchsafe.sdk import Cost, VouchsafeError, Wallet, issuing
from vouchsafe.sdk.compartments import AliasCompartment
from vouchsafe.sdk.issuance import Issuance
from vouchsafe.sdk.keys import Alias, Person
from vouchsafe.sdk.person_side import PersonSide as DeviceSide
from vouchsafe.sdk.profile import PersonEdge

CHEAP = Cost(memory_kib=8, passes=1)
LABEL = "harbour-games"


class Crash(BaseException):
    """The device stops here."""


@pytest.fixture
async def side(service: Verification, tmp_path: Path) -> AsyncIterator[DeviceSide]:
    tls = credentials("person-edge")
    files = {"tls.crt": tls.certificate, "tls.key": tls.key, "ca.crt": tls.authority}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    address = service.running.address
    edge = PersonEdge(*(tmp_path / name for name in files), identity=address, verification=address, disclosure=address)
    trust = replace(make_trust(IDENTITY_KEY.public_key), opening_key=OPENING_KEY)
    async with DeviceSide(edge, trust, patience=25) as made:
        yield made


class Device:
    """A wallet on disk, opened anew for each attempt, as after a crash."""

    def __init__(self, caller: Caller, side: DeviceSide, directory: Path) -> None:
        self.caller, self.side, self.directory = caller, side, directory
        wallet = Wallet.create(directory, "passphrase", cost=CHEAP)
        key = caller.ownership_key.seed()
        wallet.save_person(Person("login", str(uuid.uuid4()), key, "p", caller.escrow_reference, b"s" * 32))

    @property
    def wallet(self) -> Wallet:
        return Wallet.open(self.directory, "passphrase")

    async def issue(self) -> Alias:
        """What `Account.issue` does once it has an assertion and the log has shown the key."""
        wallet = self.wallet
        assertion = self.caller.metadata[0][1].removeprefix("Bearer ")
        key = await self.side.issuer_key(assertion, LABEL)
        if held := wallet.alias_compartment.held(LABEL, key.epoch, 0):
            return held
        issuance = Issuance(
            self.side, wallet.alias_compartment, wallet.registered(), assertion=assertion, opening_key=OPENING_KEY
        )
        return await issuance.carry_through(LABEL, 0, key)


@pytest.fixture
async def device(person_side: PersonSide, side: DeviceSide, tmp_path: Path) -> Device:
    return Device(await person_side.employed(), side, tmp_path / "wallet")


def stop_at(patch: pytest.MonkeyPatch, owner: type, name: str, call: int, *, before: bool) -> None:
    """Have the `call`-th call of a method, from 1, be the last thing the device does, or the first that it does not."""
    original: Callable[..., Any] = getattr(owner, name)
    calls = 0

    def due() -> bool:
        nonlocal calls
        calls += 1
        return calls == call

    def stopping(*arguments: Any, **named: Any) -> Any:
        stops = due()
        if stops and before:
            raise Crash
        result = original(*arguments, **named)
        if stops:
            raise Crash
        return result

    async def stopping_later(*arguments: Any, **named: Any) -> Any:
        stops = due()
        if stops and before:
            raise Crash
        result = await original(*arguments, **named)
        if stops:
            raise Crash
        return result

    patch.setattr(owner, name, stopping_later if owner is DeviceSide else stopping)


STEPS = [
    (AliasCompartment, "save_issuing", 1),
    (DeviceSide, "begin_issuance", 1),
    (AliasCompartment, "save_issuing", 2),
    (DeviceSide, "finish_issuance", 1),
    (AliasCompartment, "finish_issuing", 1),
]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "name", "call"), STEPS, ids=[f"{name}-{call}" for _, name, call in STEPS])
async def test_a_device_that_stops_goes_on_where_it_was(
    service: Verification,
    device: Device,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    call: int,
    before: bool,
) -> None:
    sent = watch_openings(monkeypatch)
    with monkeypatch.context() as crashing:
        stop_at(crashing, owner, name, call, before=before)
        with pytest.raises(Crash):
            await device.issue()
    alias = await device.issue()
    verify_credential(SignedCredential(alias.credential_message, alias.signature), alias.issuer_key)
    assert device.wallet.alias(LABEL).secret == alias.secret
    assert await device.issue() == device.wallet.alias(LABEL)
    # Everything was done once, and of the candidate that became the alias nothing was ever opened.
    assert service.events(f"slots-{device.caller.escrow_reference.hex()}") == ["ChallengeMade", "CredentialIssued"]
    assert len(sent.seeds) == CANDIDATES - 1


async def test_a_verification_that_tells_another_choice_later_learns_nothing_by_it(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that the answer was lost, and asks for all candidates but another one."""
    sent = watch_openings(monkeypatch)
    with monkeypatch.context() as crashing:
        stop_at(crashing, DeviceSide, "finish_issuance", 1, before=False)
        with pytest.raises(Crash):
            await device.issue()
    begin = DeviceSide.begin_issuance

    async def another(*arguments: Any, **named: Any) -> Any:
        answer = await begin(*arguments, **named)
        answer.chosen = (answer.chosen + 1) % CANDIDATES
        return answer

    monkeypatch.setattr(DeviceSide, "begin_issuance", another)
    await device.issue()
    assert len(sent.seeds) == CANDIDATES - 1


@pytest.mark.parametrize("another_choice", [False, True])
async def test_two_processes_that_share_a_wallet_never_answer_two_choices(
    device: Device, monkeypatch: pytest.MonkeyPatch, another_choice: bool
) -> None:
    """Both have read the wallet before either has written; verification tells the second what would open it all."""
    sent = watch_openings(monkeypatch)
    with monkeypatch.context() as crashing:
        stop_at(crashing, DeviceSide, "begin_issuance", 1, before=True)
        with pytest.raises(Crash):
            await device.issue()
    begin, both, told = DeviceSide.begin_issuance, asyncio.Barrier(2), 0

    async def at_once(*arguments: Any, **named: Any) -> Any:
        nonlocal told
        answer = await begin(*arguments, **named)
        await both.wait()
        answer.chosen = (answer.chosen + told * another_choice) % CANDIDATES
        told += 1
        return answer

    monkeypatch.setattr(DeviceSide, "begin_issuance", at_once)
    outcomes = await asyncio.gather(device.issue(), device.issue(), return_exceptions=True)
    assert len(sent.seeds) == CANDIDATES - 1
    made = [each for each in outcomes if isinstance(each, Alias)]
    refused = [each.reason for each in outcomes if isinstance(each, VouchsafeError)]
    assert refused == (["ISSUING_ELSEWHERE"] if another_choice else [])
    assert device.wallet.aliases == (made[0],)
    assert all(each == made[0] for each in made)


async def test_a_choice_that_comes_after_the_alias_is_not_answered(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = watch_openings(monkeypatch)
    with monkeypatch.context() as crashing:
        stop_at(crashing, DeviceSide, "begin_issuance", 1, before=True)
        with pytest.raises(Crash):
            await device.issue()
    begin, asked, late = DeviceSide.begin_issuance, asyncio.Event(), asyncio.Event()

    async def late_for_the_first(*arguments: Any, **named: Any) -> Any:
        answer = await begin(*arguments, **named)
        if not asked.is_set():
            asked.set()
            await late.wait()
            answer.chosen = (answer.chosen + 1) % CANDIDATES
        return answer

    monkeypatch.setattr(DeviceSide, "begin_issuance", late_for_the_first)
    first = asyncio.create_task(device.issue())
    await asked.wait()
    await device.issue()
    late.set()
    with pytest.raises(VouchsafeError, match="ISSUING_ELSEWHERE"):
        await first
    assert len(sent.seeds) == CANDIDATES - 1


async def test_a_choice_that_is_no_candidate_is_refused_and_nothing_opened(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = watch_openings(monkeypatch)
    begin = DeviceSide.begin_issuance

    async def beyond(*arguments: Any, **named: Any) -> Any:
        answer = await begin(*arguments, **named)
        answer.chosen = CANDIDATES
        return answer

    monkeypatch.setattr(DeviceSide, "begin_issuance", beyond)
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await device.issue()
    assert sent.seeds == set()


async def test_candidates_that_were_never_challenged_are_made_anew_for_another_number(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crashing:
        stop_at(crashing, DeviceSide, "begin_issuance", 1, before=True)
        with pytest.raises(Crash):
            await device.issue()
    wallet = device.wallet
    (begun,) = wallet.alias_compartment.content.issuing
    wallet.save_issuing(replace(begun, candidates=CANDIDATES + 1))
    alias = await device.issue()
    verify_credential(SignedCredential(alias.credential_message, alias.signature), alias.issuer_key)


async def test_a_cheat_of_the_device_is_told_and_the_slot_is_lost(
    device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device seals another person's reference in half of its candidates."""
    wallet = device.wallet
    person = wallet.registered()
    genuine, framed = issuing.offer, replace(person, escrow_reference=b"f" * 16)

    class Mixed(cut_and_choose.Offer):
        def __init__(self, honest: cut_and_choose.Offer, other: cut_and_choose.Offer) -> None:
            for slot in cut_and_choose.Offer.__slots__:
                setattr(self, slot, getattr(honest, slot))
            half = CANDIDATES // 2
            self._blinded = honest._blinded[:half] + other._blinded[half:]
            hashes = map(cut_and_choose.sha256, self._blinded)
            self.commitment = cut_and_choose._commitment(honest.terms, hashes)

    monkeypatch.setattr(issuing, "offer", lambda person, begun: Mixed(genuine(person, begun), genuine(framed, begun)))
    with pytest.raises(VouchsafeError, match="CHEAT_CAUGHT"):
        await device.issue()
    monkeypatch.undo()
    with pytest.raises(VouchsafeError, match="SLOT_LOST"):
        await device.issue()


class Sent:
    """The seeds of all candidates that were ever opened."""

    def __init__(self) -> None:
        self.seeds: set[bytes] = set()


def watch_openings(patch: pytest.MonkeyPatch) -> Sent:
    sent, finish = Sent(), DeviceSide.finish_issuance

    async def watched(*arguments: Any, **named: Any) -> bytes:
        openings = named["openings"]
        sent.seeds |= {openings[at : at + SEED_SIZE] for at in range(0, len(openings), OPENING_SIZE)}
        return await finish(*arguments, **named)

    patch.setattr(DeviceSide, "finish_issuance", watched)
    return sent
