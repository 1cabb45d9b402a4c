"""A person at identity and verification: registration, sign-in, the proof of an employer. Only the person side is used.

Everything that costs the person something if lost is in the compartment before it is sent, so each step can be repeated
after a crash. The aliases are not needed here, and stay closed; see `account` for what goes from here to them.
"""

import re
import time
import unicodedata
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from vouchsafe.sdk.compartments import PersonCompartment
from vouchsafe.sdk.errors import Reason, VouchsafeError
from vouchsafe.sdk.keys import Challenge
from vouchsafe.sdk.labels import Labels
from vouchsafe.sdk.person_side import PersonSide

CodeSource = Callable[[str], Awaitable[str]]
"""Asked for the code that was mailed; it is given the organisation's name."""

_EXPIRY_MARGIN = 5  # seconds: an assertion about to end is not worth sending
_CODE = re.compile(r"[0-9]{6}")
_TRY_AGAIN = frozenset({"CODE_MALFORMED", "WRONG_CODE"})
_ENDED = frozenset({"UNKNOWN_CHALLENGE", "CODE_LOCKED", "CODE_USED", "CODE_EXPIRED", "MAILBOX_TAKEN"})


@dataclass(frozen=True)
class Employment:
    """What was proven: the label to be issued under, and until when (Unix seconds)."""

    label: str
    organisation: str
    expires_at: int


class PersonAccount:
    """The person of one compartment on one platform."""

    def __init__(self, side: PersonSide, compartment: PersonCompartment) -> None:
        self._person_side = side
        self._compartment = compartment
        self._assertion: tuple[str, int] = ("", 0)

    async def register(self, login: str, name: str, password: str) -> None:
        """Become known to identity, with a fresh ownership key. ALREADY_REGISTERED when the wallet holds a person."""
        person = self._compartment.person
        if person is not None and person.registered:
            raise VouchsafeError(Reason.ALREADY_REGISTERED, "this wallet holds a registered person already")
        if person is None or person.login != login:
            person = self._compartment.new_person(login)
            self._compartment.save(person)
        answer = await self._person_side.register(
            request_id=person.request_id,
            login=login,
            name=name,
            password=password,
            ownership_key=person.ownership_key,
        )
        self._compartment.save(
            replace(
                person,
                person_id=answer.person_id,
                escrow_reference=answer.escrow_reference,
                commitment_salt=answer.commitment_salt,
            )
        )

    async def sign_in(self, password: str) -> None:
        """Get a session, kept in the wallet until it ends."""
        person = self._compartment.registered()
        answer = await self._person_side.sign_in(person.login, password)
        self._compartment.save(
            replace(person, session_token=answer.session_token, session_expires_at=answer.expires_at)
        )

    @property
    def signed_in(self) -> bool:
        """Whether the wallet holds a session that has not ended."""
        return signed_in(self._compartment)

    async def verify_employment(self, work_email: str, code_source: CodeSource) -> Employment:
        """Prove an employer by a code that is mailed to a work address; WRONG_CODE after one try."""
        challenge = await self.request_code(work_email)
        return await self.confirm_code(challenge, await code_source(challenge.organisation))

    async def request_code(self, work_email: str, *, resume: bool = False) -> Challenge:
        """Have a code mailed. With `resume`, one that was mailed to this address and not yet answered serves on."""
        person = self._compartment.registered()
        known = person.challenge
        if resume and known and known.work_email == work_email and known.expires_at > time.time() + _EXPIRY_MARGIN:
            return known
        answer = await self._person_side.request_mail_code(
            await self._identity_assertion(), request_id=str(uuid.uuid4()), work_email=work_email
        )
        challenge = Challenge(answer.challenge_id, work_email, answer.organisation, answer.expires_at)
        self._compartment.save(replace(person, challenge=challenge))
        return challenge

    async def confirm_code(self, challenge: Challenge, code: str) -> Employment:
        """Send the code back; see `may_try_again`. CODE_MALFORMED, for which nothing is sent, uses up no try."""
        digits = "".join(unicodedata.normalize("NFKC", code).split())
        if _CODE.fullmatch(digits) is None:
            raise VouchsafeError(
                Reason.CODE_MALFORMED, "a code is six digits; this was not sent, and no try is used up"
            )
        try:
            proven = await self._person_side.confirm_mail_code(
                await self._identity_assertion(),
                request_id=str(uuid.uuid4()),
                challenge_id=challenge.challenge_id,
                code=digits,
            )
        except VouchsafeError as error:
            if error.reason in _ENDED:
                self._forget_challenge()
            raise
        self._forget_challenge()
        return Employment(proven.label, challenge.organisation, proven.expires_at)

    async def labels(self) -> Labels:
        """The labels that this person may be issued under, and how large their crowds are."""
        return Labels.of(await self._person_side.labels(await self._identity_assertion()))

    async def _identity_assertion(self) -> str:
        assertion, expires_at = self._assertion
        if expires_at <= time.time() + _EXPIRY_MARGIN:
            if not self.signed_in:
                raise VouchsafeError(Reason.NOT_SIGNED_IN, "sign in first: there is no session, or it has ended")
            answer = await self._person_side.issue_assertion(self._compartment.registered().session_token)
            self._assertion = assertion, _ = answer.assertion, answer.expires_at
        return assertion

    def _forget_challenge(self) -> None:
        self._compartment.save(replace(self._compartment.registered(), challenge=None))


def signed_in(compartment: PersonCompartment) -> bool:
    """Whether a compartment holds a session that has not ended."""
    person = compartment.person
    return person is not None and person.session_expires_at > time.time() + _EXPIRY_MARGIN


def may_try_again(error: VouchsafeError) -> bool:
    """Whether the same challenge may still be answered with another code."""
    return error.reason in _TRY_AGAIN
