"""Issuer keys, as decisions."""

from dataclasses import replace

from services.verification.domain import issuer_key_decider
from services.verification.domain.issuer_key_decider import IssuerKeyPublished, IssuerKeyStored, KeepKey
from tests.support.decider import specification

given_key = specification(issuer_key_decider)


class TestIssuerKey:
    keep = KeepKey("acme", 203001, "Employee of Acme", "gaming", b"public", b"sealed", 1, 2)

    def test_both_halves_in_one_commit(self) -> None:
        events = given_key().when(self.keep).events()
        assert [type(event) for event in events] == [IssuerKeyStored, IssuerKeyPublished]

    def test_the_published_half_says_when_the_epoch_begins_and_ends(self) -> None:
        published = given_key().when(self.keep).events()[1]
        assert published == IssuerKeyPublished("acme", 203001, "Employee of Acme", "gaming", b"public", 1, 2)

    def test_the_first_key_stays(self) -> None:
        first = given_key(*given_key().when(self.keep).events())
        assert (first.state.public_key, first.state.sealed_private_key) == (b"public", b"sealed")
        first.when(replace(self.keep, public_key=b"later", label_name="Employee of Another")).then()

    def test_what_was_published_with_the_key_is_kept(self) -> None:
        state = given_key(*given_key().when(self.keep).events()).state
        assert (state.label_name, state.parent) == ("Employee of Acme", "gaming")
