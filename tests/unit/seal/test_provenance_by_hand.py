"""The steps of docs/provenance.md, taken from the page and run by bash and openssl: they agree with our own verdict."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from services.seal.errors import SealError
from services.seal.provenance import Provenance, verify_provenance
from tests.unit.seal.exhibits import LABEL_NAME, PARENT, Log, World, made

PAGE = Path(__file__).parents[3] / "docs" / "provenance.md"
TOOLS = ("bash", "openssl", "sed", "od", "base64", "python3")

needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason=f"the page's steps take {', '.join(TOOLS)}"
)
pytestmark = needs_tools


def steps() -> str:
    """All commands of the page, in order."""
    return "\n".join(re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


def by_hand(directory: Path, file: bytes, trust: str) -> subprocess.CompletedProcess[str]:
    """Run the page's steps on a file."""
    directory.mkdir(exist_ok=True)
    (directory / "post.provenance").write_bytes(file)
    (directory / "trust.toml").write_text(trust, encoding="utf-8")
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        ["bash", "-c", steps()], cwd=directory, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def trust_of(log: Log) -> str:
    """As much of trust.toml as the steps read, as it is written."""
    lines = [
        f'origin = "{log.signer.name}"',
        f'log = "{log.signer.verifier_key.encode()}"',
        "witness_quorum = 2",
    ]
    for witness in log.witnesses:
        lines += ["[[witnesses]]", f'name = "{witness.name}"', f'vkey = "{witness.verifier_key.encode()}"']
    return "\n".join(lines) + "\n"


@cache
def world() -> World:
    return made()


def test_the_steps_verify_what_we_verify(tmp_path: Path) -> None:
    done = by_hand(tmp_path, world().provenance.to_bytes(), trust_of(world().log))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("VERIFIED\n")
    assert [line.split(".")[0] for line in done.stdout.splitlines()[:-1]] == [
        "2",
        "3",
        "4",
        "7",
        "8",
        "9",
        "10",
        "11",
        "12",
    ]
    assert f"7. the label means: {LABEL_NAME} (wider label: {PARENT})\n" in done.stdout
    assert "signed by a witness at 2030-01-02 16:00:01 UTC" in done.stdout


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("", "No title."),
        ("  spaces  at both ends ", "ends with a line feed\n"),
        ("标题 \\ % $HOME `x`", "\n\n leading lines\n\n\ttab — “quotes” \\n %s 海\n\n"),
        ("t", "post other\nbody x\nissuer-key-proof y\n" + "long " * 700),
        ("", " \u3000\n"),
        (
            "Cafe\u0301 \u00a0",
            "Who?! (Me.) “Yes…” no.» \u2003 3.5 a.b ...\t!x ? \n。！「海。」」？)a.) b']. c\u2028d\u1680",
        ),
        ("200", "a. " * 198 + "b.\nc. d。e"),
    ],
)
def test_any_text_is_the_same_to_both(tmp_path: Path, title: str, body: str) -> None:
    other = made(title, body)
    file = other.provenance.to_bytes()
    verify_provenance(Provenance.parse(file), other.log.policy)
    done = by_hand(tmp_path, file, trust_of(other.log))
    assert done.returncode == 0, done.stdout + done.stderr


def test_sentences_that_the_author_did_not_sign_fail_by_hand_too(tmp_path: Path) -> None:
    forged = made("", "I saw nothing.", cut=("I took the money.",))
    done = by_hand(tmp_path, forged.provenance.to_bytes(), trust_of(forged.log))
    assert done.returncode != 0
    assert done.stdout.endswith("FAILED: other sentences were committed to\n")


def test_what_a_file_lacks_is_told(tmp_path: Path) -> None:
    early = by_hand(tmp_path / "early", world().before_the_day_was_over.to_bytes(), trust_of(world().log))
    assert early.returncode == 0, early.stdout + early.stderr
    assert "12. no daily root is in the file" in early.stdout
    assert "10. no revocation is in the file; the log had 9 leaves" in early.stdout
    other = made()
    revoked = by_hand(tmp_path / "revoked", other.revoked.to_bytes(), trust_of(other.log))
    assert revoked.returncode == 0, revoked.stdout + revoked.stderr
    assert "10. REVOKED: key-compromised" in revoked.stdout


KEYS = [line.partition(" ")[0] for line in made().provenance.to_bytes().decode().splitlines()[1:]]
"""The names of all lines, in order: a proof's several times."""

SPOILT = [
    # One line of every value, and of one proof each kind of line: header, index, path, log, size, root, signatures.
    *(KEYS.index(key) for key in dict.fromkeys(KEYS) if not key.endswith("-proof")),
    *(number for number, key in enumerate(KEYS) if key == "issuer-key-proof"),
    len(KEYS) - 1,
]


@pytest.mark.parametrize("at", SPOILT, ids=lambda at: f"{at}-{KEYS[at]}")
def test_a_changed_line_fails_by_hand_as_with_us(tmp_path: Path, at: int) -> None:
    header, *lines = world().provenance.to_bytes().decode().split("\n")
    key, _, value = lines[at].partition(" ")
    lines[at] = f"{key} {_altered(value)}"
    broken = "\n".join([header, *lines]).encode()
    with pytest.raises(SealError):
        verify_provenance(Provenance.parse(broken), world().log.policy)
    assert by_hand(tmp_path, broken, trust_of(world().log)).returncode != 0


def test_another_trust_file_or_one_witness_too_few_fails(tmp_path: Path) -> None:
    file, trust = world().provenance.to_bytes(), trust_of(world().log)
    assert by_hand(tmp_path / "a", file, trust_of(made().log)).returncode != 0
    lone = world().provenance.issuer_key_proof.split("\n")
    without = "\n".join(line for line in lone if "witness-2" not in line)
    assert by_hand(tmp_path / "b", replace(world().provenance, issuer_key_proof=without).to_bytes(), trust).returncode


def _altered(value: str) -> str:
    """A change in the middle, of a kind that leaves a number a number and base64 base64."""
    at = len(value) // 2
    if not value:
        return "B"
    if value.isdigit():
        return str(int(value) + 1)
    return value[:at] + ("B" if value[at] != "B" else "C") + value[at + 1 :]
