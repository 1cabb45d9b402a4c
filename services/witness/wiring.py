"""Puts a witness together: its key, the public trust material, the last checkpoint it saw, its one path over HTTPS."""

from dataclasses import dataclass

from services.chassis import configfile
from services.chassis.clock import SystemClock
from services.chassis.http_server import HttpServer
from services.chassis.lifecycle import Process
from services.seal.checkpoint import LogPolicy
from services.seal.ed25519 import SigningKey
from services.seal.note import NoteSigner, SignatureType
from services.seal.secret import SecretBytes
from services.seal.trust import Trust
from services.tlog.witness_wire import PATH
from services.witness.decision import Witness
from services.witness.http import WitnessHandler
from services.witness.last_seen import LastSeen


@dataclass(frozen=True)
class Config:
    """`service.toml`: the path that begins this witness's URLs, "" or e.g. `/w1`."""

    prefix: str = ""

    def __post_init__(self) -> None:
        if self.prefix and not self.prefix.startswith("/"):
            raise ValueError("prefix must begin with a slash")


async def start(process: Process) -> None:
    """Open what the process needs and hand its server over. Raises what would make serving unsafe."""
    config = configfile.load(process.config, Config)
    policy = Trust.parse((process.endpoints.paths.trust / "trust.toml").read_text(encoding="utf-8")).log_policy()
    signer = _signer(SigningKey(SecretBytes(process.secrets.read("witness.key"))), policy)
    state = process.endpoints.paths.state
    seen = LastSeen.open(state)
    process.on_close(seen.close)
    witness = Witness(signer=signer, policy=policy, seen=seen, clock=SystemClock())
    process.serve(
        HttpServer(
            listen=process.endpoints.listen.rpc,
            health_listen=process.endpoints.listen.health,
            tls=process.secrets.web_tls(),
            handler=WitnessHandler(witness, evidence=state, prefix=config.prefix),
            routes=(config.prefix.rstrip("/") + PATH,),
        )
    )


def _signer(key: SigningKey, policy: LogPolicy) -> NoteSigner:
    """The key under the name by which the trust material knows it."""
    for witness in policy.witnesses:
        if witness.public_key == key.public_key:
            return NoteSigner(witness.name, key, SignatureType.COSIGNATURE)
    raise ValueError("this witness is not in the trust material")
