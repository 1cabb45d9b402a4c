import pytest

from services.forum.domain import alias, alias_decider
from services.forum.domain.alias_decider import CreateAlias
from services.forum.domain.errors import DomainError, Reason
from services.forum.domain.verified import AliasClaim, VerifiedAlias
from tests.support.decider import specification
from tests.unit.forum.authors import LABEL_NAME, Author

CLAIM = AliasClaim(Author().credential(), LABEL_NAME, "blue", b"r" * 64)
CREATE = CreateAlias(VerifiedAlias(CLAIM))
given = specification(alias_decider)


def test_an_alias_keeps_all_that_proves_it() -> None:
    (created,) = given().when(CREATE).events()
    credential = CLAIM.credential
    assert (created.alias_key, created.label, created.epoch) == (
        credential.alias_key,
        credential.label,
        credential.epoch,
    )
    assert (created.envelope_hash, created.prefix, created.credential_signature) == (
        credential.envelope_hash,
        credential.prefix,
        credential.signature,
    )
    assert (created.handle, created.label_name, created.receipt_signature) == ("blue", LABEL_NAME, b"r" * 64)


def test_a_key_becomes_an_alias_once() -> None:
    created = given().when(CREATE).events()
    given(*created).when(CREATE).refused(Reason.ALIAS_EXISTS)


def test_who_was_not_created_is_unknown() -> None:
    with pytest.raises(DomainError) as refusal:
        alias.require_existing(alias.initial)
    assert refusal.value.reason is Reason.ALIAS_UNKNOWN
