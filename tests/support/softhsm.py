"""Real PKCS#11 tokens: SoftHSM 2, in a directory of their own, and a clear skip where it is not installed.

A process loads a PKCS#11 module once, so all tests of a run share one directory of tokens and each makes its own.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from services.seal.secret import SecretBytes
from services.verification.adapters.keystore_token import attributes
from services.verification.adapters.token import Token

_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)


@dataclass(frozen=True)
class SoftToken:
    """An initialised token."""

    label: str
    pin: SecretBytes

    def token(self, *, pin: SecretBytes | None = None, pause: float = 0.0) -> Token:
        return Token(module(), self.label, pin or self.pin, attributes(), pause=pause)


def module() -> Path:
    """The PKCS#11 module, or skip the test with the reason."""
    found = [
        path for each in (os.environ.get("SOFTHSM2_MODULE", ""), *_MODULES) if each and (path := Path(each)).exists()
    ]
    if not found or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed (apt-get install softhsm2), or SOFTHSM2_MODULE does not name its library")
    return found[0]


def new_token() -> SoftToken:
    """Make a token, or skip the test with the reason."""
    module()
    tokens()
    made = SoftToken(f"test-{uuid.uuid4().hex[:12]}", SecretBytes(b"p" + uuid.uuid4().hex[:15].encode()))
    pins = ["--so-pin", uuid.uuid4().hex[:16], "--pin", made.pin.reveal().decode()]
    command = ["softhsm2-util", "--init-token", "--free", "--label", made.label, *pins]
    subprocess.run(command, check=True, capture_output=True)
    return made


@cache
def tokens() -> Path:
    """The directory that all tokens of this run are in; where the module's own settings are told, for this process."""
    home = Path(tempfile.mkdtemp(prefix="softhsm-"))
    (home / "tokens").mkdir()
    settings = f"directories.tokendir = {home / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    (home / "softhsm2.conf").write_text(settings, encoding="utf-8")
    os.environ["SOFTHSM2_CONF"] = str(home / "softhsm2.conf")
    return home / "tokens"


@contextmanager
def taken_out() -> Iterator[None]:
    """While this lasts, there are no tokens."""
    here = tokens()
    away = here.rename(here.with_name("away"))
    try:
        yield
    finally:
        away.rename(here)
