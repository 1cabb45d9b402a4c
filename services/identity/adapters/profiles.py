"""Personal fields under a key of the person's own: destroying that key is what erasing him will mean.

A profile's plaintext is canonical bytes: the tag `profile`, then name and login.
"""

from dataclasses import dataclass

from services.seal import field_crypt
from services.seal.canonical import read_fields, signed_bytes
from services.seal.errors import SealError
from services.seal.requests import Field
from services.seal.secret import SecretBytes


@dataclass(frozen=True)
class Profile:
    """Who somebody is: real name, and the login as he typed it. Not for logs, hence no repr."""

    name: str
    login: str

    def __repr__(self) -> str:
        return "Profile(<hidden>)"

    def field(self, field: str) -> str:
        """The value of a field of a case's scope (`seal.requests.Field`); SealError for another word."""
        values: dict[str, str] = {Field.NAME: self.name, Field.LOGIN: self.login}
        if field not in values:
            raise SealError("a profile has no such field")
        return values[field]

    def to_bytes(self) -> bytes:
        """The canonical bytes."""
        return signed_bytes("profile", self.name, self.login)

    @classmethod
    def parse(cls, data: bytes) -> "Profile":
        """The profile of these canonical bytes; raises SealError."""
        fields = read_fields("profile", data)
        if len(fields) != 2:
            raise SealError("'profile' has 2 fields")
        return cls(fields[0].decode("utf-8"), fields[1].decode("utf-8"))


class Profiles:
    """Seals and opens profiles. `kek` wraps each person's data key."""

    def __init__(self, kek: SecretBytes) -> None:
        if len(kek) != field_crypt.KEY_SIZE:
            raise ValueError("kek must hold 32 bytes")
        self._kek = kek

    def seal(self, person_id: str, profile: Profile) -> tuple[bytes, bytes]:
        """A new data key, wrapped, and the profile sealed under it; both open for this person's identifier only."""
        data_key = field_crypt.generate_key()
        place = _place(person_id)
        return (
            field_crypt.wrap_key(self._kek, data_key, place),
            field_crypt.encrypt(data_key, profile.to_bytes(), place),
        )

    def open(self, person_id: str, wrapped_key: bytes, sealed_profile: bytes) -> Profile:
        """The profile; raises SealError when key, person or any bit is another."""
        place = _place(person_id)
        data_key = field_crypt.unwrap_key(self._kek, wrapped_key, place)
        return Profile.parse(field_crypt.decrypt(data_key, sealed_profile, place))


def _place(person_id: str) -> bytes:
    return signed_bytes("profile-place", person_id, 1)
