"""Verifying a provenance file beside the bare signatures in it, in milliseconds of one processor.

The file is read, taken apart and verified as `vouchsafe provenance verify` does it, the day's root included. The raw
side makes as many bare calls of the library that verifies them: one RSASSA-PSS signature, and fourteen of Ed25519,
which are two of the author and, on four checkpoints, one of the log and two of witnesses each.
"""

import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bench.figures import Aim, Comparison, Target
from bench.rounds import Meter, interleaved
from bench.settings import Settings
from services.seal.provenance import Provenance, verify_provenance
from services.seal.statements import Context, CredentialMessage
from tests.unit.seal.exhibits import World, made

_ED25519 = 14


async def measure(settings: Settings) -> list[Comparison]:
    """The row."""
    world, times = made(), settings.sized(200, 20)
    file, policy = world.provenance.to_bytes(), world.log.policy

    async def raw(_: Meter) -> float:
        return _milliseconds(times, lambda: _bare(world))

    async def ours(_: Meter) -> float:
        return _milliseconds(times, lambda: verify_provenance(Provenance.parse(file), policy))

    sides = await interleaved(
        settings.rounds,
        raw=raw,
        ours=ours,
        raw_is=f"1 RSASSA-PSS and {_ED25519} Ed25519 verifications of `cryptography`",
        ours_is="a file read and verified, with the root of its day",
    )
    return [
        Comparison(
            name="provenance",
            what="verifying a provenance file",
            unit="ms",
            raw=sides[0],
            ours=sides[1],
            target=Target(aim=Aim.AT_MOST, value=50.0, of_ours=True),
            notes={"bytes of the file": len(file)},
        )
    ]


def _bare(world: World) -> None:
    p = world.provenance
    message = CredentialMessage(p.prefix, Context(p.label, p.epoch), p.alias_key, p.envelope_hash).signed_bytes()
    issuer: Any = load_der_public_key(p.issuer_key)
    issuer.verify(p.credential_signature, message, padding.PSS(padding.MGF1(hashes.SHA384()), 48), hashes.SHA384())
    statement = p.statement.signed_bytes()
    for _ in range(_ED25519):
        Ed25519PublicKey.from_public_bytes(p.thread_key).verify(p.post_signature, statement)


def _milliseconds(times: int, work: Any) -> float:
    """Of processor time, for one."""
    started = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - started) * 1000 / times
