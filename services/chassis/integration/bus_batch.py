"""Publishes into a JetStream stream in atomic batches: each is stored whole, after the message it names, or not at all.

The protocol is https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-50.md: nats-server 2.12, and a
stream with `allow_atomic`. The server compares the expected sequence when it commits, so nothing can come between two
messages of a batch, and only the commit is answered: hundreds of messages cost one round trip. A batch of which a
message did not arrive is refused when it is committed, and one that is never committed is forgotten after ten seconds.
A batch costs the server some milliseconds whatever it holds, so a message alone goes without.
"""

import asyncio
import json
import uuid
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import nats.js.errors
from nats.aio.client import Client
from nats.js.api import PubAck

from services.chassis.integration.bus import BusUnavailable, Fenced

_MESSAGES = 1000
_BYTES = 4 * 1024 * 1024
_SECONDS = 10.0
_AT_ONCE = 50


class Outgoing(NamedTuple):
    """One message to be published; the batch adds headers of its own."""

    subject: str
    data: bytes
    headers: dict[str, str]


async def publish_in_batches(client: Client, stream: str, messages: Sequence[Outgoing], after_sequence: int) -> int:
    """Store the messages in order after `after_sequence`, the stream's last; the sequence of the last one.

    A batch is sent while the one before it is being stored, and committed once that is known to be: were it committed
    sooner, it could find its place by chance after the one before it was refused. Raises Fenced, BusUnavailable and the
    client's errors; batches before the failure may be stored, and after any but an APIError so may the one that failed.
    """
    sequence = after_sequence
    storing: asyncio.Task[None] | None = None
    try:
        for batch in in_batches(messages):
            last = await _sent(client, stream, batch, sequence)
            if storing is not None:
                await storing
            sequence += len(batch)
            storing = asyncio.create_task(_commit(client, last, sequence))
        if storing is not None:
            await storing
    finally:
        if storing is not None:
            storing.cancel()
            await asyncio.gather(storing, return_exceptions=True)
    return sequence


def in_batches(messages: Sequence[Outgoing]) -> Iterator[Sequence[Outgoing]]:
    """The messages in order, in batches that the server takes (1,000 messages, no more) and need not hold much of."""
    start = size = 0
    for at, message in enumerate(messages):
        if at > start and (at - start == _MESSAGES or size + len(message.data) > _BYTES):
            yield messages[start:at]
            start, size = at, 0
        size += len(message.data)
    if start < len(messages):
        yield messages[start:]


async def _sent(client: Client, stream: str, batch: Sequence[Outgoing], after_sequence: int) -> Outgoing:
    """Send all of the batch but its last message, which is returned: with it the batch is committed."""
    batch[0].headers.update({"Nats-Expected-Last-Sequence": str(after_sequence), "Nats-Expected-Stream": stream})
    if len(batch) == 1:
        return batch[0]
    batch_id = uuid.uuid4().hex
    for number, (_, _, headers) in enumerate(batch, start=1):
        headers.update({"Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(number)})
    batch[-1].headers["Nats-Batch-Commit"] = "1"
    for number, (subject, data, headers) in enumerate(batch[:-1], start=1):
        await client.publish(subject, data, headers=headers)
        if number % _AT_ONCE == 0:
            # The client only collects until others have their turn; now it sends, the batch before this is committed,
            # and the server works while we go on.
            await asyncio.sleep(0)
    return batch[-1]


async def _commit(client: Client, last: Outgoing, sequence: int) -> None:
    """Send the last message and have the batch stored, up to `sequence`."""
    answer = json.loads((await client.request(last.subject, last.data, _SECONDS, headers=last.headers)).data)
    if "error" in answer:
        raise nats.js.errors.APIError.from_error(answer["error"])
    stored = PubAck.from_response(answer)
    if stored.duplicate:
        raise Fenced("the stream has lately stored this message")
    if stored.seq != sequence:
        raise BusUnavailable(f"stored up to another sequence than {sequence}")
