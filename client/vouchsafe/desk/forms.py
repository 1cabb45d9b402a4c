"""Reads a form that a page of the desk made; nothing of a form is seen before its token was compared.

A file is never kept: it is hashed as it arrives, and only its SHA-256 goes on. What the fields mean is the page's
business; a field that does not parse is `FormInvalid`, told to the officer in words.
"""

from hashlib import sha256

from aiohttp import BodyPartReader, web

from services.seal.hpke import KEY_SIZE
from vouchsafe.desk.session import Session

TOKEN = "token"  # noqa: S105  # a field's name
SESSION = web.AppKey("session", Session)

_MOST_FIELDS = 64
_LONGEST_FIELD = 8192


class FormInvalid(Exception):
    """What was typed is not what the field takes; the message says which and why."""


class Form:
    """The fields of a form, as texts, and the SHA-256 of each file that was attached."""

    def __init__(self, texts: dict[str, str], files: dict[str, bytes]) -> None:
        self._texts = texts
        self._files = files

    def text(self, name: str) -> str:
        """A field without space around it; empty when it is missing."""
        return self._texts.get(name, "").strip()

    def required(self, name: str, what: str) -> str:
        """A field that must hold something."""
        if not (text := self.text(name)):
            raise FormInvalid(f"{what} is missing")
        return text

    def number(self, name: str, what: str, *, low: int = 0, high: int = 10_000_000) -> int:
        """A whole number within bounds; 0 when the field is empty."""
        text = self.text(name) or "0"
        if not (text.isascii() and text.isdigit() and len(text) < 16 and low <= int(text) <= high):
            raise FormInvalid(f"{what} must be a whole number from {low} to {high}")
        return int(text)

    def hexadecimal(self, name: str, what: str, size: int = KEY_SIZE) -> bytes:
        """Bytes of an exact size, typed as hexadecimal digits."""
        try:
            data = bytes.fromhex(self.required(name, what))
        except ValueError:
            data = b""
        if len(data) != size:
            raise FormInvalid(f"{what} must be {size} bytes in hexadecimal digits")
        return data

    def file_hash(self, name: str) -> bytes | None:
        """The SHA-256 of an attached file; None when none was chosen."""
        return self._files.get(name)


async def read_form(request: web.Request) -> Form:
    """The form of a POST. 403 unless its token is this session's; for a form with a file, the token comes first."""
    session = request.app[SESSION]
    if request.content_type == "multipart/form-data":
        return await _read_parts(request, session)
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType(text="A form of the desk is sent as a form.")
    fields = await request.post()
    _check(session, fields.get(TOKEN))
    return Form({name: value for name, value in fields.items() if isinstance(value, str)}, {})


async def _read_parts(request: web.Request, session: Session) -> Form:
    texts: dict[str, str] = {}
    files: dict[str, bytes] = {}
    trusted = False
    parts = await request.multipart()
    for _ in range(_MOST_FIELDS):
        part = await parts.next()
        if part is None:
            break
        if not isinstance(part, BodyPartReader) or not part.name:
            raise web.HTTPBadRequest(text="The form is malformed.")
        if not trusted:
            _check(session, await _text(part) if part.name == TOKEN else None)
            trusted = True
        elif part.filename is None:
            texts[part.name] = await _text(part)
        elif part.filename:
            files[part.name] = await _hash(part)
    if not trusted:
        _check(session, None)
    return Form(texts, files)


def _check(session: Session, token: object) -> None:
    if not session.made_form(token):
        raise web.HTTPForbidden(text="This form was not made by this session of the desk.")


async def _text(part: BodyPartReader) -> str:
    data = bytearray()
    while chunk := await part.read_chunk(_LONGEST_FIELD):
        data += chunk
        if len(data) > _LONGEST_FIELD:
            raise web.HTTPRequestEntityTooLarge(max_size=_LONGEST_FIELD, actual_size=len(data))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise web.HTTPBadRequest(text="The form is not UTF-8.") from error


async def _hash(part: BodyPartReader) -> bytes:
    digest = sha256()
    while chunk := await part.read_chunk():
        digest.update(chunk)
    return digest.digest()
