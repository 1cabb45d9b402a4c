"""Identity's adapters: what is kept of a login, a password and a profile, and how tokens and attempts end."""

import asyncio
from datetime import timedelta

import pytest

from services.chassis.clock import FixedClock
from services.identity.adapters.attempts import AttemptLimit, Attempts
from services.identity.adapters.event_codec import event_codec
from services.identity.adapters.logins import Logins
from services.identity.adapters.passwords import PasswordCost, Passwords, PasswordsBusy
from services.identity.adapters.profiles import Profile, Profiles
from services.identity.adapters.tokens import Assertions, Sessions
from services.identity.api.bearer import bearer_token
from services.identity.api.errors import ERRORS
from services.identity.domain.errors import DomainError, Reason
from services.seal import ed25519
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.seal.statements import decode_assertion

CHEAP = PasswordCost(memory_kib=64, iterations=1, lanes=1)


def reason_of(refused: pytest.ExceptionInfo[DomainError]) -> Reason:
    return refused.value.reason


class TestLogins:
    logins = Logins(SecretBytes(b"k" * 32))

    @pytest.mark.parametrize("spelling", ["Zoë@example", "zoë@EXAMPLE", "Zoe\u0308@example", "ＺＯＥ\u0308@example"])
    def test_one_login_however_it_is_typed(self, spelling: str) -> None:
        assert self.logins.person_id(spelling) == self.logins.person_id("zoë@example")

    def test_the_hash_needs_the_key_and_shows_nothing(self) -> None:
        assert Logins(SecretBytes(b"o" * 32)).person_id("ann") != self.logins.person_id("ann")
        assert len(self.logins.person_id("ann")) == 32
        assert "ann" not in self.logins.person_id("ann")

    def test_a_short_key_is_refused(self) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            Logins(SecretBytes(b"k"))


class TestPasswords:
    async def test_the_right_password_and_no_other(self) -> None:
        passwords = Passwords(CHEAP)
        stored = await passwords.hash("correct horse battery")
        assert stored.startswith("$argon2id$v=19$m=64,t=1,p=1$")
        assert await passwords.verify("correct horse battery", stored)
        assert not await passwords.verify("correct horse batterz", stored)
        await passwords.close()

    async def test_nobody_has_a_password(self) -> None:
        passwords = Passwords(CHEAP)
        assert not await passwords.verify("anything at all", None)
        await passwords.close()

    async def test_composition_does_not_matter_and_salts_differ(self) -> None:
        passwords = Passwords(CHEAP)
        stored = await passwords.hash("passwo\u0308rter")
        assert await passwords.verify("passwörter", stored)
        assert await passwords.hash("passwo\u0308rter") != stored
        await passwords.close()

    async def test_many_at_once_with_several_lanes_all_end(self) -> None:
        passwords = Passwords(PasswordCost(memory_kib=256, iterations=1, lanes=4))
        stored = await passwords.hash("correct horse battery")
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*(passwords.verify("correct horse battery", stored) for _ in range(12)))
        assert all(answers)
        await passwords.close()

    async def test_one_more_than_may_wait_is_turned_away_at_once(self) -> None:
        passwords = Passwords(CHEAP, waiting=2)
        answers = await asyncio.gather(
            *(passwords.verify("correct horse battery", None) for _ in range(4)), return_exceptions=True
        )
        assert [isinstance(answer, PasswordsBusy) for answer in answers] == [False, False, False, True]
        assert not await passwords.verify("correct horse battery", None)
        await passwords.close()

    def test_the_shipped_cost_is_rfc_9106s_second_option(self) -> None:
        assert PasswordCost() == PasswordCost(memory_kib=65536, iterations=3, lanes=4)

    @pytest.mark.parametrize("cost", [{"iterations": 0}, {"lanes": 0}, {"memory_kib": 31}])
    def test_an_impossible_cost_is_refused(self, cost: dict[str, int]) -> None:
        with pytest.raises(ValueError, match="Argon2id"):
            PasswordCost(**cost)


class TestProfiles:
    profiles = Profiles(SecretBytes(b"k" * 32))
    profile = Profile("李娜 Li Na", "lina")

    def test_opens_again_and_is_unreadable_meanwhile(self) -> None:
        wrapped, sealed = self.profiles.seal("p1", self.profile)
        assert self.profiles.open("p1", wrapped, sealed) == self.profile
        assert b"lina" not in sealed
        assert "李娜".encode() not in sealed

    def test_another_person_another_kek_or_a_changed_bit_does_not_open(self) -> None:
        wrapped, sealed = self.profiles.seal("p1", self.profile)
        with pytest.raises(SealError):
            self.profiles.open("p2", wrapped, sealed)
        with pytest.raises(SealError):
            Profiles(SecretBytes(b"o" * 32)).open("p1", wrapped, sealed)
        with pytest.raises(SealError):
            self.profiles.open("p1", wrapped, sealed[:-1] + bytes([sealed[-1] ^ 1]))

    def test_two_people_have_two_keys(self) -> None:
        mine, _ = self.profiles.seal("p1", self.profile)
        _, other = self.profiles.seal("p1", self.profile)
        with pytest.raises(SealError):
            self.profiles.open("p1", mine, other)

    def test_a_profile_does_not_show_itself(self) -> None:
        assert "lina" not in repr(self.profile)

    def test_other_bytes_are_no_profile(self) -> None:
        with pytest.raises(SealError):
            Profile.parse(b"vouchsafe/v1/profile\n")


class TestTokens:
    def test_a_session_is_its_persons_until_it_ends(self) -> None:
        clock = FixedClock()
        sessions = Sessions(SigningKey.generate(), clock, 900)
        token = sessions.open("p1")
        clock.advance(timedelta(seconds=899))
        assert sessions.person_id(token.text) == "p1"
        clock.advance(timedelta(seconds=1))
        with pytest.raises(DomainError) as refused:
            sessions.person_id(token.text)
        assert reason_of(refused) is Reason.SESSION_EXPIRED

    @pytest.mark.parametrize("broken", ["", "x", "a.b", "\u00e4.\u00e4", "A" * 5000])
    def test_what_is_no_session_is_invalid(self, broken: str) -> None:
        with pytest.raises(DomainError) as refused:
            Sessions(SigningKey.generate(), FixedClock(), 900).person_id(broken)
        assert reason_of(refused) is Reason.SESSION_INVALID

    def test_a_session_of_another_key_and_an_assertion_are_no_sessions(self) -> None:
        key, clock = SigningKey.generate(), FixedClock()
        sessions = Sessions(key, clock, 900)
        strange = Sessions(SigningKey.generate(), clock, 900).open("p1")
        assertion = Assertions(key, clock, 300).issue(b"e" * 16, b"k" * 32, "verification")
        for token in (strange, assertion):
            with pytest.raises(DomainError) as refused:
                sessions.person_id(token.text)
            assert reason_of(refused) is Reason.SESSION_INVALID

    def test_an_assertion_says_what_it_was_given(self) -> None:
        key, clock = SigningKey.generate(), FixedClock()
        token = Assertions(key, clock, 300).issue(b"e" * 16, b"k" * 32, "verification")
        assertion, signature = decode_assertion(token.text)
        ed25519.verify(key.public_key, assertion.signed_bytes(), signature)
        assert (assertion.eref, assertion.ipk, assertion.audience) == (b"e" * 16, b"k" * 32, "verification")
        assert token.expires_at == assertion.expires_unix == int(clock.now().timestamp()) + 300


class Away(Exception):
    """What a store raises that cannot be reached."""


class TestAttempts:
    @staticmethod
    def guess(attempts: Attempts, person_id: str = "p1") -> Reason:
        """Why a wrong password is refused."""
        with pytest.raises(DomainError) as refused, attempts.attempt(person_id):
            raise DomainError(Reason.WRONG_CREDENTIALS)
        return reason_of(refused)

    def test_a_burst_then_one_at_a_time(self) -> None:
        clock = FixedClock()
        attempts = Attempts(AttemptLimit(burst=2, refill_seconds=10), clock)
        guesses = [self.guess(attempts) for _ in range(3)]
        assert guesses == [Reason.WRONG_CREDENTIALS] * 2 + [Reason.TOO_MANY_ATTEMPTS]
        assert self.guess(attempts, "p2") is Reason.WRONG_CREDENTIALS
        clock.advance(timedelta(seconds=10))
        assert self.guess(attempts) is Reason.WRONG_CREDENTIALS

    def test_a_right_password_costs_nothing(self) -> None:
        attempts = Attempts(AttemptLimit(burst=1, refill_seconds=10), FixedClock())
        for _ in range(5):
            with attempts.attempt("p1"):
                pass

    @pytest.mark.parametrize(
        "failure", [Away(), asyncio.CancelledError(), DomainError(Reason.SESSION_INVALID), TimeoutError()]
    )
    def test_what_was_no_guess_costs_nothing(self, failure: BaseException) -> None:
        attempts = Attempts(AttemptLimit(burst=1, refill_seconds=10), FixedClock())
        for _ in range(5):
            with pytest.raises(type(failure)) as raised, attempts.attempt("p1"):
                raise failure
            assert raised.value is failure
        assert self.guess(attempts) is Reason.WRONG_CREDENTIALS

    def test_attempts_made_at_once_are_each_paid_for(self) -> None:
        attempts = Attempts(AttemptLimit(burst=1, refill_seconds=10), FixedClock())
        with attempts.attempt("p1"):
            assert self.guess(attempts) is Reason.TOO_MANY_ATTEMPTS

    def test_memory_is_bounded_and_the_longest_untried_is_forgotten(self) -> None:
        attempts = Attempts(AttemptLimit(burst=1, refill_seconds=1e9, remembered=2), FixedClock())
        for person in ("p1", "p2", "p3", "p1"):
            assert self.guess(attempts, person) is Reason.WRONG_CREDENTIALS
        assert self.guess(attempts, "p3") is Reason.TOO_MANY_ATTEMPTS


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("Bearer ", None),
        ("Basic abc", None),
        ("", None),
        ("abc", None),
    ],
)
def test_bearer_tokens(header: str, token: str | None) -> None:
    assert bearer_token({"authorization": header}) == token


def test_events_and_reasons_all_have_their_counterparts() -> None:
    event_codec()
    assert all(ERRORS.failure(DomainError(reason)) for reason in Reason)
