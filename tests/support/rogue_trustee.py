"""`python -m tests.support.rogue_trustee`: whoever has taken a trustee's machine over, certificate and share and all.

It checks nothing and answers at once, as the file `rogue` in its state directory says at that moment (`How`). What it
answered honestly last is kept beside it, to be replayed.
"""

import asyncio
import json
import secrets
import sys
from enum import StrEnum
from pathlib import Path

from services.chassis import configfile
from services.chassis.lifecycle import Process, run_service
from services.chassis.rpc_server import RpcServer, ServiceBinding
from services.seal import ristretto
from services.seal.envelope import Partial, partial_decrypt
from services.seal.secret import SecretBytes
from services.seal.share_file import open_share, passphrase_of
from services.seal.threshold import Share
from services.seal.trust import Trust
from services.trustee.servicer import ERRORS
from services.trustee.wiring import Config
from vouchsafe.trustee.v1 import lock_service_pb2 as lock_pb
from vouchsafe.trustee.v1 import lock_service_pb2_grpc as lock_rpc
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb
from vouchsafe.trustee.v1 import trustee_service_pb2_grpc as rpc

ORDER = "rogue"
RECORDED = "recorded"


class How(StrEnum):
    """What it answers."""

    HONEST = "honest"
    """Its own partial decryption, of whatever it was sent; the answer is kept."""
    FORGED = "forged"
    """A partial decryption under a share that nobody was dealt, with a proof that fits that share."""
    SWAPPED = "swapped"
    """Its own proof, and another point."""
    REPLAYED = "replayed"
    """The answer that was kept, of another case's envelope."""
    ANOTHERS = "anothers"
    """The genuine answer of another trustee, whose share it has got hold of."""
    GARBAGE = "garbage"
    """Bytes that are no point and no proof."""
    EMPTY = "empty"
    """Nothing."""
    HANG = "hang"
    """No answer, ever."""


def order(state: Path, how: How, *, share_of: Path | None = None) -> None:
    """Tell the rogue whose state directory this is what to answer from now on; `share_of`: the other's secrets."""
    state.mkdir(parents=True, exist_ok=True)
    draft = state / f"{ORDER}.draft"
    draft.write_text(json.dumps({"how": how, "share_of": str(share_of or "")}), encoding="utf-8")
    draft.replace(state / ORDER)


class Rogue(rpc.TrusteeServiceServicer):
    """Answers by order."""

    def __init__(self, share: Share, trust: Trust, state: Path) -> None:
        self._share = share
        self._trust = trust
        self._state = state

    async def DecryptShare(self, request: pb.DecryptShareRequest, _: object) -> pb.DecryptShareResponse:  # noqa: N802
        """Answer as ordered."""
        told = json.loads((self._state / ORDER).read_text(encoding="utf-8"))
        how, envelope = How(told["how"]), request.envelope
        own = partial_decrypt(self._share, envelope)
        forged = partial_decrypt(Share(own.index, SecretBytes(ristretto.random_scalar())), envelope)
        match how:
            case How.HANG:
                await asyncio.Event().wait()
            case How.FORGED:
                return _answer(forged)
            case How.SWAPPED:
                return _answer(Partial(own.index, forged.point, own.proof))
            case How.REPLAYED:
                return pb.DecryptShareResponse.FromString((self._state / RECORDED).read_bytes())
            case How.ANOTHERS:
                return _answer(partial_decrypt(read_share(Path(told["share_of"]), self._trust), envelope))
            case How.GARBAGE:
                point, proof = (secrets.token_bytes(len(each)) for each in (own.point, own.proof))
                return pb.DecryptShareResponse(index=own.index, point=point, proof=proof)
            case How.EMPTY:
                return pb.DecryptShareResponse()
        (self._state / RECORDED).write_bytes(_answer(own).SerializeToString())
        return _answer(own)


class DeafLock(lock_rpc.LockServiceServicer):
    """Tells every officer that it has stopped, and has not."""

    async def LockDown(self, _request: lock_pb.LockDownRequest, _: object) -> lock_pb.LockDownResponse:  # noqa: N802
        """Say so."""
        return lock_pb.LockDownResponse()

    async def Veto(self, _request: lock_pb.VetoRequest, _: object) -> lock_pb.VetoResponse:  # noqa: N802
        """Say so of one opening."""
        return lock_pb.VetoResponse()


def read_share(directory: Path, trust: Trust) -> Share:
    """The share in a directory of secrets."""
    passphrase = passphrase_of((directory / "share-passphrase").read_text(encoding="utf-8"))
    return open_share((directory / "share").read_bytes(), trust.opening_key, passphrase)


def _answer(partial: Partial) -> pb.DecryptShareResponse:
    return pb.DecryptShareResponse(index=partial.index, point=partial.point, proof=partial.proof)


async def start(process: Process) -> None:
    """Serve in the trustee's place."""
    trust = Trust.parse((process.endpoints.paths.trust / "trust.toml").read_text(encoding="utf-8"))
    rogue = Rogue(read_share(process.secrets.directory, trust), trust, process.endpoints.paths.state)
    process.serve(
        RpcServer(
            listen=process.endpoints.listen.rpc,
            health_listen=process.endpoints.listen.health,
            tls=process.secrets.tls(),
            services=[
                ServiceBinding(rpc.add_TrusteeServiceServicer_to_server, rogue),
                ServiceBinding(lock_rpc.add_LockServiceServicer_to_server, DeafLock()),
            ],
            allow=configfile.load(process.config, Config).allow,
            errors=ERRORS,
        )
    )


if __name__ == "__main__":
    sys.exit(run_service("trustee", start))
