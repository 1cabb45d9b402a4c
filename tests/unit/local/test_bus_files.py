"""The accounts file, the streams file and the table of edges say the same."""

import re

from deploy.local import bus
from deploy.local.topology import CORE, provisioner, workload

EDGES = {
    ("identity", "verification"),
    ("identity", "disclosure"),
    ("verification", "forum"),
    ("verification", "disclosure"),
    ("forum", "disclosure"),
    ("disclosure", "forum"),
}
ACCOUNTS = "\n".join(
    line for line in bus.ACCOUNTS_FILE.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")
)


def test_the_consumers_are_the_edges() -> None:
    streams = bus.streams()
    assert {(stream.account, consumer) for stream in streams for consumer in stream.consumers} == EDGES
    assert [stream.name for stream in streams] == [f"{name.upper()}_PUBLIC" for name in CORE]
    assert [stream.subjects for stream in streams] == [(f"{name}.public.>",) for name in CORE]


def test_the_exports_are_the_edges() -> None:
    exports = re.findall(r'\{ service: "([^"]+)",.*accounts: \[(\w+)\] \}', ACCOUNTS)
    assert len(exports) == 4 * len(EDGES)
    for source, reader in EDGES:
        stream = f"{source.upper()}_PUBLIC.{reader}"
        assert {subject for subject, account in exports if account == reader.upper() and stream in subject} == {
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}",
            f"$JS.API.CONSUMER.INFO.{stream}",
            f"$JS.ACK.{stream}.>",
            f"$JS.ACK._.*.{stream}.>",
        }


def test_the_users_are_the_services_their_provisioners_and_one_administrator() -> None:
    users = re.findall(r'user: "([^"]+)"', ACCOUNTS)
    assert set(users) == {
        "spiffe://vouchsafe.internal/ns/vouchsafe-nats/sa/nats-admin",
        *(workload(name).spiffe_id for name in CORE),
        *(provisioner(name).spiffe_id for name in CORE),
    }
    assert len(users) == len(set(users))


def test_who_a_client_is_comes_from_its_certificate() -> None:
    assert "verify_and_map: true" in ACCOUNTS
    assert not re.search(r"no_auth_user|password|\btoken\b|verify:", ACCOUNTS)
