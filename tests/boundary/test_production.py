"""What ships answers no question about itself and lowers nothing: no method is listed, nothing debugs or weakens."""

import pytest

from deploy.k8s.check import setting_faults
from deploy.local.configuration import CONFIGURATION


@pytest.mark.parametrize("service", sorted(path.parent.name for path in CONFIGURATION.glob("*/service.toml")))
def test_nothing_that_ships_lists_debugs_or_weakens(service: str) -> None:
    text = (CONFIGURATION / service / "service.toml").read_text(encoding="utf-8")
    mounted = {"kind": "ConfigMap", "metadata": {"name": "service-config"}, "data": {"service.toml": text}}
    assert list(setting_faults([mounted])) == []
