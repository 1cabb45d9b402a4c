"""Slots and issuer keys, as decisions."""

from dataclasses import replace

import pytest

from services.verification.domain import issuer_key_decider, slots_decider
from services.verification.domain.errors import Reason
from services.verification.domain.issuer_key_decider import IssuerKeyPublished, IssuerKeyStored, KeepKey
from services.verification.domain.slots_decider import CredentialIssued, UseSlot
from tests.support.decider import specification

given_slots = specification(slots_decider)
given_key = specification(issuer_key_decider)


class TestSlots:
    use = UseSlot("acme", 203001, 0, b"h" * 32, slots=3)
    issued = CredentialIssued("acme", 203001, 0, b"h" * 32)

    def test_a_slot_is_used(self) -> None:
        given_slots().when(self.use).then(self.issued)

    def test_the_same_message_again_is_nothing_new(self) -> None:
        given_slots(self.issued).when(self.use).then()

    def test_another_message_for_a_used_slot_is_refused(self) -> None:
        given_slots(self.issued).when(replace(self.use, blinded_hash=b"o" * 32)).refused(Reason.SLOT_USED)

    def test_slots_are_shared_by_all_labels(self) -> None:
        given_slots(self.issued).when(replace(self.use, label="other")).refused(Reason.SLOT_USED)

    def test_a_new_epoch_has_new_slots(self) -> None:
        assert given_slots(self.issued).when(replace(self.use, epoch=203002)).events()

    @pytest.mark.parametrize("slot", [-1, 3, 63])
    def test_there_are_no_more(self, slot: int) -> None:
        given_slots(self.issued).when(replace(self.use, slot=slot)).refused(Reason.UNKNOWN_SLOT)


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
        first.when(replace(self.keep, public_key=b"later")).then()
