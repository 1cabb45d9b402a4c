"""What cut and choose costs at 256 candidates: processor time on each side, bytes sent, what a second process brings.

The raw sides are the same public-key operations by bare calls of their libraries, the bytes that the literature's list
of hashes would take, and the same checks in one process. Times are of one processor, so another's work does not show.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import gmpy2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bench.figures import Aim, Comparison, Side, Target
from bench.rounds import Meter, interleaved, rate
from bench.settings import Settings
from services.chassis.worker_processes import WorkerProcesses
from services.seal import cut_and_choose, ristretto
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.canonical import HASH_SIZE
from services.seal.cut_and_choose import Offer, Terms
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from services.seal.statements import Context
from vouchsafe.verification.v1 import issuance_service_pb2 as rpc

_CANDIDATES = 256
_CHOSEN = 137
_MESSAGE = bytes(100)
_MOST_MILLISECONDS = 250.0
_MOST_BYTES = 40_000.0


@dataclass(frozen=True)
class _Issuance:
    """One person's issuance: what each side is given."""

    terms: Terms
    owner: SigningKey
    key: gmpy2.mpz

    @classmethod
    def new(cls) -> "_Issuance":
        owner, issuer = SigningKey.generate(), BlindSigner.generate().public_key
        terms = Terms(
            context=Context("harbour", 203001),
            slot=0,
            eref=bytes(16),
            ipk=owner.public_key,
            opening_key=ristretto.base_mult(ristretto.random_scalar()),
            issuer_key=issuer.to_spki(),
            candidates=_CANDIDATES,
        )
        return cls(terms, owner, gmpy2.mpz(issuer.n))

    def offer(self) -> Offer:
        return Offer(self.terms, SecretBytes.random(32), self.owner)

    @cached_property
    def made(self) -> Offer:
        """One offer, for the other side to check."""
        return self.offer()

    @property
    def answer(self) -> tuple[Terms, bytes, int, bytes, bytes]:
        """What `cut_and_choose.check` is given."""
        made = self.made
        return self.terms, made.commitment, _CHOSEN, made.openings(_CHOSEN), made.blinded_message(_CHOSEN)


async def measure(settings: Settings) -> list[Comparison]:
    """The rows."""
    issuance = _Issuance.new()
    return [
        await _side(
            settings,
            "issuance_client",
            "making 256 candidates, on the person's device",
            partial(_bare_client, issuance),
            issuance.offer,
        ),
        await _side(
            settings,
            "issuance_verification",
            "checking 255 opened candidates, in verification",
            partial(_bare_verification, issuance),
            lambda: cut_and_choose.check(*issuance.answer),
        ),
        _bytes(issuance),
        await _processes(settings, issuance),
    ]


async def _side(
    settings: Settings, name: str, what: str, bare: Callable[[], object], work: Callable[[], object]
) -> Comparison:
    async def raw(_: Meter) -> float:
        return _milliseconds(bare)

    async def ours(_: Meter) -> float:
        return _milliseconds(work)

    sides = await interleaved(
        settings.rounds, raw=raw, ours=ours, raw_is="its public-key operations, bare", ours_is="all of it"
    )
    target = Target(aim=Aim.AT_MOST, value=_MOST_MILLISECONDS, of_ours=True)
    return Comparison(name=name, what=what, unit="ms", raw=sides[0], ours=sides[1], target=target)


def _bytes(issuance: _Issuance) -> Comparison:
    terms, made = issuance.terms, issuance.made
    label, epoch, request_id = terms.context.label, terms.context.epoch, "0" * 36
    begin = rpc.BeginIssuanceRequest(
        request_id=request_id,
        label=label,
        epoch=epoch,
        slot=1,
        candidates=_CANDIDATES,
        terms=terms.digest,
        commitment=made.commitment,
    )
    finish = rpc.FinishIssuanceRequest(
        request_id=request_id,
        label=label,
        epoch=epoch,
        slot=1,
        blinded_message=made.blinded_message(_CHOSEN),
        openings=made.openings(_CHOSEN),
    )
    sent = float(begin.ByteSize() + finish.ByteSize())
    return Comparison(
        name="issuance_bytes",
        what="sent up for one credential",
        unit="bytes",
        raw=Side(what="with a list of 256 hashes in place of one", figures=[sent + (_CANDIDATES - 1) * HASH_SIZE]),
        ours=Side(what="both requests", figures=[sent]),
        target=Target(aim=Aim.AT_MOST, value=_MOST_BYTES, of_ours=True),
    )


async def _processes(settings: Settings, issuance: _Issuance) -> Comparison:
    jobs = [issuance.answer] * settings.sized(12, 4)
    one, two = WorkerProcesses(1), WorkerProcesses(2)

    async def checked(processes: WorkerProcesses, _: Meter) -> float:
        return await rate(jobs, lambda answer: processes.run(cut_and_choose.check, *answer), workers=4)

    try:
        for processes in (one, two):
            await processes.start()
        sides = await interleaved(
            settings.rounds,
            raw=partial(checked, one),
            ours=partial(checked, two),
            raw_is="one process",
            ours_is="two processes",
        )
    finally:
        for processes in (one, two):
            await processes.close()
    return Comparison(
        name="issuance_processes",
        what="issuances checked in worker processes, four at once",
        unit="issuances/s",
        raw=sides[0],
        ours=sides[1],
        target=Target(aim=Aim.AT_LEAST, value=1.5),
    )


def _bare_client(issuance: _Issuance) -> None:
    for _ in range(_CANDIDATES):
        _bare_candidate(issuance)
        issuance.owner.sign(_MESSAGE)


def _bare_verification(issuance: _Issuance) -> None:
    signature = issuance.owner.sign(_MESSAGE)
    public = Ed25519PublicKey.from_public_bytes(issuance.terms.ipk)
    for _ in range(_CANDIDATES - 1):
        _bare_candidate(issuance)
        public.verify(signature, _MESSAGE)


def _bare_candidate(issuance: _Issuance) -> None:
    """An Ed25519 key, two multiplications in ristretto255, and the blinding factor's RSA power."""
    Ed25519PrivateKey.from_private_bytes(_MESSAGE[:32]).public_key()
    scalar = ristretto.scalar(12345)
    ristretto.base_mult(scalar)
    ristretto.mult(scalar, issuance.terms.opening_key)
    gmpy2.powmod(issuance.key - 12345, 65537, issuance.key)


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000
