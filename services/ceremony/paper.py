"""A share as words on paper, by SLIP-39: any `k` of `n` sheets give it back, fewer say nothing.

Offline only: the library that does the arithmetic, shamir-mnemonic, is SLIP-39's reference implementation and is not
hardened against side channels. No SLIP-39 passphrase is used: who holds k sheets holds the share, as who holds the file
and its passphrase does.
"""

import re
from collections.abc import Iterable

import shamir_mnemonic
from shamir_mnemonic.utils import MnemonicError

from services.ceremony.errors import CeremonyError
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.seal.threshold import Share

_MOST_SHEETS = 16
_GROUPS = re.compile(r"([0-9]{1,2})of([0-9]{1,2})")


def groups(text: str) -> tuple[int, int]:
    """`2of3` as (2, 3): how many sheets it takes, and of how many. CeremonyError."""
    found = _GROUPS.fullmatch(text)
    k, n = (int(number) for number in found.groups()) if found else (0, 0)
    if not 2 <= k <= n <= _MOST_SHEETS:
        raise CeremonyError(f"sheets are said as 2of3: it takes at least 2, and there are at most {_MOST_SHEETS}")
    return k, n


def to_sheets(share: Share, k: int, n: int) -> list[str]:
    """The words of each of n sheets."""
    sheets: list[str]
    [sheets] = shamir_mnemonic.generate_mnemonics(1, [(k, n)], share.encode().reveal())
    return sheets


def from_sheets(sheets: Iterable[str]) -> Share:
    """The share that k sheets hold; CeremonyError for too few, for a misspelt one, or for sheets of two shares."""
    read = {" ".join(sheet.lower().split()) for sheet in sheets}
    try:
        known = [shamir_mnemonic.Share.from_mnemonic(sheet) for sheet in sorted(read)]
        enough = [share.mnemonic() for share in known[: known[0].member_threshold]] if known else []
        return Share.decode(SecretBytes(shamir_mnemonic.combine_mnemonics(enough)))
    except (MnemonicError, SealError, ValueError) as error:
        raise CeremonyError(f"the sheets do not give a share: {error}") from error
