"""Render the manifests and check them: schemas, pod security, default deny, exactly the allowed flows, settings.

The flows are compared with the same table that the local platform starts from (`deploy.local.topology`), so a laptop
and a cluster cannot drift apart. What a CNI makes of a policy is not checked here. Run by `make deploy-check`.
"""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from deploy.local.topology import CORE, EDGES, LOG_READERS, MIRRORS, PEERS, TRUSTEES, WITNESSES, workload

BASE = Path(__file__).parent / "base"
KUBERNETES = "1.32"
RPC, HTTP, BUS, STORE, SMTP, OTLP = 8443, 8080, 4222, 27017, 587, 4317
EDGE_CALLS = {
    "person-edge": ("identity", "verification", "disclosure"),
    "alias-edge": ("forum", "disclosure"),
    "officer-desk": ("disclosure", "identity", *TRUSTEES),
    "label-desk": ("verification",),
}

PROVISIONER = "nats-provisioner"
PUBLIC_EDGE = "vouchsafe-edge/public-edge"
"""Where anybody comes in from outside, to what is public."""

Flow = tuple[str, str, str, int]
"""Pods a policy stands over, direction, pods at the other end, port. Pods are `namespace/name`; `*` stands for all."""


def main() -> int:
    """Check everything; print each fault on a line of its own."""
    if shutil.which("kubectl") is None:
        print("deploy-check: no kubectl on this machine, so the manifests were NOT checked")
        return 1 if os.environ.get("VOUCHSAFE_REQUIRE_KUBECTL") else 0
    objects = render()
    faults = [fault for check in CHECKS for fault in check(objects)]
    for fault in faults:
        print(f"deploy-check: {fault}", file=sys.stderr)
    print(f"deploy-check: {len(objects)} objects, {len(rendered_flows(objects))} flows, {len(faults)} faults")
    return 1 if faults else 0


def render() -> list[dict[str, Any]]:
    """Return the objects of the base as kustomize makes them."""
    done = subprocess.run(["kubectl", "kustomize", str(BASE)], check=True, capture_output=True, text=True)
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def schema_faults(objects: list[dict[str, Any]]) -> Iterator[str]:
    """Name every object that Kubernetes' strict schemas refuse, and every kind they do not know."""
    for each in objects:
        if refusal := _refusal(json.dumps(each)):
            yield f"{_name(each)}: {refusal}"


@cache
def _refusal(document: str) -> str | None:
    """Why the schemas refuse an object, as JSON. Kept, since the validator reads all its schemas anew each time."""
    try:
        kubernetes_validate.validate(json.loads(document), KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return str(error.message)
    except (kubernetes_validate.SchemaNotFoundError, kubernetes_validate.InvalidSchemaError):
        return "a kind without a schema"
    return None


def namespace_faults(objects: list[dict[str, Any]]) -> Iterator[str]:
    """Name every namespace that lacks the restricted pod security level or a default-deny policy both ways."""
    denied = {each["metadata"]["namespace"] for each in objects if _denies_all(each)}
    namespaces = [each for each in objects if each["kind"] == "Namespace"]
    for each in namespaces:
        labels = each["metadata"].get("labels", {})
        if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{_name(each)}: not restricted"
        if each["metadata"]["name"] not in denied:
            yield f"{_name(each)}: no default-deny policy"
    known = {each["metadata"]["name"] for each in namespaces}
    for each in objects:
        if each["kind"] != "Namespace" and each["metadata"].get("namespace") not in known:
            yield f"{_name(each)}: outside the platform's namespaces"


def pod_faults(objects: list[dict[str, Any]]) -> Iterator[str]:
    """Name every workload without a probe of each kind it should have, or with a token of the cluster's API."""
    for each in objects:
        if each["kind"] not in ("Deployment", "StatefulSet"):
            continue
        spec = each["spec"]["template"]["spec"]
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{_name(each)}: mounts an API token"
        for container in spec["containers"]:
            missing = {"readinessProbe", "livenessProbe", "resources"} - set(container)
            if missing:
                yield f"{_name(each)}: lacks {', '.join(sorted(missing))}"
            probes = [container.get(kind, {}) for kind in ("readinessProbe", "livenessProbe", "startupProbe")]
            if not container["image"].startswith("nats:") and any("grpc" not in probe for probe in probes):
                yield f"{_name(each)}: a probe is not gRPC's"
            # Our health service answers for the process as a whole and for each gRPC service, and for no other name.
            if any(probe.get("grpc", {}).get("service") for probe in probes):
                yield f"{_name(each)}: a probe asks for a name that may not be served"


def flow_faults(objects: list[dict[str, Any]]) -> Iterator[str]:
    """Name every flow that the policies allow and the table does not, and the other way round."""
    rendered, expected = rendered_flows(objects), expected_flows()
    for flow in sorted(rendered - expected):
        yield f"flow allowed but not in the table: {flow}"
    for flow in sorted(expected - rendered):
        yield f"flow in the table but not allowed: {flow}"


def expected_flows() -> set[Flow]:
    """Return the flows that the platform's table of peers asks for."""
    flows: set[Flow] = set()
    for caller, callees in {**PEERS, **EDGE_CALLS}.items():
        for callee in callees:
            flows.add((_pods(callee), "Ingress", _pods(caller), RPC))
            if caller not in EDGES:
                flows.add((_pods(caller), "Egress", _pods(callee), RPC))
    for mirror in MIRRORS:
        flows.add((_pods(mirror), "Ingress", PUBLIC_EDGE, HTTP))
        flows |= {(_pods(mirror), "Ingress", _pods(reader), HTTP) for reader in LOG_READERS}
        flows |= {(_pods(reader), "Egress", _pods(mirror), HTTP) for reader in LOG_READERS}
    for name in CORE:
        provisioner = f"{workload(name).namespace}/{PROVISIONER}"
        flows |= {(pods, "Egress", _pods("nats"), BUS) for pods in (_pods(name), provisioner)}
        flows |= {(_pods("nats"), "Ingress", pods, BUS) for pods in (_pods(name), provisioner)}
        flows.add((_pods(name), "Egress", f"vouchsafe-store/{name}", STORE))
        flows.add((_pods(name), "Egress", "vouchsafe-telemetry/otel-collector", OTLP))
    flows.add((_pods("verification"), "Egress", "vouchsafe-mail/relay", SMTP))
    for name in (*CORE, *TRUSTEES, *WITNESSES, *MIRRORS, "nats"):
        flows.add((f"{workload(name).namespace}/*", "Egress", "kube-system/kube-dns", 53))
    return flows


def rendered_flows(objects: list[dict[str, Any]]) -> set[Flow]:
    """Return the flows that the network policies allow. Whatever is left open counts as `*`, an open port as 0."""
    return {
        (_target(policy), direction, _peer(peer), port["port"])
        for policy in objects
        if policy["kind"] == "NetworkPolicy"
        for direction, rules, end in (("Ingress", "ingress", "from"), ("Egress", "egress", "to"))
        for rule in policy["spec"].get(rules, [])
        for peer in rule.get(end) or [{}]
        for port in rule.get("ports") or [{"port": 0}]
    }


def setting_faults(objects: list[dict[str, Any]]) -> Iterator[str]:
    """Name every mounted setting that lists methods to callers, debugs, or is weaker than production should have."""
    for each in objects:
        for name, text in each.get("data", {}).items() if each["kind"] == "ConfigMap" else ():
            settings = tomllib.loads(text) if name == "service.toml" else {}
            for setting, value in _settings(settings):
                if value is not False and any(word in setting for word in ("reflection", "debug", "insecure")):
                    yield f"{_name(each)}: {name} says {setting} = {value}"


def _settings(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        yield from _settings(value, f"{above}{key}.") if isinstance(value, dict) else ((f"{above}{key}", value),)


def state_faults(objects: list[dict[str, Any]]) -> Iterator[str]:
    """Name every workload that must not forget what it saw of the log, and keeps it where a restart loses it."""
    for name in (*LOG_READERS, *WITNESSES, *MIRRORS):
        here = [each for each in objects if each["metadata"].get("namespace") == workload(name).namespace]
        told = [each["data"]["endpoints.toml"] for each in here if "endpoints.toml" in each.get("data", {})]
        states = {tomllib.loads(text)["paths"]["state"] for text in told}
        if not states or states - set(_claimed(here)):
            yield f"{name}: its state does not outlive its pod"


def _claimed(objects: list[dict[str, Any]]) -> Iterator[str]:
    """Where volumes are mounted that outlive a pod."""
    for each in objects:
        claims = {claim["metadata"]["name"] for claim in each.get("spec", {}).get("volumeClaimTemplates", [])}
        for container in each["spec"]["template"]["spec"]["containers"] if claims else ():
            yield from (mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] in claims)


CHECKS = (schema_faults, namespace_faults, flow_faults, pod_faults, setting_faults, state_faults)


def _pods(name: str) -> str:
    """The pods of a workload. Trustees and witnesses are told apart by their namespaces alone."""
    return f"{workload(name).namespace}/{name.split('-')[0] if name in (*TRUSTEES, *WITNESSES) else name}"


def _target(policy: dict[str, Any]) -> str:
    return f"{policy['metadata']['namespace']}/{_selected(policy['spec'].get('podSelector'))}"


def _peer(peer: dict[str, Any]) -> str:
    labels = (peer.get("namespaceSelector") or {}).get("matchLabels", {})
    return f"{labels.get('kubernetes.io/metadata.name', '*')}/{_selected(peer.get('podSelector'))}"


def _selected(selector: dict[str, Any] | None) -> str:
    """The one label value that a selector asks for; everything else that it may say is not ours and counts as open."""
    labels = (selector or {}).get("matchLabels", {})
    return str(next(iter(labels.values()))) if len(labels) == 1 else "*"


def _denies_all(each: dict[str, Any]) -> bool:
    spec = each.get("spec", {})
    return (
        each["kind"] == "NetworkPolicy"
        and spec.get("podSelector") == {}
        and sorted(spec.get("policyTypes", [])) == ["Egress", "Ingress"]
        and not spec.get("ingress")
        and not spec.get("egress")
    )


def _name(each: dict[str, Any]) -> str:
    return f"{each['kind']} {each['metadata'].get('namespace', '-')}/{each['metadata']['name']}"


if __name__ == "__main__":
    sys.exit(main())
