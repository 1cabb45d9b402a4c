"""Verification's adapters: addresses, codes, assertions, issuer keys, and what the shipped configuration says."""

import asyncio
import re
import secrets
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from services.chassis import configfile
from services.chassis.clock import FixedClock
from services.chassis.configfile import ConfigError
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import CommandHandler
from services.seal import blind_rsa
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.seal.statements import Assertion, Session, encode_token
from services.verification.adapters.assertions import AssertionVerifier
from services.verification.adapters.codes import Codes
from services.verification.adapters.event_codec import event_codec
from services.verification.adapters.issuer_keys import IssuerKeys
from services.verification.adapters.keystore_log import KeySealing, LogKeystore
from services.verification.adapters.mailboxes import Mailboxes
from services.verification.api.errors import ERRORS
from services.verification.config import Challenges, Config, Issuance, load_organisations
from services.verification.domain import issuer_key_decider
from services.verification.domain.crowd_decider import Policy
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.organisation import Label

CONFIG = Path(__file__).parents[3] / "deploy" / "config" / "verification" / "service.toml"
ACME = Label("acme", "Employee of Acme", "gaming")
EREF, IPK = b"e" * 16, b"k" * 32


class TestMailboxes:
    mailboxes = Mailboxes(SecretBytes(b"k" * 32))

    @pytest.mark.parametrize("address", ["Ann@ACME.example", "ann+forum@acme.example", "ａnn@acme.example"])
    def test_one_mailbox_however_it_is_addressed(self, address: str) -> None:
        assert self.mailboxes.of(address) == self.mailboxes.of("ann@acme.example")

    def test_another_address_or_key_is_another_mailbox(self) -> None:
        here = self.mailboxes.of("ann@acme.example").mac
        assert self.mailboxes.of("bob@acme.example").mac != here
        assert Mailboxes(SecretBytes(b"o" * 32)).of("ann@acme.example").mac != here
        assert re.fullmatch("[0-9a-f]{32}", here)


class TestCodes:
    codes = Codes(SecretBytes(b"k" * 32))

    def test_six_digits_the_same_each_time(self) -> None:
        code = self.codes.code("c1", EREF, "m1")
        assert re.fullmatch("[0-9]{6}", code)
        assert code == self.codes.code("c1", EREF, "m1")
        assert self.codes.matches(code, "c1", EREF, "m1")

    def test_bound_to_challenge_person_mailbox_and_key(self) -> None:
        others = [
            self.codes.code("c2", EREF, "m1"),
            self.codes.code("c1", b"o" * 16, "m1"),
            self.codes.code("c1", EREF, "m2"),
            Codes(SecretBytes(b"o" * 32)).code("c1", EREF, "m1"),
        ]
        assert self.codes.code("c1", EREF, "m1") not in others

    def test_codes_are_spread_out(self) -> None:
        codes = [int(self.codes.code(f"c{i}", EREF, "m1")) for i in range(2000)]
        assert len(set(codes)) > 1980
        assert 480_000 < sum(codes) / len(codes) < 520_000


class TestAssertions:
    key, clock = SigningKey.generate(), FixedClock()

    def token(self, *, audience: str = "verification", seconds: int = 300, key: SigningKey | None = None) -> str:
        assertion = Assertion(EREF, IPK, audience, int(self.clock.now().timestamp()) + seconds)
        return encode_token(assertion, (key or self.key).sign(assertion.signed_bytes()))

    def refusal(self, header: str) -> Reason:
        with pytest.raises(DomainError) as refused:
            AssertionVerifier(self.key.public_key, self.clock).person({"authorization": header})
        return refused.value.reason

    def test_names_the_person(self) -> None:
        verifier = AssertionVerifier(self.key.public_key, self.clock)
        person = verifier.person({"authorization": f"Bearer {self.token()}"})
        assert (person.escrow_reference, person.ownership_key) == (EREF, IPK)

    def test_everything_else_is_refused(self) -> None:
        session = Session("p1", int(self.clock.now().timestamp()) + 300)
        of_identity_alone = encode_token(session, self.key.sign(session.signed_bytes()))
        assert self.refusal("") is Reason.ASSERTION_MISSING
        assert self.refusal("Basic x") is Reason.ASSERTION_MISSING
        assert self.refusal("Bearer x") is Reason.ASSERTION_INVALID
        assert self.refusal(f"Bearer {of_identity_alone}") is Reason.ASSERTION_INVALID
        assert self.refusal(f"Bearer {self.token(audience='forum')}") is Reason.ASSERTION_INVALID
        assert self.refusal(f"Bearer {self.token(key=SigningKey.generate())}") is Reason.ASSERTION_INVALID
        assert self.refusal(f"Bearer {self.token(seconds=0)}") is Reason.ASSERTION_EXPIRED

    def test_ends(self) -> None:
        clock = FixedClock()
        header = {"authorization": f"Bearer {self.token()}"}
        clock.advance(timedelta(seconds=300))
        with pytest.raises(DomainError) as refused:
            AssertionVerifier(self.key.public_key, clock).person(header)
        assert refused.value.reason is Reason.ASSERTION_EXPIRED


class TestIssuerKeys:
    sealing = KeySealing(SecretBytes(b"k" * 32))

    def keys(self, store: MemoryEventStore) -> IssuerKeys:
        return IssuerKeys(CommandHandler(store, event_codec(), issuer_key_decider), LogKeystore(self.sealing))

    async def test_two_processes_that_start_at_once_agree(self) -> None:
        store = MemoryEventStore()
        one, two = self.keys(store), self.keys(store)
        mine, theirs = await asyncio.gather(one.key(ACME, 203001), two.key(ACME, 203001))
        assert mine.public_key == theirs.public_key
        assert len(await store.read_stream("issuer-key-acme-203001")) == 1
        message = (12345).to_bytes(384, "big")
        assert await one.sign(mine, message) == await two.sign(theirs, message)
        await asyncio.gather(one.close(), two.close())

    async def test_a_key_outlives_the_process_and_not_its_epoch(self) -> None:
        store = MemoryEventStore()
        first = self.keys(store)
        before = await first.key(ACME, 203001)
        again = await first.key(ACME, 203001)
        assert before is again
        first.forget_before(203002)
        reopened = await first.key(ACME, 203001)
        assert reopened is not before
        assert reopened.public_key == before.public_key
        await first.close()

    async def test_signs_what_a_client_can_verify(self) -> None:
        keys = self.keys(MemoryEventStore())
        key = await keys.key(ACME, 203001)
        public = blind_rsa.PublicKey.from_spki(key.public_key)
        variant = blind_rsa.PSS_RANDOMIZED
        prepared = blind_rsa.prepare(b"message", variant)
        blinding = blind_rsa.blind(public, prepared, variant)
        assert key.can_sign(blinding.blinded_message)
        signature = await keys.sign(key, blinding.blinded_message)
        assert signature == await keys.sign(key, blinding.blinded_message)
        blind_rsa.finalize(public, prepared, signature, blinding.inverse, variant)
        await keys.close()

    async def test_what_the_modulus_does_not_allow_is_known_before(self) -> None:
        keys = self.keys(MemoryEventStore())
        key = await keys.key(ACME, 203001)
        for impossible in (bytes(384), b"\xff" * 384, b"\x01" * 383):
            assert not key.can_sign(impossible)
        await keys.close()

    def test_a_sealed_key_opens_in_its_place_only(self) -> None:
        signer = BlindSigner.generate()
        sealed = self.sealing.seal("acme", 203001, signer)
        assert self.sealing.open("acme", 203001, sealed).public_key == signer.public_key
        for label, epoch in (("acme", 203002), ("other", 203001)):
            with pytest.raises(SealError):
                self.sealing.open(label, epoch, sealed)
        with pytest.raises(SealError):
            KeySealing(SecretBytes.random(32)).open("acme", 203001, sealed)
        at = secrets.randbelow(len(sealed))
        with pytest.raises(SealError):
            self.sealing.open("acme", 203001, sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])


class TestConfig:
    def test_the_shipped_file_is_fit_for_production(self) -> None:
        config = configfile.load(CONFIG, Config)
        assert config.issuance.crowd_policy() == Policy(minimum=20, age_seconds=86_400)
        assert (config.issuance.insecure_crowd_minimum, config.issuance.insecure_crowd_age_hours) == (None, None)

    def test_without_the_insecure_lines_twenty_people_of_a_day_count(self) -> None:
        assert Issuance().crowd_policy() == Policy(minimum=20, age_seconds=86_400)

    def test_what_is_less_is_named_insecure(self) -> None:
        small = Issuance(insecure_crowd_minimum=1, insecure_crowd_age_hours=0)
        assert small.crowd_policy() == Policy(minimum=1, age_seconds=0)

    def test_the_shipped_file_has_every_candidate_challenged(self) -> None:
        config = configfile.load(CONFIG, Config)
        assert config.challenges.in_force == config.challenge_policy().rules.candidates == 256
        assert "insecure_candidates" not in config.weakened()

    def test_as_many_processes_as_processors_recompute_but_no_more_than_four(self) -> None:
        assert 1 <= Challenges().workers <= 4
        assert Challenges(processes=7).workers == 7

    def test_fewer_candidates_are_called_what_they_are(self) -> None:
        assert Challenges(insecure_candidates=8).in_force == 8
        config = replace(configfile.load(CONFIG, Config), challenges=Challenges(insecure_candidates=8))
        assert config.weakened()["insecure_candidates"] == 8

    @pytest.mark.parametrize(
        "challenges",
        [
            {"candidates": 255},
            {"candidates": 1025},
            {"insecure_candidates": 1},
            {"insecure_candidates": 256},
            {"seconds": 59},
            {"strikes": 0},
            {"processes": -1},
        ],
    )
    def test_an_unsafe_challenge_is_refused(self, challenges: dict[str, int]) -> None:
        with pytest.raises(ValueError, match=r"candidates|answer"):
            Challenges(**challenges)

    @pytest.mark.parametrize(
        "issuance",
        [
            {"crowd_minimum": 19},
            {"slots": 0},
            {"slots": 65},
            {"insecure_crowd_minimum": 0},
            {"crowd_age_hours": 23},
            {"insecure_crowd_age_hours": -1},
            {"key_ahead_days": 29},
            {"key_ahead_days": -1},
        ],
    )
    def test_an_unsafe_policy_is_refused(self, issuance: dict[str, int]) -> None:
        with pytest.raises(ValueError, match=r"crowd|slots|key_ahead"):
            Issuance(**issuance)  # type: ignore[arg-type]

    def test_a_registry_that_contradicts_itself_names_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "organisations.toml"
        one = '[[organisation]]\nid = "acme"\nname = "Acme"\ndomains = ["acme.example"]\nsector = "gaming"\n'
        wider = '[[sector]]\nid = "gaming"\nname = "a gaming company"\n'
        path.write_text(one + wider, encoding="utf-8")
        assert [each.id for each in load_organisations(path)] == ["acme"]
        path.write_text(one * 2 + wider, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"organisations\.toml.*twice"):
            load_organisations(path)


def test_events_and_reasons_all_have_their_counterparts() -> None:
    event_codec()
    assert all(ERRORS.failure(DomainError(reason)) for reason in Reason)
