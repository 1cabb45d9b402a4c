"""An officer's own machine signs nothing that disclosure made up: the SDK against a real service, honest and lying.

Each single lie is tried in `unit/client/test_case_review.py`; here the answers come over the wire, and so does the log.
"""

import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.seal.authorization import bundle_hash
from services.seal.blind_rsa_signer import BlindSigner
from tests.rpc.disclosure.authors import Author, credential_message
from tests.rpc.disclosure.world import Platform, Served, tls_of
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk import VouchsafeError
from vouchsafe.sdk.case_review import demand_of, scope_of
from vouchsafe.sdk.officer_side import OfficerSide
from vouchsafe.sdk.officer_signatures import approval_of
from vouchsafe.sdk.profile import OfficerEdge

Lie = Callable[[pb.Case], None]


class Desk(OfficerSide):
    """An officers' desk whose answers may be turned into lies on their way."""

    lie: Lie = staticmethod(lambda case: None)

    async def case(self, case_id: str) -> pb.Case:
        told = await super().case(case_id)
        self.lie(told)
        return told


@pytest.fixture
async def disclosure(platform: Platform) -> Served:
    served = await platform.disclosure()
    await served.publish_label()
    return served


@pytest.fixture
async def desk(platform: Platform, disclosure: Served, tmp_path: Path) -> AsyncIterator[Desk]:
    tls, paths = tls_of("officer-desk"), [tmp_path / name for name in ("desk.crt", "desk.key", "desk-ca.crt")]
    for path, content in zip(paths, (tls.certificate, tls.key, tls.authority), strict=True):
        path.write_bytes(content)
    async with Desk(OfficerEdge(*paths, disclosure.address), platform.trust) as made:
        yield made


async def case_about(platform: Platform, disclosure: Served) -> tuple[pb.Case, Author]:
    author = platform.author()
    await disclosure.deposit(author)
    return await disclosure.open_case(author), author


async def test_an_honest_case_is_reviewed_and_approved(platform: Platform, disclosure: Served, desk: Desk):
    case, author = await case_about(platform, disclosure)
    reviewed = await desk.review(case.case_id)
    assert reviewed.case == case
    assert reviewed.case.post == author.post_evidence()
    approval = approval_of(reviewed, "ann", platform.ceremony.officers["ann"], now=int(time.time()))
    approved = await desk.approve(case.case_id, approval)
    assert list(approved.approved_by) == ["ann"]


async def test_another_officers_key_signs_nothing(platform: Platform, disclosure: Served, desk: Desk):
    case, _ = await case_about(platform, disclosure)
    reviewed = await desk.review(case.case_id)
    with pytest.raises(VouchsafeError, match="PROOF_INVALID: this key"):
        approval_of(reviewed, "ann", platform.ceremony.officers["bob"], now=int(time.time()))


def another_case(case: pb.Case) -> None:
    case.case_id = str(uuid.uuid4())


def another_recipient(case: pb.Case) -> None:
    case.recipient_key = b"x" * 32


def other_words(case: pb.Case) -> None:
    case.post.body = "other words"


@pytest.mark.parametrize("lie", [another_case, another_recipient, other_words])
async def test_one_changed_part_is_not_signed(platform: Platform, disclosure: Served, desk: Desk, lie: Lie):
    case, _ = await case_about(platform, disclosure)
    desk.lie = lie
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await desk.review(case.case_id)


async def test_one_authors_post_shown_over_anothers_envelope_is_not_signed(
    platform: Platform, disclosure: Served, desk: Desk
):
    """The lie is consistent: its hash covers the victim's credential, and only the author's signatures are missing."""
    case, _ = await case_about(platform, disclosure)
    victim = Author(platform.trust.opening_key)

    def lie(told: pb.Case) -> None:
        told.credential.CopyFrom(credential_message(victim.credential))
        told.bundle_hash = bundle_hash(victim.credential, demand_of(told), scope_of(told), told.recipient_key)

    desk.lie = lie
    with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
        await desk.review(case.case_id)


async def test_a_credential_under_a_key_that_nobody_can_see_is_not_signed(
    platform: Platform, disclosure: Served, desk: Desk
):
    """All signatures fit each other, but the issuer's key is in no log: disclosure made it."""
    case, author = await case_about(platform, disclosure)
    secret = BlindSigner.generate()
    forged = author.credential_for(author.envelope, by=secret)

    def lie(told: pb.Case) -> None:
        told.credential.CopyFrom(credential_message(forged))
        told.issuer_key = secret.public_key.to_spki()
        told.bundle_hash = bundle_hash(forged, demand_of(told), scope_of(told), told.recipient_key)

    desk.lie = lie
    with pytest.raises(VouchsafeError, match="not in the log"):
        await desk.review(case.case_id)
