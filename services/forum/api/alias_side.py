"""Keeps the person side out: a call that carries a person's token is refused, whatever it asks for.

A client that sends one has mixed its two channels up, and the operator of this process must not learn of the pair. The
token is not looked at: neither parsed, nor logged, nor repeated in the answer.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, TypeVar

import grpc

from services.chassis.rpc_call import current_call
from services.forum.domain.errors import DomainError, Reason

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
"""What gRPC hands to every RPC; what is needed of it stands in `rpc_call.current_call`."""

_TOKEN: Final = "authorization"  # noqa: S105  # the name of a header

S = TypeVar("S", bound=type[Any])
_Method = Callable[..., Awaitable[Any]]


def alias_side(servicer: S) -> S:
    """Decorate a servicer class: each of its RPCs raises PERSON_TOKEN_REFUSED before anything else."""
    for name, method in list(vars(servicer).items()):
        if inspect.iscoroutinefunction(method) and not name.startswith("_"):
            setattr(servicer, name, _guarded(method))
    return servicer


def _guarded(method: _Method) -> _Method:
    @functools.wraps(method)
    async def guarded(*arguments: Any, **named: Any) -> Any:
        if _TOKEN in current_call().metadata:
            raise DomainError(Reason.PERSON_TOKEN_REFUSED)
        return await method(*arguments, **named)

    return guarded
