"""Who may call what: the whole table, written out by hand so that a change of configuration has to be meant."""

from collections.abc import Mapping, Sequence

from deploy.local.topology import EDGES, SERVICES
from tests.e2e.bad_input.calls import Method, methods

# Importing the generated modules makes the services known to the descriptor pool.
from vouchsafe.disclosure.v1 import (  # noqa: F401
    case_service_pb2,
    deposit_service_pb2,
    transparency_log_service_pb2,
)
from vouchsafe.forum.v1 import (  # noqa: F401
    alias_service_pb2,
    evidence_service_pb2,
    reading_service_pb2,
    thread_service_pb2,
)
from vouchsafe.identity.v1 import person_service_pb2, release_service_pb2  # noqa: F401
from vouchsafe.log.v1 import log_service_pb2  # noqa: F401
from vouchsafe.trustee.v1 import trustee_service_pb2  # noqa: F401
from vouchsafe.verification.v1 import employment_service_pb2, issuance_service_pb2, label_service_pb2  # noqa: F401

CERTIFICATES: Sequence[str] = (*EDGES, *SERVICES)

_EVENT_LOG = "vouchsafe.log.v1.EventLogService"

SERVED: Mapping[str, Sequence[str]] = {
    "identity": ("vouchsafe.identity.v1.PersonService", "vouchsafe.identity.v1.ReleaseService", _EVENT_LOG),
    "verification": (
        "vouchsafe.verification.v1.EmploymentService",
        "vouchsafe.verification.v1.IssuanceService",
        "vouchsafe.verification.v1.LabelService",
        "vouchsafe.verification.v1.LabelRevocationService",
        _EVENT_LOG,
    ),
    "forum": (
        "vouchsafe.forum.v1.AliasService",
        "vouchsafe.forum.v1.ThreadService",
        "vouchsafe.forum.v1.ReadingService",
        "vouchsafe.forum.v1.EvidenceService",
        _EVENT_LOG,
    ),
    "disclosure": (
        "vouchsafe.disclosure.v1.CaseService",
        "vouchsafe.disclosure.v1.DepositService",
        "vouchsafe.disclosure.v1.TransparencyLogService",
    ),
    "trustee-1": ("vouchsafe.trustee.v1.TrusteeService",),
}

ALLOWED: Mapping[str, Sequence[str]] = {
    "vouchsafe.identity.v1.PersonService": ("person-edge",),
    "vouchsafe.identity.v1.ReleaseService": ("disclosure",),
    "vouchsafe.verification.v1.EmploymentService": ("person-edge",),
    "vouchsafe.verification.v1.IssuanceService": ("person-edge",),
    "vouchsafe.verification.v1.LabelService": ("person-edge",),
    "vouchsafe.verification.v1.LabelRevocationService": ("label-desk",),
    "vouchsafe.forum.v1.AliasService": ("alias-edge",),
    "vouchsafe.forum.v1.ThreadService": ("alias-edge",),
    "vouchsafe.forum.v1.ReadingService": ("alias-edge",),
    "vouchsafe.forum.v1.EvidenceService": ("disclosure",),
    "vouchsafe.disclosure.v1.CaseService": ("officer-desk",),
    "vouchsafe.disclosure.v1.DepositService": ("alias-edge",),
    "vouchsafe.disclosure.v1.TransparencyLogService": ("alias-edge", "person-edge", "officer-desk", "mirror"),
    "vouchsafe.trustee.v1.TrusteeService": ("disclosure",),
}
"""By gRPC service; the event logs differ by producer, see `READERS`."""

READERS: Mapping[str, Sequence[str]] = {
    "identity": ("disclosure", "verification"),
    "verification": ("disclosure", "forum"),
    "forum": ("disclosure",),
}
"""Who may read a producer's public events."""


METHODS: Sequence[Method] = methods(SERVED)


def allowed(method: Method) -> Sequence[str]:
    """The certificates that may call the method."""
    return READERS[method.process] if method.service == _EVENT_LOG else ALLOWED[method.service]
