"""Issuer keys in a real PKCS#11 token: what it signs, what it refuses, and what happens when it goes away."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as errors

from services.chassis.log.eventstore import StoreUnavailable
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.log.handle import CommandHandler
from services.seal import blind_rsa
from services.seal.blind_rsa import PublicKey, Variant
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.verification.adapters import keystore_token
from services.verification.adapters.event_codec import event_codec
from services.verification.adapters.issuer_keys import IssuerKeys
from services.verification.adapters.key_clearance import KeyClearance
from services.verification.adapters.key_custody import IssuerKeyUnavailable, KeptKey, KeyPlace
from services.verification.adapters.keystore_log import KeySealing, LogKeystore
from services.verification.adapters.keystore_token import TokenKey, TokenKeystore, attributes
from services.verification.adapters.token import Token
from services.verification.domain import issuer_key_decider
from services.verification.domain.organisation import Label
from tests.support.softhsm import SoftToken, module, new_token, taken_out

ACME = Label("acme", "Employee of Acme", "gaming")
PLACE = KeyPlace("acme", 203001)
NAME = "vouchsafe-issuer/acme/203001"
MESSAGE = (12345).to_bytes(384, "big")
VARIANTS = [
    blind_rsa.PSS_RANDOMIZED,
    blind_rsa.PSSZERO_RANDOMIZED,
    blind_rsa.PSS_DETERMINISTIC,
    blind_rsa.PSSZERO_DETERMINISTIC,
]


@pytest.fixture(scope="module")
def soft() -> SoftToken:
    return new_token()


@pytest.fixture(scope="module")
async def keystore(soft: SoftToken) -> AsyncIterator[TokenKeystore]:
    store = TokenKeystore(soft.token())
    yield store
    await store.close()


@pytest.fixture(scope="module")
async def kept(keystore: TokenKeystore) -> KeptKey:
    return await keystore.make(PLACE)


@pytest.fixture
async def key(keystore: TokenKeystore, kept: KeptKey) -> TokenKey:
    return await keystore.open(PLACE, kept)


def issuer_keys(store: MemoryEventStore, token: TokenKeystore | None) -> IssuerKeys:
    sealed = LogKeystore(KeySealing(SecretBytes(b"k" * 32)))
    return IssuerKeys(CommandHandler(store, event_codec(), issuer_key_decider), sealed, token=token)


async def private_keys(soft: SoftToken) -> list[str]:
    """Names of all private keys in the token."""

    def names(session: pkcs11.Session) -> list[str]:
        return [key[Attribute.LABEL] for key in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})]

    return await soft.token().call(names)


class TestSigning:
    @pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
    async def test_a_blind_signature_is_plain_rsa_pss_in_the_end(
        self, kept: KeptKey, key: TokenKey, variant: Variant
    ) -> None:
        public = PublicKey.from_spki(kept.public_key)
        prepared = blind_rsa.prepare(b"message", variant)
        blinding = blind_rsa.blind(public, prepared, variant)
        answer = await key.blind_sign(blinding.blinded_message)
        assert answer == await key.blind_sign(blinding.blinded_message)
        signature = blind_rsa.finalize(public, prepared, answer, blinding.inverse, variant)
        stock = load_der_public_key(kept.public_key)
        assert isinstance(stock, rsa.RSAPublicKey)
        pss = padding.PSS(padding.MGF1(hashes.SHA384()), variant.salt_size)
        stock.verify(signature, prepared, pss, hashes.SHA384())

    @pytest.mark.parametrize("message", [bytes(384), b"\xff" * 384, b"\x01" * 383, b""])
    async def test_what_the_modulus_does_not_allow_is_refused(self, key: TokenKey, message: bytes) -> None:
        with pytest.raises(SealError):
            await key.blind_sign(message)

    async def test_a_faulty_result_does_not_leave(self, key: TokenKey, monkeypatch: pytest.MonkeyPatch) -> None:
        sound = keystore_token._sign

        def faulty(*args: Any) -> bytes:
            signature = sound(*args)
            return signature[:-1] + bytes([signature[-1] ^ 1])

        monkeypatch.setattr(keystore_token, "_sign", faulty)
        with pytest.raises(IssuerKeyUnavailable, match="check"):
            await key.blind_sign(MESSAGE)

    async def test_many_at_once_all_hold(self, key: TokenKey) -> None:
        messages = [number.to_bytes(384, "big") for number in range(2, 22)]
        assert len(set(await asyncio.gather(*map(key.blind_sign, messages)))) == len(messages)

    async def test_the_token_is_called_from_one_thread_which_is_not_the_event_loops(self, soft: SoftToken) -> None:
        one, other = soft.token(), soft.token()
        threads = await asyncio.gather(*(each.call(lambda _: threading.get_ident()) for each in (one, other)))
        assert threads[0] == threads[1] != threading.get_ident()


class TestTheKey:
    async def test_can_do_nothing_but_raw_rsa_and_never_leaves(self, soft: SoftToken, kept: KeptKey) -> None:
        def attempts(session: pkcs11.Session) -> dict[str, type[Exception] | None]:
            [key] = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: NAME})
            asked: dict[str, Callable[[], object]] = {
                "exponent": lambda: key[Attribute.PRIVATE_EXPONENT],
                "prime": lambda: key[Attribute.PRIME_1],
                "another mechanism": lambda: key.sign(b"m", mechanism=Mechanism.SHA256_RSA_PKCS),
                "made extractable": lambda: key.__setitem__(Attribute.EXTRACTABLE, True),
                "raw rsa": lambda: key.sign(MESSAGE, mechanism=Mechanism.RSA_X_509),
            }
            return {name: error_of(attempt) for name, attempt in asked.items()}

        assert await soft.token().call(attempts) == {
            "exponent": errors.AttributeSensitive,
            "prime": errors.AttributeSensitive,
            "another mechanism": errors.MechanismInvalid,
            "made extractable": errors.PKCS11Error,
            "raw rsa": None,
        }

    async def test_a_token_whose_keys_could_leave_is_not_used(
        self, soft: SoftToken, keystore: TokenKeystore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = await private_keys(soft)
        monkeypatch.setitem(keystore._private, Attribute.EXTRACTABLE, True)
        with pytest.raises(IssuerKeyUnavailable, match="taken out"):
            await keystore.make(PLACE)
        assert await private_keys(soft) == before

    async def test_without_the_restriction_a_token_that_lacks_it_can_be_used(self, soft: SoftToken) -> None:
        keystore = TokenKeystore(soft.token(), one_mechanism=False)
        kept = await keystore.make(KeyPlace("acme", 202901))
        assert len(await (await keystore.open(KeyPlace("acme", 202901), kept)).blind_sign(MESSAGE)) == 384

    async def test_of_another_name_or_modulus_is_not_used(self, keystore: TokenKeystore, kept: KeptKey) -> None:
        with pytest.raises(IssuerKeyUnavailable, match="does not have"):
            await (await keystore.open(KeyPlace("acme", 203002), kept)).blind_sign(MESSAGE)
        other = KeptKey(BlindSigner.generate().public_key.to_spki())
        with pytest.raises(IssuerKeyUnavailable, match="does not have"):
            await (await keystore.open(PLACE, other)).blind_sign(MESSAGE)

    async def test_one_that_is_missing_keeps_no_other_from_signing(self, soft: SoftToken, kept: KeptKey) -> None:
        keystore = TokenKeystore(soft.token(pause=3600))
        missing, there = await keystore.open(KeyPlace("acme", 203002), kept), await keystore.open(PLACE, kept)
        for _ in range(2):
            with pytest.raises(IssuerKeyUnavailable, match="does not have"):
                await missing.blind_sign(MESSAGE)
            assert len(await there.blind_sign(MESSAGE)) == 384


class TestTheTokenGoesAway:
    async def test_and_comes_back(self, key: TokenKey) -> None:
        before = await key.blind_sign(MESSAGE)
        with taken_out():
            for _ in range(2):
                with pytest.raises(IssuerKeyUnavailable):
                    await key.blind_sign(MESSAGE)
        assert await key.blind_sign(MESSAGE) == before

    async def test_it_is_not_asked_again_and_again(self, soft: SoftToken, kept: KeptKey) -> None:
        keystore = TokenKeystore(soft.token(pause=3600))
        key = await keystore.open(PLACE, kept)
        with taken_out(), pytest.raises(IssuerKeyUnavailable):
            await key.blind_sign(MESSAGE)
        with pytest.raises(IssuerKeyUnavailable, match="just failed"):
            await key.blind_sign(MESSAGE)

    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the search in the ended session
    async def test_one_whose_library_was_started_anew_is_used_at_once(self, soft: SoftToken, kept: KeptKey) -> None:
        token = soft.token(pause=3600)
        key = await TokenKeystore(token).open(PLACE, kept)
        before = await key.blind_sign(MESSAGE)
        await soft.token().call(lambda _: pkcs11.lib(str(module())).reinitialize())
        assert await key.blind_sign(MESSAGE) == before

    async def test_a_key_may_be_opened_meanwhile(self, soft: SoftToken, kept: KeptKey) -> None:
        with taken_out():
            key = await TokenKeystore(soft.token()).open(PLACE, kept)
        assert await key.blind_sign(MESSAGE)

    async def test_one_that_does_not_answer_is_not_waited_for(self, soft: SoftToken) -> None:
        token, hold, done = soft.token(), threading.Event(), list[str]()
        await token.call(lambda _: None)
        stuck = asyncio.create_task(token.call(lambda _: hold.wait(30), within=0.1))
        await asyncio.sleep(0)
        for waiting in (stuck, token.call(lambda _: done.append("behind it"), within=0.1)):
            with pytest.raises(IssuerKeyUnavailable, match="in time"):
                await waiting
        hold.set()
        await token.call(lambda _: done.append("later"))
        assert done == ["later"]

    async def test_a_module_that_is_none(self, soft: SoftToken, tmp_path: Path) -> None:
        (tmp_path / "module.so").write_bytes(b"not a library")
        token = Token(tmp_path / "module.so", soft.label, soft.pin, attributes())
        with pytest.raises(IssuerKeyUnavailable):
            await TokenKeystore(token).make(PLACE)

    async def test_no_token_of_this_name(self, soft: SoftToken) -> None:
        token = Token(module(), "another", soft.pin, attributes())
        with pytest.raises(IssuerKeyUnavailable, match="NoSuchToken"):
            await TokenKeystore(token).make(PLACE)


async def test_a_pin_that_was_refused_is_not_tried_again() -> None:
    soft, right_later = new_token(), SecretBytes(b"not the pin yet")
    token = soft.token(pin=right_later)
    with pytest.raises(IssuerKeyUnavailable, match="PinIncorrect"):
        await token.call(lambda _: None)

    def change(session: pkcs11.Session) -> None:
        session.set_pin(soft.pin.reveal().decode(), right_later.reveal().decode())

    changing = soft.token()
    await changing.call(change)
    await changing.close()
    with pytest.raises(IssuerKeyUnavailable, match="not tried again"):
        await token.call(lambda _: None)
    await soft.token(pin=right_later).call(lambda _: None)


class TestTheLogDecides:
    async def test_of_two_replicas_one_key_stays(self) -> None:
        soft, store = new_token(), MemoryEventStore()
        one, two = (issuer_keys(store, TokenKeystore(soft.token())) for _ in range(2))
        mine, theirs = await asyncio.gather(one.key(ACME, 203001), two.key(ACME, 203001))
        assert mine.public_key == theirs.public_key
        assert await one.sign(mine, MESSAGE) == await two.sign(theirs, MESSAGE)
        assert await private_keys(soft) == [NAME]

    async def test_a_key_outlives_a_write_whose_outcome_is_unknown(self) -> None:
        soft, store = new_token(), Forgetful()
        keys = issuer_keys(store, TokenKeystore(soft.token()))
        with pytest.raises(StoreUnavailable):
            await keys.key(ACME, 203001)
        key = await keys.key(ACME, 203001)
        assert len(await keys.sign(key, MESSAGE)) == 384
        assert await private_keys(soft) == [NAME]

    async def test_the_private_half_is_not_in_the_log(self, keystore: TokenKeystore) -> None:
        store = MemoryEventStore()
        await issuer_keys(store, keystore).key(ACME, 203003)
        [commit] = await store.read_stream("issuer-key-acme-203003")
        assert [event.type.rpartition(".")[2] for event in commit.events] == ["IssuerKeyPublished"]

    async def test_a_key_stays_where_it_was_made(self, keystore: TokenKeystore) -> None:
        store = MemoryEventStore()
        before = issuer_keys(store, None)
        signature = await before.sign(await before.key(ACME, 203001), MESSAGE)
        after = issuer_keys(store, keystore)
        assert await after.sign(await after.key(ACME, 203001), MESSAGE) == signature
        await before.close()

    async def test_a_key_in_a_token_that_is_not_configured_is_refused(self, keystore: TokenKeystore) -> None:
        store = MemoryEventStore()
        await issuer_keys(store, keystore).key(ACME, 203004)
        with pytest.raises(SealError, match="token"):
            await issuer_keys(store, None).key(ACME, 203004)


class TestClosedEpochs:
    async def test_their_keys_are_destroyed_and_no_others(self) -> None:
        soft = new_token()
        keystore = TokenKeystore(soft.token())
        old = await keystore.make(KeyPlace("acme", 203001))
        await keystore.make(KeyPlace("acme", 203002))
        await soft.token().call(lambda session: session.generate_keypair(KeyType.RSA, 2048, label="x/1", store=True))
        clearance = KeyClearance(keystore, lambda: 203002)
        assert await clearance.clear() == 1
        assert sorted(await private_keys(soft)) == ["vouchsafe-issuer/acme/203002", "x/1"]
        assert await clearance.clear() == 0
        with pytest.raises(IssuerKeyUnavailable):
            await (await keystore.open(KeyPlace("acme", 203001), old)).blind_sign(MESSAGE)

    async def test_a_token_that_is_away_is_cleared_later(self) -> None:
        soft = new_token()
        keystore = TokenKeystore(soft.token())
        await keystore.make(KeyPlace("acme", 203001))
        clearance = KeyClearance(keystore, lambda: 203002)
        with taken_out():
            assert await clearance.clear() == 0
        assert await clearance.clear() == 1


class Forgetful(MemoryEventStore):
    """A store that writes, and the first time does not say so."""

    forgets = True

    async def append(self, *args: Any, **kwargs: Any) -> Any:
        result = await super().append(*args, **kwargs)
        if self.forgets:
            self.forgets = False
            raise StoreUnavailable
        return result


def error_of(attempt: Callable[[], object]) -> type[Exception] | None:
    try:
        attempt()
    except errors.PKCS11Error as error:
        return type(error)
    return None
