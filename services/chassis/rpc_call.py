"""The call being served: who is calling, until when, and with which metadata.

Servicers keep the signature that the generated code declares and ask `current_call()` for the rest.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass

from services.chassis.identity_uri import IdentityUri
from services.chassis.rpc_deadline import Deadline


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `/package.Service/Method`, the verified caller, the (shaved) deadline, and text metadata."""

    method: str
    caller: IdentityUri
    deadline: Deadline
    metadata: Mapping[str, str]


_current: ContextVar[Call | None] = ContextVar("current_call", default=None)


def current_call() -> Call:
    """The call this task serves; LookupError outside of any."""
    call = _current.get()
    if call is None:
        raise LookupError("no call is being served here")
    return call


def deadline_of_current_call() -> Deadline | None:
    """When the call that this task serves is due, or None outside of any."""
    call = _current.get()
    return None if call is None else call.deadline


class serving:  # noqa: N801 -- used as the function that it stands for
    """Make `call` the current one for the block and the tasks it starts."""

    __slots__ = ("_call", "_token")

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> None:
        self._token = _current.set(self._call)

    def __exit__(self, *exception: object) -> None:
        _current.reset(self._token)
