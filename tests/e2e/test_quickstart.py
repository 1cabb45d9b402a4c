"""The README's example, run as it stands there, and the traces it leaves: five strangers make a crowd and speak."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.platform import LocalPlatform
from examples.demo.authors import code_in
from examples.quickstart import read, speak
from tests.e2e.waiting import eventually
from vouchsafe.sdk import Published, Wallet

DOMAIN = "cloudberry.example"
Spans = list[dict[str, Any]]


@pytest.fixture(scope="module")
def since() -> int:
    """When this file's calls began, in Unix nanoseconds: other tests have left traces of refusals and repeats."""
    return time.time_ns()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def published(
    platform: LocalPlatform, profile: Path, since: int, tmp_path_factory: pytest.TempPathFactory
) -> list[Published]:
    assert since
    wallets = tmp_path_factory.mktemp("wallets")

    async def one(number: int) -> Published:
        address = f"quickstart{number}@{DOMAIN}"

        async def mailed_code(_: str) -> str:
            return code_in(await platform.mailbox.wait(address))

        wallet = await asyncio.to_thread(Wallet.create, wallets / str(number), "a passphrase")
        return await speak(profile, wallet, f"quickstart-{number}", address, mailed_code)

    return list(await asyncio.gather(*(one(number) for number in range(5))))


async def test_five_people_speak_by_the_example(published: list[Published], profile: Path) -> None:
    assert len({each.thread_id for each in published}) == 5

    async def all_are_read() -> bool:
        feed = await read(profile)
        expected = {
            f"{each.author_name} (Employee of Cloudberry Systems 云莓科技): Asking for a colleague."
            for each in published
        }
        return expected <= set(feed)

    await eventually(all_are_read)


@pytest.mark.usefixtures("published")
async def test_a_trace_leads_from_the_call_to_the_commit_and_on_to_the_view(
    platform: LocalPlatform, since: int
) -> None:
    async def holds() -> bool:
        spans = [each for each in _spans(platform, "forum") if each["start_ns"] >= since]
        calls = {each["span_id"] for each in spans if each["name"].endswith("/OpenThread")}
        appends = {_address(each) for each in spans if each["name"] == "append" and each["parent_id"] in calls}
        # Each of the five opens a thread in one commit, which claims its post's identifier.
        return len(calls) == 5 and len(appends) == 5 and appends <= _linked(spans, "project")

    await eventually(holds)


@pytest.mark.usefixtures("published")
async def test_a_trace_leads_from_a_commit_over_the_bus_to_its_consumers(platform: LocalPlatform) -> None:
    async def holds() -> bool:
        commits = {_address(each) for each in _spans(platform, "verification") if each["name"] == "append"}
        sent = _linked(_spans(platform, "verification"), "publish") & commits
        heard = [_heard(platform, name) for name in ("forum", "disclosure")]
        return bool(sent) and all(sent & links for links in heard)

    await eventually(holds)


@pytest.mark.usefixtures("published")
def test_no_trace_is_shared_by_the_person_side_and_the_alias_side(platform: LocalPlatform) -> None:
    person = {each["trace_id"] for name in ("identity", "verification") for each in _spans(platform, name)}
    alias = {each["trace_id"] for name in ("forum", "disclosure") for each in _spans(platform, name)}
    assert person
    assert alias
    assert not person & alias


@pytest.mark.usefixtures("published")
async def test_what_the_alias_side_hears_does_not_name_a_persons_call(platform: LocalPlatform) -> None:
    async def both_are_written() -> bool:
        return bool(_calls(platform) and _names_heard(platform))

    await eventually(both_are_written)
    assert not _calls(platform) & _names_heard(platform)


def _calls(platform: LocalPlatform) -> set[str]:
    spans = _spans(platform, "verification")
    return {each["trace_id"] for each in spans if "IssuanceService/" in each["name"]}


def _names_heard(platform: LocalPlatform) -> set[str]:
    return {link.partition(":")[0] for name in ("forum", "disclosure") for link in _heard(platform, name)}


def _heard(platform: LocalPlatform, name: str) -> set[str]:
    return _linked(_spans(platform, name), "consume")


def _spans(platform: LocalPlatform, name: str) -> Spans:
    lines = (platform.layout.traces / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]


def _address(span: dict[str, Any]) -> str:
    return f"{span['trace_id']}:{span['span_id']}"


def _linked(spans: Spans, name: str) -> set[str]:
    return {link for span in spans if span["name"] == name for link in span["links"]}
