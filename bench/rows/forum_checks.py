"""What the forum's own checks cost beside the bare signatures in them, in milliseconds of one processor.

A post: the author's certificate, remembered once it verified, and the signature. So two rows: an author's first post in
a thread, and a later one. An alias: credential, receipt and possession. The raw sides verify the same signatures with
bare calls of the library.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bench.figures import Aim, Comparison, Target
from bench.rounds import Meter, interleaved
from bench.settings import Settings
from services.forum import checks
from services.forum.domain.verified import AliasClaim, SignedPost
from services.seal.statements import Context, CredentialMessage, PostStatement, Receipt
from tests.unit.forum.authors import LABEL_NAME, RECEIPT_KEY, Author, issuer_key, new_id

_BODY = "Overtime was paid in full this quarter, for once; the canteen is another story. " * 3
_NONCE = bytes(40)


async def measure(settings: Settings) -> list[Comparison]:
    """The rows."""
    count = settings.sized(500, 30)
    rounds = settings.rounds + 1  # one of each side does not count
    author = Author()
    thread = new_id()
    first = iter([[author.post(new_id(), _BODY) for _ in range(count)] for _ in range(rounds)])
    later = iter([[author.post(thread, _BODY) for _ in range(count)] for _ in range(rounds)])
    checks.verified_post(author.post(thread, _BODY))
    aliases = iter([[Author() for _ in range(count // 10)] for _ in range(rounds)])
    return [
        await _posts(settings, "forum_first_post", "the forum's check of an author's first post in a thread", first),
        await _posts(settings, "forum_later_post", "the forum's check of a later post", later),
        await _aliases(settings, aliases),
    ]


async def _posts(settings: Settings, name: str, what: str, posts: Iterator[Sequence[SignedPost]]) -> Comparison:
    sample = Author().post(new_id(), _BODY)

    async def raw(_: Meter) -> float:
        return _milliseconds([sample] * 200, _bare_post)

    async def ours(_: Meter) -> float:
        return _milliseconds(next(posts), checks.verified_post)

    sides = await interleaved(
        settings.rounds, raw=raw, ours=ours, raw_is="one Ed25519 verification", ours_is="checks.verified_post"
    )
    target = Target(aim=Aim.AT_MOST, value=0.6, of_ours=True)
    return Comparison(name=name, what=what, unit="ms", raw=sides[0], ours=sides[1], target=target)


async def _aliases(settings: Settings, authors: Iterator[Sequence[Author]]) -> Comparison:
    key = issuer_key().public_key
    sample = _claim(Author())

    async def raw(_: Meter) -> float:
        return _milliseconds([sample] * 100, lambda claim: _bare_alias(claim[0], key))

    async def ours(_: Meter) -> float:
        return _milliseconds(
            [_claim(author) for author in next(authors)], lambda claim: _check_alias(claim[0], claim[1], key)
        )

    sides = await interleaved(
        settings.rounds,
        raw=raw,
        ours=ours,
        raw_is="one RSASSA-PSS and two Ed25519 verifications",
        ours_is="checks.verified_alias",
    )
    target = Target(aim=Aim.AT_MOST, value=5.0, of_ours=True)
    what = "the forum's check of a new alias"
    return Comparison(name="forum_alias", what=what, unit="ms", raw=sides[0], ours=sides[1], target=target)


def _claim(author: Author) -> tuple[AliasClaim, bytes]:
    return AliasClaim(author.credential(), LABEL_NAME, "blue", author.receipt()), author.possession(_NONCE, "blue")


def _check_alias(claim: AliasClaim, possession: bytes, key: bytes) -> None:
    checks.verified_alias(
        claim, issuer_key=key, receipt_key=RECEIPT_KEY.public_key, nonce=_NONCE, possession=possession
    )


def _bare_post(post: SignedPost) -> None:
    statement = PostStatement(post.thread_id, post.post_id, post.title, post.body).signed_bytes()
    Ed25519PublicKey.from_public_bytes(post.proof.thread_key).verify(post.proof.signature, statement)


def _bare_alias(claim: AliasClaim, key: bytes) -> None:
    told = claim.credential
    message = CredentialMessage(told.prefix, Context(told.label, told.epoch), told.alias_key, told.envelope_hash)
    issuer: Any = load_der_public_key(key)
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    issuer.verify(told.signature, message.signed_bytes(), pss, hashes.SHA384())
    # The receipt's message stands for both: they are of much the same length.
    for _ in range(2):
        Ed25519PublicKey.from_public_bytes(RECEIPT_KEY.public_key).verify(
            claim.receipt_signature, Receipt(told.alias_key, told.envelope_hash).signed_bytes()
        )


def _milliseconds(jobs: Sequence[Any], work: Callable[[Any], object]) -> float:
    """Of processor time, for one."""
    started = time.process_time()
    for job in jobs:
        work(job)
    return (time.process_time() - started) * 1000 / len(jobs)
