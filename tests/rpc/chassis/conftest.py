"""The echo service, served for real over mutual TLS."""

from collections.abc import AsyncIterator

import pytest

from tests.rpc.chassis.echo import ERRORS, SERVICE, binding, echo_servicer
from tests.support.rpc import Running, identity, serving


@pytest.fixture(scope="session")
async def echo() -> AsyncIterator[Running]:
    """The echo service, which `friend` may call."""
    allow = {SERVICE: frozenset({identity("friend")})}
    async with serving("echo", [binding(echo_servicer())], allow=allow, errors=ERRORS) as running:
        yield running
