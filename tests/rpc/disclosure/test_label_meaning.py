"""A person takes no credential under words that the log does not show, nor for an epoch that is not now.

Identity and verification are played here.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.chassis.clock import FixedClock
from services.seal.leaves import LabelDefinedLeaf
from tests.rpc.disclosure.authors import EPOCH, LABEL, issuer
from tests.rpc.disclosure.world import Platform, Served, foreign, key_published, tls_of
from tests.unit.client.wallets import filled
from vouchsafe.identity.v1.person_service_pb2 import IssueAssertionResponse
from vouchsafe.sdk import VouchsafeError, Wallet, issuing
from vouchsafe.sdk.account import Account
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.keys import Issuing
from vouchsafe.sdk.person_side import PersonSide
from vouchsafe.sdk.profile import AliasEdge, PersonEdge
from vouchsafe.verification.v1.issuance_service_pb2 import BeginIssuanceResponse, GetIssuerKeyResponse

KEY = issuer().public_key.to_spki()
HONEST = GetIssuerKeyResponse(
    label=LABEL, label_name="Employee of Acme", parent="gaming", epoch=EPOCH, public_key=KEY, slots=3, candidates=4
)
NOBODY = "127.0.0.1:1"


class Asked(Exception):
    """Verification was asked for a credential: whatever had to be checked before was in order."""


class ToldSide(PersonSide):
    """The person side, told by identity and verification what the test decides; the log is the real one."""

    told = HONEST

    async def issue_assertion(self, session_token: str) -> IssueAssertionResponse:
        return IssueAssertionResponse(assertion="assertion", expires_at=2**40)

    async def issuer_key(self, assertion: str, label: str) -> GetIssuerKeyResponse:
        return self.told

    async def begin_issuance(
        self, assertion: str, issuing: Issuing, *, terms: bytes, commitment: bytes
    ) -> BeginIssuanceResponse:
        raise Asked


@pytest.fixture
async def disclosure(platform: Platform) -> Served:
    served = await platform.disclosure()
    await served.publish_label()
    return served


@pytest.fixture
async def side(platform: Platform, disclosure: Served, tmp_path: Path) -> AsyncIterator[ToldSide]:
    edge = PersonEdge(**files(tmp_path), identity=NOBODY, verification=NOBODY, disclosure=disclosure.address)
    async with ToldSide(edge, platform.trust, patience=5.0) as side:
        yield side


@pytest.fixture
def wallet(tmp_path: Path) -> Wallet:
    wallet = filled(tmp_path / "wallet")
    wallet.save_person(replace(wallet.registered(), session_token="session", session_expires_at=2**40))
    return wallet


@pytest.fixture
async def account(platform: Platform, side: ToldSide, wallet: Wallet, tmp_path: Path) -> AsyncIterator[Account]:
    edge = AliasEdge(**files(tmp_path), forum=NOBODY, disclosure=NOBODY)
    async with AliasSide(edge, platform.trust, patience=1.0) as alias_side:
        yield Account(side, alias_side, wallet, platform.trust, patience=0.3, clock=FixedClock())


def files(directory: Path) -> dict[str, Path]:
    """The person edge's certificate, on disk."""
    tls = tls_of("person-edge")
    for name, content in (("certificate", tls.certificate), ("key", tls.key), ("authority", tls.authority)):
        (directory / name).write_bytes(content)
    return {name: directory / name for name in ("certificate", "key", "authority")}


def told(lie: GetIssuerKeyResponse) -> GetIssuerKeyResponse:
    """What verification answers: the truth, but for this."""
    answer = GetIssuerKeyResponse()
    answer.CopyFrom(HONEST)
    answer.MergeFrom(lie)
    return answer


def begin(platform: Platform, wallet: Wallet, label_name: str) -> None:
    """Have the wallet hold an issuance that was begun, whose choice is not known yet."""
    begun = issuing.begin(
        wallet.registered(),
        platform.trust.opening_key,
        label=LABEL,
        label_name=label_name,
        epoch=EPOCH,
        slot=0,
        issuer_key=KEY,
        candidates=HONEST.candidates,
    )
    wallet.alias_compartment.save_issuing(begun)


async def test_the_words_of_the_log_are_taken(account: Account) -> None:
    with pytest.raises(Asked):
        await account.issue(LABEL)


@pytest.mark.parametrize("lie", [{"label_name": "Employee of Acme, Inc."}, {"parent": "finance"}])
async def test_other_words_than_those_of_the_log_are_refused_before_anything_is_asked_for(
    account: Account, side: ToldSide, wallet: Wallet, lie: dict[str, str]
) -> None:
    side.told = told(GetIssuerKeyResponse(**lie))
    with pytest.raises(VouchsafeError) as refused:
        await account.issue(LABEL)
    assert refused.value.reason == "LABEL_MISNAMED"
    assert wallet.issuing(LABEL, EPOCH, 0) is None


async def test_another_epoch_is_refused_before_anything_is_asked_for_or_kept(
    account: Account, side: ToldSide, wallet: Wallet, disclosure: Served
) -> None:
    """Its key may be in the log, as the next epoch's is ahead of its time."""
    following = EPOCH + 1
    await disclosure.service.published.issuer_key_published(foreign("verification", 4, key_published(epoch=following)))
    side.told = told(GetIssuerKeyResponse(epoch=following))
    with pytest.raises(VouchsafeError) as refused:
        await account.issue(LABEL)
    assert refused.value.reason == "EPOCH_UNEXPECTED"
    assert wallet.issuing(LABEL, following, 0) is None


@pytest.mark.parametrize("lie", [{"label_name": "two\nlines"}, {"parent": "none"}])
async def test_words_that_no_log_can_hold_are_refused(account: Account, side: ToldSide, lie: dict[str, str]) -> None:
    side.told = told(GetIssuerKeyResponse(**lie))
    with pytest.raises(VouchsafeError) as refused:
        await account.issue(LABEL)
    assert refused.value.reason == "PROOF_INVALID"


async def test_what_was_begun_under_other_words_does_not_go_on(
    platform: Platform, account: Account, wallet: Wallet
) -> None:
    begin(platform, wallet, "Employee of Another")
    with pytest.raises(VouchsafeError) as refused:
        await account.issue(LABEL)
    assert refused.value.reason == "LABEL_MISNAMED"


async def test_what_was_begun_honestly_is_not_begun_anew_under_a_key_or_words_that_no_log_shows(
    platform: Platform, account: Account, side: ToldSide, wallet: Wallet
) -> None:
    begin(platform, wallet, HONEST.label_name)
    for lie, reason in (
        (GetIssuerKeyResponse(candidates=8, label_name="Employee of Another"), "LABEL_MISNAMED"),
        (GetIssuerKeyResponse(candidates=8, public_key=b"another key"), "LEAF_UNKNOWN"),
    ):
        side.told = told(lie)
        with pytest.raises(VouchsafeError) as refused:
            await account.issue(LABEL)
        assert refused.value.reason == reason


async def test_a_log_that_is_away_is_not_taken_for_a_lie(platform: Platform, tmp_path: Path) -> None:
    edge = PersonEdge(**files(tmp_path), identity=NOBODY, verification=NOBODY, disclosure=NOBODY)
    async with PersonSide(edge, platform.trust, patience=0.5) as side:
        with pytest.raises(VouchsafeError) as refused:
            await side.log.check_meaning(LabelDefinedLeaf(LABEL, EPOCH, "Employee of Acme", "gaming"))
    assert refused.value.reason in {"UNAVAILABLE", "DEADLINE_EXCEEDED"}
