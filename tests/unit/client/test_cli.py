"""The command's edges: errors in one line, output that cannot steer a terminal, help that the README holds."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy import docs
from vouchsafe.cli import output
from vouchsafe.sdk import Cost, Profile, VouchsafeError, Wallet
from vouchsafe.sdk.key_file import read_key, write_key
from vouchsafe.sdk.patience import until_known

CHEAP = Cost(memory_kib=8, passes=1)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "vouchsafe.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def test_a_refusal_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    ended = run("--wallet", str(tmp_path / "none"), "feed")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "error: PROFILE_INVALID: name a profile with --profile or VOUCHSAFE_PROFILE\n"


def test_nobody_is_asked_for_the_passphrase_of_no_wallet(tmp_path: Path) -> None:
    ended = run("--wallet", str(tmp_path / "none"), "wallet", "show")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"error: WALLET_MISSING: there is no aliases.sealed at {tmp_path / 'none'}\n"


def test_a_secret_is_not_asked_for_where_it_would_show(tmp_path: Path) -> None:
    Wallet.create(tmp_path / "wallet", "passphrase", cost=CHEAP)
    ended = run("--wallet", str(tmp_path / "wallet"), "wallet", "show")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "error: NO_TERMINAL: nobody can be asked here: name a file in VOUCHSAFE_PASSPHRASE_FILE\n"


def test_a_broken_profile_names_file_and_key(tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text('trust = "trust"\n[person]\nforum = "x"\n')
    with pytest.raises(VouchsafeError, match=r"PROFILE_INVALID: .*profile\.toml: person\.forum"):
        Profile.load(tmp_path)


def test_what_does_not_print_is_replaced() -> None:
    assert output.shown("a\x1b[31mb\u202ec\x9b\n徐") == "a�[31mb�c�\n徐"


def test_a_row_is_one_line_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.console.file = sys.stdout
    output.table(("a", "b"), [("one\ntwo", "[bold]x"), ("t\tab", 3)])
    assert capsys.readouterr().out == "one two\t[bold]x\nt ab\t3\n"


def test_key_files_are_private_and_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_key(path, read_key(written(tmp_path / "source", bytes(32))))
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(VouchsafeError, match="FILE_EXISTS"):
        write_key(path, read_key(path))
    with pytest.raises(VouchsafeError, match="holds 32 bytes"):
        read_key(written(tmp_path / "short", b"short"))


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_the_readme_is_generated_and_drift_is_told() -> None:
    parts = ("quickstart", "cli-reference")
    empty = "x\n<!-- quickstart -->\n<!-- /quickstart -->\n<!-- cli-reference -->old<!-- /cli-reference -->\ny\n"
    text = docs.generated(empty, parts)
    assert docs.generated(text, parts) == text
    assert "Usage: vouchsafe case open" in text
    assert "async def speak" in text
    assert text.startswith("x\n")
    assert text.endswith("\ny\n")
    with pytest.raises(ValueError, match="no part from"):
        docs.generated("nothing", parts)


async def test_news_on_its_way_is_waited_for() -> None:
    calls = 0

    async def action() -> int:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise VouchsafeError("LABEL_NOT_ACTIVE", "not yet")
        return calls

    assert await until_known(action, {"LABEL_NOT_ACTIVE"}, patience=5) == 3
    calls = 0
    with pytest.raises(VouchsafeError, match="LABEL_NOT_ACTIVE"):
        await until_known(action, {"UNKNOWN_KEY"}, patience=5)
    assert calls == 1
