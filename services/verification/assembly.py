"""Joins the parts of verification on any store: what is served, what runs beside it, and what ends with it.

Which store, mail server and clock these are is for `wiring` to say, or for a test.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import Any, TypeVar

from services.chassis.clock import Clock
from services.chassis.coarse_clock import CoarseClock
from services.chassis.configfile import ConfigError
from services.chassis.integration.log_reader import CuratedLog, EventLogServicer
from services.chassis.log.codec import EventCodec
from services.chassis.log.deciding import Decider
from services.chassis.log.eventstore import LogStore
from services.chassis.log.handle import CommandHandler
from services.chassis.rpc_server import ServiceBinding
from services.chassis.worker_processes import WorkerProcesses
from services.seal import cut_and_choose
from services.seal.secret import SecretBytes
from services.seal.trust import Trust
from services.verification.adapters.assertions import AssertionVerifier
from services.verification.adapters.codes import Codes
from services.verification.adapters.event_codec import event_codec
from services.verification.adapters.issuer_keys import IssuerKeys
from services.verification.adapters.key_clearance import KeyClearance
from services.verification.adapters.key_schedule import KeySchedule
from services.verification.adapters.keystore_log import KeySealing, LogKeystore
from services.verification.adapters.keystore_token import TokenKeystore, attributes
from services.verification.adapters.mailboxes import Mailboxes
from services.verification.adapters.mailer import Mailer
from services.verification.adapters.token import Token
from services.verification.api.employment_servicer import EmploymentServicer
from services.verification.api.issuance_servicer import IssuanceServicer
from services.verification.api.label_servicer import LabelRevocationServicer, LabelServicer
from services.verification.challenges import Challenges
from services.verification.config import Config, IssuerKeySettings, KeyBackend
from services.verification.crowds import Crowds, EmploymentHandler
from services.verification.curation import CURATION
from services.verification.domain import (
    allowance_decider,
    crowd_decider,
    employment_decider,
    issuer_key_decider,
    mailbox_decider,
    slots_decider,
)
from services.verification.domain.epoch import epoch_at
from services.verification.domain.organisation import Organisations
from services.verification.keys import Keys
from vouchsafe.log.v1.log_service_pb2_grpc import add_EventLogServiceServicer_to_server
from vouchsafe.verification.v1.employment_service_pb2_grpc import add_EmploymentServiceServicer_to_server
from vouchsafe.verification.v1.issuance_service_pb2_grpc import add_IssuanceServiceServicer_to_server
from vouchsafe.verification.v1.label_service_pb2_grpc import (
    add_LabelRevocationServiceServicer_to_server,
    add_LabelServiceServicer_to_server,
)

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True)
class Assembly:
    """Verification on `store`, with codes sent by `mailer`. Each part is made when it is first asked for."""

    config: Config
    keys: Keys
    trust: Trust
    organisations: Organisations
    store: LogStore
    mailer: Mailer
    clock: Clock

    @property
    def bindings(self) -> list[ServiceBinding[Any]]:
        """What is served."""
        reader = EventLogServicer(CuratedLog(self.store, CURATION))
        return [
            ServiceBinding(add_EmploymentServiceServicer_to_server, self._employment_servicer()),
            ServiceBinding(add_IssuanceServiceServicer_to_server, self._issuance_servicer()),
            ServiceBinding(add_LabelServiceServicer_to_server, self._label_servicer()),
            ServiceBinding(add_LabelRevocationServiceServicer_to_server, self._revocation_servicer()),
            ServiceBinding(add_EventLogServiceServicer_to_server, reader),
        ]

    @property
    def begin(self) -> Callable[[], Awaitable[None]]:
        """What is awaited before serving: processes that can check candidates."""
        return self._workers.start

    @cached_property
    def crowds(self) -> Crowds:
        """Who counts for which label; `run` opens labels whose people have aged."""
        return Crowds(
            crowds=self._handler(crowd_decider),
            employments=self._employments,
            organisations=self.organisations,
            policy=self.config.issuance.crowd_policy(),
            length=self.config.issuance.epoch,
            clock=self.clock,
        )

    @cached_property
    def schedule(self) -> KeySchedule:
        """Has every label's key ready before its epoch."""
        issuance = self.config.issuance
        return KeySchedule(
            self._issuer_keys, self.organisations, length=issuance.epoch, ahead=issuance.key_ahead, clock=self.clock
        )

    @cached_property
    def clearance(self) -> KeyClearance | None:
        """Destroys keys of closed epochs in the token; None where there is no token."""
        if self._token is None:
            return None
        kept = timedelta(days=self.config.issuer_keys.destroy_after_days)
        return KeyClearance(self._token, lambda: epoch_at(self.clock.now() - kept, self.config.issuance.epoch))

    async def close(self) -> None:
        """End what was begun, and wait for work in progress."""
        await self._workers.close()
        await self._issuer_keys.close()

    def _handler(self, decider: Decider[C, S, E]) -> CommandHandler[C, S, E]:
        return CommandHandler(self.store, self._codec, decider, self._coarse)

    @cached_property
    def _codec(self) -> EventCodec:
        return event_codec()

    @cached_property
    def _coarse(self) -> CoarseClock:
        return CoarseClock(self.clock, self.config.time_resolution_seconds)

    @cached_property
    def _employments(self) -> EmploymentHandler:
        return self._handler(employment_decider)

    @cached_property
    def _assertions(self) -> AssertionVerifier:
        return AssertionVerifier(self.trust.assertion_public, self.clock)

    @cached_property
    def _workers(self) -> WorkerProcesses:
        return WorkerProcesses(self.config.challenges.workers)

    @cached_property
    def _token(self) -> TokenKeystore | None:
        return token_keystore(self.config.issuer_keys, self.keys.token_pin)

    @cached_property
    def _issuer_keys(self) -> IssuerKeys:
        return IssuerKeys(
            self._handler(issuer_key_decider),
            LogKeystore(KeySealing(self.keys.kek)),
            token=self._token,
            length=self.config.issuance.epoch,
        )

    def _employment_servicer(self) -> EmploymentServicer:
        return EmploymentServicer(
            mailboxes=self._handler(mailbox_decider),
            allowances=self._handler(allowance_decider),
            employments=self._employments,
            assertions=self._assertions,
            organisations=self.organisations,
            addresses=Mailboxes(self.keys.mail_mac),
            codes=Codes(self.keys.code),
            mailer=self.mailer,
            policy=self.config.mail_policy(),
            clock=self.clock,
        )

    def _issuance_servicer(self) -> IssuanceServicer:
        challenges = Challenges(
            slots=self._handler(slots_decider),
            check=partial(self._workers.run, cut_and_choose.check),
            policy=self.config.challenge_policy(),
            clock=self.clock,
        )
        return IssuanceServicer(
            challenges=challenges,
            opening_key=self.trust.opening_key,
            crowds=self.crowds,
            assertions=self._assertions,
            organisations=self.organisations,
            keys=self._issuer_keys,
            policy=self.config.issuance.policy(),
            clock=self.clock,
        )

    def _label_servicer(self) -> LabelServicer:
        return LabelServicer(
            crowds=self.crowds,
            employments=self._employments,
            assertions=self._assertions,
            organisations=self.organisations,
            clock=self.clock,
        )

    def _revocation_servicer(self) -> LabelRevocationServicer:
        return LabelRevocationServicer(
            crowds=self.crowds,
            organisations=self.organisations,
            length=self.config.issuance.epoch,
            ahead=self.config.issuance.key_ahead,
            clock=self.clock,
        )


def token_keystore(settings: IssuerKeySettings, pin: SecretBytes | None) -> TokenKeystore | None:
    """The token that new issuer keys are made in. It need not be there yet; its module and its PIN must."""
    if settings.backend is not KeyBackend.PKCS11 or settings.module is None or pin is None:
        return None
    if not settings.module.is_file():
        raise ConfigError(f"issuer_keys.module: there is no {settings.module}")
    token = Token(settings.module, settings.token, pin, attributes())
    return TokenKeystore(token, one_mechanism=settings.one_mechanism)
