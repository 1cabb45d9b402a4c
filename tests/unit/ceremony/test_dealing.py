"""The dealer's ceremony: what it writes, what it proves, and that it leaves nothing else."""

import itertools
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from services.ceremony import dealing
from services.ceremony.errors import CeremonyError
from services.ceremony.public_part import PublicPart
from services.seal import envelope, threshold
from services.seal.errors import SealError
from services.seal.passphrase import RANDOM
from services.seal.secret import SecretBytes
from services.seal.share_file import seal_share

PASSPHRASES = [SecretBytes(f"passphrase of trustee {index}".encode()) for index in range(1, 6)]


def hold(directory: Path, k: int = 3) -> PublicPart:
    return dealing.deal(directory, PASSPHRASES, k, cost=RANDOM)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("ceremony") / "held"
    hold(directory)
    return directory


def public_of(directory: Path) -> PublicPart:
    return PublicPart.parse((directory / "public.toml").read_text(encoding="utf-8"))


def share(directory: Path, index: int) -> threshold.Share:
    path = directory / dealing.share_name(index)
    return dealing.open_file(path, PASSPHRASES[index - 1], public_of(directory))


def test_writes_a_file_for_each_trustee_and_one_for_all(held: Path) -> None:
    names = {path.name for path in held.iterdir()}
    assert names == {"public.toml", *(f"trustee-{index}.share" for index in range(1, 6))}
    assert {stat.S_IMODE(path.stat().st_mode) for path in held.iterdir()} == {0o600}
    assert stat.S_IMODE(held.stat().st_mode) == 0o700
    assert [path.name for path in held.parent.iterdir()] == ["held"]


def test_any_three_open_and_no_two_do(held: Path) -> None:
    public = public_of(held)
    plaintext = os.urandom(envelope.PLAINTEXT_SIZE)
    sealed = envelope.seal(public.opening_key, plaintext, b"aad")
    partials = [envelope.partial_decrypt(share(held, index), sealed) for index in range(1, 6)]
    for three in itertools.combinations(partials, 3):
        assert envelope.combine(public.opening_key, 3, three, sealed, b"aad") == plaintext
    for two in itertools.combinations(partials, 2):
        with pytest.raises(SealError):
            envelope.combine(public.opening_key, 2, two, sealed, b"aad")


def test_no_share_stands_anywhere_in_clear(held: Path) -> None:
    content = b"".join(path.read_bytes() for path in held.iterdir())
    for index in range(1, 6):
        value = share(held, index).value.reveal()
        assert value not in content
        assert value.hex().encode() not in content


def test_one_trustee_does_not_open_anothers_file(held: Path) -> None:
    with pytest.raises(CeremonyError, match=r"trustee-2\.share: the passphrase does not open it"):
        dealing.open_file(held / "trustee-2.share", PASSPHRASES[0], public_of(held))


@pytest.mark.parametrize("k", [1, 6])
def test_a_threshold_has_bounds(tmp_path: Path, k: int) -> None:
    with pytest.raises(CeremonyError, match="threshold"):
        hold(tmp_path / "new", k)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    for existing in ("directory", "file", "link"):
        (tmp_path / "target").unlink(missing_ok=True)
        path = tmp_path / existing
        if existing == "directory":
            path.mkdir()
        elif existing == "file":
            path.write_text("kept", encoding="utf-8")
        else:
            path.symlink_to(tmp_path / "nowhere")
        with pytest.raises(CeremonyError, match="exists already"):
            hold(path)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("failing", ["another share", "a damaged file"])
def test_a_check_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    sound = dealing.write_new

    def writes(path: Path, content: bytes) -> None:
        if path.name == "trustee-2.share":
            if failing == "another share":
                other = threshold.deal(threshold.generate_secret(), 3, 5)
                key = bytes.fromhex(content.decode().partition(" of ")[2].partition('"')[0])
                content = seal_share(other.shares[1], key, PASSPHRASES[1], cost=RANDOM)
            elif failing == "a damaged file":
                content = content[:-30]
        sound(path, content)

    monkeypatch.setattr(dealing, "write_new", writes)
    with pytest.raises(CeremonyError):
        hold(tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_the_trial_finds_shares_of_too_low_a_degree() -> None:
    """The last line of defence, with everything before it left out."""
    made = threshold.deal(threshold.generate_secret(), 2, 5)
    public = PublicPart.of(made)
    object.__setattr__(public, "threshold", 3)
    with pytest.raises(CeremonyError, match="2 shares open an envelope"):
        dealing._try_together(list(made.shares), public)


def test_the_trial_finds_a_share_that_does_not_belong() -> None:
    made, other = (threshold.deal(threshold.generate_secret(), 2, 3) for _ in range(2))
    with pytest.raises(CeremonyError, match="do not open"):
        dealing._try_together([made.shares[0], other.shares[1], made.shares[2]], PublicPart.of(made))


def test_a_dealer_who_is_killed_leaves_nothing_that_has_a_name(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from services.ceremony import dealing
from services.seal.passphrase import RANDOM
from services.seal.secret import SecretBytes
dealing.check_directory = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
dealing.deal(Path({str(tmp_path / "new")!r}), [SecretBytes(b"%d" % i * 20) for i in range(3)], 2, cost=RANDOM)
"""
    died = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[3])
    assert died.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == [".new.unfinished"]
    hold(tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


class TestThePublicPart:
    def test_comes_back(self, held: Path) -> None:
        public = public_of(held)
        assert PublicPart.parse(public.render()) == public
        assert len({public.hash(), replace_key(public).hash()}) == 2

    @pytest.mark.parametrize("text", ["", "opening_key = 7", "=", 'opening_key = "zz"', "threshold = 3"])
    def test_is_recognised(self, text: str) -> None:
        with pytest.raises(CeremonyError, match="not the public part"):
            PublicPart.parse(text)

    def test_must_follow_from_the_commitments(self, held: Path) -> None:
        public = public_of(held)
        keys = public.share_public_keys
        wrong = [
            {"opening_key": keys[0]},
            {"threshold": 2},
            {"threshold": 6, "share_commitments": public.share_commitments * 2},
            {"share_public_keys": (keys[1], keys[0], *keys[2:])},
            {"share_public_keys": keys[:2]},
            {"share_commitments": (public.opening_key, b"\xff" * 32, b"\xff" * 32)},
        ]
        for change in wrong:
            with pytest.raises(CeremonyError):
                replace(public, **change)  # type: ignore[arg-type]

    def test_knows_its_shares(self, held: Path) -> None:
        public = public_of(held)
        stranger = threshold.deal(threshold.generate_secret(), 3, 5).shares[0]
        with pytest.raises(CeremonyError, match="does not fit"):
            public.check(stranger)
        fewer = replace(public, share_public_keys=public.share_public_keys[:4])
        with pytest.raises(CeremonyError, match="nobody was dealt"):
            fewer.check(share(held, 5))


def replace_key(public: PublicPart) -> PublicPart:
    return replace(public, share_public_keys=public.share_public_keys[:4])
