"""The vault: the one place where partial decryptions and an opened envelope exist, and only in memory.

The interface is two steps and no more. `Vault.open` asks the trustees, keeps the partials whose proofs hold and returns
a `HeldEscrow`, which shows nothing; `HeldEscrow.release`, which works once, hands it to identity and returns identity's
sealed answer. The opening key is never assembled. Nothing here is stored, logged or put into an error.

Whether a case may be opened was decided before, and is decided again by every trustee and by identity.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from services.chassis.rpc_errors import RpcError
from services.chassis.telemetry_log import log as logger
from services.disclosure.domain.errors import DomainError, Reason
from services.seal.envelope import Escrow, Partial, associated_data, combine, verify_partial
from services.seal.errors import SealError
from services.seal.secret import Hidden
from services.seal.statements import Context
from services.seal.trust import Trust
from vouchsafe.identity.v1 import release_service_pb2 as release_pb
from vouchsafe.trustee.v1 import trustee_service_pb2 as pb

AskTrustee = Callable[[pb.DecryptShareRequest], Awaitable[pb.DecryptShareResponse]]
AskIdentity = Callable[[release_pb.ReleasePersonRequest], Awaitable[release_pb.ReleasePersonResponse]]

TRUSTEE_FAILED: Final = "trustee_failed"

_REFUSALS: Final = frozenset({"REFUSED", "RELEASE_REFUSED"})

_log = logger(__name__)


class _Refused(Exception):
    """A trustee refused, or answered something that its share cannot have made."""


class HeldEscrow(Hidden):
    """What an envelope held, on its way to identity: good for one `release`."""

    __slots__ = ("_escrow", "_identity", "_request")

    def __init__(self, escrow: Escrow, request: pb.DecryptShareRequest, identity: AskIdentity) -> None:
        self._escrow: Escrow | None = escrow
        self._request = request
        self._identity = identity

    async def release(self, request_id: str, log_size: int) -> bytes:
        """Identity's answer, sealed to the recipient that the case names, once it sees a log of at least that size.

        Raises OPENING_REFUSED when identity refuses, RpcError when it fails, RuntimeError when used twice.
        """
        escrow, self._escrow = self._escrow, None
        if escrow is None:
            raise RuntimeError("a held escrow is released once")
        request = release_pb.ReleasePersonRequest(
            request_id=request_id,
            authorization=self._request.authorization,
            credential=self._request.credential,
            escrow_reference=escrow.eref,
            ownership_signature=escrow.isig,
            log_size=log_size,
        )
        try:
            return (await self._identity(request)).sealed_identity
        except RpcError as error:
            if _refusal(error):
                raise DomainError(Reason.OPENING_REFUSED) from None
            raise


class Vault:
    """Opens one envelope with the help of enough trustees, which are given in the order of their indices, from 1."""

    def __init__(self, *, trust: Trust, trustees: Sequence[AskTrustee], identity: AskIdentity) -> None:
        if len(trustees) != len(trust.share_public_keys):
            raise ValueError("there is one trustee for each share")
        self._trust = trust
        self._trustees = trustees
        self._identity = identity

    async def open(self, request: pb.DecryptShareRequest) -> HeldEscrow:
        """Ask all trustees at once and open the envelope with the first partials that suffice.

        Raises DomainError: OPENING_REFUSED when so many refused that the threshold is out of reach, or the result does
        not open; TRUSTEES_UNAVAILABLE when too few could be reached.
        """
        partials = await self._partials(request)
        credential = request.credential
        aad = associated_data(Context(credential.label, credential.epoch), credential.alias_key)
        try:
            plaintext = combine(self._trust.opening_key, self._trust.threshold, partials, request.envelope, aad)
            return HeldEscrow(Escrow.decode(plaintext), request, self._identity)
        except SealError:
            raise DomainError(Reason.OPENING_REFUSED) from None

    async def _partials(self, request: pb.DecryptShareRequest) -> list[Partial]:
        asked = {asyncio.ensure_future(self._partial(i, request)) for i in range(1, len(self._trustees) + 1)}
        everyone, partials, refused = len(asked), list[Partial](), 0
        try:
            while asked and len(partials) < self._trust.threshold:
                answered, asked = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
                partials += [task.result() for task in answered if task.exception() is None]
                refused += sum(isinstance(task.exception(), _Refused) for task in answered)
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        if len(partials) >= self._trust.threshold:
            return partials
        out_of_reach = everyone - refused < self._trust.threshold
        raise DomainError(Reason.OPENING_REFUSED if out_of_reach else Reason.TRUSTEES_UNAVAILABLE)

    async def _partial(self, index: int, request: pb.DecryptShareRequest) -> Partial:
        """One trustee's partial decryption, its proof verified."""
        try:
            response = await self._trustees[index - 1](request)
            # Whatever index the answer names, the proof must hold for the share of the trustee that was asked.
            partial = Partial(index, response.point, response.proof)
            verify_partial(self._trust.share_public_keys[index - 1], request.envelope, partial)
        except Exception as error:
            # Nobody else sees why one trustee failed as long as the others suffice.
            _log.warning(TRUSTEE_FAILED, peer=f"trustee-{index}", error_type=type(error).__name__)
            if _refusal(error):
                raise _Refused from None
            raise
        return partial


def _refusal(error: Exception) -> bool:
    """Whether a failure is somebody's answer. Anything else, as of one who is overloaded, may be another one next time.

    Who finds the request malformed, as an author can make what is in his envelope, will find it so again.
    """
    if isinstance(error, RpcError):
        return error.reason in _REFUSALS or error.code.name == "INVALID_ARGUMENT"
    return isinstance(error, SealError)
