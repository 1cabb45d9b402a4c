"""Answers whose bytes exist before anybody asks: what a hot read model hands out, ready to be sent.

Whoever makes the bytes answers for their being an encoding of that message; nobody parses them again.
"""

from dataclasses import dataclass
from typing import TypeVar, cast

from google.protobuf.message import Message

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Encoded:
    """The encoding of a `kind`."""

    kind: type[Message]
    data: bytes


def encoded(kind: type[M], data: bytes) -> M:
    """What a servicer returns in place of the message that `data` encodes.

    Generated code declares that a method returns its message, hence the type; only the pipeline can read it.
    """
    return cast("M", Encoded(kind, data))


def answer_bytes(kind: type[Message], answer: object) -> bytes:
    """The bytes of a servicer's answer; TypeError when it is no `kind`."""
    if isinstance(answer, kind):
        return answer.SerializeToString()
    if isinstance(answer, Encoded) and answer.kind is kind:
        return answer.data
    raise TypeError(f"answered with {type(answer).__name__}")
