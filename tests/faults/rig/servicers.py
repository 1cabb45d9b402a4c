"""The rig's RPC services, as thin as the product's: from message to command, and from the outcome to the answer."""

from typing import Any

from services.chassis.handle import CommandHandler, commit_id_of, fingerprint_of
from services.chassis.rpc_call import current_call
from services.chassis.viewstore import Views
from tests.faults.rig.accounts import Account, Paid, Pay, pb, stream
from tests.support.protos import proto_module

_grpc: Any = proto_module("ledger_pb2_grpc")


async def _account(views: Views, name: str) -> Any:
    found = await views.get(name) or {"count": 0, "total": 0}
    return pb.GetAccountResponse(count=found["count"], total=found["total"])


class LedgerServicer(_grpc.LedgerServiceServicer):  # type: ignore[misc]
    """Commands and a query."""

    def __init__(self, accounts: CommandHandler[Pay, Account, Paid], views: Views) -> None:
        self._accounts = accounts
        self._views = views

    async def Pay(self, request: Any, context: object) -> Any:  # noqa: N802
        caller = current_call().caller
        handled = await self._accounts.handle(
            stream(request.account),
            Pay(request.account, request.amount, request.reference, request.times, request.note),
            commit_id=commit_id_of(caller, request.request_id),
            fingerprint=fingerprint_of(caller, request.SerializeToString(deterministic=True)),
            caller=caller,
        )
        return pb.PayResponse(version=handled.version, total=handled.state.total)

    async def GetAccount(self, request: Any, context: object) -> Any:  # noqa: N802
        return await _account(self._views, request.account)


class AccountServicer(_grpc.MirrorServiceServicer):  # type: ignore[misc]
    """A query."""

    def __init__(self, views: Views) -> None:
        self._views = views

    async def GetAccount(self, request: Any, context: object) -> Any:  # noqa: N802
        return await _account(self._views, request.account)
