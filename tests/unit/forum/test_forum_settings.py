"""The settings as shipped, and settings that cannot be meant."""

from pathlib import Path

import pytest

from services.chassis import configfile
from services.chassis.clock import FixedClock
from services.chassis.configfile import ConfigError
from services.chassis.log.eventstore_memory import MemoryEventStore
from services.chassis.rpc_server import RpcServer
from services.chassis.views.viewstore_memory import MemoryViewStore
from services.forum.api.errors import ERRORS
from services.forum.config import Config
from services.forum.wiring import PROJECTIONS, Forum, Keys
from services.seal.secret import SecretBytes
from tests.support.rpc import credentials

SHIPPED = Path(__file__).parents[3] / "deploy" / "config" / "forum" / "service.toml"


def server(config: Config) -> RpcServer:
    """The forum's server, made and not started."""
    keys = Keys(
        nonce=SecretBytes(b"n" * 32),
        page=SecretBytes(b"p" * 32),
        commitment=SecretBytes(b"c" * 32),
        receipt_public=bytes(32),
    )
    store, views = MemoryEventStore(), MemoryViewStore()
    forum = Forum(store=store, store_epoch="e", views=views, keys=keys, config=config, clock=FixedClock())
    return RpcServer(
        listen="127.0.0.1:0", tls=credentials("forum"), services=forum.services(), allow=config.allow, errors=ERRORS
    )


def test_the_shipped_settings_allow_callers_for_exactly_what_is_served() -> None:
    config = configfile.load(SHIPPED, Config)
    server(config)
    callers = {uri.rpartition("/")[2] for uris in config.allow.values() for uri in uris}
    assert callers == {"alias-edge", "disclosure"}
    for service in config.allow:
        with pytest.raises(ConfigError, match=service):
            server(Config(allow={name: uris for name, uris in config.allow.items() if name != service}))


@pytest.mark.parametrize(
    "line",
    ["time_resolution_seconds = 0", "time_resolution_seconds = 86400", "nonce_lifetime_seconds = 0", "typo = 1"],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, line: str) -> None:
    file = tmp_path / "service.toml"
    file.write_text(f"{line}\n[allow]\n")
    with pytest.raises(ConfigError, match=line.split()[0]):
        configfile.load(file, Config)


def test_views_have_names_of_their_own() -> None:
    assert len({projection.name for projection in PROJECTIONS}) == len(PROJECTIONS)
