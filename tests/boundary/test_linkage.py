"""No part, and no two services, can join an alias to a person; every broken build is found out by the same harness."""

import pytest

from tests.boundary import linkage_table
from tests.boundary.breaking import Build
from tests.boundary.evidence import Channel
from tests.boundary.parties import PARTIES, Bench, Party
from tests.boundary.verdicts import judge, within_chance

BROKEN = [build for build in Build if build is not Build.SOUND]


@pytest.mark.parametrize("party", PARTIES, ids=lambda party: party.name)
async def test_a_sound_platform_gives_nothing_away(benches: dict[Build, Bench], party: Party) -> None:
    row = benches[Build.SOUND].row(party)
    assert row.found.where == []
    assert row.found.aliases == set()
    assert within_chance(row)


async def test_a_reader_cannot_join_two_threads_of_one_author(benches: dict[Build, Bench]) -> None:
    found = benches[Build.SOUND].readers()
    assert found.where == []
    assert found.aliases == set()


@pytest.mark.parametrize("build", BROKEN, ids=lambda build: build.name)
async def test_a_broken_build_is_found_out(benches: dict[Build, Bench], build: Build) -> None:
    finding = judge(benches[build])
    assert finding.found, finding


async def test_the_attackers_had_something_to_look_at(benches: dict[Build, Bench]) -> None:
    sound = benches[Build.SOUND]
    seen = {(record.service, record.channel) for record in sound.records}
    for service in ("identity", "verification", "forum", "disclosure"):
        assert {(service, each) for each in (Channel.STORED, Channel.CALLS, Channel.TRACES)} <= seen
    rows = {party.name: sound.row(party) for party in PARTIES}
    for one in ("identity", "verification"):
        for other in ("forum", "disclosure"):
            # Both sides' people were followed: there is an order and a time of (nearly) everybody on each.
            row = rows[f"{one} and {other}"]
            assert min(row.order.of, row.time.of) >= 0.9 * len(sound.course.people)


def test_the_page_shows_every_party_and_every_broken_build() -> None:
    standing = linkage_table.standing()
    for party in PARTIES:
        assert standing[party.name] == linkage_table.HELD
    for build in BROKEN:
        assert standing[build] == linkage_table.FOUND
