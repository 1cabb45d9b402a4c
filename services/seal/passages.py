"""How a text is cut into passages, so that one of them can be confirmed without showing the others.

The rule, exactly:

1. The text is brought into Unicode normalization form C (UAX #15). A title, if there is one, is its first line.
2. It is cut at line feeds. In each line every run of white space becomes one space, and what stands at either end goes.
3. Each line is cut into sentences: after a run of ``. ! ? …`` and any closing quotes or brackets behind it when a space
   follows, and after a run of ``。 ！ ？`` and any closing quotes or brackets behind it in any case.
4. Empty pieces are dropped. If there are more than `MOST_PASSAGES`, the last one holds all the rest, its pieces joined
   by single spaces.

So a quotation agrees with its source if it consists of whole sentences of it, however its white space was set. The
commitments are `commitment`'s.
"""

import re
import unicodedata

MOST_PASSAGES = 200
"""Bounds what a text costs to commit to; the salts of so many come from one call of HKDF."""

_SPACE = re.compile(r"\s+")
# Each run is looked at once, from its beginning: a text of dots alone takes no longer than another.
_END = re.compile(
    r"""
    (?<![.!?…]) [.!?…]++ ["'”’»)\]]*+ (?=\ )
    | (?<![。！？]) [。！？]++ ["'”’»」』）)\]]*+
    """,
    re.VERBOSE,
)


def passages(text: str, title: str = "") -> tuple[str, ...]:
    """Return the passages of a text in order; none for one of white space alone."""
    lines = unicodedata.normalize("NFC", f"{title}\n{text}").split("\n")
    found = [sentence for line in lines for sentence in _sentences(line)]
    if len(found) <= MOST_PASSAGES:
        return tuple(found)
    return (*found[: MOST_PASSAGES - 1], " ".join(found[MOST_PASSAGES - 1 :]))


def _sentences(line: str) -> list[str]:
    tidy = _SPACE.sub(" ", line).strip()
    ends = [match.end() for match in _END.finditer(tidy)]
    pieces = (tidy[start:end].strip() for start, end in zip([0, *ends], [*ends, len(tidy)], strict=True))
    return [piece for piece in pieces if piece]
