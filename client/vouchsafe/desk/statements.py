"""What an officer's key is about to sign, and the leaf that follows, as texts to be read before the yes.

A statement is signed as canonical bytes (`services.seal.canonical`); its text here shows its tag, each field and the
SHA-256 of exactly those bytes, so that two screens can be compared. Nothing is signed here.
"""

from hashlib import sha256

from services.seal.leaf_lines import HEADER
from services.seal.statements import Statement
from vouchsafe.desk.drafts import Text

YET_TO_COME = "(64 bytes, made when you say yes)"


def signed_text(title: str, statement: Statement) -> Text:
    """A statement, field by field, and the hash of the bytes that the signature is over."""
    lines = [f"vouchsafe/v1/{statement.TAG}"]
    lines += [f"{name.replace('_', '-')} {_value(getattr(statement, name))}" for name in statement.SCHEMA]
    digest = sha256(statement.signed_bytes()).hexdigest()
    return Text(title, "\n".join(lines) + f"\n\nSHA-256 of the signed bytes: {digest}\n")


def leaf_text(title: str, kind: str, **fields: object) -> Text:
    """A leaf as it would stand, of what is known of it now. `YET_TO_COME` stands for a signature."""
    lines = [HEADER + kind, *(f"{name.replace('_', '-')} {_value(value)}" for name, value in fields.items())]
    return Text(title, "\n".join(lines) + "\n")


def _value(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
