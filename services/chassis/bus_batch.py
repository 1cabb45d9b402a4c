"""Publishes into a JetStream stream in atomic batches: each is stored whole, after the message it names, or not at all.

The protocol is https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-50.md: nats-server 2.12, and a
stream with `allow_atomic`. The server compares the expected sequence when it commits, so nothing can come between two
messages of a batch, and only the commit is answered: hundreds of messages cost one round trip. A batch of which a
message did not arrive is refused when it is committed, and one that is never committed is forgotten after ten seconds.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import nats.js.errors
from nats.aio.client import Client
from nats.js.api import PubAck

_MESSAGES = 500
_BYTES = 4 * 1024 * 1024
_SECONDS = 10.0


class Outgoing(NamedTuple):
    """One message to be published; the batch adds headers of its own."""

    subject: str
    data: bytes
    headers: dict[str, str]


def in_batches(messages: Sequence[Outgoing]) -> Iterator[Sequence[Outgoing]]:
    """The messages in order, in batches that the server takes (1,000 messages) and need not hold much of."""
    start = size = 0
    for at, message in enumerate(messages):
        if at > start and (at - start == _MESSAGES or size + len(message.data) > _BYTES):
            yield messages[start:at]
            start, size = at, 0
        size += len(message.data)
    if start < len(messages):
        yield messages[start:]


async def publish_batch(client: Client, stream: str, batch: Sequence[Outgoing], after_sequence: int) -> int:
    """Store the batch after `after_sequence`, the stream's last; the sequence of its last message.

    Raises the client's errors; after any but an APIError the batch may have been stored.
    """
    batch_id = uuid.uuid4().hex
    for number, (subject, data, headers) in enumerate(batch, start=1):
        headers |= {"Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(number)}
        if number == 1:
            headers |= {"Nats-Expected-Last-Sequence": str(after_sequence), "Nats-Expected-Stream": stream}
        if number < len(batch):
            await client.publish(subject, data, headers=headers)
        else:
            headers["Nats-Batch-Commit"] = "1"
            answer = json.loads((await client.request(subject, data, _SECONDS, headers=headers)).data)
    if "error" in answer:
        raise nats.js.errors.APIError.from_error(answer["error"])
    return PubAck.from_response(answer).seq
