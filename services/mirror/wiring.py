"""Puts a mirror together: where the log is read, where its files are kept, and the port on which anybody reads them."""

from dataclasses import dataclass
from typing import Final

from services.chassis import configfile
from services.chassis.http_server import HttpServer
from services.chassis.identity_uri import server_name
from services.chassis.lifecycle import Process
from services.chassis.rpc_client import NO_RETRY, RpcChannel
from services.mirror.pages import ROUTES, Pages
from services.mirror.source import LogService
from services.seal.trust import Trust
from services.tlog.kept import KeptLog
from services.tlog.mirroring import Mirroring
from services.tlog.tile_store import TileStore

SOURCE: Final = "disclosure"
TREE: Final = "tree"
"""The directory with the public files, below the process's own state."""
SEEN: Final = "seen"
"""The directory with what was seen last, and with the evidence of a fork."""

_CONNECTIONS: Final = 500
"""Many systems give a process 1024 open files, and the files that are shown and written need some of them."""


@dataclass(frozen=True)
class Config:
    """`service.toml`. How many seconds to wait before the log is looked at again."""

    poll_seconds: float

    def __post_init__(self) -> None:
        if not 0 < self.poll_seconds <= 60:
            raise ValueError(
                "poll_seconds is more than 0 and at most 60: followers want to see the log while it is fresh"
            )


async def start(process: Process) -> None:
    """Open what the process needs and hand its worker and server over. Raises what would make serving unsafe."""
    config = configfile.load(process.config, Config)
    paths, listen = process.endpoints.paths, process.endpoints.listen
    trust = Trust.parse((paths.trust / "trust.toml").read_text(encoding="utf-8"))
    channel = RpcChannel(
        process.endpoints.peer(SOURCE), server_name=server_name(SOURCE), tls=process.secrets.tls(), retry=NO_RETRY
    )
    process.on_close(channel.close)
    tree, seen = paths.state / TREE, paths.state / SEEN
    kept, _ = await KeptLog.open(trust, tree=tree, state=seen)
    process.on_close(kept.close)
    mirroring = Mirroring(LogService(channel), kept)
    process.worker("mirroring", lambda: mirroring.run(config.poll_seconds))
    process.ready_when("tree", kept.filled)
    pages = Pages(TileStore(tree))
    process.serve(
        HttpServer(
            listen=listen.rpc,
            handler=pages.answer,
            health_listen=listen.health,
            routes=ROUTES,
            max_connections=_CONNECTIONS,
        )
    )
