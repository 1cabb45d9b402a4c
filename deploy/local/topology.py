"""Who is who on the local platform: process names, SPIFFE identities, who may call whom.

Only facts, as data; starting things is `platform.py`, writing files is `endpoints.py` and `certificates.py`. The same
facts stand in the cluster's manifests (namespaces, network policies) and in `deploy/nats/nats.conf`.
"""

from dataclasses import dataclass

TRUST_DOMAIN = "vouchsafe.internal"

CORE = ("identity", "verification", "forum", "disclosure")
TRUSTEES = tuple(f"trustee-{i}" for i in range(1, 6))
WITNESSES = tuple(f"witness-{i}" for i in range(1, 3))
MIRRORS = ("mirror",)
SERVICES = CORE + TRUSTEES + WITNESSES + MIRRORS
EDGES = ("person-edge", "alias-edge", "officer-desk", "label-desk")

# What answers anybody over HTTP: mirrors in plain, for what they show is public; witnesses over TLS.
# All others speak gRPC behind mutual TLS.
HTTP = MIRRORS + WITNESSES
RPC = tuple(name for name in SERVICES if name not in HTTP)

# Who follows the public log by reading a mirror. In production each chooses others' mirrors besides the platform's own.
LOG_READERS = ("identity", *TRUSTEES)

# caller -> whom its network policy and the callee's allow-list let it reach, commands and event log reads alike.
PEERS: dict[str, tuple[str, ...]] = {
    "identity": (),
    "verification": ("identity",),
    "forum": ("verification", "disclosure"),
    "disclosure": ("identity", "verification", "forum", *TRUSTEES, *WITNESSES),
    **dict.fromkeys(TRUSTEES + WITNESSES, ()),
    **dict.fromkeys(MIRRORS, ("disclosure",)),
}


@dataclass(frozen=True, slots=True)
class Workload:
    """A process as the cluster names it: its Kubernetes namespace and service account."""

    namespace: str
    account: str

    @property
    def spiffe_id(self) -> str:
        """The URI SAN that every peer knows this workload by."""
        return f"spiffe://{TRUST_DOMAIN}/ns/{self.namespace}/sa/{self.account}"

    @property
    def dns_name(self) -> str:
        """The name its callers dial in a cluster."""
        return f"{self.account}.{self.namespace}.svc"


def workload(name: str) -> Workload:
    """The workload called `name`: a service, an edge client, or a part such as `nats` and `smtp`."""
    if name in ("person-edge", "alias-edge"):
        return Workload("vouchsafe-edge", name)
    if name == "officer-desk":
        return Workload("vouchsafe-officers", name)
    if name == "label-desk":
        return Workload("vouchsafe-operators", name)
    return Workload(f"vouchsafe-{name}", name)


def provisioner(service: str) -> Workload:
    """The set-up job of one service's NATS account: it makes streams and consumers, the service itself cannot."""
    return Workload(f"vouchsafe-{service}", "nats-provisioner")


def module(name: str) -> str:
    """The Python module that runs the service `name`: `trustee-3` and `trustee-4` run the same one."""
    return f"services.{name.partition('-')[0]}"
