"""`python -m tests.support.stale_mirror`: a mirror that shows for ever what it had when it was taken over."""

import sys

from services.chassis.http_server import HttpServer
from services.chassis.lifecycle import Process, run_service
from services.mirror.pages import Pages
from services.mirror.wiring import TREE
from services.tlog.tile_store import TileStore


async def start(process: Process) -> None:
    """Serve in the mirror's place, from its files."""
    pages, listen = Pages(TileStore(process.endpoints.paths.state / TREE)), process.endpoints.listen
    process.serve(HttpServer(listen=listen.rpc, handler=pages.answer, health_listen=listen.health, max_connections=100))


if __name__ == "__main__":
    sys.exit(run_service("mirror", start))
