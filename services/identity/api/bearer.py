"""The token in a call's metadata, as it came: unverified."""

from collections.abc import Mapping

_SCHEME = "bearer "


def bearer_token(metadata: Mapping[str, str]) -> str | None:
    """The token of `authorization: Bearer <token>`, None when the call carries none."""
    value = metadata.get("authorization", "")
    return value[len(_SCHEME) :].strip() or None if value.lower().startswith(_SCHEME) else None
