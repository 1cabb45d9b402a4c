"""A command's envelope: which request it is, who makes it, and what makes its repetition recognisable."""

from dataclasses import dataclass
from typing import TypedDict

from google.protobuf.message import Message

from services.chassis.log.handle import commit_id_of, fingerprint_of
from services.chassis.rpc_call import current_call

_OWN = "disclosure"


class Once(TypedDict):
    """The arguments of `CommandHandler.handle` that make a command happen once."""

    commit_id: str
    fingerprint: str
    caller: str


def own(stream: str, step: str) -> Once:
    """For a step that a stream takes once, whoever asks for it, and whatever was decided when it was taken."""
    return Once(commit_id=commit_id_of(_OWN, stream, step), fingerprint=fingerprint_of(_OWN, b""), caller=_OWN)


@dataclass(frozen=True)
class Request:
    """One mutation: its id, chosen by the caller, the caller's identity, and a digest of all that was asked."""

    request_id: str
    caller: str
    fingerprint: str

    @classmethod
    def of(cls, request_id: str, message: Message) -> "Request":
        """The request being served."""
        caller = current_call().caller
        return cls(request_id, caller, fingerprint_of(caller, message.SerializeToString(deterministic=True)))

    def once(self, step: str = "") -> Once:
        """For the command itself; with `step`, for a later one of the same request."""
        commit_id = commit_id_of(self.caller, self.request_id, step)
        return Once(commit_id=commit_id, fingerprint=self.fingerprint, caller=self.caller)
