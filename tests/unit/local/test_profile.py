"""The profile that a local platform writes is one that the client reads, with an address for every call of a desk."""

from pathlib import Path

import pytest

from deploy.local.layout import Layout
from deploy.local.profile import write_profile
from deploy.local.topology import MIRRORS, SERVICES, TRUSTEES
from vouchsafe.sdk import Profile

ADDRESSES = {name: f"127.0.0.1:{port}" for port, name in enumerate(SERVICES, start=7001)}


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile.load(write_profile(Layout(tmp_path), ADDRESSES.__getitem__))


def test_the_officers_desk_reaches_disclosure_every_trustee_and_the_mirrors(profile: Profile) -> None:
    desk = profile.officer_edge()
    assert desk.disclosure == ADDRESSES["disclosure"]
    assert desk.mirrors == tuple(f"http://{ADDRESSES[mirror]}" for mirror in MIRRORS)
    assert desk.trustees == {trustee: ADDRESSES[trustee] for trustee in TRUSTEES}


def test_no_other_side_reaches_a_trustee(profile: Profile) -> None:
    trustees = {ADDRESSES[trustee] for trustee in TRUSTEES}
    told = {*vars(profile.person).values(), *vars(profile.alias).values(), *vars(profile.operator_edge()).values()}
    assert not trustees & told
