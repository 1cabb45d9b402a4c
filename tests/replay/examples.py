"""What each field holds in a fixture that `freeze` makes: readable, the same on every machine, and of no person.

A field has one value wherever its name occurs, so the events of a stream name the same thread or case. All values
differ, so that two fields which changed places would show. They have the length of real ones but are not genuine keys
or signatures; folding an event does not ask for that.
"""

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any


class NoExample(Exception):
    """A field has no value here yet."""


def example(event_class: type) -> Any:
    """An event with an example in each of its fields; NoExample."""
    names = [field.name for field in fields(event_class)]
    if missing := [name for name in names if name not in VALUES]:
        raise NoExample(f"{event_class.__name__}.{missing[0]} needs a value in tests/replay/examples.py")
    return event_class(**{name: VALUES[name] for name in names})


def _octets(words: str, length: int) -> bytes:
    """Bytes that say what they stand for. Those that fill them up are not UTF-8, so that no text field can pass."""
    return words.encode().ljust(length, b"\xff")


VALUES: Mapping[str, Any] = MappingProxyType(
    {
        # Identifiers and small texts
        "person_id": "person-1",
        "challenge_id": "challenge-1",
        "case_id": "case-1",
        "thread_id": "thread-1",
        "post_id": "post-1",
        "comment_id": "comment-1",
        "organisation": "harbour-works",
        "label": "harbour",
        "parent": "shipping",
        "widest": "work-at-sea",
        "path": ("harbour", "shipping"),
        "reason": "key-compromised",
        "label_name": "Employee of Harbour 海港",
        "handle": "blue",
        "author_name": "calm otter 42",
        "title": "Night shifts",
        "thread_title": "夜班",
        "body": "Who sets the rota?\nNobody says. 没人说。",
        "password_hash": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdC1vZi1leGFtcGxl$aGFzaC1vZi1leGFtcGxl",
        "requester": "REQUESTER_CLASS_COURT",
        "basis": "court-order",
        "wants": "name",
        "fields": ("name", "login"),
        "instrument": "order 7/2030",
        "ground": "statute 12, section 3",
        "officer": "officer-1",
        "role": "ombudsperson",
        "approval": "vouchsafe/v1/approval\ncase-1\n\n— officer-1 c2lnbmF0dXJl\n",
        "approvals": ("approval of officer-1\n", "approval of officer-2\n"),
        # Numbers; times are Unix seconds
        "epoch": 203001,
        "slot": 2,
        "crowd_bucket": 20,
        "candidates": 256,
        "chosen": 137,
        "ordinal": 7,
        "day": 21_990,
        "after": 1_000,
        "through": 2_000,
        "size": 64,
        "day_size": 128,
        "day_index": 99,
        "intent_index": 300,
        "result_index": 301,
        "requested_at": 1_900_000_000,
        "used_at": 1_900_000_001,
        "proven_at": 1_900_000_060,
        "matures_at": 1_900_087_200,
        "begins_at": 1_893_456_000,
        "ends_at": 1_896_134_400,
        "opened_at": 1_900_000_100,
        "declined_at": 1_900_000_160,
        "published_at": 1_900_000_200,
        "expires_at": 1_900_000_900,
        "executed_at": 1_900_000_300,
        "withdrawn_at": 1_900_000_310,
        "intended_at": 1_900_000_320,
        "opens_at": 1_900_259_520,
        "vetoed_at": 1_900_000_330,
        "refused_at": 1_900_000_340,
        "lapsed_at": 1_900_000_910,
        "expired_at": 1_900_000_920,
        "extended_at": 1_900_000_350,
        "passed_at": 1_900_000_360,
        "collected_at": 1_900_000_370,
        "until": 1_905_184_000,
        "due_at": 1_900_864_100,
        "delay_seconds": 259_200,
        "gag_until": 1_907_776_000,
        # Octets
        "escrow_reference": _octets("escrow ref", 16),
        "ownership_key": _octets("ownership key", 32),
        "commitment_salt": _octets("commitment salt", 32),
        "terms": _octets("terms", 32),
        "commitment": _octets("commitment", 32),
        "approval_hash": _octets("approval hash", 32),
        "wrapped_key": _octets("wrapped key", 60),
        "sealed_profile": _octets("sealed profile", 200),
        "sealed_identity": _octets("sealed identity", 250),
        "blinded_hash": _octets("blinded hash", 32),
        "public_key": _octets("public key", 422),
        "sealed_private_key": _octets("sealed private key", 1800),
        "alias_key": _octets("alias key", 32),
        "envelope_hash": _octets("envelope hash", 32),
        "envelope": _octets("envelope", 128),
        "prefix": _octets("prefix", 32),
        "credential_signature": _octets("credential signature", 384),
        "receipt_signature": _octets("receipt signature", 64),
        "thread_key": _octets("thread key", 32),
        "certificate": _octets("certificate", 64),
        "signature": _octets("signature", 64),
        "thread_certificate": _octets("thread certificate", 64),
        "post_signature": _octets("post signature", 64),
        "document_hash": _octets("document hash", 32),
        "recipient_key": _octets("recipient key", 32),
        "bundle_hash": _octets("bundle hash", 32),
        "policy_hash": _octets("policy hash", 32),
        "intent_salt": _octets("intent salt", 32),
        "intent_proof": "c2sp.org/tlog-proof@v1\nindex 300\n",
        "intent": _octets("intent", 32),
        "waiver_hash": _octets("waiver hash", 32),
        "case_salt": _octets("case salt", 32),
        "subject": _octets("subject", 32),
        "blind": _octets("blind", 32),
        "mark": _octets("mark", 32),
        "hold": _octets("hold", 16),
        "statement_commitment": _octets("statement commitment", 32),
        "passages": (_octets("first passage", 32), _octets("second passage", 32)),
        "day_path": (_octets("sibling", 32), _octets("uncle", 32)),
        "day_root": _octets("day root", 32),
        "root": _octets("root", 32),
        "leaf": b"vouchsafe/v1/leaf/ownership\ncommitment " + b"ab" * 32 + b"\n",
    }
)
