"""A person's account: from registration to a credential, and from there to an alias that speaks.

Everything that costs the person something if lost is in the wallet before it is sent, so each step can be repeated
after a crash: registration keeps its key and request, an issuance its blinded message.
"""

import re
import time
import unicodedata
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from services.seal.ed25519 import SigningKey
from services.seal.trust import Trust
from vouchsafe.sdk import issuing
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.keys import Alias, Challenge, Person
from vouchsafe.sdk.patience import until_known
from vouchsafe.sdk.person_side import PersonSide
from vouchsafe.sdk.voice import Voice
from vouchsafe.sdk.wallet import Wallet

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


class Account:
    """One wallet on one platform. The person side and the alias side are used one after the other, never together."""

    def __init__(self, person: PersonSide, alias: AliasSide, wallet: Wallet, trust: Trust, *, patience: float) -> None:
        self._person_side = person
        self._alias_side = alias
        self._trust = trust
        self._patience = patience
        self._assertion: tuple[str, int] = ("", 0)
        self.wallet = wallet

    async def register(self, login: str, name: str, password: str) -> None:
        """Become known to identity, with a fresh ownership key. ALREADY_REGISTERED when the wallet holds a person."""
        person = self.wallet.person
        if person is not None and person.registered:
            raise VouchsafeError(Reason.ALREADY_REGISTERED, "this wallet holds a registered person already")
        if person is None or person.login != login:
            person = Person(login, str(uuid.uuid4()), SigningKey.generate().seed())
            self.wallet.save_person(person)
        answer = await self._person_side.register(
            request_id=person.request_id,
            login=login,
            name=name,
            password=password,
            ownership_key=person.ownership_key,
        )
        self.wallet.save_person(
            replace(
                person,
                person_id=answer.person_id,
                escrow_reference=answer.escrow_reference,
                commitment_salt=answer.commitment_salt,
            )
        )

    async def sign_in(self, password: str) -> None:
        """Get a session, kept in the wallet until it ends."""
        person = self.wallet.registered()
        answer = await self._person_side.sign_in(person.login, password)
        self.wallet.save_person(
            replace(person, session_token=answer.session_token, session_expires_at=answer.expires_at)
        )

    @property
    def signed_in(self) -> bool:
        """Whether the wallet holds a session that has not ended."""
        return signed_in(self.wallet)

    async def verify_employment(self, work_email: str, code_source: CodeSource) -> Employment:
        """Prove an employer by a code that is mailed to a work address; WRONG_CODE after one try."""
        challenge = await self.request_code(work_email)
        return await self.confirm_code(challenge, await code_source(challenge.organisation))

    async def request_code(self, work_email: str, *, resume: bool = False) -> Challenge:
        """Have a code mailed. With `resume`, one that was mailed to this address and not yet answered serves on."""
        person = self.wallet.registered()
        known = person.challenge
        if resume and known and known.work_email == work_email and known.expires_at > time.time() + _EXPIRY_MARGIN:
            return known
        answer = await self._person_side.request_mail_code(
            await self._identity_assertion(), request_id=str(uuid.uuid4()), work_email=work_email
        )
        challenge = Challenge(answer.challenge_id, work_email, answer.organisation, answer.expires_at)
        self.wallet.save_person(replace(person, challenge=challenge))
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

    async def issue(self, label: str, slot: int = 0) -> Alias:
        """Get a credential for one slot of the current epoch, blindly, under a key that the log shows.

        Asked again for the same slot it returns the alias of the wallet, or resumes where it was cut short.
        """
        person = self.wallet.registered()
        assertion = await self._identity_assertion()
        key = await self._person_side.issuer_key(assertion, label)
        if known := self._alias(label, key.epoch, slot):
            return known
        begun = self.wallet.issuing(label, key.epoch, slot)
        await self._check_issuer_key(label, key.epoch, begun.issuer_key if begun else key.public_key)
        if begun is None:
            with translated():
                begun = issuing.begin(
                    person,
                    self._trust.opening_key,
                    label=label,
                    label_name=key.label_name,
                    epoch=key.epoch,
                    slot=slot,
                    spki=key.public_key,
                )
            self.wallet.save_issuing(begun)
        blind_signature = await self._person_side.issue_credential(assertion, begun)
        with translated():
            alias = issuing.finish(begun, blind_signature)
        self.wallet.finish_issuing(begun, alias)
        return alias

    async def wait_active(self, label: str, slot: int | None = None, *, patience: float | None = None) -> int:
        """Wait until the log shows that enough people hold a credential under the label; returns how many at least."""
        alias = self.wallet.alias(label, slot)
        limit = self._patience if patience is None else patience
        log = self._alias_side.log
        return (await log.wait_active(label, alias.epoch, alias.issuer_key, patience=limit)).crowd_at_least

    async def create_alias(self, label: str, handle: str, slot: int | None = None) -> Voice:
        """Deposit the envelope, then make the alias known to the forum; what was done already is left alone."""
        voice = self.voice(label, slot)
        await voice.deposit()
        await voice.create(handle)
        return voice

    def voice(self, label: str, slot: int | None = None) -> Voice:
        """The alias under a label, to speak with; NO_SUCH_ALIAS when the wallet has none."""
        alias = self.wallet.alias(label, slot)
        return Voice(self._alias_side, self.wallet, alias, self._trust.receipt_public, patience=self._patience)

    async def _identity_assertion(self) -> str:
        assertion, expires_at = self._assertion
        if expires_at <= time.time() + _EXPIRY_MARGIN:
            if not self.signed_in:
                raise VouchsafeError(Reason.NOT_SIGNED_IN, "sign in first: there is no session, or it has ended")
            answer = await self._person_side.issue_assertion(self.wallet.registered().session_token)
            self._assertion = assertion, _ = answer.assertion, answer.expires_at
        return assertion

    async def _check_issuer_key(self, label: str, epoch: int, public_key: bytes) -> None:
        log = self._person_side.log
        await until_known(
            lambda: log.check_issuer_key(label, epoch, public_key), {"LEAF_UNKNOWN"}, patience=self._patience
        )

    def _forget_challenge(self) -> None:
        self.wallet.save_person(replace(self.wallet.registered(), challenge=None))

    def _alias(self, label: str, epoch: int, slot: int) -> Alias | None:
        return next((a for a in self.wallet.aliases if (a.label, a.epoch, a.slot) == (label, epoch, slot)), None)


def signed_in(wallet: Wallet) -> bool:
    """Whether a wallet holds a session that has not ended."""
    person = wallet.person
    return person is not None and person.session_expires_at > time.time() + _EXPIRY_MARGIN


def may_try_again(error: VouchsafeError) -> bool:
    """Whether the same challenge may still be answered with another code."""
    return error.reason in _TRY_AGAIN
