"""Whom the log is shown to: the witnesses of the trust material, and others that the operator has asked besides.

Where the first are reached is in `endpoints.toml`, by their names in the trust material. The others stand in
`service.toml` with key and URL; their co-signatures are for whoever trusts them, and count for nothing here.
"""

import ssl
from collections.abc import Iterable, Mapping

from services.chassis.configfile import ConfigError
from services.disclosure.config import ForeignWitness
from services.seal.note import VerifierKey
from services.seal.trust import Trust
from services.tlog.witness_client import WitnessClient


def witness_clients(
    trust: Trust, urls: Mapping[str, str], foreign: Iterable[ForeignWitness], tls: ssl.SSLContext
) -> dict[VerifierKey, WitnessClient]:
    """A client for each witness. ConfigError for one without a URL, or a URL of nobody; SealError for a bad key."""
    known = trust.log_policy().witnesses
    if unknown := sorted(urls.keys() - {key.name for key in known}):
        raise ConfigError(f"endpoints: witnesses.{unknown[0]} is not a witness of the trust material")
    clients = {key: _client(key.name, urls.get(key.name, ""), tls) for key in known}
    for each in foreign:
        key = VerifierKey.parse(each.vkey)
        if key in clients:
            raise ConfigError(f"foreign_witnesses: {key.name} is a witness of the trust material")
        clients[key] = _client(key.name, each.url, tls)
    return clients


def _client(name: str, url: str, tls: ssl.SSLContext) -> WitnessClient:
    try:
        return WitnessClient(url, tls=tls)
    except ValueError as error:
        raise ConfigError(f"the witness {name!r}: {error}") from error
