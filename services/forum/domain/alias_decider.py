"""What may happen to an alias: being created, once."""

from dataclasses import dataclass

from services.forum.domain.alias import AliasCreated, Event, State, evolve, initial
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.verified import VerifiedAlias

__all__ = ["CreateAlias", "decide", "evolve", "initial"]


@dataclass(frozen=True, slots=True)
class CreateAlias:
    """Let the holder of the alias key speak."""

    alias: VerifiedAlias


def decide(command: CreateAlias, state: State) -> tuple[Event, ...]:
    """The alias, created; ALIAS_EXISTS when its key has been used."""
    if state is not None:
        raise DomainError(Reason.ALIAS_EXISTS)
    alias, credential = command.alias, command.alias.credential
    created = AliasCreated(
        alias_key=credential.alias_key,
        handle=alias.handle,
        label=credential.label,
        epoch=credential.epoch,
        label_name=alias.label_name,
        envelope_hash=credential.envelope_hash,
        prefix=credential.prefix,
        credential_signature=credential.signature,
        receipt_signature=alias.receipt_signature,
    )
    return (created,)
