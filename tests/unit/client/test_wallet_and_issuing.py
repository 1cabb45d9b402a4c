"""The wallet keeps what must not be lost, and a credential made from it verifies for everybody."""

import os
import shutil
import stat
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from services.seal import blind_rsa, envelope, ristretto, threshold
from services.seal.authorization import SignedCredential, verify_credential
from services.seal.blind_rsa_signer import BlindSigner
from services.seal.cut_and_choose import Offer
from services.seal.ed25519 import SigningKey, verify
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.seal.statements import AliasProof, Context, Ownership, PostStatement, ThreadCertificate
from vouchsafe.sdk import Cost, Reason, VouchsafeError, Wallet, issuing, signing
from vouchsafe.sdk.keys import Alias, Person
from vouchsafe.sdk.sealed_file import SealedFile

CANDIDATES = 6
CHEAP = Cost(memory_kib=8, passes=1)


@pytest.fixture(scope="module")
def dealing() -> threshold.Dealing:
    return threshold.deal(SecretBytes(ristretto.random_scalar()), 3, 5)


@pytest.fixture(scope="module")
def signer() -> BlindSigner:
    return BlindSigner.generate()


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    wallet = Wallet.create(tmp_path / "wallet", "passphrase", cost=CHEAP)
    person = Person("login", str(uuid.uuid4()), SigningKey.generate().seed(), "person", b"e" * 16, b"s" * 32)
    wallet.save_person(person)
    return wallet


def begun(wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner) -> issuing.Issuing:
    return issuing.begin(
        wallet.registered(),
        dealing.public_key,
        label="acme",
        label_name="Employee of Acme",
        epoch=7,
        slot=0,
        issuer_key=signer.public_key.to_spki(),
        candidates=CANDIDATES,
    )


def challenged(wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner) -> tuple[issuing.Issuing, Offer]:
    state = issuing.challenged(begun(wallet, dealing, signer), 3)
    return state, issuing.offer(wallet.registered(), state)


def issued(wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner) -> Alias:
    state, offer = challenged(wallet, dealing, signer)
    return issuing.finish(state, offer, signer.blind_sign(offer.blinded_message(3)))


def test_an_issued_credential_verifies_and_its_envelope_opens_to_the_person(
    wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner
) -> None:
    alias = issued(wallet, dealing, signer)
    verify_credential(SignedCredential(alias.credential_message, alias.signature), signer.public_key.to_spki())
    partials = [envelope.partial_decrypt(share, alias.envelope) for share in dealing.shares[1:4]]
    context, cpk = Context("acme", 7), alias.key.public_key
    aad = envelope.associated_data(context, cpk)
    opened = envelope.Escrow.decode(envelope.combine(dealing.public_key, 3, partials, alias.envelope, aad))
    assert opened.eref == b"e" * 16
    verify(wallet.registered().ownership_key.public_key, Ownership(context, cpk).signed_bytes(), opened.isig)


def test_the_issuer_sees_nothing_that_comes_back_later(
    wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner
) -> None:
    state, offer = challenged(wallet, dealing, signer)
    alias = issuing.finish(state, offer, signer.blind_sign(offer.blinded_message(3)))
    sent = offer.commitment + offer.openings(3) + offer.blinded_message(3)
    for later in (alias.key.public_key, alias.envelope_hash, alias.prefix, alias.signature):
        assert later not in sent


def test_an_answer_that_is_no_signature_is_refused(
    wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner
) -> None:
    state, offer = challenged(wallet, dealing, signer)
    with pytest.raises(SealError):
        issuing.finish(state, offer, bytes(383) + b"\x02")


def test_a_choice_never_changes_and_is_one_of_the_candidates(
    wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner
) -> None:
    state, offer = challenged(wallet, dealing, signer)
    assert issuing.challenged(state, 3) == state
    for other in (2, -1, CANDIDATES):
        with pytest.raises(SealError):
            issuing.challenged(state, other)
    with pytest.raises(SealError):
        issuing.finish(begun(wallet, dealing, signer), offer, bytes(384))


@pytest.mark.parametrize("candidates", [0, 1, 1025, 1_000_000])
def test_a_number_of_candidates_beyond_reason_is_refused(
    wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner, candidates: int
) -> None:
    spki = signer.public_key.to_spki()
    place = {"label": "acme", "label_name": "A", "epoch": 7, "slot": 0}
    with pytest.raises(SealError):
        issuing.begin(wallet.registered(), dealing.public_key, issuer_key=spki, candidates=candidates, **place)  # type: ignore[arg-type]


def test_an_issuance_cut_short_is_resumed_from_disk(
    wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner, tmp_path: Path
) -> None:
    state = begun(wallet, dealing, signer)
    wallet.save_issuing(state)
    wallet.save_issuing(issuing.challenged(state, 3))
    again = Wallet.open(tmp_path / "wallet", "passphrase")
    resumed = again.issuing("acme", 7, 0)
    assert resumed == issuing.challenged(state, 3)
    offer = issuing.offer(again.registered(), resumed)
    assert offer.commitment == issuing.offer(wallet.registered(), state).commitment
    alias = issuing.finish(resumed, offer, signer.blind_sign(offer.blinded_message(3)))
    again.finish_issuing(resumed, alias)
    reopened = Wallet.open(tmp_path / "wallet", "passphrase")
    assert reopened.issuing("acme", 7, 0) is None
    assert reopened.alias("acme").signature == alias.signature
    assert reopened.alias("acme").secret == alias.secret


def test_a_wallet_tells_what_it_does_not_hold(wallet: Wallet, tmp_path: Path) -> None:
    with pytest.raises(VouchsafeError, match=Reason.NO_SUCH_ALIAS):
        wallet.alias("acme")
    empty = Wallet.create(tmp_path / "empty", "passphrase", cost=CHEAP)
    with pytest.raises(VouchsafeError, match=Reason.NOT_REGISTERED):
        empty.registered()


def test_what_an_alias_signs_verifies_and_threads_share_no_key(
    wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner
) -> None:
    alias = issued(wallet, dealing, signer)
    threads = [str(uuid.uuid4()) for _ in range(2)]
    proofs = []
    for thread_id in threads:
        text = PostStatement(thread_id, str(uuid.uuid4()), "", "Text")
        proof = signing.author_proof(alias, text)
        verify(proof.thread_key, text.signed_bytes(), proof.signature)
        certificate = ThreadCertificate(proof.alias_key, proof.thread_key, thread_id)
        verify(proof.alias_key, certificate.signed_bytes(), proof.certificate)
        proofs.append(proof)
    assert proofs[0].thread_key != proofs[1].thread_key
    request = signing.alias_request(alias, "handle", b"n" * 32)
    verify(
        alias.key.public_key, AliasProof(b"n" * 32, alias.key.public_key, "handle").signed_bytes(), request.signature
    )


def test_no_key_shows_itself(wallet: Wallet, dealing: threshold.Dealing, signer: BlindSigner) -> None:
    state, offer = challenged(wallet, dealing, signer)
    alias = issued(wallet, dealing, signer)
    for shown in (repr(state), repr(offer), repr(alias), repr(wallet.registered())):
        for secret in (state.master, alias.secret, wallet.registered().ownership_seed):
            assert secret.reveal().hex() not in shown
            assert str(secret.reveal()) not in shown


def test_an_issuer_key_of_another_size_is_refused(wallet: Wallet, dealing: threshold.Dealing) -> None:
    numbers = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key().public_numbers()
    small = blind_rsa.PublicKey(numbers.n, numbers.e).to_spki()
    with pytest.raises(SealError):
        issuing.begin(
            wallet.registered(),
            dealing.public_key,
            label="acme",
            label_name="A",
            epoch=1,
            slot=0,
            issuer_key=small,
            candidates=CANDIDATES,
        )


def test_secrets_survive_the_file(wallet: Wallet, tmp_path: Path) -> None:
    person = Wallet.open(tmp_path / "wallet", "passphrase").registered()
    assert person == wallet.registered()
    assert isinstance(person.ownership_seed, SecretBytes)


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("cleaned", [True, False])
def test_a_wallet_cut_short_is_no_wallet_and_can_be_created_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cleaned: bool
) -> None:
    directory, create = tmp_path / "wallet", SealedFile.create

    def crash_at_the_second(path: Path, purpose: str, *rest: str | bytes, cost: Cost) -> SealedFile:
        if purpose == "aliases":
            raise Crash
        return create(path, purpose, *rest, cost=cost)  # type: ignore[arg-type]

    with monkeypatch.context() as crashing:
        crashing.setattr(SealedFile, "create", crash_at_the_second)
        if not cleaned:  # as after SIGKILL
            crashing.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(Crash):
            Wallet.create(directory, "passphrase", cost=CHEAP)
    assert not directory.exists()
    assert bool(list(tmp_path.iterdir())) is not cleaned
    Wallet.create(directory, "another passphrase", cost=CHEAP)
    assert Wallet.open(directory, "another passphrase").person is None


def test_a_new_wallet_is_its_owners_alone_and_can_be_written_to(tmp_path: Path) -> None:
    directory = tmp_path / "empty"
    directory.mkdir()
    wallet = Wallet.create(directory, "passphrase", cost=CHEAP)
    wallet.save_person(Person("login", str(uuid.uuid4()), SigningKey.generate().seed()))
    assert Wallet.open(directory, "passphrase").person == wallet.person
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert os.listdir(tmp_path) == ["empty"]  # noqa: PTH208  # nothing is left beside it


def test_a_wallet_never_takes_the_place_of_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory, rename = tmp_path / "wallet", Path.rename
    Wallet.create(directory, "passphrase", cost=CHEAP)
    with pytest.raises(VouchsafeError, match=Reason.WALLET_EXISTS):
        Wallet.create(directory, "other", cost=CHEAP)

    def overtaken(self: Path, target: Path) -> Path:
        Path(target).mkdir()
        (Path(target) / "person.sealed").write_bytes(b"somebody else's")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", overtaken)
    with pytest.raises(VouchsafeError, match=Reason.WALLET_EXISTS):
        Wallet.create(tmp_path / "raced", "passphrase", cost=CHEAP)
    assert (tmp_path / "raced" / "person.sealed").read_bytes() == b"somebody else's"
    assert sorted(os.listdir(tmp_path)) == ["raced", "wallet"]  # noqa: PTH208
