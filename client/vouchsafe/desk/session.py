"""The one session of the desk: a start token that works once, then a cookie, and a token in every form.

Whoever else is on this machine can connect to a loopback port, and any page in the officer's browser can send requests
there. So the desk answers only to the cookie that it gave to whoever brought the start token, and changes something
only for a form that holds the session's form token. Where a request may come from is `guard`'s.
"""

import hmac
import secrets
import time
from collections.abc import Callable

COOKIE = "vouchsafe-desk"

IDLE_SECONDS = 3600.0
"""A session that nobody used for so long is over."""

_BYTES = 32


class Session:
    """Random tokens in memory alone: they end with the process. `monotonic` tells seconds."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._cookie: str | None = None
        self._used = monotonic()
        self.start_token: str | None = secrets.token_urlsafe(_BYTES)
        """What the start URL ends with; None once it was used."""
        self.form_token = secrets.token_urlsafe(_BYTES)
        """What every form carries."""
        self.room = secrets.token_urlsafe(_BYTES // 2)
        """The first part of every path. Cookies know no ports: this one is bound to a path that no other server knows,
        so that the browser gives it to none."""

    def start(self, token: str) -> str | None:
        """The cookie's value for whoever brings the start token first; None for everybody else."""
        if self.start_token is None or not _same(token, self.start_token):
            return None
        self.start_token = None
        self._cookie = secrets.token_urlsafe(_BYTES)
        self._used = self._monotonic()
        return self._cookie

    def holds(self, cookie: str | None) -> bool:
        """Whether this is the cookie of the session, and the session is not over. Using it keeps it alive."""
        if cookie is None or self._cookie is None or not _same(cookie, self._cookie):
            return False
        now = self._monotonic()
        if now - self._used > IDLE_SECONDS:
            self._cookie = None
            return False
        self._used = now
        return True

    def made_form(self, token: object) -> bool:
        """Whether a form was made by this session."""
        return isinstance(token, str) and _same(token, self.form_token)


def _same(told: str, kept: str) -> bool:
    return hmac.compare_digest(told.encode("utf-8", "surrogateescape"), kept.encode("ascii"))
