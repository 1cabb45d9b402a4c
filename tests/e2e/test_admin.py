"""The operators' command beside running services, with the files that the platform gave each of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.local.platform import LocalPlatform
from deploy.local.topology import CORE
from tests.support.prepared import lasting


async def admin(platform: LocalPlatform, service: str, *arguments: str) -> tuple[int, str, str]:
    given = ("--platform", str(platform.run_directory), "--service", service, "--json", *arguments)
    ended = await lasting("services.admin", "services.admin.main").run(*given, within=120)
    return ended.code, ended.output, ended.error


async def must(platform: LocalPlatform, service: str, *arguments: str) -> Any:
    code, output, error = await admin(platform, service, *arguments)
    assert code == 0, error
    return json.loads(output)


@pytest.mark.parametrize("service", CORE)
async def test_every_service_can_be_looked_after(platform: LocalPlatform, service: str) -> None:
    told = await must(platform, service, "lags")
    assert {"log", "lease"} <= {each["what"] for each in told}
    assert await must(platform, service, "dead-letters", "list") == []


async def test_a_log_of_a_running_service_is_exported(platform: LocalPlatform, tmp_path: Path) -> None:
    file = tmp_path / "verification.gz"
    exported = await must(platform, "verification", "export", str(file))
    assert exported["commits"] > 0  # Issuer keys are made at the start.
    code, _, error = await admin(platform, "forum", "import", str(file), "--yes")
    assert code == 1
    assert error.startswith("error: OTHER_SERVICE: ")
    shown = await must(platform, "verification", "streams", "issuer")
    assert all(each["stream"].startswith("issuer-key-") for each in shown)
    assert shown


async def test_a_view_of_a_running_service_is_built_anew(platform: LocalPlatform) -> None:
    [before] = [each for each in await must(platform, "forum", "projections") if each["projection"] == "posts"]
    built = await must(platform, "forum", "rebuild", "posts")
    assert built["done"]
    assert built["generation"] == before["generation"] + 1


async def test_an_unknown_service_is_told_as_such(platform: LocalPlatform) -> None:
    code, _, error = await admin(platform, "nobody", "lags")
    assert (code, error.partition(": ")[2].partition(":")[0]) == (1, "NO_SUCH_SERVICE")


@pytest.mark.parametrize(("service", "reason"), [("trustee-1", "NO_LOG"), ("", "NO_SUCH_SERVICE")])
async def test_what_keeps_no_log_is_told_as_such(platform: LocalPlatform, service: str, reason: str) -> None:
    code, _, error = await admin(platform, service, "lags")
    assert (code, error.partition(": ")[2].partition(":")[0]) == (1, reason)


@pytest.mark.parametrize("bus", [(), ("--bus",)])
async def test_an_audit_does_not_begin_beyond_the_end(platform: LocalPlatform, bus: tuple[str, ...]) -> None:
    code, _, error = await admin(platform, "verification", "audit", *bus, "--after", "1000000")
    assert (code, error.partition(": ")[2].partition(":")[0]) == (1, "NOTHING_THERE")


async def test_log_and_bus_of_a_running_service_are_sound(platform: LocalPlatform) -> None:
    assert (await must(platform, "verification", "audit"))["faults"] == {}
    published = await must(platform, "verification", "audit", "--bus")
    assert published["faults"] == {}
    assert published["checked"] > 0
