"""Mutual TLS from PEM files, for servers and channels.

Both sides must present a certificate of the one trusted authority. Which identity the other side then has, and what it
may do, is decided by `rpc_authz` (callers) and by the expected server name (`rpc_client`).
"""

from dataclasses import dataclass, field

import grpc


@dataclass(frozen=True)
class TlsFiles:
    """PEM bytes: the own certificate chain, its private key, and the authority that signs peers."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes


def server_credentials(tls: TlsFiles) -> grpc.ServerCredentials:
    """Credentials of a server that speaks to nobody without a verified client certificate."""
    return grpc.ssl_server_credentials(
        [(tls.key, tls.certificate)], root_certificates=tls.authority, require_client_auth=True
    )


def channel_credentials(tls: TlsFiles) -> grpc.ChannelCredentials:
    """Credentials of a client that shows its certificate and trusts `tls.authority` alone."""
    return grpc.ssl_channel_credentials(
        root_certificates=tls.authority, private_key=tls.key, certificate_chain=tls.certificate
    )
