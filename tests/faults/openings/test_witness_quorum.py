"""Where the trust material asks for two witnesses of three, one that is dead holds nothing up, and two do."""

from collections.abc import AsyncIterator, Iterator, Mapping

import pytest
import pytest_asyncio

from deploy.local import ceremony, endpoints
from deploy.local.layout import Layout
from deploy.local.ports import PortReservations
from services.ceremony import parts
from services.seal.ed25519 import SigningKey
from tests.faults.openings.court import Court, holding_court

pytestmark = pytest.mark.long

DEAD, NOWHERE = "witness-3", "https://127.0.0.1:1"


@pytest_asyncio.fixture(loop_scope="session")
async def court_of_three(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Court]:
    """A court whose ceremony knew a third witness, who never was there."""
    keys, tables = ceremony._keys, endpoints.endpoints

    def with_another(layout: Layout) -> Iterator[parts.Part]:
        yield from keys(layout)
        yield parts.witness(DEAD, SigningKey.generate().public_key)

    def told_of_it(layout: Layout, name: str, ports: PortReservations) -> Mapping[str, object]:
        told = tables(layout, name, ports)
        witnesses = told.get("witnesses")
        return {**told, "witnesses": {**witnesses, DEAD: NOWHERE}} if isinstance(witnesses, dict) else told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ceremony, "_keys", with_another)
        patch.setattr(endpoints, "endpoints", told_of_it)
        async with holding_court(tmp_path_factory.mktemp("court-of-three")) as held:
            yield held


async def test_two_of_three_are_enough_where_the_trust_material_says_so(court_of_three: Court) -> None:
    court = court_of_three
    assert (court.trust.witness_quorum, len(court.trust.log_policy().witnesses)) == (2, 3)
    await court.platform.killed("disclosure")
    followed = await court.due()
    await court.opened_and_collected(followed)
    followed = await court.approved()
    async with court.platform.away("witness-1"):
        assert await court.refused(followed) == "WITNESSES_UNAVAILABLE"
        assert await court.state(followed) == "INTENDED"
    await court.intend(followed)
    await court.delay_over(followed)
    await court.opened_and_collected(followed)
    await court.judge()
