"""A small world around disclosure: a real ceremony, real credentials, real trustees and witnesses behind mutual TLS.

The forum and identity are played here; both sign and check with the real keys, as their services do.
"""

import asyncio
import ssl
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from services.chassis import configfile
from services.chassis.clock import Clock, SystemClock
from services.chassis.deployment import Endpoints, Listen, Paths, ProcessName, Secrets
from services.chassis.identity_uri import identity_of, parse_identity, server_name
from services.chassis.integration.bus import foreign_commit_id
from services.chassis.integration.consumer import ForeignEvent
from services.chassis.lifecycle import Process, Start
from services.chassis.log.eventstore import EventStore, LogStore, Mark
from services.chassis.log.tailing import LogTail
from services.chassis.log.worker import LogWorker
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from services.chassis.rpc_errors import Failure, RpcError
from services.chassis.tls import TlsFiles
from services.disclosure.adapters.event_codec import event_codec
from services.disclosure.adapters.peers import Channels, Peers, connect
from services.disclosure.adapters.witnesses import witness_clients
from services.disclosure.config import Config, ForeignWitness, Keys
from services.disclosure.wiring import Disclosure, build, open_log, server
from services.seal import ed25519, hpke, threshold
from services.seal.authorization import SignedCredential, sign_approval, verify_authorization
from services.seal.ed25519 import SigningKey
from services.seal.governance import Governance, begin, fold
from services.seal.leaves import case_reference
from services.seal.note import NoteSigner, SignatureType, VerifierKey
from services.seal.passphrase import RANDOM
from services.seal.share_file import passphrase_of, seal_share
from services.seal.statements import (
    CaseStatement,
    Context,
    CredentialMessage,
    Ownership,
)
from services.seal.trust import Trust
from services.tlog.errors import LogUnavailable
from services.tlog.follower import LogView
from services.tlog.log import TransparencyLog
from services.tlog.witness_client import WitnessClient
from services.trustee import wiring as trustee_wiring
from services.trustee.told import authorization_of
from services.witness import wiring as witness_wiring
from tests.rpc.disclosure.authors import EPOCH, LABEL, Author, credential_message, issuer
from tests.support.certs import make_leaf
from tests.support.rpc import authority
from vouchsafe.disclosure.v1 import case_service_pb2 as case_pb
from vouchsafe.disclosure.v1 import deposit_service_pb2 as deposit_pb
from vouchsafe.disclosure.v1 import transparency_log_service_pb2 as log_pb
from vouchsafe.disclosure.v1.case_service_pb2_grpc import CaseServiceStub
from vouchsafe.disclosure.v1.deposit_service_pb2_grpc import DepositServiceStub
from vouchsafe.disclosure.v1.governance_service_pb2_grpc import GovernanceServiceStub
from vouchsafe.disclosure.v1.transparency_log_service_pb2_grpc import TransparencyLogServiceStub
from vouchsafe.forum.v1 import evidence_service_pb2 as forum_pb
from vouchsafe.identity.v1 import release_service_pb2 as release_pb
from vouchsafe.verification.events.v1 import events_pb2 as verification_pb

DOMAIN = "vouchsafe.internal"
ORIGIN = f"{DOMAIN}/log"
T = TypeVar("T")
CONFIG = Path(__file__).parents[3] / "deploy" / "config"
ROLES = {"ann": "legal", "bob": "legal", "eve": "legal", "cyd": "privacy", "dan": "ombuds"}


@cache
def tls_of(name: str) -> TlsFiles:
    """The certificate of a process or an edge of the platform."""
    edges = {"alias-edge": "edge", "person-edge": "edge", "officer-desk": "officers"}
    if name in edges:
        uri = parse_identity(f"spiffe://{DOMAIN}/ns/vouchsafe-{edges[name]}/sa/{name}")
        return make_leaf(authority(), uris=(uri,))
    return make_leaf(authority(), uris=(identity_of(name, trust_domain=DOMAIN),), dns=(server_name(name),))


@dataclass(frozen=True)
class Ceremony:
    """Every key of a platform with five trustees, two witnesses and five officers."""

    log: SigningKey = field(default_factory=SigningKey.generate)
    receipt: SigningKey = field(default_factory=SigningKey.generate)
    witnesses: tuple[SigningKey, ...] = field(default_factory=lambda: (SigningKey.generate(), SigningKey.generate()))
    dealing: threshold.Dealing = field(default_factory=lambda: threshold.deal(threshold.generate_secret(), 3, 5))
    officers: dict[str, SigningKey] = field(default_factory=lambda: {name: SigningKey.generate() for name in ROLES})
    quorum: int = 2

    @property
    def trust(self) -> Trust:
        return Trust.parse(self.text)

    @property
    def keys(self) -> Keys:
        return Keys(NoteSigner(ORIGIN, self.log), self.receipt)

    @property
    def text(self) -> str:
        """trust.toml."""
        dealing = self.dealing
        lines = [
            f'origin = "{ORIGIN}"',
            f'log = "{VerifierKey(ORIGIN, SignatureType.ED25519, self.log.public_key).encode()}"',
            f"witness_quorum = {self.quorum}",
            f'receipt_public = "{self.receipt.public_key.hex()}"',
            f'assertion_public = "{"02" * 32}"',
            f'opening_key = "{dealing.public_key.hex()}"',
            f"share_public_keys = {[key.hex() for key in dealing.share_public_keys]}",
            f"share_commitments = {[point.hex() for point in dealing.commitments]}",
            f"threshold = {dealing.threshold}",
            "[policy]\napprovals = 3\ndistinct_roles = 2\napproval_ttl_seconds = 3600",
            "veto_delay_seconds = 2\nnotice_seconds = 2\ncase_ttl_seconds = 3600",
        ]
        for i, key in enumerate(self.witnesses, start=1):
            vkey = VerifierKey(f"witness-{i}", SignatureType.COSIGNATURE, key.public_key).encode()
            lines.append(f'[[witnesses]]\nname = "witness-{i}"\nvkey = "{vkey}"')
        for name, key in self.officers.items():
            of = f'role = "{ROLES[name]}"\norganisation = "platform"'
            lines.append(f'[[officers]]\nname = "{name}"\n{of}\npublic = "{key.public_key.hex()}"')
        return "\n".join(lines) + "\n"

    def approve(self, statement: CaseStatement, officer: str, expires: int | None = None) -> str:
        """An officer's approval, signed."""
        until = statement.opened_unix + 3000 if expires is None else expires
        return sign_approval(statement, officer, self.officers[officer], until)


class Forum:
    """Plays the forum: answers the evidence of posts it was told of."""

    def __init__(self) -> None:
        self.answers: dict[str, forum_pb.GetPostEvidenceResponse] = {}

    async def __call__(self, request: forum_pb.GetPostEvidenceRequest) -> forum_pb.GetPostEvidenceResponse:
        if request.post_id not in self.answers:
            raise RpcError(Failure(grpc.StatusCode.NOT_FOUND, "POST_UNKNOWN", "post unknown"))
        return self.answers[request.post_id]


class Identity:
    """Plays identity: checks the authorization and the person's own signature, and seals a name to the recipient."""

    def __init__(self, trust: Trust, log: LogView) -> None:
        self._trust = trust
        self.log = log
        self._persons: dict[bytes, Author] = {}
        self.released: list[release_pb.ReleasePersonRequest] = []

    def register(self, author: Author) -> None:
        self._persons[author.eref] = author

    async def __call__(self, request: release_pb.ReleasePersonRequest) -> release_pb.ReleasePersonResponse:
        told = request.authorization
        authorization = authorization_of(told)
        credential = request.credential
        context = Context(credential.label, credential.epoch)
        message = CredentialMessage(credential.prefix, context, credential.alias_key, credential.envelope_hash)
        governance = await self.log.view(request.log_size)
        signed = SignedCredential(message, credential.signature)
        now = int(time.time())
        verified = verify_authorization(authorization, signed, governance=governance, trust=self._trust, now=now)
        governance.announced.check_opened(verified.intent)
        author = self._persons.get(request.escrow_reference)
        if author is None:
            raise RpcError(Failure(grpc.StatusCode.PERMISSION_DENIED, "RELEASE_REFUSED", "release refused"))
        ownership = Ownership(context, credential.alias_key).signed_bytes()
        ed25519.verify(author.person.public_key, ownership, request.ownership_signature)
        self.released.append(request)
        sealed = hpke.seal(told.recipient_key, b"Wei Chen", b"release")
        return release_pb.ReleasePersonResponse(sealed_identity=sealed)


def process(name: str, directory: Path, secrets: dict[str, bytes], trust: str) -> Process:
    """A process of the platform with its own directory, as the runner would lay it out."""
    home = directory / name
    files, public, state = home / "secrets", home / "trust", home / "state"
    for each in (files, public, state):
        each.mkdir(parents=True, exist_ok=True)
    (public / "trust.toml").write_text(trust, encoding="utf-8")
    tls = tls_of(name)
    for file, content in ({"tls.crt": tls.certificate, "tls.key": tls.key, "ca.crt": tls.authority} | secrets).items():
        (files / file).write_bytes(content)
        (files / file).chmod(0o600)
    endpoints = Endpoints(ProcessName(name), Listen("127.0.0.1:0"), paths=Paths(state, public))
    config = CONFIG / name.partition("-")[0] / "service.toml"
    return Process(config, endpoints, Secrets(files))


@asynccontextmanager
async def running(start: Start, of: Process) -> AsyncIterator[str]:
    """The process's own wiring, served; its address."""
    await start(of)
    assert of.server is not None
    await of.server.start()
    try:
        yield f"127.0.0.1:{of.server.port}"
    finally:
        await of.server.stop(0)
        for close in reversed(of.closers):
            await close()


def trustee(ceremony: Ceremony, directory: Path, index: int, log: LogView) -> Any:
    """Trustee `index`, which sees the public log by `log`, as an async context manager that yields its address."""
    secrets = share_secrets(ceremony.dealing, index)

    async def start(of: Process) -> None:
        trustee_wiring.assemble(of, ceremony.trust, log)

    return running(start, process(f"trustee-{index}", directory, secrets, ceremony.text))


class StoredLog:
    """The public log as it stands in disclosure's store, to whoever follows it."""

    def __init__(self, trust: Trust, store: EventStore) -> None:
        self._trust = trust
        self._log = TransparencyLog(store, event_codec(), SystemClock())
        self.known = begin(trust)

    async def view(self, min_size: int) -> Governance:
        """See `LogView`."""
        size = await self._log.refresh()
        if size < min_size:
            raise LogUnavailable("the log is too short")
        self.known = fold(self._trust, self._log.leaves(0, size))
        return self.known


def share_secrets(dealing: threshold.Dealing, index: int) -> dict[str, bytes]:
    """The secrets of trustee `index`: its share's file, and the passphrase that opens it."""
    passphrase = f"{index} a passphrase that is not so secret"
    text = seal_share(dealing.shares[index - 1], dealing.public_key, passphrase_of(passphrase), cost=RANDOM)
    return {"share": text, "share-passphrase": f"{passphrase}\n".encode()}


def witness(ceremony: Ceremony, directory: Path, index: int) -> Any:
    """Witness `index`, as an async context manager that yields its address."""
    seed = ceremony.witnesses[index - 1].seed().reveal()
    of = process(f"witness-{index}", directory, {"witness.key": seed}, ceremony.text)
    return running(witness_wiring.start, of)


def statement_of(case: case_pb.Case) -> CaseStatement:
    """What an officer signs, from the case that he is shown."""
    return CaseStatement(
        case.case_id,
        case_reference(case.case_salt, case.case_id),
        case.bundle_hash,
        case.ground,
        case.policy_hash,
        case.opened_at,
        case.expires_at,
        case.delay_seconds,
        case.gag_until,
        case.waiver_hash,
    )


TRUSTEES, WITNESSES = 5, 2


class Platform:
    """Trustees and witnesses as they run, a store, and any number of disclosure processes on it, one after another."""

    def __init__(self, directory: Path, ceremony: Ceremony, store: LogStore) -> None:
        self.directory = directory
        self.ceremony = ceremony
        self.trust = ceremony.trust
        self.store = store
        self.forum = Forum()
        self.log = StoredLog(self.trust, store)
        self.identity = Identity(self.trust, self.log)
        # Nothing listens on port 1: whoever was not started is dead to disclosure.
        names = [f"trustee-{i}" for i in range(1, TRUSTEES + 1)] + [f"witness-{i}" for i in range(1, WITNESSES + 1)]
        self.addresses = dict.fromkeys([*names, "forum", "identity"], "127.0.0.1:1")
        self.foreign: list[ForeignWitness] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Platform":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def start(self, *names: str) -> None:
        """Start trustees and witnesses by name."""
        for name in names:
            kind, _, index = name.partition("-")
            made = (
                witness(self.ceremony, self.directory, int(index))
                if kind == "witness"
                else trustee(self.ceremony, self.directory, int(index), self.log)
            )
            self.addresses[name] = await self._stack.enter_async_context(made)

    def author(self) -> Author:
        """A new registered person with a credential, and a post that the forum knows."""
        author = Author(self.trust.opening_key)
        self.identity.register(author)
        self.forum.answers[author.post_id] = author.evidence()
        return author

    def _witnesses(self) -> dict[VerifierKey, WitnessClient]:
        """A client for each witness, and for those that `foreign` names."""
        urls = {name: f"https://{address}" for name, address in self.addresses.items() if name.startswith("witness-")}
        trusting = ssl.create_default_context(cadata=authority().pem.decode())
        clients = witness_clients(self.trust, urls, self.foreign, trusting)
        for client in clients.values():
            self._stack.push_async_callback(client.close)
        return clients

    async def disclosure(
        self,
        peers: Callable[[Peers], Peers] = lambda peers: peers,
        *,
        clock: Clock | None = None,
        background: bool = True,
    ) -> "Served":
        """A new disclosure process on the store, caught up and serving. `peers` may change whom it asks.

        Without a `background` it does nothing but answer: nobody sequences its log, and nothing is made good by itself.
        """
        endpoints = Endpoints(ProcessName("disclosure"), Listen(""), peers=self.addresses)
        channels = Channels(endpoints, tls_of("disclosure"))
        self._stack.push_async_callback(channels.close)
        real = connect(channels, trustees=TRUSTEES, witnesses=self._witnesses())
        asked = peers(Peers(self.forum, self.identity, real.trustees, real.witnesses))
        service = build(
            store=self.store, trust=self.trust, keys=self.ceremony.keys, peers=asked, clock=clock or SystemClock()
        )
        await open_log(service, self.trust)
        of = process("disclosure", self.directory, {}, self.ceremony.text)
        serving = server(of, service, configfile.load(of.config, Config))
        await serving.start()
        self._stack.push_async_callback(serving.stop, 0)
        if background:
            await self._stack.enter_async_context(_running(service, self.store))
        return Served(service, f"127.0.0.1:{serving.port}", self._stack)


@asynccontextmanager
async def _running(service: Disclosure, store: LogStore) -> AsyncIterator[None]:
    """What `wiring.start` has run behind the service, but for the bus."""
    worker = LogWorker(store, lease_seconds=1.0, poll_seconds=0.05)
    worker.add("clockwork", lambda _epoch: service.clockwork)
    tail = LogTail(worker.log, news=worker.sequenced, models=[service.book], window=sys.maxsize)
    tasks = [asyncio.create_task(each) for each in (worker.run(), tail.run())]
    try:
        await tail.ready()
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Served:
    """A disclosure process, as its callers see it."""

    def __init__(self, service: Disclosure, address: str, stack: AsyncExitStack) -> None:
        self.service = service
        self.address = address
        self._stack = stack

    def channel(self, caller: str) -> RpcChannel:
        """A channel as `caller`."""
        channel = RpcChannel(
            self.address, server_name=server_name("disclosure"), tls=tls_of(caller), timeout=20.0, retry=NO_RETRY
        )
        self._stack.push_async_callback(channel.close)
        return channel

    async def publish_label(self, *, active: bool = True) -> None:
        """What verification publishes of the label, as the bus delivers it."""
        key = key_published()
        await self.service.published.issuer_key_published(foreign("verification", 1, key))
        if active:
            activated = verification_pb.LabelActivated(label=LABEL, epoch=EPOCH, crowd_bucket=20)
            await self.service.published.label_activated(foreign("verification", 2, activated))

    async def revoke_label(self, reason: str = "key-compromised") -> None:
        """That verification revokes the label, as the bus delivers it."""
        revoked = verification_pb.LabelRevoked(label=LABEL, epoch=EPOCH, reason=reason)
        await self.service.published.label_revoked(foreign("verification", 3, revoked))

    async def deposit(self, author: Author, **changes: Any) -> deposit_pb.DepositEnvelopeResponse:
        """Deposit the author's envelope."""
        channel = self.channel("alias-edge")
        return await channel.unary(
            DepositServiceStub(channel.channel).DepositEnvelope, deposit_request(author, **changes)
        )

    async def case(self, method: str, request: Any) -> case_pb.Case:
        """Call CaseService as the officers' desk; the case."""
        channel = self.channel("officer-desk")
        response = await channel.unary(getattr(CaseServiceStub(channel.channel), method), request)
        return response.case

    async def get(self, case: case_pb.Case) -> case_pb.Case:
        """The case as it stands now."""
        return await self.case("GetCase", case_pb.GetCaseRequest(case_id=case.case_id))

    async def log(self, method: str, request: Any) -> Any:
        """Call TransparencyLogService as the person-side edge."""
        channel = self.channel("person-edge")
        return await channel.unary(getattr(TransparencyLogServiceStub(channel.channel), method), request)

    async def open_case(self, author: Author, **changes: Any) -> case_pb.Case:
        """Open a case about the author's post."""
        return await self.case("OpenCase", open_request(author, **changes))

    async def approve(self, ceremony: Ceremony, case: case_pb.Case, *officers: str) -> case_pb.Case:
        """Have officers approve; the case."""
        for officer in officers:
            approval = ceremony.approve(statement_of(case), officer)
            case = await self.case(
                "ApproveCase",
                case_pb.ApproveCaseRequest(request_id=str(uuid.uuid4()), case_id=case.case_id, approval=approval),
            )
        return case

    async def execute(self, case: case_pb.Case, request_id: str | None = None) -> case_pb.Case:
        """Execute the case."""
        return await self.case("ExecuteCase", execute_request(case, request_id))

    async def intend(self, case: case_pb.Case) -> case_pb.Case:
        """Execute for the first time: the intent is co-signed, and its delay runs."""
        witnessed = await self.execute(case)
        assert witnessed.state == case_pb.CASE_STATE_WITNESSED
        return witnessed

    async def carry_through(self, case: case_pb.Case) -> case_pb.Case:
        """Execute, wait for the delay to be over, and execute again; the opened case."""
        await delay_over(await self.intend(case))
        opened = await self.execute(case)
        assert opened.state == case_pb.CASE_STATE_OPENED
        return opened

    async def collect(self, case: case_pb.Case, request_id: str | None = None) -> bytes:
        """The sealed answer."""
        channel = self.channel("officer-desk")
        known = {"request_id": request_id or str(uuid.uuid4()), "case_id": case.case_id}
        method = CaseServiceStub(channel.channel).CollectAnswer
        return (await channel.unary(method, case_pb.CollectAnswerRequest(**known))).sealed_identity

    async def listed(self, **query: Any) -> case_pb.ListCasesResponse:
        """A page of the list of cases."""
        channel = self.channel("officer-desk")
        return await channel.unary(CaseServiceStub(channel.channel).ListCases, case_pb.ListCasesRequest(**query))

    async def governance(self, method: str, request: Any) -> Any:
        """Call GovernanceService as the officers' desk."""
        channel = self.channel("officer-desk")
        return await channel.unary(getattr(GovernanceServiceStub(channel.channel), method), request)

    async def leaves(self) -> list[bytes]:
        """All leaves of the log."""
        return list((await self.log("ListLeaves", log_pb.ListLeavesRequest())).leaves)


RECIPIENT_PRIVATE, RECIPIENT = hpke.generate()


def execute_request(case: case_pb.Case, request_id: str | None = None) -> case_pb.ExecuteCaseRequest:
    """Somebody wants the case to go on."""
    return case_pb.ExecuteCaseRequest(request_id=request_id or str(uuid.uuid4()), case_id=case.case_id)


async def eventually(look: Callable[[], Awaitable[T]], holds: Callable[[T], object], patience: float = 60.0) -> T:
    """What is seen once it holds; TimeoutError when it never does."""
    async with asyncio.timeout(patience):
        while not holds(seen := await look()):  # noqa: ASYNC110  (what another process does is seen by looking)
            await asyncio.sleep(0.05)
    return seen


async def delay_over(case: case_pb.Case) -> None:
    """Return when a trustee's clock, too, shows that the delay is over."""
    await asyncio.sleep(max(0.0, case.intent.opens_at - time.time()))


def open_request(author: Author, **changes: Any) -> case_pb.OpenCaseRequest:
    """A court's request about the author's post."""
    request = case_pb.OpenCaseRequest(
        request_id=str(uuid.uuid4()),
        requester=case_pb.REQUESTER_CLASS_COURT,
        basis=case_pb.LEGAL_BASIS_COURT_ORDER,
        organisation="District Court",
        fields=[case_pb.PERSON_FIELD_NAME, case_pb.PERSON_FIELD_LOGIN],
        instrument="docket 7",
        ground="court order",
        document_hash=bytes(32),
        post_id=author.post_id,
        recipient_key=RECIPIENT,
    )
    for name, value in changes.items():
        if name == "fields":
            del request.fields[:]
            request.fields.extend(value)
        else:
            setattr(request, name, value)
    return request


def deposit_request(author: Author, **changes: Any) -> deposit_pb.DepositEnvelopeRequest:
    """The author's deposit; `changes` replace fields of the request."""
    fields = {
        "request_id": str(uuid.uuid4()),
        "credential": credential_message(author.credential),
        "envelope": author.envelope,
    }
    return deposit_pb.DepositEnvelopeRequest(**(fields | changes))


def key_published(**changes: Any) -> verification_pb.IssuerKeyPublished:
    """What verification publishes before anybody is issued under the label."""
    fields = {
        "label": LABEL,
        "epoch": EPOCH,
        "label_name": "Employee of Acme",
        "parent": "gaming",
        "public_key": issuer().public_key.to_spki(),
    }
    return verification_pb.IssuerKeyPublished(**(fields | changes))


def foreign(producer: str, position: int, message: Message) -> ForeignEvent:
    """An event of another service, as the consumer hands it to a reaction."""
    mark = Mark(position)
    return ForeignEvent(
        producer, mark, message.DESCRIPTOR.full_name, message.SerializeToString(), foreign_commit_id(producer, mark)
    )
