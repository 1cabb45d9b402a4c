"""An alias that speaks: deposit, alias, threads, posts, comments. Only the alias side is used here.

What was published is kept once the answer is here; this side reads it at once, other readers a moment later. Each
mutation can be given a `request_id` (UUID4): repeating it with the same content changes nothing and gives the same
answer, since the identifiers of threads and posts are derived from it. Without one, a fresh one is made.
"""

import uuid
from dataclasses import dataclass, replace

from services.seal import ed25519
from services.seal.statements import CommentStatement, PostStatement, Receipt
from vouchsafe.forum.v1 import thread_service_pb2 as pb
from vouchsafe.sdk import signing
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.keys import Alias
from vouchsafe.sdk.patience import until_known
from vouchsafe.sdk.wallet import Wallet

# What a service says that has not heard the log's newest yet.
_NOT_HEARD_YET = frozenset({"UNKNOWN_KEY", "LABEL_NOT_ACTIVE"})


@dataclass(frozen=True)
class Published:
    """Where a text stands, and the name that readers see above it."""

    thread_id: str
    post_id: str
    author_name: str
    comment_id: str = ""


class Voice:
    """One alias of a wallet, on the alias side of one platform."""

    def __init__(self, side: AliasSide, wallet: Wallet, alias: Alias, receipt_key: bytes, *, patience: float) -> None:
        self._side = side
        self._wallet = wallet
        self._slot = (alias.label, alias.slot)
        self._receipt_key = receipt_key
        self._patience = patience

    @property
    def alias(self) -> Alias:
        """The alias as the wallet holds it now."""
        return self._wallet.alias(*self._slot)

    async def deposit(self) -> None:
        """Leave the envelope in the vault and keep the receipt, verified. Nothing happens when that was done."""
        alias = self.alias
        if alias.receipt:
            return
        receipt = await until_known(
            lambda: self._side.deposit(
                request_id=alias.deposit_request_id, credential=signing.credential(alias), envelope=alias.envelope
            ),
            _NOT_HEARD_YET,
            patience=self._patience,
        )
        statement = Receipt(alias.key.public_key, alias.envelope_hash)
        with translated():
            ed25519.verify(self._receipt_key, statement.signed_bytes(), receipt)
        self._wallet.save_alias(replace(alias, receipt=receipt))

    async def create(self, handle: str) -> None:
        """Make the alias known to the forum. Readers never see the handle. Nothing happens when that was done."""
        alias = self.alias
        if alias.handle:
            return
        if not alias.receipt:
            raise VouchsafeError(Reason.ALIAS_NOT_READY, "the alias has no receipt yet: deposit first")
        _require_text(handle)
        nonce = await self._side.challenge()
        request = signing.alias_request(alias, handle, nonce)
        await until_known(lambda: self._side.create_alias(request), _NOT_HEARD_YET, patience=self._patience)
        self._wallet.save_alias(replace(alias, handle=handle))

    async def open_thread(self, title: str, body: str, *, request_id: str | None = None) -> Published:
        """Open a thread with its first post."""
        _require_text(title, body)
        alias = self._ready()
        request_id = request_id or str(uuid.uuid4())
        thread_id, post_id = _derived(request_id, "thread"), _derived(request_id, "post")
        proof = signing.author_proof(alias, PostStatement(thread_id, post_id, title, body))
        request = pb.OpenThreadRequest(
            request_id=request_id, thread_id=thread_id, title=title, post_id=post_id, body=body, proof=proof
        )
        answer = await self._side.open_thread(request)
        self._remember(thread_id)
        return Published(thread_id, post_id, answer.author_name)

    async def post(self, thread_id: str, body: str, *, request_id: str | None = None) -> Published:
        """Add a post to a thread."""
        _require_text(body)
        alias = self._ready()
        request_id = request_id or str(uuid.uuid4())
        post_id = _derived(request_id, "post")
        proof = signing.author_proof(alias, PostStatement(thread_id, post_id, "", body))
        request = pb.CreatePostRequest(
            request_id=request_id, thread_id=thread_id, post_id=post_id, body=body, proof=proof
        )
        answer = await self._side.create_post(request)
        self._remember(thread_id)
        return Published(thread_id, post_id, answer.author_name)

    async def comment(self, thread_id: str, post_id: str, body: str, *, request_id: str | None = None) -> Published:
        """Add a comment below a post."""
        _require_text(body)
        alias = self._ready()
        request_id = request_id or str(uuid.uuid4())
        comment_id = _derived(request_id, "comment")
        proof = signing.author_proof(alias, CommentStatement(thread_id, post_id, comment_id, body))
        request = pb.CreateCommentRequest(
            request_id=request_id,
            thread_id=thread_id,
            post_id=post_id,
            comment_id=comment_id,
            body=body,
            proof=proof,
        )
        answer = await self._side.create_comment(request)
        self._remember(thread_id)
        return Published(thread_id, post_id, answer.author_name, comment_id)

    def _ready(self) -> Alias:
        alias = self.alias
        if not alias.handle:
            raise VouchsafeError(Reason.ALIAS_NOT_READY, f"the alias under {alias.label} has not been created yet")
        return alias

    def _remember(self, thread_id: str) -> None:
        """Keep in the wallet where this alias has spoken: nobody else could tell its owner."""
        alias = self.alias
        if thread_id not in alias.threads:
            self._wallet.save_alias(replace(alias, threads=(*alias.threads, thread_id)))


def _require_text(*texts: str) -> None:
    """TEXT_INVALID for what is not Unicode: bytes that were not UTF-8 come in as lone surrogates."""
    try:
        for text in texts:
            text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise VouchsafeError(Reason.TEXT_INVALID, "the text holds bytes that are not UTF-8") from error


def _derived(request_id: str, what: str) -> str:
    """A UUID4-shaped identifier that a repeated request derives again."""
    try:
        request = uuid.UUID(request_id)
    except ValueError as error:
        raise VouchsafeError(Reason.REQUEST_ID_INVALID, "a request id is a UUID") from error
    return str(uuid.UUID(bytes=uuid.uuid5(request, what).bytes, version=4))
