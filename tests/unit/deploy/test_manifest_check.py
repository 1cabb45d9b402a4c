"""The manifest check finds what it is there for: each fault is put in by hand and must be named."""

import copy
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from deploy.k8s import check

Objects = list[dict[str, Any]]

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="no kubectl on this machine to render with")


@pytest.fixture(scope="module")
def rendered() -> Objects:
    return check.render()


def faults(objects: Objects) -> list[str]:
    return [fault for each in check.CHECKS for fault in each(objects)]


def one(objects: Objects, kind: str, namespace: str, name: str) -> dict[str, Any]:
    return next(
        each
        for each in objects
        if (each["kind"], each["metadata"].get("namespace"), each["metadata"]["name"]) == (kind, namespace, name)
    )


def test_the_base_has_no_fault(rendered: Objects) -> None:
    assert faults(rendered) == []


def open_vault(objects: Objects) -> None:
    policy = one(objects, "NetworkPolicy", "vouchsafe-disclosure", "flows")
    policy["spec"]["ingress"].append({"from": [{"namespaceSelector": {}}], "ports": [{"port": 8443}]})


def any_port(objects: Objects) -> None:
    del one(objects, "NetworkPolicy", "vouchsafe-forum", "flows")["spec"]["egress"][0]["ports"]


def any_pod(objects: Objects) -> None:
    peer = one(objects, "NetworkPolicy", "vouchsafe-identity", "flows")["spec"]["ingress"][0]["from"][0]
    del peer["podSelector"]


def lost_flow(objects: Objects) -> None:
    one(objects, "NetworkPolicy", "vouchsafe-trustee-3", "flows")["spec"]["ingress"] = []


def no_default_deny(objects: Objects) -> None:
    objects.remove(one(objects, "NetworkPolicy", "vouchsafe-forum", "default-deny"))


def privileged_namespace(objects: Objects) -> None:
    next(each for each in objects if each["kind"] == "Namespace" and each["metadata"]["name"] == "vouchsafe-forum")[
        "metadata"
    ]["labels"].clear()


def unknown_kind(objects: Objects) -> None:
    objects.append({"apiVersion": "example.com/v1", "kind": "Mystery", "metadata": {"name": "x", "namespace": "y"}})


def unknown_field(objects: Objects) -> None:
    one(objects, "Deployment", "vouchsafe-forum", "forum")["spec"]["replicaz"] = 2


def named_probe(objects: Objects) -> None:
    deployment = one(objects, "Deployment", "vouchsafe-forum", "forum")
    deployment["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["grpc"]["service"] = "liveness"


def api_token(objects: Objects) -> None:
    one(objects, "Deployment", "vouchsafe-forum", "forum")["spec"]["template"]["spec"][
        "automountServiceAccountToken"
    ] = True


def _say(objects: Objects, service: str, line: str) -> None:
    mounted = (each for each in objects if each["metadata"].get("namespace") == f"vouchsafe-{service}")
    settings = next(each["data"] for each in mounted if "service.toml" in each.get("data", {}))
    settings["service.toml"] = settings["service.toml"].replace("reflection = false\n", "") + line


def methods_listed(objects: Objects) -> None:
    _say(objects, "identity", "\n[service]\nreflection = true\n")


def debug_port(objects: Objects) -> None:
    _say(objects, "trustee-3", '\n[debug]\nlisten = "0.0.0.0:1"\n')


def fewer_candidates(objects: Objects) -> None:
    _say(objects, "verification", "\n[other]\ninsecure_candidates = 4\n")


def forgetful(objects: Objects) -> None:
    one(objects, "StatefulSet", "vouchsafe-identity", "identity")["spec"]["volumeClaimTemplates"] = []


def state_elsewhere(objects: Objects) -> None:
    here = (each for each in objects if each["metadata"].get("namespace") == "vouchsafe-trustee-2")
    told = next(each["data"] for each in here if "endpoints.toml" in each.get("data", {}))
    told["endpoints.toml"] = told["endpoints.toml"].replace("/var/lib/vouchsafe", "/scratch")


@pytest.mark.parametrize(
    "spoil",
    [
        open_vault, any_port, any_pod, lost_flow, no_default_deny,
        privileged_namespace, unknown_kind, unknown_field, named_probe, api_token,
        methods_listed, debug_port, fewer_candidates, forgetful, state_elsewhere,
    ],
    ids=lambda spoil: spoil.__name__,
)  # fmt: skip
def test_each_fault_is_named(rendered: Objects, spoil: Callable[[Objects], None]) -> None:
    objects = copy.deepcopy(rendered)
    spoil(objects)
    assert faults(objects)
