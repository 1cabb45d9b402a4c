"""Trustees that are dead, hold what was never dealt, or lie: three honest ones open, and fewer never do."""

import asyncio
import json
import secrets
import signal
import sys
import tomllib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.local.layout import REPOSITORY
from deploy.local.topology import TRUSTEES
from services.ceremony import dealing
from services.chassis import toml_text
from services.seal.passphrase import RANDOM
from services.seal.secret import SecretBytes
from services.seal.share_file import seal_share
from services.seal.threshold import Share
from tests.e2e.waiting import eventually
from tests.faults.openings.court import UNREACHED, Court
from tests.support import rogue_trustee
from tests.support.rogue_trustee import How

PAIRS = ((How.FORGED, How.REPLAYED), (How.ANOTHERS, How.GARBAGE), (How.SWAPPED, How.HANG))


async def test_two_of_five_dead(court: Court) -> None:
    followed = await court.due()
    async with court.platform.away("trustee-2", "trustee-4"):
        await court.opened_and_collected(followed)
    await court.judge()


@pytest.mark.long
async def test_three_of_five_dead(court: Court) -> None:
    followed = await court.due()
    async with court.platform.away("trustee-1", "trustee-3", "trustee-5"):
        before = await court.judge()
        assert await court.refused(followed) == "TRUSTEES_UNAVAILABLE"
        assert await court.evidence() == before, "nothing has changed"
    await court.opened_and_collected(followed)
    await court.judge()


@pytest.mark.long
async def test_killed_while_they_are_asked(court: Court) -> None:
    """Each trustee once, between the question and its answer's being used; a claimed case is claimed once."""
    followed = await court.due()
    court.platform.break_at("trustee.after")
    opening = asyncio.create_task(court.carry_out(followed))
    await court.platform.broken()
    for name in TRUSTEES:
        await court.platform.killed(name)
    await opening
    await court.platform.back()
    await court.collect(followed)
    await court.judge()


@pytest.mark.long
@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
async def test_two_of_five_lie(court: Court, pair: tuple[How, How]) -> None:
    rogues = dict(zip(("trustee-1", "trustee-4"), pair, strict=True))
    liars = {name for name, how in rogues.items() if how is not How.HANG}
    async with _rogues(court, rogues):
        followed = await court.due()
        failed = _failures(court)

        async def found_out() -> bool:
            return liars <= (_failures(court) - failed).keys()

        # Without this one there are too few, so nothing is decided before the liars were heard.
        court.platform.kill("trustee-2", signal.SIGSTOP)
        opening = asyncio.create_task(court.carry_out(followed))
        try:
            await eventually(found_out)
        finally:
            court.platform.kill("trustee-2", signal.SIGCONT)
        await opening
        await court.collect(followed)
    await court.judge()


@pytest.mark.long
async def test_three_of_five_lie(court: Court) -> None:
    async with _rogues(court, {"trustee-1": How.FORGED, "trustee-3": How.EMPTY, "trustee-5": How.ANOTHERS}):
        followed = await court.due()
        before = await court.judge()
        assert await court.refused(followed) == "OPENING_REFUSED"
        assert await court.evidence() == before, "nothing has changed"
        _tell(court, dict.fromkeys(("trustee-1", "trustee-3", "trustee-5"), How.HANG))
        assert await court.refused(followed) in UNREACHED
        assert await court.evidence() == before, "nothing has changed"
    await court.opened_and_collected(followed)
    await court.judge()


@pytest.mark.long
async def test_a_wrong_share_starts_no_trustee(court: Court, tmp_path: Path) -> None:
    layout, opening_key = court.platform.layout, court.trust.opening_key
    own = layout.secrets("trustee-5")
    share, passphrase = (own / "share").read_bytes(), (own / "share-passphrase").read_bytes()
    another = layout.secrets("trustee-4")
    dealing.deal(tmp_path / "dealt", [SecretBytes(passphrase)] * 5, 3, cost=RANDOM)
    undealt = Share(5, SecretBytes(secrets.token_bytes(31) + b"\0"))
    wrong = {
        "another trustee's": (another / "share").read_bytes(),
        "of another dealing": (tmp_path / "dealt" / dealing.share_name(5)).read_bytes(),
        "of no dealing": seal_share(undealt, opening_key, SecretBytes(passphrase), cost=RANDOM),
        "damaged": share[:-40] + b"0" * 39 + b"\n",
    }
    for what, content in wrong.items():
        code, said = await _started(court, tmp_path / what.replace(" ", "-"), content)
        assert code not in (0, None), f"a trustee started on a share that is {what}: {said}"
    code, said = await _started(court, tmp_path / "right", share)
    assert code is None, f"it would not start on the right one either: {said}"


async def _started(court: Court, directory: Path, share: bytes) -> tuple[int | None, str]:
    """Start a trustee 5 beside the platform's on this share; its exit code, None when it serves, and what it said."""
    layout = court.platform.layout
    place = directory / "secrets"
    place.mkdir(parents=True)
    for file in layout.secrets("trustee-5").iterdir():
        (place / file.name).write_bytes(file.read_bytes())
        (place / file.name).chmod(0o600)
    (place / "share").write_bytes(share)
    tables = tomllib.loads(layout.endpoints("trustee-5").read_text(encoding="utf-8"))
    tables["listen"] = {"rpc": "127.0.0.1:0", "health": ""}
    tables["telemetry"] = {}
    tables["paths"]["state"] = str(directory / "state")
    (directory / "state").mkdir()
    (directory / "endpoints.toml").write_text(toml_text.render(tables), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "services.trustee",
            "--config",
            str(court.platform.settings / "trustee" / "service.toml"),
        ),
        *("--endpoints", str(directory / "endpoints.toml"), "--secrets", str(place)),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = b""
    try:
        async with asyncio.timeout(60):
            while line := await process.stdout.readline():
                said += line
                if b"rpc_serving" in line:
                    return None, said.decode()
            return await process.wait(), said.decode()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def _rogues(court: Court, hows: Mapping[str, How]) -> AsyncIterator[None]:
    """Have rogues in the place of these trustees; who is to replay an answer has given it in another case before."""
    _tell(court, dict.fromkeys(hows, How.HONEST))
    async with court.platform.replaced(list(hows), rogue_trustee.__name__):
        if How.REPLAYED in hows.values():
            others = [name for name in TRUSTEES if name not in hows]
            earlier = await court.due(about=1)
            # With two of the honest ones away, it takes the rogues' answers to open that case.
            async with court.platform.away(*others[:2]):
                await court.opened_and_collected(earlier)
        _tell(court, hows)
        yield


def _tell(court: Court, hows: Mapping[str, How]) -> None:
    for name, how in hows.items():
        another = next(each for each in TRUSTEES if each not in hows)
        rogue_trustee.order(court.platform.layout.state(name), how, share_of=court.platform.layout.secrets(another))


def _failures(court: Court) -> Counter[str]:
    """How often each trustee failed disclosure so far, by disclosure's own log."""
    lines = (court.platform.layout.log_files / "disclosure.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines if '"trustee_failed"' in line]
    return Counter(line["peer"] for line in told)
