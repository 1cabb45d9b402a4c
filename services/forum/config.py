"""What the forum's `service.toml` may say. Addresses are in `endpoints.toml`, secrets in files (`wiring`)."""

from dataclasses import dataclass

from services.forum.domain.label import Grace

_DAY = 86_400


@dataclass(frozen=True)
class Config:
    """The settings; each has a reason in the file itself.

    `allow`: gRPC service to the SPIFFE URIs that may call it. `time_resolution_seconds`: to what moments are rounded
    down before they are stored. `nonce_lifetime_seconds`: for how long a challenge may be answered.
    `new_alias_days`, `alias_days`: for how long after the end of an epoch its credentials become aliases, and its
    aliases may speak. `reflection`: whether callers may ask what the methods are.
    """

    allow: dict[str, frozenset[str]]
    time_resolution_seconds: int = 60
    nonce_lifetime_seconds: int = 300
    new_alias_days: int = 7
    alias_days: int = 31
    reflection: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.time_resolution_seconds <= 3600:
            raise ValueError("time_resolution_seconds must be 1 to 3600")
        if not 1 <= self.nonce_lifetime_seconds <= 3600:
            raise ValueError("nonce_lifetime_seconds must be 1 to 3600")
        self.grace()

    def grace(self) -> Grace:
        """For how long an epoch's labels outlast it."""
        return Grace(new_aliases=self.new_alias_days * _DAY, aliases=self.alias_days * _DAY)
