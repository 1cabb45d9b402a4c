"""The shipped configuration of identity loads, and what would be unsafe does not."""

from pathlib import Path

import pytest

from services.chassis import configfile
from services.chassis.deployment import Secrets
from services.chassis.rpc_authz import AllowList
from services.identity.adapters.attempts import AttemptLimit
from services.identity.adapters.passwords import PasswordCost
from services.identity.config import Config, Tokens
from services.identity.keys import Keys
from services.seal.errors import SealError

SERVED = (
    "vouchsafe.identity.v1.PersonService",
    "vouchsafe.identity.v1.ReleaseService",
    "vouchsafe.log.v1.EventLogService",
    "vouchsafe.trustee.v1.LockService",
)


def test_the_shipped_file() -> None:
    path = Path(__file__).parents[3] / "deploy" / "config" / "identity" / "service.toml"
    config = configfile.load(path, Config)
    AllowList(config.allow, registered=SERVED)
    assert config.password == PasswordCost()
    assert not any("edge" in caller for caller in config.continue_traces_from)


@pytest.mark.parametrize("tokens", [{"session_seconds": 0}, {"session_seconds": 3601}, {"assertion_seconds": -1}])
def test_a_token_that_lasts_is_refused(tokens: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="token"):
        Tokens(**tokens)


@pytest.mark.parametrize("limit", [{"burst": 0}, {"refill_seconds": 0}, {"remembered": 0}])
def test_a_limit_without_attempts_is_refused(limit: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="attempt"):
        AttemptLimit(**limit)


def test_keys_are_read_from_files_and_a_truncated_one_is_refused(tmp_path: Path) -> None:
    for name in ("assertion.key", "session.key", "kek", "login-mac.key"):
        (tmp_path / name).write_bytes(name.encode().ljust(32, b"."))
        (tmp_path / name).chmod(0o600)
    keys = Keys.read(Secrets(tmp_path))
    assert keys.assertion.public_key != keys.session.public_key
    (tmp_path / "session.key").write_bytes(b"short")
    with pytest.raises(SealError):
        Keys.read(Secrets(tmp_path))
