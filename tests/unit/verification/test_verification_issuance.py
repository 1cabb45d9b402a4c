"""Employment, slots, crowds, issuer keys, epochs and the registry, as decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.verification.domain import crowd_decider, employment_decider, issuer_key_decider, slots_decider
from services.verification.domain.crowd_decider import CountPerson, LabelActivated, PersonCounted, bucket
from services.verification.domain.employment_decider import EmploymentVerified
from services.verification.domain.epoch import EpochLength, epoch_at
from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.issuer_key_decider import IssuerKeyPublished, IssuerKeyStored, KeepKey
from services.verification.domain.organisation import Organisation, Organisations
from services.verification.domain.slots_decider import CredentialIssued, UseSlot
from tests.support.decider import Given, specification

NOW = 1_900_000_000
ANN = b"a" * 16
given_employment = specification(employment_decider)
given_slots = specification(slots_decider)
given_key = specification(issuer_key_decider)


class TestEmployment:
    verified = EmploymentVerified(ANN, b"k" * 32, "acme", NOW + 100)

    def test_lasts_until_it_ends_and_only_there(self) -> None:
        state = given_employment(self.verified).state
        assert state.employed("acme", NOW + 99)
        assert not state.employed("acme", NOW + 100)
        assert not state.employed("other", NOW)

    def test_an_earlier_proof_never_shortens_a_later_one(self) -> None:
        state = given_employment(self.verified, replace(self.verified, expires_at=NOW)).state
        assert state.employed("acme", NOW + 99)


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


class TestCrowd:
    count = CountPerson("acme", 203001, ANN, minimum=3)

    def after(self, people: int, *, active: bool = False) -> tuple[object, ...]:
        return Given(crowd_decider, crowd_decider.State(people, active)).when(self.count).events()

    def test_activates_with_the_person_who_completes_it_and_once(self) -> None:
        counted = PersonCounted("acme", 203001, ANN)
        assert self.after(1) == (counted,)
        assert self.after(2) == (counted, LabelActivated("acme", 203001, 2))
        assert self.after(3, active=True) == (counted,)

    def test_a_lowered_minimum_counts_from_the_next_person(self) -> None:
        assert self.after(7) == (PersonCounted("acme", 203001, ANN), LabelActivated("acme", 203001, 5))

    def test_folds(self) -> None:
        assert specification(crowd_decider)(*self.after(2)).state == crowd_decider.State(1, active=True)

    @pytest.mark.parametrize(
        ("people", "told"),
        [(1, 1), (3, 2), (5, 5), (9, 5), (10, 10), (19, 10), (20, 20), (49, 20), (50, 50), (999, 500)],
    )
    def test_buckets_never_overstate(self, people: int, told: int) -> None:
        assert bucket(people) == told


class TestIssuerKey:
    keep = KeepKey("acme", 203001, "Employee of Acme", "gaming", b"public", b"sealed")

    def test_both_halves_in_one_commit(self) -> None:
        events = given_key().when(self.keep).events()
        assert [type(event) for event in events] == [IssuerKeyStored, IssuerKeyPublished]

    def test_the_first_key_stays(self) -> None:
        first = given_key(*given_key().when(self.keep).events())
        assert (first.state.public_key, first.state.sealed_private_key) == (b"public", b"sealed")
        first.when(replace(self.keep, public_key=b"later")).then()


class TestEpoch:
    @pytest.mark.parametrize(
        ("length", "number"),
        [(EpochLength.MONTH, 203001), (EpochLength.WEEK, 203001), (EpochLength.DAY, 20300101)],
    )
    def test_numbers(self, length: EpochLength, number: int) -> None:
        assert epoch_at(datetime(2030, 1, 1, tzinfo=UTC), length) == number

    def test_is_told_in_utc(self) -> None:
        new_year_in_the_east = datetime(2030, 1, 1, 7, 59, tzinfo=timezone(timedelta(hours=8)))
        assert epoch_at(new_year_in_the_east, EpochLength.MONTH) == 202912

    @pytest.mark.parametrize("length", list(EpochLength))
    def test_only_grows(self, length: EpochLength) -> None:
        days = [datetime(2029, 12, 1, tzinfo=UTC) + timedelta(days=day) for day in range(500)]
        numbers = [epoch_at(day, length) for day in days]
        assert numbers == sorted(numbers)


class TestOrganisations:
    acme = Organisation("acme", "Acme 公司", ("acme.example", "mail.acme.example"), "gaming")

    def test_found_by_label_and_by_exact_domain(self) -> None:
        organisations = Organisations([self.acme])
        assert organisations.of_label("acme") is self.acme
        assert organisations.of_mail_domain("ACME.example") is self.acme
        assert self.acme.label_name == "Employee of Acme 公司"
        assert list(organisations) == [self.acme]

    @pytest.mark.parametrize("domain", ["", "example", "evil-acme.example", "x.acme.example", "acme.example.evil"])
    def test_another_domain_is_unknown(self, domain: str) -> None:
        with pytest.raises(DomainError) as refused:
            Organisations([self.acme]).of_mail_domain(domain)
        assert refused.value.reason is Reason.UNKNOWN_MAIL_DOMAIN

    def test_another_label_is_unknown(self) -> None:
        with pytest.raises(DomainError) as refused:
            Organisations([self.acme]).of_label("gaming")
        assert refused.value.reason is Reason.UNKNOWN_LABEL

    @pytest.mark.parametrize(
        "other",
        [
            Organisation("acme", "Second", ("second.example",), "gaming"),
            Organisation("second", "Second", ("Acme.example",), "gaming"),
            Organisation("gaming", "Second", ("second.example",), "finance"),
        ],
    )
    def test_a_registry_that_contradicts_itself_is_refused(self, other: Organisation) -> None:
        with pytest.raises(ValueError, match=r"twice|both"):
            Organisations([self.acme, other])

    @pytest.mark.parametrize("change", [{"id": "Acme"}, {"sector": ""}, {"name": ""}, {"domains": ()}])
    def test_an_organisation_is_whole(self, change: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"label|name"):
            replace(self.acme, **change)  # type: ignore[arg-type]
