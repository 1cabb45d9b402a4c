"""An alias that speaks: deposit, alias, threads, posts, comments. Only the alias side is used here.

The steps before the first text wait for moments that the wallet draws (`delays`).
What was published is kept once the answer is here; this side reads it at once, other readers a moment later. Each
mutation can be given a `request_id` (UUID4): repeating it with the same content changes nothing and gives the same
answer, since the identifiers of threads and posts are derived from it. Without one, a fresh one is made.
"""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from services.chassis.clock import Clock
from services.seal import ed25519
from services.seal.statements import CommentStatement, PostStatement, Receipt
from vouchsafe.forum.v1 import thread_service_pb2 as pb
from vouchsafe.sdk import signing
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.anonymity import Anonymity, measure
from vouchsafe.sdk.compartments import AliasCompartment, slot_of
from vouchsafe.sdk.delays import Delays, until_due
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated
from vouchsafe.sdk.keys import Alias
from vouchsafe.sdk.patience import until_known

# What a service says that has not heard the log's newest yet.
_NOT_HEARD_YET = frozenset({"UNKNOWN_KEY", "LABEL_NOT_ACTIVE"})


@dataclass(frozen=True)
class Published:
    """Where a text stands, and the name that readers see above it."""

    thread_id: str
    post_id: str
    author_name: str
    comment_id: str = ""


@dataclass(frozen=True)
class Notice:
    """An opening that was announced: its `intent` in the log, when it may take place (Unix seconds), whether it did."""

    intent: bytes
    opens_at: int
    opened: bool


class Voice:
    """One alias of a compartment, on the alias side of one platform."""

    def __init__(
        self,
        side: AliasSide,
        compartment: AliasCompartment,
        alias: Alias,
        receipt_key: bytes,
        *,
        delays: Delays,
        clock: Clock,
        patience: float,
    ) -> None:
        self._side = side
        self._compartment = compartment
        self._spoken_with = alias
        self._receipt_key = receipt_key
        self._delays = delays
        self._clock = clock
        self._patience = patience

    @property
    def alias(self) -> Alias:
        """The alias as the compartment holds it now."""
        return self._compartment.held(*slot_of(self._spoken_with)) or self._spoken_with

    async def wait_active(self, *, patience: float | None = None) -> int:
        """Wait until the log shows the label open; returns how many people hold a credential under it at least.

        The first time, the moment of the deposit is drawn, once and for all; see `alias.deposit_due`.
        """
        alias = self.alias
        limit = self._patience if patience is None else patience
        leaf = await self._side.log.wait_active(alias.label, alias.epoch, alias.issuer_key, patience=limit)
        if (alias.crowd_at_least, bool(alias.deposit_due)) != (leaf.crowd_at_least, True):
            due = self._delays.deposit_due(self._now())
            self._compartment.change_alias(
                alias, lambda a: replace(a, crowd_at_least=leaf.crowd_at_least, deposit_due=a.deposit_due or due)
            )
        return leaf.crowd_at_least

    async def deposit(self, *, wait: bool = False) -> None:
        """Leave the envelope in the vault and keep the receipt, verified. Nothing happens when that was done.

        TOO_EARLY before the drawn moment, unless told to wait for it.
        """
        if self.alias.receipt:
            return
        if not self.alias.deposit_due:
            await self.wait_active()
        alias = self.alias
        await self._until(alias.deposit_due, wait=wait)
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
        due = self._delays.alias_due(self._now())
        self._change(receipt=receipt, create_due=due)

    async def create(self, handle: str, *, wait: bool = False) -> None:
        """Make the alias known to the forum. Readers never see the handle. Nothing happens when that was done.

        TOO_EARLY before the drawn moment, unless told to wait for it.
        """
        alias = self.alias
        if alias.handle:
            return
        if not alias.receipt:
            raise VouchsafeError(Reason.ALIAS_NOT_READY, "the alias has no receipt yet: deposit first")
        _require_text(handle)
        await self._until(alias.create_due, wait=wait)
        nonce = await self._side.challenge()
        request = signing.alias_request(alias, handle, nonce)
        await until_known(lambda: self._side.create_alias(request), _NOT_HEARD_YET, patience=self._patience)
        self._change(handle=handle, created_at=self._now())

    async def notices(self) -> tuple[Notice, ...]:
        """Which openings of this alias the forum was told of, in that order.

        The forum learns that its owner asked. `openings.search` asks nobody, and believes nobody.
        """
        answer = await self._side.notices(signing.notices_request(self.alias, await self._side.challenge()))
        return tuple(Notice(each.intent, each.opens_at, each.opened) for each in answer.notices)

    def meter(self) -> Anonymity:
        """How well the alias hides whoever speaks with it, as far as this device knows. Nobody is asked.

        To be looked at before each text: to ask somebody then would announce it.
        """
        return measure(self._ready(), now=self._now(), hasty=self._delays.insecure)

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
        """Keep where this alias has spoken, and how often: nobody else could tell its owner."""

        def spoken(alias: Alias) -> Alias:
            threads = alias.threads if thread_id in alias.threads else (*alias.threads, thread_id)
            return replace(alias, threads=threads, texts=alias.texts + 1)

        self._compartment.change_alias(self._spoken_with, spoken)

    def _change(self, **fields: Any) -> None:
        self._compartment.change_alias(self._spoken_with, lambda alias: replace(alias, **fields))

    async def _until(self, due: int, *, wait: bool) -> None:
        if wait and due > self._now():
            await self._side.rest()  # who waits for days is not to be seen waiting
        await until_due(due, self._clock, wait=wait)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


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
