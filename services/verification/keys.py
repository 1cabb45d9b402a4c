"""Verification's own keys, read once from its secrets directory."""

from dataclasses import dataclass

from services.chassis.deployment import Secrets
from services.seal.secret import SecretBytes


@dataclass(frozen=True)
class Keys:
    """`kek` seals issuer keys, `code` makes mail codes, `mail_mac` hashes addresses; `token_pin` opens the token."""

    kek: SecretBytes
    code: SecretBytes
    mail_mac: SecretBytes
    token_pin: SecretBytes | None = None

    @classmethod
    def read(cls, secrets: Secrets, *, token: bool = False) -> "Keys":
        """The keys from the files kek, code.key and mail-mac.key, 32 raw bytes each; for a token token-pin, text."""
        return cls(
            kek=SecretBytes(secrets.read("kek")),
            code=SecretBytes(secrets.read("code.key")),
            mail_mac=SecretBytes(secrets.read("mail-mac.key")),
            token_pin=SecretBytes(secrets.text("token-pin").encode()) if token else None,
        )
