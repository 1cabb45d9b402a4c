"""Private issuer keys inside a PKCS#11 token, where they are made, used and destroyed, and which they never leave.

Signing is raw RSA (`CKM_RSA_X_509`): RFC 9474's BlindSign is the private operation on a number that nobody may look at.
Each result is checked before it leaves. A key is found by the object label `vouchsafe-issuer/<label>/<epoch>` and its
modulus. Sessions and faults are `token`'s; which key counts is `issuer_keys`'.
"""

import secrets
import struct
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.attributes import AttributeMapper

from services.seal.blind_rsa import EXPONENT, MODULUS_BITS, PublicKey
from services.seal.blind_rsa_signer import checked, in_range
from services.seal.errors import SealError
from services.verification.adapters.key_custody import IssuerKeyUnavailable, KeptKey, KeyPlace
from services.verification.adapters.token import Token

PREFIX: Final = "vouchsafe-issuer/"

_ID_SIZE = 16
_GENERATION_SECONDS = 120.0
_PUBLIC: dict[Attribute, Any] = {
    Attribute.PUBLIC_EXPONENT: EXPONENT.to_bytes(3, "big"),
    Attribute.VERIFY: False,
    Attribute.ENCRYPT: False,
    Attribute.WRAP: False,
}
_PRIVATE: dict[Attribute, Any] = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.SIGN: True,
    Attribute.SIGN_RECOVER: False,
    Attribute.DECRYPT: False,
    Attribute.UNWRAP: False,
    Attribute.DERIVE: False,
    Attribute.MODIFIABLE: False,
}
_ONE_MECHANISM: dict[Attribute, Any] = {Attribute.ALLOWED_MECHANISMS: (Mechanism.RSA_X_509,)}
_DEMANDED: dict[Attribute, bool] = {
    Attribute.SENSITIVE: True,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.NEVER_EXTRACTABLE: True,
    Attribute.LOCAL: True,
    Attribute.SIGN: True,
    Attribute.DECRYPT: False,
    Attribute.UNWRAP: False,
}


def attributes() -> AttributeMapper:
    """How attributes are told to the module: as the wrapper does, and `CKA_ALLOWED_MECHANISMS`, which it lacks."""
    mapper = AttributeMapper()
    mapper.register_handler(Attribute.ALLOWED_MECHANISMS, _pack_ulongs, _unpack_ulongs)
    return mapper


class TokenKeystore:
    """Custody of keys in one token. `one_mechanism`: its keys are for raw RSA alone, as most can be told."""

    def __init__(self, token: Token, *, one_mechanism: bool = True) -> None:
        self._token = token
        self._private = _PRIVATE | (_ONE_MECHANISM if one_mechanism else {})

    async def make(self, place: KeyPlace) -> KeptKey:
        """A key pair generated inside the token."""
        generate = partial(_generate, _name(place), self._private)
        public = await self._token.call(generate, within=_GENERATION_SECONDS)
        return KeptKey(public.to_spki())

    async def open(self, place: KeyPlace, kept: KeptKey) -> "TokenKey":
        """The key as the token holds it. Whether it does is found out by its first use: a token may be away."""
        return TokenKey(self._token, _name(place), PublicKey.from_spki(kept.public_key))

    async def destroy(self, place: KeyPlace, kept: KeptKey) -> None:
        """Destroy this key, both halves; nothing happens when the token does not have it."""
        await self._token.call(partial(_destroy, _name(place), PublicKey.from_spki(kept.public_key)))

    async def destroy_before(self, epoch: int) -> list[KeyPlace]:
        """Destroy all keys of earlier epochs, whichever replica made them; which those were."""
        return await self._token.call(partial(_destroy_before, epoch))

    async def close(self) -> None:
        """Log out of the token."""
        await self._token.close()


class TokenKey:
    """A private key that is used where it is."""

    def __init__(self, token: Token, name: str, public: PublicKey) -> None:
        self._token = token
        self._name = name
        self._public = public

    async def blind_sign(self, blinded_message: bytes) -> bytes:
        """The blind signature, checked."""
        if not in_range(self._public, blinded_message):
            raise SealError("the blinded message is out of range")
        signature = await self._token.call(partial(_sign, self._name, self._public, blinded_message))
        try:
            return checked(self._public, blinded_message, signature)
        except SealError as error:
            raise IssuerKeyUnavailable("the token's result failed its check") from error


def _generate(name: str, private: dict[Attribute, Any], session: pkcs11.Session) -> PublicKey:
    public_half, private_half = session.generate_keypair(
        KeyType.RSA,
        MODULUS_BITS,
        store=True,
        id=secrets.token_bytes(_ID_SIZE),
        label=name,
        public_template=_PUBLIC,
        private_template=private,
    )
    if any(private_half[attribute] is not demanded for attribute, demanded in _DEMANDED.items()):
        private_half.destroy()
        public_half.destroy()
        raise IssuerKeyUnavailable("the token makes keys that could be taken out of it or used otherwise")
    return PublicKey(_modulus(public_half), EXPONENT)


def _sign(name: str, public: PublicKey, blinded_message: bytes, session: pkcs11.Session) -> bytes:
    for key in _objects(session, ObjectClass.PRIVATE_KEY, name):
        if _modulus(key) == public.n:
            return bytes(key.sign(blinded_message, mechanism=Mechanism.RSA_X_509))
    _demand_present(session)
    raise IssuerKeyUnavailable("the token does not have the key")


def _destroy(name: str, public: PublicKey, session: pkcs11.Session) -> None:
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
        for key in _objects(session, kind, name):
            if _modulus(key) == public.n:
                key.destroy()


def _destroy_before(epoch: int, session: pkcs11.Session) -> list[KeyPlace]:
    _demand_present(session)
    destroyed = []
    for kind in (ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY):
        for key in _objects(session, kind):
            place = _place(key[Attribute.LABEL])
            if place is not None and place.epoch < epoch:
                key.destroy()
                if kind is ObjectClass.PRIVATE_KEY:
                    destroyed.append(place)
    return destroyed


def _objects(session: pkcs11.Session, kind: ObjectClass, name: str | None = None) -> list[Any]:
    wanted: dict[Attribute, Any] = {Attribute.CLASS: kind, Attribute.KEY_TYPE: KeyType.RSA}
    if name is not None:
        wanted[Attribute.LABEL] = name
    return list(session.get_objects(wanted))  # a search must end before anything else is asked of the session


def _demand_present(session: pkcs11.Session) -> None:
    """Fail when the token is away: a search would just find nothing."""
    session.token.slot.get_token()


def _modulus(key: Any) -> int:
    return int.from_bytes(key[Attribute.MODULUS], "big")


def _name(place: KeyPlace) -> str:
    return f"{PREFIX}{place.label}/{place.epoch}"


def _place(name: str) -> KeyPlace | None:
    """What a key is for by its name; None for what is not ours."""
    label, _, epoch = name.removeprefix(PREFIX).rpartition("/")
    return KeyPlace(label, int(epoch)) if name.startswith(PREFIX) and epoch.isdecimal() else None


def _pack_ulongs(values: Sequence[int]) -> bytes:
    return struct.pack(f"@{len(values)}L", *values)


def _unpack_ulongs(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"@{len(packed) // struct.calcsize('@L')}L", packed)
