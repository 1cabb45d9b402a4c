"""The component that gives verification a token: what it adds to the base, and nothing else changed."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.k8s import check

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl on this machine to render with")

SETTING = """
[issuer_keys]
backend = "pkcs11"
module = "/opt/hsm/lib/pkcs11.so"
token = "vouchsafe-issuer"
"""
BASE = check.BASE / "verification"


def rendered(directory: Path) -> list[dict[str, Any]]:
    done = subprocess.run(["kubectl", "kustomize", str(directory)], check=True, capture_output=True, text=True)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def of_kind(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    return next(each for each in objects if each["kind"] == kind and each["metadata"]["name"].startswith(name))


def sources(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pod = of_kind(objects, "Deployment", "verification")["spec"]["template"]["spec"]
    [volume] = [each for each in pod["volumes"] if each["name"] == "secrets"]
    assert volume["projected"]["defaultMode"] == 0o440
    return list(volume["projected"]["sources"])


@pytest.fixture(scope="module")
def overlay(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """An overlay as the component's own comment describes it."""
    place = tmp_path_factory.mktemp("overlay").resolve()
    shipped = (check.BASE.parents[1] / "config" / "verification" / "service.toml").read_text(encoding="utf-8")
    (place / "service.toml").write_text(shipped.partition("\n[issuer_keys]")[0] + SETTING, encoding="utf-8")
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "vouchsafe-verification",
        "resources": [os.path.relpath(BASE, place)],
        "components": [os.path.relpath(check.BASE.parent / "components" / "issuer-token", place)],
        "configMapGenerator": [{"name": "service-config", "behavior": "merge", "files": ["service.toml"]}],
    }
    (place / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return rendered(place)


def test_the_pin_is_one_secret_more(overlay: list[dict[str, Any]]) -> None:
    assert sources(overlay) == [*sources(rendered(BASE)), {"secret": {"name": "verification-token"}}]


def test_the_setting_is_mounted_and_the_registry_still_is(overlay: list[dict[str, Any]]) -> None:
    data = of_kind(overlay, "ConfigMap", "service-config")["data"]
    assert 'backend = "pkcs11"' in data["service.toml"]
    assert "organisations.toml" in data


def test_the_objects_pass_the_same_checks(overlay: list[dict[str, Any]]) -> None:
    assert [*check.schema_faults(overlay), *check.pod_faults(overlay)] == []
