"""What the leak scan looks for, and when an occurrence counts.

Each person of the input has a name, an e-mail address, a login, an escrow reference, an alias key and an envelope.
Where which of them must not be is told in `places`; what counts as being there is this rule:

* An e-mail address and a login (in any case), an escrow reference, an alias key and an envelope count wherever their
  bytes are: plain, in hex, and in base64 (both alphabets, at any offset).
* A name counts where it stands by itself, that is, not within a longer word. For a name of three or more Chinese,
  Japanese or Korean characters every place counts, because those scripts write words together. Its hex and base64
  count anywhere.
* A name below six bytes ("Li") would be in random bytes by accident. It is looked for in texts only: text values of
  BSON documents, text fields of protobuf messages and JSON, lines of other files. There it counts where it stands by
  itself, and its hex or base64 where that is the whole value.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

SHORTEST_IN_BYTES = 6
_CJK = range(0x2E80, 0x10000)


class Fact(StrEnum):
    """What a value says about a person."""

    NAME = "name"
    MAIL = "e-mail"
    LOGIN = "login"
    REFERENCE = "escrow reference"
    ALIAS_KEY = "alias key"
    ENVELOPE = "envelope"


@dataclass(frozen=True)
class Needle:
    """One value of one person. `what` says which without saying the value."""

    what: str
    value: bytes
    fact: Fact

    @property
    def is_name(self) -> bool:
        """Whether it is made of words that may stand within others."""
        return self.fact is Fact.NAME

    @property
    def in_texts_only(self) -> bool:
        """Whether random bytes would hold it by accident."""
        return self.is_name and len(self.value) < SHORTEST_IN_BYTES

    def patterns(self) -> Iterator["Pattern"]:
        """The byte strings that count as this value."""
        if self.is_name:
            yield Pattern(self.value, by_itself=not self._runs_on)
            if not self.value.isascii():
                yield Pattern(json.dumps(self.value.decode("utf-8"))[1:-1].encode())  # as JSON may escape it
        else:
            yield Pattern(self.value.lower(), any_case=True)
        for encoded in _encodings(self.value):
            yield Pattern(encoded.lower(), any_case=True)

    def in_text(self, text: str) -> bool:
        """Whether a text holds the value by itself, or is its hex or base64. For names that are `in_texts_only`."""
        if re.search(rf"(?<!\w){re.escape(self.value.decode('utf-8'))}(?!\w)", text):
            return True
        return text.encode("utf-8", errors="replace") in {self.value.hex().encode(), base64.b64encode(self.value)}

    @property
    def _runs_on(self) -> bool:
        text = self.value.decode("utf-8")
        return len(text) >= 3 and all(ord(char) in _CJK for char in text)


@dataclass(frozen=True)
class Pattern:
    """A byte string to look for: in lower-cased data if `any_case`, and not within a longer word if `by_itself`."""

    value: bytes
    by_itself: bool = False
    any_case: bool = False

    def occurs(self, data: bytes) -> bool:
        """Whether the data holds it."""
        start = data.find(self.value)
        while start >= 0:
            if not self.by_itself or _by_itself(data, start, start + len(self.value)):
                return True
            start = data.find(self.value, start + 1)
        return False


def distinct(needles: Iterable[Needle]) -> list[Needle]:
    """Each value once."""
    return list({(needle.value, needle.fact): needle for needle in needles if needle.value}.values())


def _by_itself(data: bytes, start: int, end: int) -> bool:
    """Whether no letter, digit or underscore touches data[start:end], as UTF-8."""
    before = data[max(0, start - 4) : start].decode("utf-8", errors="ignore")[-1:]
    after = data[end : end + 4].decode("utf-8", errors="ignore")[:1]
    return not any(char.isalnum() or char == "_" for char in before + after)


def _encodings(value: bytes) -> Iterator[bytes]:
    yield value.hex().encode()
    for offset in range(3):
        # What base64 makes of the value does not depend on its neighbours but for the first and last characters.
        encoded = base64.b64encode(bytes(offset) + value)
        inner = encoded[(offset * 8 + 5) // 6 : (offset + len(value)) * 8 // 6]
        if len(inner) >= SHORTEST_IN_BYTES:
            yield inner
            yield inner.replace(b"+", b"-").replace(b"/", b"_")
