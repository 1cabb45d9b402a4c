"""The attack by values: whatever one side keeps that is equal to, part of, or computed from what the other side keeps.

Records are cut into pieces that name one person and one alias at most. Who is named spreads from piece to piece over
the values that they share, so that a trace or a request id leads from one record to the next; a value that several
people's pieces have is a word of the platform, not of a person, and leads nowhere. A piece or a value at which a
person and an alias meet is a join.
"""

import hashlib
import hmac
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from services.seal.canonical import signed_bytes
from tests.boundary.evidence import Record
from tests.boundary.trees import LEAST, Tree, atoms, children, is_text

ROUNDS = 6
"""From how far away a person is followed, in records."""

MOST = 2
"""People, or aliases, that may share a value which still says whose it is."""

_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
_TAGS = ("own", "context", "alias", "register", "assertion", "session", "cred", "receipt")
_NAMESPACES = (uuid.NAMESPACE_DNS, uuid.NAMESPACE_URL, uuid.NAMESPACE_OID, uuid.NAMESPACE_X500)
_LONGEST_INPUT = 128
_LEAST_VARIETY = 6
_LETTER = re.compile(rb"[A-Za-z]")
_LETTERS = 5
"""Letters from which on eight bytes are likely a word; what texts encode is looked at as bytes of its own."""

Owned: TypeAlias = Mapping[bytes, frozenset[int]]
"""Values of one side, and whose they are."""


class Subject(NamedTuple):
    """A person, or an alias, by his number in the run."""

    is_person: bool
    number: int


@dataclass
class Found:
    """Aliases for which a person was found, by the way; `where` tells how, `candidates` whom."""

    equal: set[int] = field(default_factory=set)
    part: set[int] = field(default_factory=set)
    computed: set[int] = field(default_factory=set)
    candidates: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    where: list[str] = field(default_factory=list)

    @property
    def aliases(self) -> set[int]:
        """All of them."""
        return self.equal | self.part | self.computed

    def note(self, way: set[int], aliases: Iterable[int], persons: Iterable[int], where: str) -> None:
        """Note that these met."""
        for number in aliases:
            if number not in way:
                self.where.append(where)
            way.add(number)
            self.candidates[number].update(persons)


@dataclass
class Piece:
    """A part of a record that names one person and one alias at most, and who is behind it as far as values tell."""

    record: Record
    order: int
    tree: Tree
    atoms: frozenset[bytes]
    named: frozenset[Subject]
    labels: set[Subject]

    @property
    def where(self) -> str:
        """In words."""
        return f"{self.record.channel} of {self.record.service} ({self.record.kind})"


class Values:
    """The pieces of some records, and who is behind each as far as values tell.

    `known` maps what names somebody (an escrow reference, an alias key) to whom.
    """

    def __init__(self, records: Iterable[Record], known: Mapping[bytes, Subject]) -> None:
        self._known = _Known(known)
        self.pieces = [piece for at, each in enumerate(records) for piece in self._cut(each, at, each.tree)]
        self._holders: dict[bytes, list[Piece]] = defaultdict(list)
        for piece in self.pieces:
            for atom in piece.atoms:
                self._holders[atom].append(piece)
        self._meetings: dict[bytes, tuple[set[int], set[int]]] = {}
        for _ in range(ROUNDS):
            if not self._spread():
                break

    def attack(self, secrets: Sequence[bytes] = ()) -> Found:
        """All joins. `secrets` are keys that the attacker holds."""
        found = Found()
        for piece in self.pieces:
            persons, aliases = _split(piece.named)
            if persons and aliases:
                found.note(found.equal, aliases, persons, piece.where)
        for atom, (persons, aliases) in self._meetings.items():
            places = sorted({piece.where for piece in self._holders[atom]})
            found.note(found.equal, aliases, persons, f"{atom[:32]!r} in {', '.join(places)}")
        persons_own, aliases_own = self._own(is_person=True), self._own(is_person=False)
        _computed(found, persons_own, aliases_own, secrets)
        _parts(found, persons_own, aliases_own)
        return found

    def _cut(self, record: Record, order: int, tree: Tree) -> Iterator[Piece]:
        held = frozenset(atoms(tree))
        named = frozenset().union(*(self._known.named(atom) for atom in held)) if held else frozenset()
        persons, aliases = _split(named)
        if len(persons) <= 1 and len(aliases) <= 1:
            if held:
                # Where both are named they have met; what else is in there leads to either.
                labels = set() if persons and aliases else set(named)
                yield Piece(record, order, tree, held, named, labels)
        else:
            for child in children(tree):
                yield from self._cut(record, order, child)

    def _spread(self) -> bool:
        """Carry labels over the values that are somebody's own, as far as where two sides meet; whether any moved."""
        carried: list[tuple[Piece, set[Subject]]] = []
        for atom, pieces in self._holders.items():
            if len(pieces) < 2 or atom in self._meetings:
                continue
            labels = set().union(*(piece.labels for piece in pieces))
            persons, aliases = _split(labels)
            if len(persons) > MOST or len(aliases) > MOST:
                continue
            if persons and aliases:
                self._meetings[atom] = (persons, aliases)
            elif len(labels) == 1:
                carried += [(piece, labels) for piece in pieces if not labels <= piece.labels]
        for piece, labels in carried:
            piece.labels |= labels
        return bool(carried)

    def _own(self, *, is_person: bool) -> dict[bytes, frozenset[int]]:
        """The atoms of one side's people alone, and whose they are."""
        own: dict[bytes, frozenset[int]] = {}
        for atom, pieces in self._holders.items():
            persons, aliases = _split(set().union(*(piece.labels for piece in pieces)))
            mine, others = (persons, aliases) if is_person else (aliases, persons)
            if 0 < len(mine) <= MOST and not others:
                own[atom] = frozenset(mine)
        return own


class _Known:
    """Finds what names somebody within atoms."""

    def __init__(self, known: Mapping[bytes, Subject]) -> None:
        self._by_start: dict[bytes, list[tuple[bytes, Subject]]] = defaultdict(list)
        for value, subject in known.items():
            self._by_start[value[:LEAST]].append((value, subject))
        self._met: dict[bytes, frozenset[Subject]] = {}

    def named(self, atom: bytes) -> frozenset[Subject]:
        if atom not in self._met:
            self._met[atom] = frozenset(self._in(atom))
        return self._met[atom]

    def _in(self, atom: bytes) -> Iterator[Subject]:
        by_start = self._by_start
        for at in range(len(atom) - LEAST + 1):
            for value, subject in by_start.get(atom[at : at + LEAST], ()):
                if atom.startswith(value, at):
                    yield subject


def _computed(
    found: Found,
    persons: Mapping[bytes, frozenset[int]],
    aliases: Mapping[bytes, frozenset[int]],
    keys: Sequence[bytes],
) -> None:
    """Note what one side could compute of the other's values."""
    for givers, takers, is_person in ((persons, aliases, True), (aliases, persons, False)):
        results = {atom[:LEAST]: owners for atom, owners in takers.items() if len(atom) <= 64}
        for atom, owners in givers.items():
            for name, start in _derived(atom, keys):
                if start in results:
                    met = (results[start], owners) if is_person else (owners, results[start])
                    found.note(found.computed, *met, f"{name} of a value of {len(atom)} bytes")


def _derived(atom: bytes, keys: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """What anybody, or the holder of a key, computes of a value: name and first bytes."""
    if len(atom) > _LONGEST_INPUT:
        return
    yield from _unkeyed(atom)
    for key in keys:
        yield "HMAC-SHA-256", hmac.digest(key, atom, "sha256")[:LEAST]
        yield "keyed BLAKE2b", hashlib.blake2b(atom, key=key[:64]).digest()[:LEAST]


@lru_cache(maxsize=200_000)
def _unkeyed(atom: bytes) -> tuple[tuple[str, bytes], ...]:
    plain = [(name, hashlib.new(name, atom, usedforsecurity=False).digest()[:LEAST]) for name in _DIGESTS]
    plain += [("SHA-256 of the hex", hashlib.sha256(atom.hex().encode()).digest()[:LEAST])]
    plain += [("tagged SHA-256", hashlib.sha256(signed_bytes(tag, atom)).digest()[:LEAST]) for tag in _TAGS]
    plain += [("UUID 5", _uuid5(space, atom)) for space in _NAMESPACES]
    return tuple(plain)


def _uuid5(space: uuid.UUID, name: bytes) -> bytes:
    digest = hashlib.sha1(space.bytes + name, usedforsecurity=False).digest()[:16]
    return uuid.UUID(bytes=digest, version=5).bytes[:LEAST]


def _parts(found: Found, persons: Owned, aliases: Owned) -> None:
    """Note what lies within each other: any 15 bytes in common, or 8 that begin a value of either side.

    Texts are left out: what they encode is looked at as bytes of its own, and the rest of them is words.
    """
    for blocks_of, windows_of, is_person in ((persons, aliases, True), (aliases, persons, False)):
        blocks = _blocks(blocks_of)
        shared: dict[bytes, set[int]] = defaultdict(set)
        for atom, owners in windows_of.items():
            if is_text(atom):
                continue
            for at in range(len(atom) - LEAST + 1):
                window = atom[at : at + LEAST]
                if window in blocks:
                    shared[window] |= owners
        for window, others in shared.items():
            if len(others) <= MOST:
                met = (others, blocks[window]) if is_person else (blocks[window], others)
                found.note(found.part, *met, f"{LEAST} bytes in common, {window.hex()}")


def _blocks(own: Owned) -> dict[bytes, set[int]]:
    """Every eighth window, and whose it is; without those that several people have, and those that say little."""
    blocks: dict[bytes, set[int]] = defaultdict(set)
    for atom, owners in own.items():
        if is_text(atom):
            continue
        for at in range(0, len(atom) - LEAST + 1, LEAST):
            blocks[atom[at : at + LEAST]] |= owners
    return {
        window: owners
        for window, owners in blocks.items()
        if len(owners) <= MOST and len(set(window)) >= _LEAST_VARIETY and len(_LETTER.findall(window)) < _LETTERS
    }


def _split(labels: Iterable[Subject]) -> tuple[set[int], set[int]]:
    persons: set[int] = set()
    aliases: set[int] = set()
    for is_person, number in labels:
        (persons if is_person else aliases).add(number)
    return persons, aliases
