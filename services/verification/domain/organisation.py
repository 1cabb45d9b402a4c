"""Organisations, the labels that stand for them, and the mail domains that prove them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.verification.domain.errors import DomainError, Reason

_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Organisation:
    """An employer. Its `id` is the label that its people speak under; `sector` is the wider label above it."""

    id: str
    name: str
    domains: tuple[str, ...]
    sector: str

    def __post_init__(self) -> None:
        for label in (self.id, self.sector):
            if _LABEL.fullmatch(label) is None:
                raise ValueError(f"{label!r} is no label: a-z, 0-9 and '-', at most 64")
        if not self.name or not self.domains:
            raise ValueError(f"{self.id}: an organisation has a name and a mail domain")

    @property
    def label_name(self) -> str:
        """The words that readers see."""
        return f"Employee of {self.name}"


class Organisations:
    """The registry: every label and every mail domain belongs to one organisation (ValueError otherwise)."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self._by_label: dict[str, Organisation] = {}
        self._by_domain: dict[str, Organisation] = {}
        for organisation in organisations:
            if organisation.id in self._by_label:
                raise ValueError(f"{organisation.id} is declared twice")
            self._by_label[organisation.id] = organisation
            for domain in map(str.lower, organisation.domains):
                if domain in self._by_domain:
                    raise ValueError(f"the mail domain {domain} is declared twice")
                self._by_domain[domain] = organisation
        if shared := self._by_label.keys() & {each.sector for each in self}:
            raise ValueError(f"{min(shared)} is both an organisation and a sector")

    def __iter__(self) -> Iterator[Organisation]:
        return iter(self._by_label.values())

    def of_label(self, label: str) -> Organisation:
        """The organisation of a label; UNKNOWN_LABEL."""
        try:
            return self._by_label[label]
        except KeyError:
            raise DomainError(Reason.UNKNOWN_LABEL) from None

    def of_mail_domain(self, domain: str) -> Organisation:
        """The organisation that owns a mail domain, exactly and not as a suffix; UNKNOWN_MAIL_DOMAIN."""
        try:
            return self._by_domain[domain.lower()]
        except KeyError:
            raise DomainError(Reason.UNKNOWN_MAIL_DOMAIN) from None
