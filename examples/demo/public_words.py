"""Texts that everybody may read and that hold no author: words in them that are also somebody's name are no leak.

An author may be called Jade and work beside people of "Jade River Insurance", or be called robin in a forum that draws
pseudonyms such as "quiet robin 42". Such a name cannot be told from the word where it stands, so `leaks` says that it
does not look for it, and looks for the rest of its owner.
"""

from collections.abc import Iterable, Iterator

from services.forum.api.names import ADJECTIVES, NOUNS
from services.verification.domain.organisation import Organisations

INSTRUMENT = "7 O 113/26"
GROUND = "court order"
"""What the demonstration's court refers to; both are in the case for all officers to read."""
COURT = "District Court"
COMPANY = "Dent, Fraser & Co"
"""Who asks in the demonstration."""


def public_texts(organisations: Organisations, officers: Iterable[str]) -> Iterator[str]:
    """Labels, the words that pseudonyms are drawn from, officers' names, and what a case says of itself."""
    for label in organisations.labels():
        yield from (label.id, label.name)
    for each in organisations:
        yield from each.domains
    yield from ADJECTIVES + NOUNS
    yield from officers
    yield from (INSTRUMENT, GROUND, COURT, COMPANY)
