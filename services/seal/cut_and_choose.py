"""Cut and choose: the client's word for what it has sealed, checked without seeing it (fair blind signatures).

Chaum, Fiat and Naor, "Untraceable electronic cash" (CRYPTO '88), section 1; Stadler, Piveteau and Camenisch, "Fair
blind signatures" (EUROCRYPT '95), section 3. Published papers, not a standard; every part is one: HKDF (RFC 5869),
Ed25519 (RFC 8032), the envelope, and the blind signature (RFC 9474).

1. The client makes N candidates, each from a seed of its own, and commits to all N blinded messages with one hash.
2. The issuer draws one of them at random and writes that down before telling it (`services/verification`).
3. The client opens all others: the seed, and what no seed gives, the alias key and the ownership signature over it.
4. The issuer makes the opened candidates again (`check`). Whatever is wrong in any of them is found; what is wrong in
   the one that stays closed is not. A cheat thus succeeds once in N times and is caught otherwise.

No opening shows an alias key's secret: with it, and with the ownership signature, an issuer could sign an opened
candidate for itself, speak as it, and have the person named for what was never his.

All seeds and alias secrets come from one master secret, so that this is all that a wallet keeps. Whoever opens for two
different choices gives away whose every candidate is: the client writes the choice down too, and never answers another.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.seal import blind_rsa, ed25519, envelope, kdf, ristretto
from services.seal.blind_rsa import PSS_RANDOMIZED, Blinding, PublicKey
from services.seal.canonical import MAX_INTEGER, sha256, signed_bytes
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.secret import Hidden, SecretBytes
from services.seal.statements import SIGNATURE_SIZE, Context, CredentialMessage, Ownership

VARIANT = PSS_RANDOMIZED
MINIMUM, MAXIMUM = 2, 1024
"""The fewest candidates of which one can be opened, and the most that anybody should have to make."""

SEED_SIZE = 32
OPENING_SIZE = SEED_SIZE + ed25519.KEY_SIZE + SIGNATURE_SIZE
"""Bytes of an opened candidate: its seed, its alias key, then the ownership signature."""

_EREF_SIZE = 16
_FACTOR_SURPLUS = 16
_SCALAR_UNIFORM = 64


@dataclass(frozen=True, repr=False)
class Terms:
    """What both sides know before the first candidate is made, and what every candidate is bound to.

    `opening_key` is the ristretto255 key that envelopes are sealed to, `issuer_key` the DER SubjectPublicKeyInfo that
    signs in this context, `candidates` is N.
    """

    context: Context
    slot: int
    eref: bytes
    ipk: bytes
    opening_key: bytes
    issuer_key: bytes
    candidates: int

    def __post_init__(self) -> None:
        if not MINIMUM <= self.candidates <= MAXIMUM:
            raise SealError(f"there are {MINIMUM} to {MAXIMUM} candidates")
        if not 0 <= self.slot <= MAX_INTEGER or len(self.eref) != _EREF_SIZE or len(self.ipk) != ed25519.KEY_SIZE:
            raise SealError("a slot is a number, a reference has 16 bytes, an ownership key 32")
        ristretto.check_point(self.opening_key)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of all of it: two sides with the same digest mean the same issuance."""
        return sha256(
            signed_bytes(
                "issuance-terms",
                self.context.to_bytes(),
                self.slot,
                self.eref,
                self.ipk,
                self.opening_key,
                self.issuer_key,
                self.candidates,
            )
        )

    @property
    def openings_size(self) -> int:
        """Bytes of the opened candidates together."""
        return (self.candidates - 1) * OPENING_SIZE


@dataclass(frozen=True, repr=False)
class Survivor(Hidden):
    """The candidate that stays closed: what is signed, and what makes an alias of the signature."""

    alias_secret: SecretBytes
    envelope: bytes
    message: CredentialMessage
    blinding: Blinding


class Offer(Hidden):
    """The client's candidates. The same terms, master secret and ownership key always make the same offer."""

    __slots__ = ("_alias_secrets", "_blinded", "_ownership_key", "_recipe", "_seeds", "_signed", "commitment", "terms")

    def __init__(self, terms: Terms, master: SecretBytes, ownership_key: SigningKey) -> None:
        if ownership_key.public_key != terms.ipk:
            raise SealError("the ownership key is not the one of the terms")
        self.terms = terms
        self._recipe = _Recipe(terms)
        self._ownership_key = ownership_key
        indices = range(terms.candidates)
        self._seeds = [kdf.derive(master, "candidate-seed", terms.digest, i, size=SEED_SIZE) for i in indices]
        self._alias_secrets = [kdf.derive(master, "candidate-alias", terms.digest, i) for i in indices]
        self._signed = [self._sign(secret) for secret in self._alias_secrets]
        self._blinded = [self._recipe.blinded_message(self._expanded(i), self._signed[i].isig) for i in indices]
        self.commitment = _commitment(terms, map(sha256, self._blinded))
        """32 bytes that bind the client to every candidate and its place."""

    def openings(self, chosen: int) -> bytes:
        """All candidates but the chosen one, in order, 128 bytes each. To be given for one `chosen` only, ever."""
        self._check_index(chosen)
        rest = (i for i in range(len(self._seeds)) if i != chosen)
        return b"".join(self._seeds[i].reveal() + self._signed[i].cpk + self._signed[i].isig for i in rest)

    def blinded_message(self, chosen: int) -> bytes:
        """The chosen candidate's blinded message, for the issuer to sign."""
        self._check_index(chosen)
        return self._blinded[chosen]

    def survivor(self, chosen: int) -> Survivor:
        """The chosen candidate, whole."""
        self._check_index(chosen)
        isig = self._signed[chosen].isig
        return self._recipe.whole(self._expanded(chosen), self._alias_secrets[chosen], isig)

    def _sign(self, alias_secret: SecretBytes) -> "_Signed":
        cpk = kdf.alias_key(alias_secret).public_key
        return _Signed(cpk, self._ownership_key.sign(self._recipe.ownership(cpk)))

    def _expanded(self, index: int) -> "_Expanded":
        return self._recipe.expand(index, self._seeds[index], self._signed[index].cpk)

    def _check_index(self, chosen: int) -> None:
        if not 0 <= chosen < len(self._seeds):
            raise SealError("there is no such candidate")


def check(terms: Terms, commitment: bytes, chosen: int, openings: bytes, blinded_message: bytes) -> None:
    """Return when each opened candidate is made as it must be and all, the chosen one too, are those committed to.

    Raises `SealError` otherwise. Takes about half a millisecond of processor for each candidate.
    """
    if not 0 <= chosen < terms.candidates or len(openings) != terms.openings_size:
        raise SealError("not the openings of all candidates but one")
    opened = [openings[at : at + OPENING_SIZE] for at in range(0, len(openings), OPENING_SIZE)]
    _check_distinct(opened)
    recipe = _Recipe(terms)
    rest = (i for i in range(terms.candidates) if i != chosen)
    hashes = [sha256(recipe.reopened(i, opening)) for i, opening in zip(rest, opened, strict=True)]
    hashes.insert(chosen, sha256(blinded_message))
    if _commitment(terms, hashes) != commitment:
        raise SealError("the candidates are not those that were committed to")


@dataclass(frozen=True, repr=False)
class _Signed:
    """An alias key, and the ownership signature over it."""

    cpk: bytes
    isig: bytes


@dataclass(frozen=True, repr=False)
class _Expanded:
    """The alias key of one candidate, and all of its randomness."""

    cpk: bytes
    ephemeral: SecretBytes
    salt: bytes
    prefix: bytes
    factor: SecretBytes


class _Recipe:
    """How a candidate is made under these terms; the one description for whoever makes and whoever checks."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._key = PublicKey.from_spki(terms.issuer_key)
        self._sizes = (_SCALAR_UNIFORM, VARIANT.salt_size, VARIANT.prefix_size, self._key.size + _FACTOR_SURPLUS)

    def expand(self, index: int, seed: SecretBytes, cpk: bytes) -> _Expanded:
        """Cut one output of HKDF: ElGamal scalar, PSS salt, message prefix, blinding factor."""
        stream = kdf.derive(seed, "candidate", self._terms.digest, index, size=sum(self._sizes)).reveal()
        scalar, salt, prefix, factor = _cut(stream, self._sizes)
        return _Expanded(
            cpk=cpk,
            ephemeral=SecretBytes(ristretto.scalar_from_uniform(scalar)),
            salt=salt,
            prefix=prefix,
            factor=blind_rsa.blinding_factor(self._key, SecretBytes(factor)),
        )

    def ownership(self, cpk: bytes) -> bytes:
        """What the person's ownership key signs for a candidate."""
        return Ownership(self._terms.context, cpk).signed_bytes()

    def blinded_message(self, expanded: _Expanded, isig: bytes) -> bytes:
        """The one part of a candidate that the issuer is committed to: it depends on all others."""
        _, message = self._sealed(expanded, isig)
        return blind_rsa.blinded_message(
            self._key, message.signed_bytes(), VARIANT, salt=expanded.salt, factor=expanded.factor
        )

    def reopened(self, index: int, opening: bytes) -> bytes:
        """The blinded message of an opened candidate, whose ownership signature must be the person's."""
        seed, cpk, isig = _cut(opening, (SEED_SIZE, ed25519.KEY_SIZE, SIGNATURE_SIZE))
        ed25519.check_public_key(cpk)
        ed25519.verify(self._terms.ipk, self.ownership(cpk), isig)
        return self.blinded_message(self.expand(index, SecretBytes(seed), cpk), isig)

    def whole(self, expanded: _Expanded, alias_secret: SecretBytes, isig: bytes) -> Survivor:
        """A candidate with all that its owner needs later."""
        sealed, message = self._sealed(expanded, isig)
        blinding = blind_rsa.blind(
            self._key, message.signed_bytes(), VARIANT, salt=expanded.salt, factor=expanded.factor
        )
        return Survivor(alias_secret, sealed, message, blinding)

    def _sealed(self, expanded: _Expanded, isig: bytes) -> tuple[bytes, CredentialMessage]:
        terms = self._terms
        escrow = envelope.Escrow(terms.eref, isig).encode()
        aad = envelope.associated_data(terms.context, expanded.cpk)
        sealed = envelope.seal(terms.opening_key, escrow, aad, ephemeral=expanded.ephemeral)
        hashed = envelope.envelope_hash(sealed)
        return sealed, CredentialMessage(expanded.prefix, terms.context, expanded.cpk, hashed)


def _commitment(terms: Terms, hashes: Iterable[bytes]) -> bytes:
    """The hash of the ordered list of the blinded messages' hashes, and of the terms."""
    return sha256(signed_bytes("candidates", terms.digest, *hashes))


def _check_distinct(opened: Sequence[bytes]) -> None:
    # Harmless to the issuer, since a candidate depends on its place too; but only a broken client repeats a seed or an
    # alias key, and the closed candidate of such a one may be no secret.
    for what in (slice(SEED_SIZE), slice(SEED_SIZE, SEED_SIZE + ed25519.KEY_SIZE)):
        if len({opening[what] for opening in opened}) != len(opened):
            raise SealError("two candidates have the same seed or alias key")


def _cut(stream: bytes, sizes: Sequence[int]) -> list[bytes]:
    ends = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    return [stream[end - size : end] for end, size in zip(ends, sizes, strict=True)]
