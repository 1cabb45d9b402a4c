"""Where the platform is and with which certificates to reach it: the file `profile.toml`.

    trust = "trust"                     # directory with trust.toml, the public material that proofs are checked against

    [person]                            # the person side
    certificate = "person-edge/tls.crt"
    key = "person-edge/tls.key"
    authority = "person-edge/ca.crt"
    identity = "127.0.0.1:7001"         # host:port of each service that this side may call
    verification = "127.0.0.1:7002"
    disclosure = "127.0.0.1:7004"       # its public log only

    [alias]                             # the alias side: another certificate, other connections
    certificate = ...                   # certificate, key and authority as above
    proxy = "http://127.0.0.1:9080"     # optional, on either side: an HTTP proxy that takes CONNECT, as Tor's
    forum = "127.0.0.1:7003"            #   HTTPTunnelPort; names of services are then looked up by the proxy
    disclosure = "127.0.0.1:7004"

    [delays]                            # optional: how long an alias waits before its first steps (`delays`)
    deposit_hours = 72
    alias_hours = 24

    [officer]                           # on the officers' machines alone
    certificate = ...
    disclosure = "127.0.0.1:7004"
    identity = ["127.0.0.1:7001"]       # every replica of it: each is told of a lock-down or a veto by itself
    mirrors = ["http://127.0.0.1:7021"] # optional: where the public log is read while disclosure is away

    [officer.trustees]                  # where one officer can stop each trustee, whatever becomes of disclosure
    trustee-1 = "127.0.0.1:7011"

    [operator]                          # on the machines of those who run the platform alone
    certificate = ...
    verification = "127.0.0.1:7002"

Paths start at the file's own directory. Nothing is connected to here.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from services.chassis import configfile
from services.chassis.tls import TlsFiles
from services.seal.trust import Trust
from vouchsafe.sdk.delays import Delays
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated

FILE_NAME = "profile.toml"

_PROXY = re.compile(r"http://[^\s/@]+:[0-9]{1,5}")


@dataclass(frozen=True)
class Edge:
    """The files of one certificate, and the proxy that its connections go through, if any."""

    certificate: Path
    key: Path
    authority: Path
    proxy: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.proxy is not None and _PROXY.fullmatch(self.proxy) is None:
            raise ValueError("proxy must be http://host:port")

    def tls(self) -> TlsFiles:
        """The certificate, its key and the authority to trust, as PEM."""
        return TlsFiles(certificate=_read(self.certificate), key=_read(self.key), authority=_read(self.authority))


@dataclass(frozen=True)
class PersonEdge(Edge):
    """Certificate and addresses of the person side."""

    identity: str
    verification: str
    disclosure: str


@dataclass(frozen=True)
class AliasEdge(Edge):
    """Certificate and addresses of the alias side."""

    forum: str
    disclosure: str


@dataclass(frozen=True)
class OfficerEdge(Edge):
    """Certificate and addresses of the officers' desk; trustees by name and each of identity, to stop them; mirrors."""

    disclosure: str
    trustees: dict[str, str] = field(default_factory=dict)
    mirrors: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()


@dataclass(frozen=True)
class OperatorEdge(Edge):
    """Certificate and address of the desk where labels are revoked."""

    verification: str


@dataclass(frozen=True)
class Profile:
    """One platform, as one device sees it."""

    trust: Path
    person: PersonEdge
    alias: AliasEdge
    officer: OfficerEdge | None = None
    operator: OperatorEdge | None = None
    delays: Delays = field(default_factory=Delays)

    @classmethod
    def load(cls, path: Path) -> "Profile":
        """The profile in a file, or in the `profile.toml` of a directory."""
        with translated():
            return configfile.load(path / FILE_NAME if path.is_dir() else path, cls)

    def read_trust(self) -> Trust:
        """The public material that every proof is checked against."""
        with translated():
            return Trust.parse(_read(self.trust / "trust.toml").decode("utf-8", errors="replace"))

    def officer_edge(self) -> OfficerEdge:
        """The officers' desk, which most devices do not have."""
        if self.officer is None:
            raise VouchsafeError(Reason.PROFILE_INVALID, "this profile has no [officer] table")
        return self.officer

    def operator_edge(self) -> OperatorEdge:
        """The operators' desk, which hardly any device has."""
        if self.operator is None:
            raise VouchsafeError(Reason.PROFILE_INVALID, "this profile has no [operator] table")
        return self.operator


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise VouchsafeError(Reason.PROFILE_INVALID, f"{path}: {error.strerror}") from error
