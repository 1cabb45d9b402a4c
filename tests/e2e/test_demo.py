"""The demonstration as a real process, on few posts, with everything that may go wrong with them at once."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.e2e.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[2]
AUTHORS = ("Anna Berg", "李明", "Li", "Omar Haddad", "王小雨", "Fatoumata Ndiaye")


def posts() -> list[str]:
    """Six authors of one employer in three threads each way, a broken line, and an unknown mail domain."""
    lines = []
    for shift in (0, 1):
        for number, author in enumerate(AUTHORS):
            thread = f"Thread {(number + shift) % 3}"
            body = f"Text {number} of round {shift}. Li says hello."
            address = f"author{number}@cloudberry.example"
            lines.append(
                json.dumps(
                    {"author": author, "work_email": address, "thread": thread, "body": body}, ensure_ascii=False
                )
            )
    lines.insert(3, '{"author": "broken')
    lines.append(json.dumps({"author": "Nobody", "work_email": "nobody@nowhere.example", "thread": "T", "body": "b"}))
    return lines


async def run_demo(directory: Path, *arguments: str) -> tuple[int, str]:
    """Run it; the exit code and all output. Fails when a process of the run is left behind."""
    environment = {name: value for name, value in os.environ.items() if name != "MONGODB_URI"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "examples.demo", "--run-dir", str(directory), *arguments),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 280)
    except BaseException:
        process.send_signal(signal.SIGTERM)
        await process.wait()
        raise
    assert left_behind(directory) == []
    return process.returncode or 0, output.decode()


def left_behind(directory: Path) -> list[str]:
    """Processes that mention the run directory."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or ())
        if str(directory) in command and process.pid != os.getpid():
            found.append(command)
    return found


@pytest.mark.parametrize("killed", ["forum"])
async def test_the_story_holds_though_a_service_is_killed(tmp_path: Path, killed: str) -> None:
    source = tmp_path / "posts.jsonl"
    source.write_text("\n".join(posts()) + "\n", encoding="utf-8")
    code, output = await run_demo(tmp_path / "run", "--posts", str(source), "--fault-kill", killed)
    assert code == 0, output
    assert "line 4: not a JSON object in UTF-8" in output
    assert "line 14: its author cannot be verified: UNKNOWN_MAIL_DOMAIN" in output
    assert f"killed {killed} (SIGKILL)" in output
    assert f"{killed} is back" in output
    assert "all 12 published posts are in the feed, each once" in output
    for told in (
        "error: REQUESTER_DECLINED",
        "the demand is counted in the public log",
        "error: QUORUM_MISSING",
        "straight at identity and each of 5 trustees",
        "unlocked by three officers",
        "SHORTENED window for a veto",
        "the answer is given once",
    ):
        assert told in output
    for service in ("identity", "verification", "forum", "disclosure"):
        for kind in ("database", "logs", "traces", "metrics"):
            assert f"{kind} of {service}\t" in output
    assert "the scanner finds what is planted in each of 35 places" in output
    assert "zero hits" in output
    assert "\x1b[" not in output


async def test_a_file_without_posts_ends_the_story(tmp_path: Path) -> None:
    source = tmp_path / "posts.jsonl"
    source.write_text("not a post\n", encoding="utf-8")
    code, output = await run_demo(tmp_path / "run", "--posts", str(source))
    assert code == 1
    assert "demo failed: " in output


async def test_a_missing_file_ends_the_story(tmp_path: Path) -> None:
    code, output = await run_demo(tmp_path / "run", "--posts", str(tmp_path / "nothing"))
    assert code == 1
    assert "cannot be read" in output


async def test_an_interrupted_story_leaves_no_process(tmp_path: Path) -> None:
    source = tmp_path / "posts.jsonl"
    source.write_text("\n".join(posts()) + "\n", encoding="utf-8")
    run = tmp_path / "run"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "examples.demo", "--run-dir", str(run), "--posts", str(source)),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )

    async def starting() -> bool:
        return len(left_behind(run)) > 3

    await eventually(starting, within=60)
    process.send_signal(signal.SIGINT)
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 130, output.decode()
    assert "demo failed: interrupted" in output.decode()
    assert left_behind(run) == []
