"""The worked example of docs/protocol.md up to a credential: its inputs, the keys, the dealing, and one issuance."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import lcm

from cryptography.hazmat.primitives.asymmetric import rsa

from services.seal import blind_rsa, kdf, threshold
from services.seal.authorization import SignedCredential
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.cut_and_choose import VARIANT, Offer, Survivor, Terms, check
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from services.seal.statements import Context

Value = bytes | str | int

OFFICERS = ("officer", "second_officer", "third_officer")


@dataclass(frozen=True)
class Issued:
    """What follows from the page's inputs without any statement, each part made from those before it."""

    given: Mapping[str, Value]

    def octets(self, name: str) -> bytes:
        value = self.given[name]
        assert isinstance(value, bytes), name
        return value

    def text(self, name: str) -> str:
        value = self.given[name]
        assert isinstance(value, str), name
        return value

    def number(self, name: str) -> int:
        value = self.given[name]
        assert isinstance(value, int), name
        return value

    def secret(self, name: str) -> SecretBytes:
        return SecretBytes(self.octets(name))

    # Keys.

    @cached_property
    def issuer(self) -> BlindSigner:
        """The issuer's key from its two primes."""
        p, q = (int.from_bytes(self.octets(name), "big") for name in ("issuer_p", "issuer_q"))
        e = blind_rsa.EXPONENT
        d = pow(e, -1, lcm(p - 1, q - 1))
        crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
        numbers = rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(e, p * q))
        return BlindSigner(numbers.private_key())

    @cached_property
    def keys(self) -> Mapping[str, SigningKey]:
        """All Ed25519 keys by name."""
        others = ("ownership", "receipt", "assertion", "session", "log", "witness")
        keys = {name: SigningKey(self.secret(f"{name}_seed")) for name in (*others, *OFFICERS, "fourth_officer")}
        secret = self.survivor.alias_secret
        thread = SigningKey(kdf.thread_key(secret, self.text("thread_id")))
        return keys | {"alias": kdf.alias_key(secret), "thread": thread}

    @cached_property
    def dealing(self) -> threshold.Dealing:
        return threshold.deal(self.secret("opening_secret"), 2, 3, coefficients=[self.secret("opening_coefficient")])

    # Issuance: three candidates, of which number `chosen` stays closed.

    @cached_property
    def context(self) -> Context:
        return Context(self.text("label"), self.number("epoch"))

    @cached_property
    def offer(self) -> Offer:
        ownership = SigningKey(self.secret("ownership_seed"))
        spki = self.issuer.public_key.to_spki()
        slot, n = self.number("slot"), self.number("candidates")
        opening_key = self.dealing.public_key
        terms = Terms(self.context, slot, self.octets("eref"), ownership.public_key, opening_key, spki, n)
        return Offer(terms, self.secret("master"), ownership)

    @cached_property
    def survivor(self) -> Survivor:
        chosen = self.number("chosen")
        offer, blinded = self.offer, self.offer.blinded_message(chosen)
        check(offer.terms, offer.commitment, chosen, offer.openings(chosen), blinded)
        return offer.survivor(chosen)

    @cached_property
    def blind_signature(self) -> bytes:
        return self.issuer.blind_sign(self.survivor.blinding.blinded_message)

    @cached_property
    def credential(self) -> SignedCredential:
        message, inverse = self.survivor.message, self.survivor.blinding.inverse
        prepared, key = message.signed_bytes(), self.issuer.public_key
        return SignedCredential(message, blind_rsa.finalize(key, prepared, self.blind_signature, inverse, VARIANT))
