"""What identity takes for a login, a name and a password, so that nobody types a secret for nothing.

The rules are those of proto/vouchsafe/identity (RegisterRequest); the service checks them again.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from vouchsafe.sdk.errors import VouchsafeError

_LENGTHS: Mapping[str, tuple[int, int]] = MappingProxyType({"login": (3, 128), "name": (1, 128), "password": (12, 256)})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def check(field: str, value: str) -> None:
    """INVALID_REQUEST for a `login`, `name` or `password` that identity would refuse. The value is not told."""
    least, most = _LENGTHS[field]
    if not least <= len(value) <= most:
        raise VouchsafeError("INVALID_REQUEST", f"the {field} must have {least} to {most} characters")
    if _CONTROL.search(value):
        raise VouchsafeError("INVALID_REQUEST", f"the {field} must hold no control character")
    if field == "login" and " " in value:
        raise VouchsafeError("INVALID_REQUEST", "the login must hold no space")
