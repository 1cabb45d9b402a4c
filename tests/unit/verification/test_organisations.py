"""The registry: what it finds, and what it refuses to be."""

from dataclasses import replace

import pytest

from services.verification.domain.errors import DomainError, Reason
from services.verification.domain.organisation import Label, Organisation, Organisations, Sector

ACME = Organisation("acme", "Acme 公司", ("acme.example", "mail.acme.example"), "gaming")
BOLT = Organisation("bolt", "Bolt", ("bolt.example",), "gaming")
GAMING = Sector("gaming", "a gaming company", parent="arts")
ARTS = Sector("arts", "a company of the arts")
REGISTRY = Organisations([ACME, BOLT], [GAMING, ARTS])


def refused(call: object, *arguments: str) -> Reason:
    with pytest.raises(DomainError) as error:
        call(*arguments)  # type: ignore[operator]
    return error.value.reason


def test_an_organisation_is_found_by_label_and_by_exact_domain() -> None:
    assert REGISTRY.of_label("acme") is ACME
    assert REGISTRY.of_mail_domain("ACME.example") is ACME
    assert list(REGISTRY) == [ACME, BOLT]


@pytest.mark.parametrize("domain", ["", "example", "evil-acme.example", "x.acme.example", "acme.example.evil"])
def test_another_domain_is_unknown(domain: str) -> None:
    assert refused(REGISTRY.of_mail_domain, domain) is Reason.UNKNOWN_MAIL_DOMAIN


def test_labels_are_the_employers_and_those_above_them() -> None:
    assert REGISTRY.label("acme") == Label("acme", "Employee of Acme 公司", "gaming")
    assert REGISTRY.label("arts") == Label("arts", "Employee of a company of the arts", "")
    assert {label.id for label in REGISTRY.labels()} == {"acme", "bolt", "gaming", "arts"}
    assert REGISTRY.path("acme") == ("acme", "gaming", "arts")
    assert REGISTRY.path("arts") == ("arts",)


def test_a_wider_label_is_for_the_people_of_every_employer_below_it() -> None:
    assert REGISTRY.employers("acme") == ("acme",)
    assert REGISTRY.employers("gaming") == REGISTRY.employers("arts") == ("acme", "bolt")


def test_another_label_is_unknown() -> None:
    for call in (REGISTRY.label, REGISTRY.path, REGISTRY.employers, REGISTRY.of_label):
        assert refused(call, "banking") is Reason.UNKNOWN_LABEL
    assert refused(REGISTRY.of_label, "gaming") is Reason.UNKNOWN_LABEL


def test_who_is_withdrawn_is_still_known_and_gets_no_new_people_nor_keys() -> None:
    registry = Organisations([replace(ACME, withdrawn=True), BOLT], [GAMING, ARTS])
    assert registry.label("acme").name == "Employee of Acme 公司"
    assert registry.path("acme") == ("acme", "gaming", "arts")
    assert refused(registry.of_mail_domain, "acme.example") is Reason.UNKNOWN_MAIL_DOMAIN
    assert registry.employers("gaming") == ("bolt",)
    assert "acme" not in {label.id for label in registry.labels()}
    assert refused(registry.label_in_use, "acme") is Reason.UNKNOWN_LABEL
    assert registry.label_in_use("gaming") == registry.label("gaming")


def test_the_labels_in_use_are_those_that_are_listed() -> None:
    registry = Organisations([replace(each, withdrawn=True) for each in (ACME, BOLT)], [GAMING, ARTS])
    assert list(registry.labels()) == []
    for label in ("acme", "gaming", "arts", "banking"):
        assert refused(registry.label_in_use, label) is Reason.UNKNOWN_LABEL


@pytest.mark.parametrize(
    ("organisations", "sectors", "why"),
    [
        ([ACME, replace(BOLT, id="acme")], [GAMING, ARTS], "twice"),
        ([ACME, replace(BOLT, domains=("Acme.example",))], [GAMING, ARTS], "twice"),
        ([ACME, replace(BOLT, id="gaming")], [GAMING, ARTS], "twice"),
        ([ACME], [GAMING, GAMING, ARTS], "twice"),
        ([ACME], [GAMING], "not declared"),
        ([ACME], [ARTS], "not declared"),
        ([ACME, replace(BOLT, sector="acme")], [GAMING, ARTS], "not declared as a sector"),
        ([ACME], [GAMING, replace(ARTS, parent="gaming")], "above itself"),
        ([ACME], [replace(GAMING, parent="gaming")], "above itself"),
    ],
)
def test_a_registry_that_contradicts_itself_is_refused(
    organisations: list[Organisation], sectors: list[Sector], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        Organisations(organisations, sectors)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "Acme"},
        {"id": "none"},
        {"sector": ""},
        {"sector": "none"},
        {"name": ""},
        {"name": "two\nlines"},
        {"name": "right\u202eto left"},
        {"name": "海" * 82},
        {"domains": ()},
    ],
)
def test_an_organisation_is_whole(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"label|name"):
        replace(ACME, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"id": ""}, {"parent": "No Label"}, {"parent": "none"}, {"name": ""}, {"name": "x" * 245}]
)
def test_a_sector_is_whole(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"label|name"):
        replace(GAMING, **change)
