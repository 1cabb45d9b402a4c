"""The echo service as a process of its own, started as a real one is; `mode` in its settings chooses how it ends."""

import asyncio
import sys
from dataclasses import dataclass

from services.chassis import configfile, lifecycle
from services.chassis.lifecycle import Process, run_service
from services.chassis.rpc_server import RpcServer
from services.chassis.telemetry_log import log
from tests.rpc.chassis.echo import ERRORS, SECRET, SERVICE, binding, echo_servicer


@dataclass(frozen=True)
class Settings:
    mode: str
    allow: frozenset[str]


async def start(process: Process) -> None:
    settings = configfile.load(process.config, Settings)
    if settings.mode == "refuse":
        raise configfile.ConfigError("the settings are no good")
    if settings.mode == "hang":
        log(__name__).info("starting_slowly")
        await asyncio.sleep(60)
    server = RpcServer(
        listen=process.endpoints.listen.rpc,
        health_listen=process.endpoints.listen.health,
        tls=process.secrets.tls(),
        services=[binding(echo_servicer())],
        allow={SERVICE: settings.allow},
        errors=ERRORS,
    )
    process.serve(server)
    process.worker("ticker", {"worker fails": fail, "stuck": cling}.get(settings.mode, tick))
    if settings.mode.startswith("wait"):
        lifecycle._WAITING_SECONDS = 0.1
        process.ready_when(
            "something", {"wait": soon, "wait for ever": asyncio.Event().wait, "wait fails": fail}[settings.mode]
        )
    for name in ("first", "second"):
        process.on_close(closer(name))
    if settings.mode == "stuck":
        lifecycle.GRACE = 0.5  # type: ignore[misc]  # patience is not what is tested
        process.on_close(asyncio.Event().wait)


def closer(name: str):
    async def close() -> None:
        log(__name__).info("closed", worker=name)

    return close


async def tick() -> None:
    try:
        await asyncio.sleep(3600)
    finally:
        log(__name__).info("ticker_cancelled", worker="ticker", email=SECRET)


async def soon() -> None:
    log(__name__).info("not_ready_yet")
    await asyncio.sleep(0.5)


async def cling() -> None:
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        await asyncio.sleep(3600)


async def fail() -> None:
    await asyncio.sleep(0.2)
    raise RuntimeError(SECRET)


if __name__ == "__main__":
    sys.exit(run_service("echo", start))
