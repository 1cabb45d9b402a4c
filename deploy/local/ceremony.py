"""The key ceremony in small: an opening key dealt to the trustees, officers' keys, and the page everybody trusts.

In production the ceremony is held offline and in front of witnesses, and the officers make their own keys. Here one
function plays all parts, once per run directory; `trust.toml` is written last, so an interrupted ceremony is simply
held again before anything used its keys.
"""

from deploy.local.layout import Layout, write_file, write_secret
from deploy.local.topology import TRUST_DOMAIN, TRUSTEES, WITNESSES
from services.chassis import toml_text
from services.seal import threshold
from services.seal.ed25519 import SigningKey
from services.seal.note import SignatureType, VerifierKey
from services.seal.secret import SecretBytes
from services.seal.trust import Officer, Trust

THRESHOLD = 3
ROLES = ("legal", "privacy", "works-council", "security", "ombuds")
POLICY = {"approvals": 3, "distinct_roles": 2, "approval_ttl_seconds": 4 * 60 * 60}
LOG_ORIGIN = f"{TRUST_DOMAIN}/log"


def ensure_ceremony(layout: Layout) -> None:
    """Hold the ceremony unless it was held. The keys of `keys.py` must exist."""
    path = layout.trust / "trust.toml"
    if path.exists():
        return
    dealing = threshold.deal(threshold.generate_secret(), THRESHOLD, len(TRUSTEES))
    for trustee, share in zip(TRUSTEES, dealing.shares, strict=True):
        write_secret(layout.secrets(trustee) / "share", share.encode().reveal())
    officers = [_appoint(layout, role) for role in ROLES]
    text = toml_text.render(_trust(layout, dealing, officers))
    Trust.parse(text)  # whoever reads it must be able to
    write_file(path, text.encode())


def _appoint(layout: Layout, role: str) -> Officer:
    key = SigningKey.generate()
    officer = Officer(f"{role}-officer", role, key.public_key)
    write_secret(layout.officers / f"{officer.name}.key", key.seed().reveal())
    return officer


def _trust(layout: Layout, dealing: threshold.Dealing, officers: list[Officer]) -> dict[str, object]:
    """The public trust material; keys in hex, except verifier keys, which are text by their own standard."""
    return {
        "opening_key": dealing.public_key.hex(),
        "threshold": dealing.threshold,
        "share_public_keys": [key.hex() for key in dealing.share_public_keys],
        "share_commitments": [point.hex() for point in dealing.commitments],
        "assertion_public": _public(layout, "identity", "assertion.key").hex(),
        "receipt_public": _public(layout, "disclosure", "receipt.key").hex(),
        "witness_quorum": len(WITNESSES),
        "origin": LOG_ORIGIN,
        "log": VerifierKey(LOG_ORIGIN, SignatureType.ED25519, _public(layout, "disclosure", "log.key")).encode(),
        "policy": POLICY,
        "witnesses": [{"name": witness, "vkey": _witness_key(layout, witness).encode()} for witness in WITNESSES],
        "officers": [{"name": o.name, "role": o.role, "public": o.public.hex()} for o in officers],
    }


def _witness_key(layout: Layout, witness: str) -> VerifierKey:
    return VerifierKey(witness, SignatureType.COSIGNATURE, _public(layout, witness, "witness.key"))


def _public(layout: Layout, process: str, name: str) -> bytes:
    return SigningKey(SecretBytes((layout.secrets(process) / name).read_bytes())).public_key
