"""Passwords as Argon2id hashes (RFC 9106), computed off the event loop, one at a time.

The stored form is the PHC string, which names its own parameters, so that they may be raised later. A password that is
nobody's is checked against a decoy of equal cost: time does not tell whether a login exists.

One at a time is no thrift: two computations with several lanes at once wait for each other's threads for ever in
OpenSSL 4.0 (cryptography 50). A single one spreads its lanes over the processor's cores anyway.
"""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

_SALT_BYTES = 16
_TAG_BYTES = 32
_MOST_WAITING = 32

T = TypeVar("T")


@dataclass(frozen=True)
class PasswordCost:
    """Argon2id's parameters; the defaults are RFC 9106's second recommended option."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        if self.iterations < 1 or self.lanes < 1 or self.memory_kib < 8 * self.lanes:
            raise ValueError("Argon2id needs an iteration, a lane, and 8 KiB for each lane")


class PasswordsBusy(Exception):
    """So many wait for a hash that one more would not be served in time; nothing was computed."""


class Passwords:
    """Hashes and verifies. A process has one of these at most, for the reason told above.

    Raises PasswordsBusy when `waiting` others are in line.
    """

    def __init__(self, cost: PasswordCost, *, waiting: int = _MOST_WAITING) -> None:
        self._cost = cost
        self._most_waiting = waiting
        self._waiting = 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argon2")
        # Waiting here, not in the pool's queue: a caller who gives up then leaves no work behind.
        self._turn = asyncio.Lock()
        self._decoy = self._hash(secrets.token_bytes(32))

    async def hash(self, password: str) -> str:
        """The PHC string to keep."""
        return await self._in_turn(lambda: self._hash(_normal(password)))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether the password is the one of `stored`; None takes as long and is never right."""
        right = await self._in_turn(lambda: _matches(_normal(password), stored or self._decoy))
        return right and stored is not None

    async def close(self) -> None:
        """Wait for the hash in progress."""
        await asyncio.to_thread(self._thread.shutdown)

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._waiting > self._most_waiting:
            raise PasswordsBusy
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1

    def _hash(self, password: bytes) -> str:
        cost = self._cost
        return Argon2id(
            salt=secrets.token_bytes(_SALT_BYTES),
            length=_TAG_BYTES,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        ).derive_phc_encoded(password)


def _normal(password: str) -> bytes:
    """Two keyboards may type one letter differently; NFKC is what NIST SP 800-63B asks for."""
    return unicodedata.normalize("NFKC", password).encode("utf-8")


def _matches(password: bytes, stored: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password, stored)
    except InvalidKey:
        return False
    return True
