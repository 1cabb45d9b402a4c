"""The lease that makes one process at a time the leader of a service's background work.

Time is the database's own, so that the clocks of services do not matter. A lease alone stops nobody: a process that
sleeps past its lease wakes up believing that it leads. Therefore each takeover has a higher *epoch*, and every write
made under a lease is refused, by its own guard, once a later epoch or a later position has been written.
"""

from typing import Protocol


class LeaseLost(Exception):
    """Another process leads now, or led meanwhile: stop, and begin again only under a lease taken anew."""


class Leases(Protocol):
    """The leases of one service's database. Every method may raise `eventstore.StoreUnavailable`."""

    async def acquire_lease(self, name: str, owner: str, seconds: float) -> int | None:
        """Take a lease that is free, has expired or is the owner's already: its new epoch; None when it is held.

        `owner` names one run of one process and must be unique.
        """
        ...

    async def renew_lease(self, name: str, owner: str, epoch: int, seconds: float) -> bool:
        """Hold on for `seconds` from now; False when someone else took the lease since that epoch."""
        ...

    async def release_lease(self, name: str, owner: str, epoch: int) -> None:
        """Give the lease back; does nothing when it is not held under that epoch."""
        ...
