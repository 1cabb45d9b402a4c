"""The key ceremony in small: an opening key dealt to the trustees, officers' keys, and the page everybody trusts.

In production the ceremony is held offline and in front of witnesses, and the officers make their own keys. Here one
function plays all parts, once per run directory, by the same steps as `vouchsafe-ceremony`; `trust.toml` is written
last, so an interrupted ceremony is simply held again before anything used its keys.
"""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace

from deploy.local.layout import Layout, write_file, write_secret
from deploy.local.topology import TRUST_DOMAIN, TRUSTEES, WITNESSES
from services.ceremony import dealing, parts
from services.seal.ed25519 import SigningKey
from services.seal.passphrase import RANDOM
from services.seal.secret import SecretBytes

THRESHOLD = 3
ROLES = ("legal", "privacy", "works-council", "security", "ombuds")
POLICY = replace(parts.POLICY, veto_delay_seconds=4, notice_seconds=6, case_ttl_seconds=60 * 60)
"""Shortened, so that a whole opening can be watched; `Policy.shortened` says so wherever it is shown."""
ORGANISATION = TRUST_DOMAIN
LOG_ORIGIN = f"{TRUST_DOMAIN}/log"


def ensure_ceremony(layout: Layout) -> None:
    """Hold the ceremony unless it was held. The keys of `keys.py` must exist."""
    path = layout.trust / "trust.toml"
    if path.exists():
        return
    policy = parts.policy(POLICY, len(WITNESSES))
    text, _ = parts.assemble([_deal(layout), *_keys(layout), *(_appoint(layout, role) for role in ROLES), policy])
    write_file(path, text.encode())


def _deal(layout: Layout) -> parts.Part:
    """Deal the opening key; each trustee gets its file and a random passphrase, which nobody has to remember."""
    passphrases = [secrets.token_hex(32).encode() for _ in TRUSTEES]
    table = layout.root / "ceremony"
    shutil.rmtree(table, ignore_errors=True)
    public = dealing.deal(table, [SecretBytes(each) for each in passphrases], THRESHOLD, cost=RANDOM)
    for index, (trustee, passphrase) in enumerate(zip(TRUSTEES, passphrases, strict=True), 1):
        write_secret(layout.secrets(trustee) / "share-passphrase", passphrase)
        (table / dealing.share_name(index)).replace(layout.secrets(trustee) / "share")
    shutil.rmtree(table)
    return parts.parse(public.render())


def _appoint(layout: Layout, role: str) -> parts.Part:
    key = SigningKey.generate()
    name = f"{role}-officer"
    write_secret(layout.officers / f"{name}.key", key.seed().reveal())
    return parts.officer(name, role, ORGANISATION, key.public_key)


def _keys(layout: Layout) -> Iterator[parts.Part]:
    yield parts.assertion(_public(layout, "identity", "assertion.key"))
    yield parts.receipt(_public(layout, "disclosure", "receipt.key"))
    yield parts.log(LOG_ORIGIN, _public(layout, "disclosure", "log.key"))
    for witness in WITNESSES:
        yield parts.witness(witness, _public(layout, witness, "witness.key"))


def _public(layout: Layout, process: str, name: str) -> bytes:
    return SigningKey(SecretBytes((layout.secrets(process) / name).read_bytes())).public_key
