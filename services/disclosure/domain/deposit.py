"""The vault's shelf: one envelope for each alias key, for good.

Stream `vault-<alias key, hex>`. The envelope is opaque here. That the credential verifies and names this envelope was
checked before (`evidence`); this file only keeps a second one out.
"""

from dataclasses import dataclass

from services.disclosure.domain.errors import DomainError, Reason


@dataclass(frozen=True)
class EnvelopeDeposited:
    """The vault keeps an envelope, and the credential it is bound to."""

    label: str
    epoch: int
    alias_key: bytes
    envelope_hash: bytes
    prefix: bytes
    credential_signature: bytes
    envelope: bytes


@dataclass(frozen=True)
class Empty:
    """Nothing was deposited for this key."""


Deposit = EnvelopeDeposited
"""The command holds exactly what it records, already verified."""

State = Empty | EnvelopeDeposited
initial: State = Empty()


def stream(alias_key: bytes) -> str:
    """The stream of an alias key."""
    return f"vault-{alias_key.hex()}"


def evolve(state: State, event: EnvelopeDeposited) -> State:
    """The state after an event."""
    return event if isinstance(state, Empty) else state


def decide(command: Deposit, state: State) -> tuple[EnvelopeDeposited, ...]:
    """What a deposit leads to: the same again changes nothing, another for the same key is refused."""
    match state:
        case Empty():
            return (command,)
        case EnvelopeDeposited() if state == command:
            return ()
    raise DomainError(Reason.ALIAS_KEY_USED)
