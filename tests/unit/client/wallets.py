"""Wallets for tests: real files at a low cost, aliases with real keys and without a platform."""

import dataclasses
import uuid
from pathlib import Path
from typing import Any

from services.seal.ed25519 import SigningKey
from services.seal.secret import SecretBytes
from vouchsafe.sdk import Alias, AliasCompartment, Cost, Wallet
from vouchsafe.sdk.compartments import AliasContent
from vouchsafe.sdk.keys import Person

CHEAP = Cost(memory_kib=8, passes=1)


def alias(label: str, *, epoch: int = 202611, slot: int = 0, **known: Any) -> Alias:
    """An alias with its credential, as issued; then as told."""
    issued = Alias(
        label=label,
        label_name=f"Employee of {label}",
        epoch=epoch,
        slot=slot,
        secret=SecretBytes.random(32),
        envelope=b"e" * 48,
        envelope_hash=b"h" * 32,
        prefix=b"p" * 32,
        issuer_key=b"k" * 32,
        signature=b"s" * 384,
        deposit_request_id=str(uuid.uuid4()),
        create_request_id=str(uuid.uuid4()),
    )
    return dataclasses.replace(issued, **known)


def filled(directory: Path, *aliases: Alias) -> Wallet:
    """A wallet of a registered person, with these aliases; its passphrase is "passphrase"."""
    wallet = Wallet.create(directory, "passphrase", cost=CHEAP)
    person = Person("login", str(uuid.uuid4()), SigningKey.generate().seed(), "p", b"r" * 16, b"c" * 32)
    wallet.save_person(person)
    if aliases:
        root = wallet.alias_compartment.content.root
        (directory / AliasCompartment.FILE).unlink()
        content = AliasContent(root, aliases=aliases)
        wallet.alias_compartment = AliasCompartment.create(directory, "passphrase", cost=CHEAP, content=content)
    return wallet
