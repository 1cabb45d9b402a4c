"""Verification, served for real over mutual TLS: a store in memory, a real mail server, a clock that tests move."""

import re
import ssl
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from services.chassis.clock import FixedClock
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.rpc_client import NO_RETRY
from services.seal import blind_rsa, ristretto
from services.seal.blind_rsa import PublicKey
from services.seal.cut_and_choose import VARIANT, Offer, Terms
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from services.seal.statements import Assertion, Context, encode_token
from services.verification.adapters.key_clearance import KeyClearance
from services.verification.adapters.mailer import Mailer, MailSettings
from services.verification.api.errors import ERRORS
from services.verification.assembly import Assembly
from services.verification.config import Challenges, Codes, Config, Issuance, IssuerKeySettings
from services.verification.crowds import Crowds
from services.verification.domain.limits import Limit
from services.verification.domain.organisation import Organisation, Organisations, Sector
from services.verification.keys import Keys
from services.verification.wiring import SERVICE
from tests.rpc.identity.cases import make_trust
from tests.rpc.verification.mail_server import MailServer
from tests.support.rpc import Running, credentials, identity, serving
from vouchsafe.verification.v1 import employment_service_pb2 as employment_rpc
from vouchsafe.verification.v1 import issuance_service_pb2 as issuance_rpc
from vouchsafe.verification.v1 import label_service_pb2 as label_rpc
from vouchsafe.verification.v1.employment_service_pb2_grpc import EmploymentServiceStub
from vouchsafe.verification.v1.issuance_service_pb2_grpc import IssuanceServiceStub
from vouchsafe.verification.v1.label_service_pb2_grpc import LabelServiceStub

IDENTITY_KEY = SigningKey.generate()
CROWD = 3
CANDIDATES = 8
OPENING_KEY = ristretto.base_mult(ristretto.random_scalar())
SECTORS = (
    Sector("gaming", "a gaming company", parent="entertainment"),
    Sector("entertainment", "an entertainment company"),
    Sector("finance", "a bank or insurer"),
    Sector("technology", "a technology company"),
)
ORGANISATIONS = Organisations(
    [
        Organisation("harbour-games", "Harbour Games", ("harbour.example",), "gaming"),
        Organisation("jade-river", "Jade River", ("jade.example",), "finance"),
        Organisation("cloudberry", "Cloudberry", ("cloud.example",), "technology"),
        Organisation("pixel-foundry", "Pixel Foundry", ("pixel.example",), "gaming"),
    ],
    SECTORS,
)
ALLOW: dict[str, frozenset[str]] = {
    "vouchsafe.verification.v1.EmploymentService": frozenset({identity("person-edge")}),
    "vouchsafe.verification.v1.IssuanceService": frozenset({identity("person-edge")}),
    "vouchsafe.verification.v1.LabelService": frozenset({identity("person-edge")}),
    "vouchsafe.verification.v1.LabelRevocationService": frozenset({identity("label-desk")}),
    "vouchsafe.log.v1.EventLogService": frozenset({identity("forum"), identity("disclosure")}),
}


@dataclass
class Verification:
    """The running service, and what a test looks at behind its back."""

    running: Running
    store: MemoryEventStore
    clock: FixedClock
    mail: MailServer
    crowds: Crowds
    clearance: KeyClearance | None = None

    def events(self, stream: str) -> list[str]:
        """Names of the events of a stream, in order."""
        ids = self.store._streams.get(stream, [])
        return [event.type.rpartition(".")[2] for each in ids for event in self.store._commits[each].events]


@pytest.fixture(scope="module")  # a clock that was moved does not go back
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Verification]:
    issuance = Issuance(insecure_crowd_minimum=CROWD, insecure_crowd_age_hours=0)
    async with running_verification(tmp_path_factory.mktemp("verification"), issuance) as running:
        yield running


@asynccontextmanager
async def running_verification(
    directory: Path,
    issuance: Issuance,
    issuer_keys: IssuerKeySettings = IssuerKeySettings(),  # noqa: B008  # frozen
    token_pin: SecretBytes | None = None,
) -> AsyncIterator[Verification]:
    """A service of its own, with these rules and its keys in this custody; nothing runs in its background."""
    mail = MailServer(credentials("smtp"), directory)
    await mail.start()
    clock, store = FixedClock(), MemoryEventStore()
    settings = MailSettings(sender="Codes <no-reply@codes.example>")
    config = Config(
        allow=ALLOW,
        organisations=directory,
        mail=settings,
        codes=Codes(per_mailbox=Limit(3, 3600), per_person=Limit(4, 3600)),
        issuance=issuance,
        issuer_keys=issuer_keys,
        challenges=Challenges(insecure_candidates=CANDIDATES, processes=1),
    )
    tls = ssl.create_default_context(cadata=credentials("smtp").authority.decode())
    assembly = Assembly(
        config=config,
        keys=Keys(SecretBytes.random(32), SecretBytes.random(32), SecretBytes.random(32), token_pin),
        trust=replace(make_trust(IDENTITY_KEY.public_key), opening_key=OPENING_KEY),
        organisations=ORGANISATIONS,
        store=store,
        mailer=Mailer(settings, mail.address, tls=tls, password=None, clock=clock),
        clock=clock,
    )
    await assembly.schedule.ensure()
    async with serving(SERVICE, assembly.bindings, allow=ALLOW, errors=ERRORS) as running:
        yield Verification(running, store, clock, mail, assembly.crowds, assembly.clearance)
    await assembly.close()
    await mail.stop()


@dataclass(frozen=True)
class Person:
    """Somebody with an assertion of identity's. `mailbox` is at Harbour Games unless told."""

    service: Verification
    escrow_reference: bytes = field(default_factory=lambda: uuid.uuid4().bytes)
    ownership_key: SigningKey = field(default_factory=SigningKey.generate)
    mailbox: str = field(default_factory=lambda: f"u{uuid.uuid4().hex[:12]}@harbour.example")

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        expires = int(self.service.clock.now().timestamp()) + 300
        assertion = Assertion(self.escrow_reference, self.ownership_key.public_key, "verification", expires)
        return (("authorization", f"Bearer {encode_token(assertion, IDENTITY_KEY.sign(assertion.signed_bytes()))}"),)

    def at(self, mailbox: str) -> "Person":
        return replace(self, mailbox=mailbox)

    def code(self) -> str:
        """The code in the newest mail."""
        body = self.service.mail.mail_of(self.mailbox)[-1].get_content()
        (code,) = re.findall(r"\b[0-9]{6}\b", body)
        return str(code)


class PersonSide:
    """The person edge: short ways to make its calls, without retries that would hide a refusal."""

    def __init__(self, service: Verification) -> None:
        self.service = service
        self.channel = service.running.channel("person-edge", retry=NO_RETRY)
        self._employment = EmploymentServiceStub(self.channel.channel)
        self._issuance = IssuanceServiceStub(self.channel.channel)
        self._labels = LabelServiceStub(self.channel.channel)

    def person(self) -> Person:
        return Person(self.service)

    async def request_code(
        self, person: Person, *, request_id: str | None = None
    ) -> employment_rpc.RequestMailCodeResponse:
        request = employment_rpc.RequestMailCodeRequest(
            request_id=request_id or str(uuid.uuid4()), work_email=person.mailbox
        )
        return await self.channel.unary(self._employment.RequestMailCode, request, metadata=person.metadata)

    async def confirm(
        self, person: Person, challenge_id: str, code: str, *, request_id: str | None = None
    ) -> employment_rpc.ConfirmMailCodeResponse:
        request = employment_rpc.ConfirmMailCodeRequest(
            request_id=request_id or str(uuid.uuid4()), challenge_id=challenge_id, code=code
        )
        return await self.channel.unary(self._employment.ConfirmMailCode, request, metadata=person.metadata)

    async def employed(self, mailbox: str | None = None) -> Person:
        """A new person whose employment is proven."""
        person = self.person() if mailbox is None else self.person().at(mailbox)
        challenge = await self.request_code(person)
        await self.confirm(person, challenge.challenge_id, person.code())
        return person

    async def labels(self, person: Person) -> label_rpc.ListMyLabelsResponse:
        request = label_rpc.ListMyLabelsRequest()
        return await self.channel.unary(self._labels.ListMyLabels, request, metadata=person.metadata)

    async def issuer_key(self, person: Person, label: str = "harbour-games") -> issuance_rpc.GetIssuerKeyResponse:
        request = issuance_rpc.GetIssuerKeyRequest(label=label)
        return await self.channel.unary(self._issuance.GetIssuerKey, request, metadata=person.metadata)

    async def offer(self, person: Person, label: str = "harbour-games", **changes: object) -> Offer:
        """The person's candidates for slot 0 of a label in its epoch, unless told otherwise."""
        key = await self.issuer_key(person, label)
        terms = Terms(
            context=Context(label, key.epoch),
            slot=0,
            eref=person.escrow_reference,
            ipk=person.ownership_key.public_key,
            opening_key=OPENING_KEY,
            issuer_key=key.public_key,
            candidates=key.candidates,
        )
        return Offer(replace(terms, **changes), SecretBytes.random(32), person.ownership_key)  # type: ignore[arg-type]

    async def begin(self, person: Person, offer: Offer, **changes: object) -> issuance_rpc.BeginIssuanceResponse:
        fields = _place(offer.terms) | {
            "candidates": offer.terms.candidates,
            "terms": offer.terms.digest,
            "commitment": offer.commitment,
        }
        request = issuance_rpc.BeginIssuanceRequest(**(fields | changes))  # type: ignore[arg-type]
        return await self.channel.unary(self._issuance.BeginIssuance, request, metadata=person.metadata)

    async def finish(self, person: Person, offer: Offer, chosen: int, **changes: object) -> bytes:
        fields = _place(offer.terms) | {
            "blinded_message": offer.blinded_message(chosen),
            "openings": offer.openings(chosen),
        }
        request = issuance_rpc.FinishIssuanceRequest(**(fields | changes))  # type: ignore[arg-type]
        answer = await self.channel.unary(self._issuance.FinishIssuance, request, metadata=person.metadata)
        return bytes(answer.blind_signature)

    async def issue(self, person: Person, offer: Offer | None = None, **changes: object) -> bytes:
        """The blind signature of the candidate that stays closed, of a new offer (`changes` are its) or a given one."""
        offer = offer or await self.offer(person, **changes)  # type: ignore[arg-type]
        return await self.finish(person, offer, (await self.begin(person, offer)).chosen)


def _place(terms: Terms) -> dict[str, object]:
    return {
        "request_id": str(uuid.uuid4()),
        "label": terms.context.label,
        "epoch": terms.context.epoch,
        "slot": terms.slot,
    }


def finalize(offer: Offer, chosen: int, blind_signature: bytes) -> bytes:
    """The credential's signature, which verifies; SealError otherwise."""
    survivor = offer.survivor(chosen)
    key = PublicKey.from_spki(offer.terms.issuer_key)
    message = survivor.message.signed_bytes()
    return blind_rsa.finalize(key, message, blind_signature, survivor.blinding.inverse, VARIANT)


@pytest.fixture
async def person_side(service: Verification) -> AsyncIterator[PersonSide]:
    side = PersonSide(service)
    yield side
    service.mail.refusing = False
    await side.channel.close()
