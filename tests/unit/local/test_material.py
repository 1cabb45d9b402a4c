"""What `lay_down` writes: readable by the services' own parsers, closed to others, stable where it must be."""

import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from deploy.local import material, stores
from deploy.local.layout import Layout
from deploy.local.ports import PortReservations
from deploy.local.topology import CORE, HTTP, LOG_READERS, PEERS, SERVICES, WITNESSES, workload
from services.chassis.deployment import Secrets, load_endpoints
from services.chassis.identity_uri import identity_of, server_name
from services.seal import threshold
from services.seal.ed25519 import SigningKey
from services.seal.note import SignatureType, VerifierKey
from services.seal.secret import SecretBytes
from services.seal.share_file import open_share, passphrase_of
from services.seal.trust import Trust


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Layout, PortReservations]]:
    layout = Layout(tmp_path_factory.mktemp("run"))
    layout.prepare()
    with PortReservations() as ports:
        material.lay_down(layout, ports)
        yield layout, ports


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_read_its_endpoints(laid: tuple[Layout, PortReservations], name: str) -> None:
    layout, ports = laid
    endpoints = load_endpoints(layout.endpoints(name))
    assert endpoints.process.name == name
    assert endpoints.listen.rpc == ports.address(f"{name}.rpc")
    assert endpoints.peers == {peer: ports.address(f"{peer}.rpc") for peer in PEERS[name] if peer not in HTTP}
    seen_by = {peer: f"https://{ports.address(f'{peer}.rpc')}" for peer in PEERS[name] if peer in WITNESSES}
    assert endpoints.witnesses == seen_by
    assert bool(endpoints.witnesses) == (name == "disclosure")
    assert endpoints.log.mirrors == ((f"http://{ports.address('mirror.rpc')}",) if name in LOG_READERS else ())
    assert bool(endpoints.nats.url) == (name in CORE)
    assert bool(endpoints.smtp.address) == (name == "verification")
    assert endpoints.paths.trust == layout.trust


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_finds_its_certificate_under_the_name_that_its_callers_expect(
    laid: tuple[Layout, PortReservations], name: str
) -> None:
    layout, _ = laid
    files = Secrets(layout.secrets(name)).tls()
    names = _alternative_names(files.certificate)
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [
        identity_of(name, trust_domain="vouchsafe.internal")
    ]
    assert server_name(name) in names.get_values_for_type(x509.DNSName)
    assert files.authority == (layout.trust / "ca.crt").read_bytes()


@pytest.mark.parametrize("name", CORE)
def test_a_bus_certificate_names_the_service_by_uri_alone(laid: tuple[Layout, PortReservations], name: str) -> None:
    names = _alternative_names((laid[0].secrets(name) / "nats.crt").read_bytes())
    assert [general.value for general in names] == [workload(name).spiffe_id]


def test_no_secret_is_readable_by_others(laid: tuple[Layout, PortReservations]) -> None:
    layout, _ = laid
    files = [*layout.root.glob("*/secrets/*"), *layout.officers.iterdir()]
    assert len(files) > 50
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(layout.root.stat().st_mode) == 0o700


def test_the_trust_file_fits_the_keys_that_were_dealt(laid: tuple[Layout, PortReservations]) -> None:
    layout, _ = laid
    text = (layout.trust / "trust.toml").read_text(encoding="utf-8")
    trust = Trust.parse(text)
    assert trust.log == _verifier(layout, "disclosure", "log.key", trust.origin)
    assert trust.receipt_public == _seed(layout, "disclosure", "receipt.key").public_key
    assert trust.assertion_public == _seed(layout, "identity", "assertion.key").public_key
    witnesses = [VerifierKey.parse(vkey) for vkey in trust.witnesses]
    assert [key.public_key for key in witnesses] == [
        _seed(layout, f"witness-{i}", "witness.key").public_key for i in (1, 2)
    ]
    shares = [_share(layout, i, trust) for i in range(1, 6)]
    assert tuple(share.public_key for share in shares) == trust.share_public_keys
    commitments = [bytes.fromhex(point) for point in tomllib.loads(text)["share_commitments"]]
    for share in shares:
        threshold.check_share(share, commitments)
    assert len({officer.role for officer in trust.officers}) == len(trust.officers) == 5
    for officer in trust.officers:
        seed = SecretBytes((layout.officers / f"{officer.name}.key").read_bytes())
        assert SigningKey(seed).public_key == officer.public


def test_a_second_start_renews_certificates_and_keeps_keys(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.prepare()
    with PortReservations() as ports:
        material.lay_down(layout, ports)
        before = _contents(layout)
        material.lay_down(layout, ports)
    after = _contents(layout)
    changed = {path.suffix for path in before if before[path] != after[path]}
    kept = {path.name for path in before if before[path] == after[path]}
    assert changed <= {".crt", ".key", ".pem"}
    assert {"trust.toml", "kek", "share", "share-passphrase", "log.key", "mongodb-uri", "page.key"} <= kept
    assert "tls.key" not in kept


def test_an_interrupted_ceremony_is_held_again(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.prepare()
    with PortReservations() as ports:
        material.lay_down(layout, ports)
        (layout.trust / "trust.toml").unlink()
        material.lay_down(layout, ports)
    trust = Trust.parse((layout.trust / "trust.toml").read_text(encoding="utf-8"))
    assert _share(layout, 1, trust).public_key == trust.share_public_keys[0]
    assert not (layout.root / "ceremony").exists()


@pytest.mark.parametrize(
    ("given", "database", "rest"),
    [
        ("mongodb://db.example/", "forum_", ""),
        ("mongodb://u:p@db.example/?tls=true", "forum_", "?tls=true&authSource=admin"),
        ("mongodb+srv://u:p@db.example/people", "forum_", "?authSource=people"),
        ("mongodb://u:p@db.example/x?authSource=y", "forum_", "?authSource=y"),
    ],
)
def test_a_given_deployment_is_used_with_a_database_for_each_service(
    given: str, database: str, rest: str, tmp_path: Path
) -> None:
    uri = stores.external_uri(given, "forum", tmp_path)
    head, _, tail = uri.partition(database)
    assert head == given[: given.index("example") + len("example/")]
    assert tail[8:] == rest
    assert stores.external_uri(given, "forum", tmp_path / "clone") != uri


def _alternative_names(certificate: bytes) -> x509.SubjectAlternativeName:
    parsed = x509.load_pem_x509_certificate(certificate)
    return parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def _seed(layout: Layout, process: str, name: str) -> SigningKey:
    return SigningKey(SecretBytes((layout.secrets(process) / name).read_bytes()))


def _verifier(layout: Layout, process: str, name: str, origin: str) -> str:
    return VerifierKey(origin, SignatureType.ED25519, _seed(layout, process, name).public_key).encode()


def _contents(layout: Layout) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in layout.root.rglob("*") if path.is_file()}


def _share(layout: Layout, index: int, trust: Trust) -> threshold.Share:
    files = layout.secrets(f"trustee-{index}")
    passphrase = passphrase_of((files / "share-passphrase").read_text(encoding="utf-8"))
    return open_share((files / "share").read_bytes(), trust.opening_key, passphrase)
