"""Verification's own keys, read once from its secrets directory."""

from dataclasses import dataclass

from services.chassis.deployment import Secrets
from services.seal.secret import SecretBytes


@dataclass(frozen=True)
class Keys:
    """`kek` seals issuer keys, `code` makes mail codes, `mail_mac` hashes addresses."""

    kek: SecretBytes
    code: SecretBytes
    mail_mac: SecretBytes

    @classmethod
    def read(cls, secrets: Secrets) -> "Keys":
        """The keys from the files kek, code.key and mail-mac.key, 32 raw bytes each."""
        return cls(
            kek=SecretBytes(secrets.read("kek")),
            code=SecretBytes(secrets.read("code.key")),
            mail_mac=SecretBytes(secrets.read("mail-mac.key")),
        )
