"""Secrets that do not show themselves.

A guard against accidents, not against an attacker in the process: Python cannot wipe memory. What a value of these
types prevents is a key in a log line, an exception text, a pickle, or a comparison whose time tells where two secrets
differ. Deriving and using keys is left to the other modules.
"""

import hmac
import secrets
from typing import NoReturn, Self


class Hidden:
    """Base of every object that holds a private key: it prints its type only, and refuses to be pickled or copied."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<hidden>)"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # TypeError, as for other unpicklable objects: this is a programmer's mistake and not bad input.
        raise TypeError(f"{type(self).__name__} is secret and is neither pickled nor copied")


class SecretBytes(Hidden):
    """Bytes that come out through `reveal` alone. Equality takes the same time wherever the values differ."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    @classmethod
    def random(cls, size: int) -> Self:
        """Return `size` bytes from the operating system."""
        return cls(secrets.token_bytes(size))

    def reveal(self) -> bytes:
        """Return the bytes. A call to this is what a reviewer should look for."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretBytes) and hmac.compare_digest(self._value, other._value)

    # A hash would be a fast fingerprint of the secret, so there is none.
    __hash__ = None  # type: ignore[assignment]
