"""Every secret key that a process reads from its secrets directory, and how it is first made.

Made once and kept: data encrypted yesterday must open today. A key that a newer version adds is made at its first
start. The opening key's shares, their passphrases and the public trust material are `ceremony.py`'s.
"""

import secrets

from deploy.local.layout import Layout, write_secret
from deploy.local.topology import WITNESSES

KEY_SIZE = 32

# process -> files of 32 random bytes. Those marked "seed" are Ed25519 private keys, whose public halves are published
# by the ceremony; the others are symmetric and never leave their process.
KEY_FILES: dict[str, tuple[str, ...]] = {
    "identity": (
        "assertion.key",  # seed: signs assertions for verification
        "session.key",  # seed: signs sign-in tokens
        "kek",  # wraps each person's data key
        "login-mac.key",  # finds a person by sign-in name without storing the name
    ),
    "verification": (
        "kek",
        "code.key",  # authenticates mailed codes
        "mail-mac.key",  # compares mail addresses without storing them
    ),
    "forum": (
        "nonce.key",  # makes the nonces that alias keys sign
        "page.key",  # authenticates page tokens
        "commitment.key",  # salts what is kept of posts; without it no quotation can be checked any more
    ),
    "disclosure": (
        "log.key",  # seed: signs the log's checkpoints
        "receipt.key",  # seed: signs deposit receipts
    ),
    **dict.fromkeys(WITNESSES, ("witness.key",)),  # seed: co-signs checkpoints
}


def ensure_keys(layout: Layout) -> None:
    """Make the key files that do not exist yet."""
    for process, names in KEY_FILES.items():
        for name in names:
            path = layout.secrets(process) / name
            if not path.exists():
                write_secret(path, secrets.token_bytes(KEY_SIZE))


def ensure_password(layout: Layout, process: str, name: str) -> str:
    """The password in this file, made of letters and digits at the first call; it begins with a letter."""
    path = layout.secrets(process) / name
    if not path.exists():
        write_secret(path, b"p" + secrets.token_hex(KEY_SIZE).encode())
    return path.read_text(encoding="ascii")
