"""The client of Vouchsafe: keys, the two sides, and everything a person, a reader or an officer does with them."""

from vouchsafe.sdk.account import Account
from vouchsafe.sdk.compartments import AliasCompartment, PersonCompartment
from vouchsafe.sdk.errors import Reason, VouchsafeError
from vouchsafe.sdk.keys import Alias
from vouchsafe.sdk.person_account import CodeSource, Employment, PersonAccount
from vouchsafe.sdk.platform import Vouchsafe
from vouchsafe.sdk.profile import Profile
from vouchsafe.sdk.reading import Author, Comment, Post, Thread
from vouchsafe.sdk.sealed_file import Cost
from vouchsafe.sdk.voice import Notice, Published, Voice
from vouchsafe.sdk.wallet import Wallet

__all__ = [
    "Account",
    "Alias",
    "AliasCompartment",
    "Author",
    "CodeSource",
    "Comment",
    "Cost",
    "Employment",
    "Notice",
    "PersonAccount",
    "PersonCompartment",
    "Post",
    "Profile",
    "Published",
    "Reason",
    "Thread",
    "Voice",
    "Vouchsafe",
    "VouchsafeError",
    "Wallet",
]
