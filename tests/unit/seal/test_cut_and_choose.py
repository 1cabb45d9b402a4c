"""Candidates: an honest offer holds for every choice, and whatever is altered in an opened candidate is found."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal import blind_rsa, envelope, kdf, ristretto, threshold
from services.seal.authorization import SignedCredential, verify_credential
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.canonical import sha256
from services.seal.cut_and_choose import OPENING_SIZE, SEED_SIZE, VARIANT, Offer, Survivor, Terms, _commitment, check
from services.seal.cut_and_choose import _Expanded as Expanded
from services.seal.cut_and_choose import _Recipe as Recipe
from services.seal.ed25519 import SigningKey, verify
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.seal.statements import Context, CredentialMessage, Ownership
from tests.unit.seal.tampering import few, flips

N = 5
AT = 2
"""The candidate that a cheating client alters."""

OWNER, STRANGER = SigningKey.generate(), SigningKey.generate()


@cache
def signer() -> BlindSigner:
    return BlindSigner.generate()


@cache
def dealing() -> threshold.Dealing:
    return threshold.deal(SecretBytes(ristretto.random_scalar()), 3, 5)


@cache
def terms() -> Terms:
    return Terms(
        context=Context("harbour", 203001),
        slot=1,
        eref=b"e" * 16,
        ipk=OWNER.public_key,
        opening_key=dealing().public_key,
        issuer_key=signer().public_key.to_spki(),
        candidates=N,
    )


@cache
def offer() -> Offer:
    return Offer(terms(), SecretBytes(b"m" * 32), OWNER)


class TestAnHonestOffer:
    @pytest.mark.parametrize("chosen", range(N))
    def test_holds_whichever_is_chosen(self, chosen: int) -> None:
        check(terms(), offer().commitment, chosen, offer().openings(chosen), offer().blinded_message(chosen))

    def test_becomes_a_credential_whose_envelope_opens_to_the_person(self) -> None:
        survivor = offer().survivor(AT)
        assert survivor.blinding.blinded_message == offer().blinded_message(AT)
        blind_signature = signer().blind_sign(offer().blinded_message(AT))
        message = survivor.message
        signature = blind_rsa.finalize(
            signer().public_key, message.signed_bytes(), blind_signature, survivor.blinding.inverse, VARIANT
        )
        verify_credential(SignedCredential(message, signature), terms().issuer_key)
        escrow = opened(survivor)
        assert escrow.eref == terms().eref
        verify(OWNER.public_key, Ownership(terms().context, message.cpk).signed_bytes(), escrow.isig)

    def test_is_made_again_from_the_master_secret(self) -> None:
        again = Offer(terms(), SecretBytes(b"m" * 32), OWNER)
        assert again.commitment == offer().commitment
        assert again.openings(AT) == offer().openings(AT)
        assert again.survivor(AT).alias_secret == offer().survivor(AT).alias_secret

    @pytest.mark.parametrize(
        "change",
        [
            {"slot": 2},
            {"context": Context("harbour", 203002)},
            {"context": Context("other", 203001)},
            {"eref": b"f" * 16},
            {"candidates": N + 1},
        ],
    )
    def test_shares_nothing_with_one_on_other_terms(self, change: dict[str, object]) -> None:
        other = Offer(replace(terms(), **change), SecretBytes(b"m" * 32), OWNER)  # type: ignore[arg-type]
        assert seeds(other.openings(0)).isdisjoint(seeds(offer().openings(0)))
        assert other.survivor(0).alias_secret != offer().survivor(0).alias_secret

    def test_tells_nothing_of_the_closed_candidate(self) -> None:
        sent = offer().openings(AT) + offer().blinded_message(AT)
        survivor = offer().survivor(AT)
        (closed,) = seeds(offer().openings(0)) - seeds(offer().openings(AT))
        for later in (closed, survivor.alias_secret.reveal(), survivor.message.cpk, survivor.envelope):
            assert later not in sent

    def test_gives_nobody_the_voice_of_an_opened_candidate(self) -> None:
        """An issuer can sign what was opened, but not speak as it, so it can put no words into a person's mouth."""
        master, digest = SecretBytes(b"m" * 32), terms().digest
        secrets = [kdf.derive(master, "candidate-alias", digest, index) for index in range(N)]
        openings = offer().openings(AT)
        for index, secret in enumerate(secrets):
            assert (kdf.alias_key(secret).public_key in openings) is (index != AT)
            for seed in seeds(openings):
                assert secret.reveal() not in openings
                assert (
                    secret.reveal() not in kdf.derive(SecretBytes(seed), "candidate", digest, index, size=576).reveal()
                )
        assert offer().survivor(AT).alias_secret == secrets[AT]

    def test_is_small(self) -> None:
        at_production_size = replace(terms(), candidates=256)
        assert at_production_size.openings_size + signer().public_key.size + 32 < 40_000

    def test_does_not_show_itself(self) -> None:
        for shown in (offer(), offer().survivor(0)):
            assert "hidden" in repr(shown)
            with pytest.raises(TypeError):
                pickle.dumps(shown)
        assert terms().eref.hex() not in repr(terms())
        assert str(terms().eref) not in repr(terms())

    def test_is_made_by_the_owner_of_the_key_only(self) -> None:
        with pytest.raises(SealError):
            Offer(terms(), SecretBytes(b"m" * 32), STRANGER)

    @pytest.mark.parametrize("chosen", [-1, N])
    def test_has_no_further_candidates(self, chosen: int) -> None:
        for asked in (offer().openings, offer().blinded_message, offer().survivor):
            with pytest.raises(SealError):
                asked(chosen)


Made = tuple[bytes, bytes]
"""What a client sends of a candidate when it is opened (seed, alias key, signature), and its blinded message."""

ALIASES = [SigningKey.generate().public_key for _ in range(N + 1)]


def honest(index: int, seed: SecretBytes) -> Made:
    recipe = Recipe(terms())
    isig = OWNER.sign(recipe.ownership(ALIASES[index]))
    return seed.reveal() + ALIASES[index] + isig, recipe.blinded_message(
        recipe.expand(index, seed, ALIASES[index]), isig
    )


def blinded(expanded: Expanded, message: CredentialMessage) -> bytes:
    key = signer().public_key
    return blind_rsa.blinded_message(key, message.signed_bytes(), VARIANT, salt=expanded.salt, factor=expanded.factor)


def on_other_terms(**change: object) -> Callable[[int, SecretBytes], Made]:
    """The candidate as it would be right on other terms, whose randomness is that of these."""

    def made(index: int, seed: SecretBytes) -> Made:
        expanded = Recipe(terms()).expand(index, seed, ALIASES[index])
        other = Recipe(replace(terms(), **change))  # type: ignore[arg-type]
        isig = OWNER.sign(other.ownership(expanded.cpk))
        return seed.reveal() + ALIASES[index] + isig, other.blinded_message(expanded, isig)

    return made


def with_randomness(**change: object) -> Callable[[int, SecretBytes], Made]:
    """The candidate with something in it that does not come from its seed."""

    def made(index: int, seed: SecretBytes) -> Made:
        recipe = Recipe(terms())
        expanded = replace(recipe.expand(index, seed, ALIASES[index]), **change)  # type: ignore[arg-type]
        isig = OWNER.sign(recipe.ownership(expanded.cpk))
        return seed.reveal() + ALIASES[index] + isig, recipe.blinded_message(expanded, isig)

    return made


def with_message(**change: object) -> Callable[[int, SecretBytes], Made]:
    """The candidate with another field in the message that gets signed."""

    def made(index: int, seed: SecretBytes) -> Made:
        recipe = Recipe(terms())
        expanded = recipe.expand(index, seed, ALIASES[index])
        isig = OWNER.sign(recipe.ownership(expanded.cpk))
        _, message = recipe._sealed(expanded, isig)
        return seed.reveal() + ALIASES[index] + isig, blinded(expanded, replace(message, **change))  # type: ignore[arg-type]

    return made


def with_an_alias_of_small_order(index: int, seed: SecretBytes) -> Made:
    recipe, cpk = Recipe(terms()), b"\1" + bytes(31)
    isig = OWNER.sign(recipe.ownership(cpk))
    return seed.reveal() + cpk + isig, recipe.blinded_message(recipe.expand(index, seed, cpk), isig)


def signed_by_a_stranger(index: int, seed: SecretBytes) -> Made:
    recipe = Recipe(terms())
    expanded = recipe.expand(index, seed, ALIASES[index])
    isig = STRANGER.sign(recipe.ownership(expanded.cpk))
    return seed.reveal() + ALIASES[index] + isig, recipe.blinded_message(expanded, isig)


def signed_by_a_stranger_inside_only(index: int, seed: SecretBytes) -> Made:
    recipe = Recipe(terms())
    expanded = recipe.expand(index, seed, ALIASES[index])
    own, strange = (key.sign(recipe.ownership(expanded.cpk)) for key in (OWNER, STRANGER))
    return seed.reveal() + ALIASES[index] + own, recipe.blinded_message(expanded, strange)


def signed_for_another_alias(index: int, seed: SecretBytes) -> Made:
    recipe = Recipe(terms())
    expanded = recipe.expand(index, seed, ALIASES[index])
    isig = OWNER.sign(recipe.ownership(STRANGER.public_key))
    return seed.reveal() + ALIASES[index] + isig, recipe.blinded_message(expanded, isig)


def with_an_unblinded_change(index: int, seed: SecretBytes) -> Made:
    opening, message = honest(index, seed)
    return opening, message[:-1] + bytes([message[-1] ^ 1])


def with_the_seed_of_another_place(index: int, seed: SecretBytes) -> Made:
    _, message = honest(index + 1, seed)
    return honest(index, seed)[0], message


SCALAR = SecretBytes(ristretto.scalar(7))
CHEATS: dict[str, Callable[[int, SecretBytes], Made]] = {
    "eref": on_other_terms(eref=b"f" * 16),
    "ctx: label": on_other_terms(context=Context("other", 203001)),
    "ctx: epoch": on_other_terms(context=Context("harbour", 203002)),
    "opening key": on_other_terms(opening_key=ristretto.base_mult(ristretto.scalar(5))),
    "cpk": with_randomness(cpk=STRANGER.public_key),
    "cpk of small order": with_an_alias_of_small_order,
    "scalar": with_randomness(ephemeral=SCALAR),
    "salt": with_randomness(salt=b"s" * 48),
    "prefix": with_randomness(prefix=b"p" * 32),
    "factor": with_randomness(factor=SecretBytes((12345).to_bytes(384, "big"))),
    "ctx in the message alone": with_message(context=Context("other", 203001)),
    "cpk in the message alone": with_message(cpk=STRANGER.public_key),
    "prefix in the message alone": with_message(prefix=b"p" * 32),
    "envelope bytes": with_message(envelope_hash=sha256(bytes(128))),
    "ipk": signed_by_a_stranger,
    "isig inside the envelope alone": signed_by_a_stranger_inside_only,
    "isig over another alias": signed_for_another_alias,
    "B": with_an_unblinded_change,
    "place": with_the_seed_of_another_place,
}


class TestACheat:
    """A client that alters one candidate before it commits, and opens what is asked of it."""

    @pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
    def test_in_an_opened_candidate_is_found(self, cheat: Callable[[int, SecretBytes], Made]) -> None:
        made = candidates(cheat)
        for chosen in (AT - 1, AT + 1):
            with pytest.raises(SealError):
                check(terms(), *sent(made, chosen))

    @pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
    def test_in_the_closed_candidate_is_not_seen(self, cheat: Callable[[int, SecretBytes], Made]) -> None:
        """The stated limit of the construction: once in N times a cheat goes through."""
        check(terms(), *sent(candidates(cheat), AT))

    def test_with_another_issuers_key_is_found(self) -> None:
        other = BlindSigner.generate(bits=3072)
        cheat = on_other_terms(issuer_key=other.public_key.to_spki())
        with pytest.raises(SealError):
            check(terms(), *sent(candidates(cheat), AT + 1))

    def test_that_repeats_a_seed_is_found(self) -> None:
        seed = SecretBytes.random(SEED_SIZE)
        made = [honest(index, seed if index in (1, 3) else SecretBytes.random(SEED_SIZE)) for index in range(N)]
        with pytest.raises(SealError, match="same seed"):
            check(terms(), *sent(made, AT))

    def test_that_repeats_an_alias_key_is_found(self) -> None:
        commitment, chosen, openings, message = sent(candidates(honest), AT)
        first, second = openings[:OPENING_SIZE], openings[OPENING_SIZE : 2 * OPENING_SIZE]
        repeated = first + second[:SEED_SIZE] + first[SEED_SIZE:] + openings[2 * OPENING_SIZE :]
        with pytest.raises(SealError, match="alias key"):
            check(terms(), commitment, chosen, repeated, message)

    def test_that_changes_the_order_after_the_choice_is_found(self) -> None:
        made = candidates(honest)
        commitment, chosen, openings, message = sent(made, AT)
        parts = [openings[at : at + OPENING_SIZE] for at in range(0, len(openings), OPENING_SIZE)]
        swapped = b"".join([parts[1], parts[0], *parts[2:]])
        with pytest.raises(SealError):
            check(terms(), commitment, chosen, swapped, message)

    def test_that_has_the_choice_stand_elsewhere_is_found(self) -> None:
        commitment, _, openings, message = sent(candidates(honest), AT)
        with pytest.raises(SealError):
            check(terms(), commitment, AT + 1, openings, message)

    def test_that_gets_another_candidate_signed_than_it_committed_to_is_found(self) -> None:
        commitment, chosen, openings, _ = sent(candidates(honest), AT)
        _, other = honest(AT, SecretBytes.random(SEED_SIZE))
        with pytest.raises(SealError):
            check(terms(), commitment, chosen, openings, other)

    @pytest.mark.parametrize("change", [-1, 1])
    def test_with_more_or_fewer_candidates_is_found(self, change: int) -> None:
        made = candidates(honest)
        commitment, chosen, openings, message = sent(made[:change] if change < 0 else [*made, made[0]], 0)
        with pytest.raises(SealError):
            check(terms(), commitment, chosen, openings, message)

    @pytest.mark.parametrize("size", [0, OPENING_SIZE - 1, OPENING_SIZE * (N - 1) + 1])
    def test_with_openings_of_another_size_is_found(self, size: int) -> None:
        commitment, chosen, openings, message = sent(candidates(honest), AT)
        with pytest.raises(SealError):
            check(terms(), commitment, chosen, (openings + bytes(OPENING_SIZE))[:size], message)

    @pytest.mark.parametrize("chosen", [-1, N])
    def test_with_a_choice_that_is_none_is_found(self, chosen: int) -> None:
        with pytest.raises(SealError):
            check(terms(), offer().commitment, chosen, offer().openings(0), offer().blinded_message(0))

    @few
    @given(st.data())
    def test_in_any_byte_sent_after_the_choice_is_found(self, data: st.DataObject) -> None:
        commitment, openings, message = offer().commitment, offer().openings(AT), offer().blinded_message(AT)
        match data.draw(st.sampled_from(["commitment", "openings", "message"])):
            case "commitment":
                commitment = data.draw(flips(commitment))
            case "openings":
                openings = data.draw(flips(openings))
            case _:
                message = data.draw(flips(message))
        with pytest.raises(SealError):
            check(terms(), commitment, AT, openings, message)

    @pytest.mark.parametrize(
        "change",
        [
            {"eref": b"f" * 16},
            {"ipk": STRANGER.public_key},
            {"context": Context("other", 203001)},
            {"slot": 2},
            {"opening_key": ristretto.base_mult(ristretto.scalar(5))},
        ],
    )
    def test_with_another_persons_offer_is_found(self, change: dict[str, object]) -> None:
        other = replace(terms(), **change)  # type: ignore[arg-type]
        with pytest.raises(SealError):
            check(other, offer().commitment, AT, offer().openings(AT), offer().blinded_message(AT))


@pytest.mark.parametrize(
    "change",
    [
        {"candidates": 1},
        {"candidates": 1025},
        {"slot": -1},
        {"eref": b"short"},
        {"ipk": b"short"},
        {"opening_key": bytes(32)},
    ],
)
def test_terms_are_well_formed(change: dict[str, object]) -> None:
    with pytest.raises(SealError):
        replace(terms(), **change)  # type: ignore[arg-type]


def candidates(cheat: Callable[[int, SecretBytes], Made]) -> list[Made]:
    """N candidates, of which one is made by `cheat`."""
    return [(cheat if index == AT else honest)(index, SecretBytes.random(SEED_SIZE)) for index in range(N)]


def sent(made: Sequence[Made], chosen: int) -> tuple[bytes, int, bytes, bytes]:
    """What `check` is given: a commitment to all of these, and what is sent after the choice."""
    commitment = _commitment(terms(), (sha256(message) for _, message in made))
    openings = b"".join(opening for index, (opening, _) in enumerate(made) if index != chosen)
    return commitment, chosen, openings, made[chosen][1]


def seeds(openings: bytes) -> set[bytes]:
    return {openings[at : at + SEED_SIZE] for at in range(0, len(openings), OPENING_SIZE)}


def opened(survivor: Survivor) -> envelope.Escrow:
    partials = [envelope.partial_decrypt(share, survivor.envelope) for share in dealing().shares[:3]]
    aad = envelope.associated_data(survivor.message.context, survivor.message.cpk)
    return envelope.Escrow.decode(envelope.combine(dealing().public_key, 3, partials, survivor.envelope, aad))
