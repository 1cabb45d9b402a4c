from pathlib import Path

import pytest

from deploy.local.__main__ import main
from deploy.local.topology import SERVICES
from deploy.local.view import PlatformView


def test_provision_only_writes_everything_and_lets_go_of_the_directory(tmp_path: Path) -> None:
    run = tmp_path / "run"
    for _ in range(2):
        assert main(["provision-only", "--run-dir", str(run)]) == 0
    assert all((run / name / "endpoints.toml").exists() for name in SERVICES)
    assert (run / "trust" / "trust.toml").exists()
    assert PlatformView.attach(run).profile.exists()


def test_an_unknown_service_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--run-dir", str(tmp_path), "--services", "forum,florum"]) == 1
    assert capsys.readouterr().err == "error: no such service: florum\n"


def test_where_nothing_runs_there_is_nothing_to_stop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--run-dir", str(tmp_path)]) == 1
    assert main(["down", "--run-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"nothing is running in {tmp_path}\n" * 2
