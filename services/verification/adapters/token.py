"""One token behind a PKCS#11 module (OASIS PKCS #11 v2.40): a session, opened when needed and again after a fault.

All calls of the process run on one thread. The wrapper initialises modules without locking, and then the standard
(section 5.4, `C_Initialize`) allows calls from one thread at a time only; several sessions would gain nothing. What is
done with a session is `keystore_token`'s.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import pkcs11
from pkcs11 import exceptions as errors
from pkcs11.attributes import AttributeMapper

from services.chassis.telemetry_log import log
from services.seal.secret import SecretBytes
from services.verification.adapters.key_custody import IssuerKeyUnavailable

LOST: Final = "token_lost"
PIN_REFUSED: Final = "token_pin_refused"

T = TypeVar("T")

_PAUSE_SECONDS = 2.0
_ANSWER_SECONDS = 10.0
_WRONG_PIN = (errors.PinIncorrect, errors.PinInvalid, errors.PinLenRange, errors.PinExpired)
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="pkcs11")
_log = log(__name__)


class Token:
    """The token called `label` behind `module`.

    A fault ends the session, and the next call opens another on a freshly initialised module, at most once in `pause`
    seconds. One process uses one token: two would end each other's sessions at each fault. A PIN that the token has
    refused is never tried again by this process: a token locks itself after a few.
    """

    def __init__(
        self, module: Path, label: str, pin: SecretBytes, mapper: AttributeMapper, *, pause: float = _PAUSE_SECONDS
    ) -> None:
        self._module = module
        self._label = label
        self._pin = pin
        self._mapper = mapper
        self._pause = pause
        self._session: pkcs11.Session | None = None
        self._pin_refused = False
        self._failed = False
        self._not_before = 0.0

    async def call(self, work: Callable[[pkcs11.Session], T], *, within: float = _ANSWER_SECONDS) -> T:
        """What `work` returns, done with a session on the thread of all PKCS#11 calls; `work` may be done twice.

        Raises IssuerKeyUnavailable when the token is away, locked, does not take the PIN, fails, or does not answer
        `within` so many seconds. What has begun by then goes on; what still waits behind it is not done.
        """
        try:
            async with asyncio.timeout(within):
                return await asyncio.get_running_loop().run_in_executor(_THREAD, self._call, work)
        except TimeoutError as error:
            raise IssuerKeyUnavailable("the token does not answer in time") from error

    async def close(self) -> None:
        """Log out."""
        await asyncio.get_running_loop().run_in_executor(_THREAD, self._close)

    def _call(self, work: Callable[[pkcs11.Session], T]) -> T:
        if self._session is not None:
            try:
                return work(self._session)
            except errors.PKCS11Error as error:
                # A session that was good may have gone stale since: the token was restarted, or taken out and put back.
                self._lose(error)
                self._not_before = 0.0
        self._session = self._opened()
        try:
            done = work(self._session)
        except errors.PKCS11Error as error:
            self._lose(error)
            raise IssuerKeyUnavailable(f"the token failed: {type(error).__name__}") from error
        self._failed = False
        return done

    def _opened(self) -> pkcs11.Session:
        if self._pin_refused:
            raise IssuerKeyUnavailable("the token refused the PIN, which is not tried again before a restart")
        if time.monotonic() < self._not_before:
            raise IssuerKeyUnavailable("the token has just failed")
        try:
            library = pkcs11.lib(str(self._module))
            library.reinitialize()  # before that, a module need not see that a token was put in or started again
            return self._login(library.get_token(token_label=self._label))
        except errors.PKCS11Error as error:
            if isinstance(error, _WRONG_PIN):
                self._pin_refused = True
                _log.error(PIN_REFUSED)
            self._lose(error)
            raise IssuerKeyUnavailable(f"the token cannot be used: {type(error).__name__}") from error

    def _login(self, token: pkcs11.Token) -> pkcs11.Session:
        pin = self._pin.reveal().decode()
        try:
            return token.open(rw=True, user_pin=pin, attribute_mapper=self._mapper)
        except errors.UserAlreadyLoggedIn:  # by another session of this process: logins are the process's
            return token.open(rw=True, attribute_mapper=self._mapper)

    def _lose(self, error: errors.PKCS11Error) -> None:
        if not self._failed:
            _log.warning(LOST, error_type=type(error).__name__)
        self._session, self._failed = None, True
        self._not_before = time.monotonic() + self._pause

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except errors.PKCS11Error as error:
                _log.warning(LOST, error_type=type(error).__name__)
