"""Certificates for the tests that really connect."""

import pytest

from services.chassis.identity_uri import server_name
from services.chassis.tls import TlsFiles
from tests.support.certs import Authority, make_authority, make_leaf


@pytest.fixture(scope="session")
def authority() -> Authority:
    return make_authority()


@pytest.fixture(scope="session")
def server_tls(authority: Authority) -> TlsFiles:
    return make_leaf(authority, dns=(server_name("identity"), server_name("forum")))
