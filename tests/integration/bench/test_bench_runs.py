"""The bench, run as it is run by hand, on small rows: what it measures is not looked at, only that it does."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_a_row_is_measured_and_written_down(tmp_path):
    command = [sys.executable, "-m", "bench", "--rows", "append", "--quick", "--rounds", "2", "--directory", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    row = json.loads((tmp_path / "append.json").read_text())
    assert [len(row[side]["figures"]) for side in ("raw", "ours")] == [2, 2]
    assert all(figure > 0 for side in ("raw", "ours") for figure in row[side]["figures"])
    assert row["ratio"] == row["ours"]["median"] / row["raw"]["median"]
    assert (tmp_path / "table.md").read_text() in done.stdout
    assert "event-store append, 64 concurrent" in done.stdout


def test_a_row_of_many_sides_has_each_beside_the_same_raw_limit(tmp_path):
    command = [sys.executable, "-m", "bench", "--rows", "create_post_parts", "--quick", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--directory", tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    parts = ("bytes", "pipeline", "checks", "whole")
    rows = [json.loads((tmp_path / f"create_post_parts_{part}.json").read_text()) for part in parts]
    assert len({tuple(row["raw"]["figures"]) for row in rows}) == 1
    assert all(figure > 0 for row in rows for side in ("raw", "ours") for figure in row[side]["figures"])
    assert all(row["met"] is None and row["notes"]["server's processor time of a call in µs"] > 0 for row in rows)


def test_a_row_that_there_is_not_is_refused(tmp_path):
    command = [sys.executable, "-m", "bench", "--rows", "speed", "--directory", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "invalid choice: 'speed'" in done.stderr
    assert not list(tmp_path.iterdir())
