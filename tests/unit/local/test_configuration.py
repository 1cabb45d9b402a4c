"""What ships is fit for production; what is lowered for one machine is lowered there and nowhere else."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from deploy.local.configuration import CONFIGURATION, lay_down
from deploy.local.layout import REPOSITORY
from services.chassis import configfile
from services.verification.config import Config, load_organisations

LOWERED = tomllib.loads((REPOSITORY / "deploy" / "local" / "insecure.toml").read_text(encoding="utf-8"))


def keys(table: dict[str, Any]) -> set[str]:
    return set(table).union(*(keys(value) for value in table.values() if isinstance(value, dict)))


@pytest.mark.parametrize("shipped", sorted(CONFIGURATION.glob("*/service.toml")), ids=lambda path: path.parent.name)
def test_nothing_that_ships_is_insecure(shipped: Path) -> None:
    assert not {key for key in keys(tomllib.loads(shipped.read_text(encoding="utf-8"))) if "insecure" in key}


def test_all_that_is_lowered_is_called_insecure() -> None:
    leaves = [value for tables in LOWERED.values() for value in tables.values()]
    assert leaves
    assert all(key.startswith("insecure_") for values in leaves for key in values)


def test_no_manifest_names_what_is_lowered() -> None:
    manifests = [*(REPOSITORY / "deploy" / "k8s").rglob("*.*"), *CONFIGURATION.rglob("*.yaml")]
    named = [path for path in manifests if path.is_file() and b"insecure.toml" in path.read_bytes()]
    assert named == []


def test_a_platform_on_one_machine_reads_the_shipped_settings_with_those_lowered(tmp_path: Path) -> None:
    lay_down(tmp_path)
    for shipped in CONFIGURATION.glob("*/*.toml"):
        found = tomllib.loads((tmp_path / shipped.relative_to(CONFIGURATION)).read_text(encoding="utf-8"))
        expected = tomllib.loads(shipped.read_text(encoding="utf-8"))
        if shipped.name == "service.toml":
            for table, values in LOWERED.get(shipped.parent.name, {}).items():
                expected[table] = expected[table] | values
        assert found == expected
    lay_down(tmp_path)
    config = configfile.load(tmp_path / "verification" / "service.toml", Config)
    assert (config.issuance.crowd_policy().minimum, config.issuance.crowd_policy().age_seconds) == (5, 0)
    assert list(load_organisations(config.organisations))
