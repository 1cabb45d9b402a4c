"""The moments before an alias's first steps: drawn once, kept, and respected by every later process."""

import asyncio
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.chassis.clock import FixedClock
from services.seal.ed25519 import SigningKey
from services.seal.leaves import LabelActivatedLeaf
from services.seal.statements import Receipt
from tests.unit.client.wallets import alias, filled
from vouchsafe.sdk import AliasCompartment, Profile, Voice, VouchsafeError, delays
from vouchsafe.sdk.delays import Delays, TooEarlyError, draw

HOUR = 3600


@dataclass
class AliasSideStub:
    """Disclosure and the forum as far as an alias's first steps go; receipts are really signed."""

    receipts: SigningKey
    asked: list[str] = field(default_factory=list)
    open: bool = True
    rested: int = 0

    @property
    def log(self) -> "AliasSideStub":
        return self

    async def wait_active(self, label: str, epoch: int, _key: bytes, *, patience: float) -> LabelActivatedLeaf:
        assert patience >= 0
        self.asked.append("log")
        if not self.open:
            raise VouchsafeError("LABEL_NOT_ACTIVE", "not yet")
        return LabelActivatedLeaf(label, epoch, 20)

    async def deposit(self, *, credential: Any, envelope: bytes, **_: Any) -> bytes:
        assert envelope
        self.asked.append("deposit")
        return self.receipts.sign(Receipt(credential.alias_key, credential.envelope_hash).signed_bytes())

    async def challenge(self) -> bytes:
        return b"n" * 32

    async def create_alias(self, _: Any) -> None:
        self.asked.append("create")

    async def rest(self) -> None:
        self.rested += 1


@dataclass
class Device:
    """A wallet's directory that is opened anew for each step, as by processes that end in between."""

    directory: Path
    side: AliasSideStub
    clock: FixedClock
    delays: Delays = field(default_factory=Delays)

    def voice(self) -> Voice:
        compartment = AliasCompartment.open(self.directory, "passphrase")
        side: Any = self.side
        public = self.side.receipts.public_key
        held = compartment.alias("acme")
        return Voice(side, compartment, held, public, delays=self.delays, clock=self.clock, patience=1)

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp())


@pytest.fixture
def device(tmp_path: Path) -> Device:
    filled(tmp_path / "wallet", alias("acme"))
    return Device(tmp_path / "wallet", AliasSideStub(SigningKey.generate()), FixedClock())


async def refused_until(step: Callable[[], Any]) -> int:
    with pytest.raises(TooEarlyError, match=r"TOO_EARLY: this alias may go on from \d{4}-") as error:
        await step()
    return error.value.until


async def test_each_step_waits_for_its_moment_which_no_restart_moves(device: Device) -> None:
    due = await refused_until(device.voice().deposit)
    assert device.now <= due <= device.now + 72 * HOUR
    for _ in range(3):
        assert await refused_until(device.voice().deposit) == due
    assert "deposit" not in device.side.asked
    device.clock.advance(timedelta(seconds=due - device.now))
    await device.voice().deposit()
    create_due = await refused_until(lambda: device.voice().create("mine"))
    assert device.now <= create_due <= device.now + 24 * HOUR
    assert await refused_until(lambda: device.voice().create("mine")) == create_due
    device.clock.advance(timedelta(seconds=create_due - device.now))
    await device.voice().create("mine")
    assert device.side.asked == ["log", "deposit", "create"]
    done = device.voice().alias
    assert (done.crowd_at_least, done.created_at) == (20, device.now)


async def test_nothing_is_drawn_before_the_label_is_seen_open(device: Device) -> None:
    device.side.open = False
    with pytest.raises(VouchsafeError, match="LABEL_NOT_ACTIVE"):
        await device.voice().deposit()
    assert device.voice().alias.deposit_due == 0
    device.clock.advance(timedelta(days=9))
    device.side.open = True
    assert await refused_until(device.voice().deposit) >= device.now


async def test_another_profile_does_not_move_what_was_drawn(device: Device) -> None:
    due = await refused_until(device.voice().deposit)
    device.delays = Delays(insecure_deposit_hours=0)
    assert await refused_until(device.voice().deposit) == due


async def test_who_was_told_to_waits_unconnected(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        assert device.side.rested == 1 + ("deposit" in device.side.asked)
        naps.append(seconds)
        device.clock.advance(timedelta(hours=1))

    monkeypatch.setattr(delays.asyncio, "sleep", sleep)
    voice = device.voice()
    await voice.deposit(wait=True)
    await voice.create("mine", wait=True)
    assert device.side.asked[-2:] == ["deposit", "create"]
    assert naps
    assert max(naps) <= 30


async def test_without_a_window_there_is_nothing_to_wait_for(device: Device) -> None:
    device.delays = Delays(insecure_deposit_hours=0, insecure_alias_hours=0)
    voice = device.voice()
    await asyncio.wait_for(voice.deposit(), 5)
    await asyncio.wait_for(voice.create("mine"), 5)
    assert voice.alias.handle == "mine"
    assert device.side.rested == 0


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"deposit_hours": 71}, "insecure_deposit_hours"),
        ({"alias_hours": 1}, "insecure_alias_hours"),
        ({"insecure_deposit_hours": -1}, "between 0 hours and a year"),
        ({"alias_hours": 9000.0}, "between 0 hours and a year"),
        ({"insecure_alias_hours": float("nan")}, "between 0 hours and a year"),
    ],
)
def test_a_short_delay_must_be_called_insecure(given: dict[str, float], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Delays(**given)


def test_what_is_called_insecure_is_known_as_such() -> None:
    assert not Delays().insecure
    assert not Delays(deposit_hours=100, insecure_alias_hours=24).insecure
    assert Delays(insecure_deposit_hours=71.9).insecure
    assert Delays(insecure_alias_hours=0).insecure


def test_a_profile_has_them(tmp_path: Path) -> None:
    files = 'certificate = "c"\nkey = "k"\nauthority = "a"\ndisclosure = "x:1"\n'
    sides = f'[person]\n{files}identity = "x:1"\nverification = "x:1"\n[alias]\n{files}forum = "x:1"\n'
    (tmp_path / "profile.toml").write_text(f'trust = "t"\n{sides}')
    assert Profile.load(tmp_path).delays == Delays()
    (tmp_path / "profile.toml").write_text(f'trust = "t"\n{sides}[delays]\ninsecure_deposit_hours = 0\n')
    assert Profile.load(tmp_path).delays.insecure
    (tmp_path / "profile.toml").write_text(f'trust = "t"\n{sides}[delays]\ndeposit_hours = 0\n')
    with pytest.raises(VouchsafeError, match=r"PROFILE_INVALID: .*delays deposit_hours below 72"):
        Profile.load(tmp_path)


def test_draws_fill_their_window_and_keep_no_order() -> None:
    """Bounds of a chance below one in a million; the last assertion is what a constant delay would fail."""
    moments = [draw(1_000_000, 72) - 1_000_000 for _ in range(1000)]
    window = 72 * HOUR
    assert 0 <= min(moments) < window * 0.02
    assert window * 0.98 < max(moments) <= window
    assert abs(statistics.mean(moments) / window - 0.5) < 0.05
    arrivals = list(range(1000))  # all seen open at once, issued in this order
    assert abs(statistics.correlation(arrivals, moments)) < 0.17
    assert draw(5, 0) == 5
