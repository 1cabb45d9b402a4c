"""Every method of every process as every identity: exactly whom `matrix.toml` names is served, and nobody else.

The processes are real, behind mutual TLS, with the configuration that ships.
"""

import asyncio
import ssl
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from deploy.local.configuration import CONFIGURATION
from deploy.local.topology import HTTP, MIRRORS, RPC
from services.chassis.tls import TlsFiles
from tests.boundary import imports_lock, matrix
from tests.boundary.calling import Answer, Outcome, status_of
from tests.boundary.ground import Ground

TABLE = matrix.read()
ELSEWHERE = {"/", "/metrics", "/debug", "/healthz", "/tile", "/tile/../checkpoint", "//checkpoint", "/.git/config"}


def expected(process: str, service: str, caller: str) -> Outcome:
    """What the table says."""
    if not TABLE.serves(process, service):
        return Outcome.NOT_SERVED
    served = {matrix.kind(caller), matrix.ANYBODY} & TABLE.callers(process, service)
    return Outcome.SERVED if served else Outcome.REFUSED


async def answers(
    ground: Ground, process: str, callers: Iterator[tuple[str, TlsFiles | None]], services: tuple[str, ...]
) -> AsyncIterator[tuple[str, str, str, Answer]]:
    """Each caller's answer from each method: caller, service, method, answer."""
    async with AsyncExitStack() as stack:
        for name, tls in callers:
            caller = await stack.enter_async_context(ground.caller(process, tls))
            for service in services:
                for method in matrix.methods(service):
                    yield name, service, method.name, await caller.call(method, service)


def at(process: str) -> tuple[str, ...]:
    """The services that the table knows at a process or everywhere."""
    return (*TABLE.processes[matrix.kind(process)], *TABLE.everywhere)


@pytest.mark.parametrize("process", RPC)
async def test_whom_the_table_names_is_served_and_nobody_else(ground: Ground, process: str) -> None:
    callers = iter([*ground.named(), *ground.nameless()])
    wrong, refusals, seen = [], set(), set()
    async for caller, service, method, answer in answers(ground, process, callers, at(process)):
        seen.add(answer.outcome)
        if answer.outcome is not expected(process, service, caller):
            wrong.append(f"{caller} at {service}/{method}: {answer}")
        if answer.outcome is Outcome.REFUSED:
            refusals.add(answer.refusal)
    assert wrong == [], "\n".join(wrong)
    assert {Outcome.SERVED, Outcome.REFUSED} <= seen
    assert len(refusals) == 1, "a refusal says the same to everybody, whatever was asked"


@pytest.mark.parametrize("process", RPC)
async def test_who_has_no_certificate_of_ours_is_not_even_connected(ground: Ground, process: str) -> None:
    found = [
        (*what, answer.outcome) async for *what, answer in answers(ground, process, ground.outsiders(), at(process))
    ]
    assert found
    assert [each for each in found if each[-1] is not Outcome.NO_CONNECTION] == []


@pytest.mark.parametrize("process", RPC)
async def test_a_process_serves_nothing_that_the_table_does_not_name(ground: Ground, process: str) -> None:
    callers = dict(ground.named())
    async with AsyncExitStack() as stack:
        at_the_door = [
            await stack.enter_async_context(ground.caller(process, callers[name]))
            for name in ("disclosure", "officer-desk")
        ]
        for service in matrix.services():
            for caller in () if TABLE.serves(process, service) else at_the_door:
                for method in matrix.methods(service):
                    assert (await caller.call(method, service)).outcome is Outcome.NOT_SERVED, (service, method.name)


@pytest.mark.parametrize("process", HTTP)
async def test_over_http_anybody_is_answered_what_the_table_says_and_nothing_else(ground: Ground, process: str) -> None:
    tls = None if process in MIRRORS else ssl.create_default_context(cadata=ground.authority.pem.decode())
    known = TABLE.http[matrix.kind(process)]
    paths = {line.partition(" ")[2] for lines in TABLE.http.values() for line in lines} | ELSEWHERE
    address = ground.platform.endpoint(process)
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        for path in paths:
            status, body = await asyncio.to_thread(status_of, address, method, path, tls)
            assert status in ({known[f"{method} {path}"]} if f"{method} {path}" in known else {404, 405}), (
                method,
                path,
            )
            assert status == 200 or not body


@pytest.mark.parametrize("process", HTTP)
async def test_what_speaks_http_serves_no_method(ground: Ground, process: str) -> None:
    callers = iter([("disclosure", dict(ground.named())["disclosure"])])
    found = [answer.outcome async for *_, answer in answers(ground, process, callers, matrix.services())]
    assert set(found) == {Outcome.NO_CONNECTION}


async def test_a_refusal_is_the_same_everywhere(ground: Ground) -> None:
    stranger = dict(ground.nameless())["a stranger"]
    refusals = set()
    for process in RPC:
        async for _, _, _, answer in answers(
            ground, process, iter([("", stranger)]), tuple(TABLE.processes[matrix.kind(process)])
        ):
            refusals.add(answer.refusal)
    assert len(refusals) == 1


async def test_a_running_disclosure_has_imported_nothing_that_its_lock_does_not_name(ground: Ground) -> None:
    # After all of the calls above, and some minutes of its own workers.
    imported = [name for name in await ground.platform.imported() if not name.startswith("tests")]
    locked = imports_lock.LOCK.read_text(encoding="utf-8").splitlines()
    assert "services.disclosure.vault" in imported
    assert [line for line in imports_lock.lines(imported) if line not in locked] == []


def test_the_table_names_every_identity_and_no_other() -> None:
    assert TABLE.identities == {matrix.kind(name) for name in matrix.identities()}


def test_the_table_names_every_process_and_every_service_and_no_other() -> None:
    assert set(TABLE.processes) == {matrix.kind(name) for name in RPC}
    assert set(TABLE.http) == {matrix.kind(name) for name in HTTP}
    named = {service for services in TABLE.processes.values() for service in services}
    assert named | TABLE.unserved == set(matrix.services())
    assert not named & TABLE.unserved


@pytest.mark.parametrize("process", sorted({matrix.kind(name) for name in RPC}))
def test_the_shipped_allow_list_is_the_table(process: str) -> None:
    shipped = tomllib.loads((CONFIGURATION / process / "service.toml").read_text(encoding="utf-8"))["allow"]
    uris = {name: of.spiffe_id for name, of in matrix.identities().items()}
    for service, callers in TABLE.processes[process].items():
        assert set(shipped[service]) == {uri for name, uri in uris.items() if matrix.kind(name) in callers}
    assert set(shipped) == set(TABLE.processes[process])
