"""Puts a trustee together: its share, the public trust material and log, its own records, its two RPC services."""

from dataclasses import dataclass

from services.chassis import configfile
from services.chassis.clock import SystemClock
from services.chassis.lifecycle import Process
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.seal.passphrase import WrongPassphrase
from services.seal.share_file import index_of, open_share, passphrase_of
from services.seal.threshold import Share
from services.seal.trust import Trust
from services.stops.servicer import LockServicer
from services.stops.stops import Stops
from services.tlog.follower import LogView
from services.tlog.following import follow
from services.trustee.decision import Trustee
from services.trustee.servicer import ERRORS, Refusals, TrusteeServicer
from services.trustee.used_cases import UsedCases
from vouchsafe.trustee.v1.lock_service_pb2_grpc import add_LockServiceServicer_to_server
from vouchsafe.trustee.v1.trustee_service_pb2_grpc import add_TrusteeServiceServicer_to_server


@dataclass(frozen=True)
class Config:
    """`service.toml`: which callers, by SPIFFE URI, may use which gRPC service."""

    allow: dict[str, frozenset[str]]


async def start(process: Process) -> None:
    """Open what the process needs and hand its server over. Raises what would make serving unsafe."""
    trust = Trust.parse((process.endpoints.paths.trust / "trust.toml").read_text(encoding="utf-8"))
    assemble(process, trust, follow(process, trust))


def assemble(process: Process, trust: Trust, log: LogView) -> None:
    """A trustee that sees the public log as `log` shows it."""
    config = configfile.load(process.config, Config)
    used = UsedCases.open(process.endpoints.paths.state)
    process.on_close(used.close)
    stops = Stops.open(process.endpoints.paths.state, log)
    process.on_close(stops.close)
    share = _share(process, trust)
    trustee = Trustee(share=share, trust=trust, log=log, used=used, stops=stops, clock=SystemClock())
    refusals = Refusals()
    process.serve(
        RpcServer(
            listen=process.endpoints.listen.rpc,
            health_listen=process.endpoints.listen.health,
            tls=process.secrets.tls(),
            services=[
                ServiceBinding(add_TrusteeServiceServicer_to_server, TrusteeServicer(trustee, refusals)),
                ServiceBinding(add_LockServiceServicer_to_server, LockServicer(stops, refusals.refuse)),
            ],
            allow=config.allow,
            errors=ERRORS,
            weakened=trust.policy.shortened_delays(),
            continue_traces_from=frozenset().union(*config.allow.values()),
        )
    )


def _share(process: Process, trust: Trust) -> Share:
    """This trustee's share, from its file and its passphrase; `Trustee` checks it against the dealer's commitments."""
    text = process.secrets.read("share")
    if process.endpoints.process.name != f"trustee-{index_of(text, trust.opening_key)}":
        raise ValueError("this share is another trustee's")
    try:
        return open_share(text, trust.opening_key, passphrase_of(process.secrets.text("share-passphrase")))
    except WrongPassphrase as error:
        raise ValueError("the passphrase does not open the share") from error
