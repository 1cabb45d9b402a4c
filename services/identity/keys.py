"""Identity's own keys, read once from its secrets directory."""

from dataclasses import dataclass

from services.chassis.deployment import Secrets
from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes


@dataclass(frozen=True)
class Keys:
    """`assertion` and `session` sign tokens, `kek` wraps data keys, `login_mac` hashes logins."""

    assertion: SigningKey
    session: SigningKey
    kek: SecretBytes
    login_mac: SecretBytes

    @classmethod
    def read(cls, secrets: Secrets) -> "Keys":
        """The keys from the files assertion.key, session.key, kek and login-mac.key, 32 raw bytes each."""
        return cls(
            assertion=SigningKey(SecretBytes(secrets.read("assertion.key"))),
            session=SigningKey(SecretBytes(secrets.read("session.key"))),
            kek=SecretBytes(secrets.read("kek")),
            login_mac=SecretBytes(secrets.read("login-mac.key")),
        )
