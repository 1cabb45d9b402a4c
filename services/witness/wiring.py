"""Puts a witness together: its key, the public trust material, the last checkpoint it saw, its one RPC service."""

from dataclasses import dataclass

from services.chassis import configfile
from services.chassis.clock import SystemClock
from services.chassis.lifecycle import Process
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.seal.checkpoint import LogPolicy
from services.seal.ed25519 import SigningKey
from services.seal.note import NoteSigner, SignatureType
from services.seal.secret import SecretBytes
from services.seal.trust import Trust
from services.witness.decision import Witness
from services.witness.last_seen import LastSeen
from services.witness.servicer import ERRORS, WitnessServicer
from vouchsafe.witness.v1.witness_service_pb2_grpc import add_WitnessServiceServicer_to_server


@dataclass(frozen=True)
class Config:
    """`service.toml`: which callers, by SPIFFE URI, may use which gRPC service."""

    allow: dict[str, frozenset[str]]


async def start(process: Process) -> None:
    """Open what the process needs and hand its server over. Raises what would make serving unsafe."""
    config = configfile.load(process.config, Config)
    policy = Trust.parse((process.endpoints.paths.trust / "trust.toml").read_text(encoding="utf-8")).log_policy()
    signer = _signer(SigningKey(SecretBytes(process.secrets.read("witness.key"))), policy)
    seen = LastSeen.open(process.endpoints.paths.state)
    process.on_close(seen.close)
    witness = Witness(signer=signer, policy=policy, seen=seen, clock=SystemClock())
    process.serve(
        RpcServer(
            listen=process.endpoints.listen.rpc,
            health_listen=process.endpoints.listen.health,
            tls=process.secrets.tls(),
            services=[ServiceBinding(add_WitnessServiceServicer_to_server, WitnessServicer(witness))],
            allow=config.allow,
            errors=ERRORS,
            continue_traces_from=frozenset().union(*config.allow.values()),
        )
    )


def _signer(key: SigningKey, policy: LogPolicy) -> NoteSigner:
    """The key under the name by which the trust material knows it."""
    for witness in policy.witnesses:
        if witness.public_key == key.public_key:
            return NoteSigner(witness.name, key, SignatureType.COSIGNATURE)
    raise ValueError("this witness is not in the trust material")
