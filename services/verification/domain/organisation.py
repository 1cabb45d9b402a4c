"""The registry: organisations with the mail domains that prove them, and the labels that people may speak under.

Labels stand in trees. An organisation's own label is the narrowest, above it is its sector's, and above that possibly a
wider one, a region for example. How many people a label needs before it speaks is `crowd_decider`'s business.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.verification.domain.errors import DomainError, Reason

Path = tuple[str, ...]
"""Labels from an employer's own to the widest above it."""

_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_NO_LABEL = "none"  # what the transparency log calls the label above the widest
_LONGEST_NAME = 256  # bytes: what a leaf of the log holds


@dataclass(frozen=True)
class Label:
    """What credentials are issued under. `name`: the words that readers see; `parent`: the wider label, "" for none."""

    id: str
    name: str
    parent: str = ""


@dataclass(frozen=True)
class Organisation:
    """An employer. Its `id` is the label that its people speak under; `sector` is the wider label above it.

    `withdrawn`: nobody can prove to work there any more, nor is anybody issued under its label, which gets no new key.
    """

    id: str
    name: str
    domains: tuple[str, ...]
    sector: str
    withdrawn: bool = False

    def __post_init__(self) -> None:
        _check_label(self.id)
        _check_label(self.sector)
        if not self.name or not self.domains:
            raise ValueError(f"{self.id}: an organisation has a name and a mail domain")
        _check_words(self.id, self.label_name)

    @property
    def label_name(self) -> str:
        """The words that readers see."""
        return f"Employee of {self.name}"


@dataclass(frozen=True)
class Sector:
    """A wider label for the people of several organisations; `name` is read as "Employee of <name>"."""

    id: str
    name: str
    parent: str = ""

    def __post_init__(self) -> None:
        _check_label(self.id)
        if self.parent:
            _check_label(self.parent)
        if not self.name:
            raise ValueError(f"{self.id}: a sector has a name")
        _check_words(self.id, self.label_name)

    @property
    def label_name(self) -> str:
        """The words that readers see."""
        return f"Employee of {self.name}"


class Organisations:
    """The registry, which agrees with itself (ValueError otherwise).

    Every label and every mail domain is declared once, every sector that is named is declared, and no label is above
    itself.
    """

    def __init__(self, organisations: Iterable[Organisation], sectors: Iterable[Sector]) -> None:
        self._organisations: dict[str, Organisation] = {}
        self._by_domain: dict[str, Organisation] = {}
        self._labels: dict[str, Label] = {}
        for sector in sectors:
            self._declare(Label(sector.id, sector.label_name, sector.parent))
        for organisation in organisations:
            self._declare(Label(organisation.id, organisation.label_name, organisation.sector))
            self._organisations[organisation.id] = organisation
            self._own_domains(organisation)
        for label in self._labels.values():
            self._check_above(label)

    def __iter__(self) -> Iterator[Organisation]:
        return iter(self._organisations.values())

    def labels(self) -> Iterator[Label]:
        """Every label under which somebody may be issued: those of the organisations that are not withdrawn, and all
        above them.
        """
        used = {label for each in self if not each.withdrawn for label in self.path(each.id)}
        return (label for label in self._labels.values() if label.id in used)

    def label(self, label: str) -> Label:
        """A declared label, an organisation's or a wider one, whether or not it is in use; UNKNOWN_LABEL."""
        if label not in self._labels:
            raise DomainError(Reason.UNKNOWN_LABEL)
        return self._labels[label]

    def label_in_use(self, label: str) -> Label:
        """One of `labels()`; UNKNOWN_LABEL, also when all organisations below it are withdrawn."""
        if not self.employers(label):
            raise DomainError(Reason.UNKNOWN_LABEL)
        return self.label(label)

    def path(self, label: str) -> Path:
        """The label and all above it, the widest last; UNKNOWN_LABEL."""
        path: Path = (self.label(label).id,)
        while parent := self._labels[path[-1]].parent:
            path = (*path, parent)
        return path

    def employers(self, label: str) -> tuple[str, ...]:
        """The organisations whose people may be issued under a label; UNKNOWN_LABEL."""
        self.label(label)
        return tuple(each.id for each in self if not each.withdrawn and label in self.path(each.id))

    def of_label(self, label: str) -> Organisation:
        """The organisation of an employer's own label; UNKNOWN_LABEL."""
        try:
            return self._organisations[label]
        except KeyError:
            raise DomainError(Reason.UNKNOWN_LABEL) from None

    def of_mail_domain(self, domain: str) -> Organisation:
        """The organisation that owns a mail domain, exactly and not as a suffix; UNKNOWN_MAIL_DOMAIN."""
        organisation = self._by_domain.get(domain.lower())
        if organisation is None or organisation.withdrawn:
            raise DomainError(Reason.UNKNOWN_MAIL_DOMAIN)
        return organisation

    def _declare(self, label: Label) -> None:
        if label.id in self._labels:
            raise ValueError(f"the label {label.id} is declared twice")
        self._labels[label.id] = label

    def _own_domains(self, organisation: Organisation) -> None:
        for domain in map(str.lower, organisation.domains):
            if domain in self._by_domain:
                raise ValueError(f"the mail domain {domain} is declared twice")
            self._by_domain[domain] = organisation

    def _check_above(self, label: Label) -> None:
        above = [label.id]
        while parent := self._labels[above[-1]].parent:
            if parent in self._organisations or parent not in self._labels:
                raise ValueError(f"{label.id}: the label above it, {parent}, is not declared as a sector")
            if parent in above:
                raise ValueError(f"{label.id} is above itself")
            above.append(parent)


def _check_label(label: str) -> None:
    if _LABEL.fullmatch(label) is None or label == _NO_LABEL:
        raise ValueError(f"{label!r} is no label: a-z, 0-9 and '-', at most 64, and not '{_NO_LABEL}'")


def _check_words(label: str, words: str) -> None:
    """The transparency log holds the words, so they have to show as they are."""
    if not words.isprintable() or len(words.encode()) > _LONGEST_NAME:
        raise ValueError(f"{label}: the words of a label name are printable and at most {_LONGEST_NAME} bytes")
