"""The dealer's ceremony: makes the opening key, deals it, proves that the files are good, and forgets it.

Each share goes from memory into a file under its trustee's own passphrase; no plain share and no opening key is ever
written. The dealer's machine knows the key while this runs, which is why it is offline and ends with the ceremony:
`docs/custody.md`. Python cannot wipe memory.
"""

import itertools
import math
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from services.ceremony.errors import CeremonyError
from services.ceremony.new_directory import new_directory, read, write_new
from services.ceremony.public_part import PublicPart
from services.seal import envelope, threshold
from services.seal.envelope import Partial
from services.seal.errors import SealError
from services.seal.passphrase import Cost
from services.seal.secret import SecretBytes
from services.seal.share_file import open_share, seal_share
from services.seal.threshold import Share

PUBLIC: Final = "public.toml"
MOST_TRUSTEES: Final = 32

_MOST_SUBSETS = 1000
_AAD = b"ceremony test"


def share_name(index: int) -> str:
    """The file of trustee `index`."""
    return f"trustee-{index}.share"


def deal(directory: Path, passphrases: Sequence[SecretBytes], k: int, *, cost: Cost) -> PublicPart:
    """Make a new opening key and a directory with one share file for each passphrase and the public part.

    Any k shares open. Everything is read back and tried before the directory gets its name; when anything fails,
    CeremonyError is raised and nothing is left.
    """
    n = len(passphrases)
    if not 2 <= k <= n <= MOST_TRUSTEES:
        raise CeremonyError(f"a threshold is at least 2, and at most the number of trustees, which is {n}")
    with new_directory(directory) as place:
        # Nothing but this call's own frames holds the key and the shares; they go with it.
        write_new(place / PUBLIC, _deal_into(place, passphrases, k, cost).render().encode())
        public = PublicPart.parse(read(place / PUBLIC).decode())
        check_directory(place, passphrases, public)
    return public


def check_directory(directory: Path, passphrases: Sequence[SecretBytes], public: PublicPart) -> None:
    """Read every share file of a ceremony and try them together: any k open, and k-1 do not. CeremonyError."""
    shares = [
        open_file(directory / share_name(index), passphrase, public) for index, passphrase in enumerate(passphrases, 1)
    ]
    _try_together(shares, public)


def open_file(path: Path, passphrase: SecretBytes, public: PublicPart) -> Share:
    """The share in a file, on the dealer's committed polynomial. CeremonyError."""
    try:
        share = open_share(read(path), public.opening_key, passphrase)
    except SealError as error:
        raise CeremonyError(f"{path.name}: {error}") from error
    public.check(share)
    return share


def _deal_into(place: Path, passphrases: Sequence[SecretBytes], k: int, cost: Cost) -> PublicPart:
    dealing = threshold.deal(threshold.generate_secret(), k, len(passphrases))
    for share, passphrase in zip(dealing.shares, passphrases, strict=True):
        write_new(place / share_name(share.index), seal_share(share, dealing.public_key, passphrase, cost=cost))
    return PublicPart.of(dealing)


def _try_together(shares: list[Share], public: PublicPart) -> None:
    plaintext = secrets.token_bytes(envelope.PLAINTEXT_SIZE)
    sealed = envelope.seal(public.opening_key, plaintext, _AAD)
    partials = [envelope.partial_decrypt(share, sealed) for share in shares]
    try:
        for partial, key in zip(partials, public.share_public_keys, strict=True):
            envelope.verify_partial(key, sealed, partial)
        chosen = secrets.SystemRandom().sample(partials, public.threshold)
        opened = envelope.combine(public.opening_key, public.threshold, chosen, sealed, _AAD)
    except SealError as error:
        raise CeremonyError("the shares do not open a test envelope together") from error
    if opened != plaintext:
        raise CeremonyError("the shares do not open a test envelope as it was sealed")
    for few in _subsets(partials, public.threshold - 1):
        try:
            envelope.combine(public.opening_key, len(few), few, sealed, _AAD)
        except SealError:
            continue
        raise CeremonyError(f"{len(few)} shares open an envelope, and it must take {public.threshold}")


def _subsets(partials: list[Partial], size: int) -> Iterator[Sequence[Partial]]:
    """All subsets of this size; where there are very many, a random thousand of them."""
    if math.comb(len(partials), size) <= _MOST_SUBSETS:
        return itertools.combinations(partials, size)
    draw = secrets.SystemRandom()
    return (draw.sample(partials, size) for _ in range(_MOST_SUBSETS))
