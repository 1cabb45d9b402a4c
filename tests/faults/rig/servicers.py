"""The rig's RPC services, as thin as the product's: from message to command, and from the outcome to the answer."""

import os
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.chassis.log.consistency import ConsistencyTokens, Waiter, Written
from services.chassis.log.handle import CommandHandler, commit_id_of, fingerprint_of
from services.chassis.rpc_call import current_call
from services.chassis.views.view_catalog import ActiveViews
from tests.faults.rig.accounts import Account, Paid, Pay, pb, stream
from tests.support.protos import proto_module

_grpc: Any = proto_module("ledger_pb2_grpc")


async def _account(views: ActiveViews, name: str) -> Any:
    found = await views.get(name) or {"count": 0, "total": 0}
    return pb.GetAccountResponse(count=found["count"], total=found["total"])


@dataclass(frozen=True)
class Tokens:
    """What a service needs for reads that show what was written."""

    issuer: ConsistencyTokens
    waiter: Waiter


class PlainSealer:
    """Seals with a key that everybody knows."""

    def __init__(self) -> None:
        self._cipher = AESGCM(bytes(32))

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, plaintext, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], aad)
        except InvalidTag as error:
            raise ValueError("not sealed here") from error


class LedgerServicer(_grpc.LedgerServiceServicer):  # type: ignore[misc]
    """Commands and a query."""

    def __init__(self, accounts: CommandHandler[Pay, Account, Paid], views: ActiveViews, tokens: Tokens) -> None:
        self._accounts = accounts
        self._views = views
        self._tokens = tokens

    async def Pay(self, request: Any, context: object) -> Any:  # noqa: N802
        caller = current_call().caller
        commit_id = commit_id_of(caller, request.request_id)
        handled = await self._accounts.handle(
            stream(request.account),
            Pay(request.account, request.amount, request.reference, request.times, request.note),
            commit_id=commit_id,
            fingerprint=fingerprint_of(caller, request.SerializeToString(deterministic=True)),
            caller=caller,
        )
        token = self._tokens.issuer.issue(Written(handled.stream, handled.version, commit_id))
        return pb.PayResponse(version=handled.version, total=handled.state.total, consistency_token=token)

    async def GetAccount(self, request: Any, context: object) -> Any:  # noqa: N802
        await self._tokens.waiter.wait(request.consistency_token, current_call().deadline, self._views)
        return await _account(self._views, request.account)


class AccountServicer(_grpc.MirrorServiceServicer):  # type: ignore[misc]
    """A query."""

    def __init__(self, views: ActiveViews) -> None:
        self._views = views

    async def GetAccount(self, request: Any, context: object) -> Any:  # noqa: N802
        return await _account(self._views, request.account)
