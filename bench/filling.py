"""Fills a log with history quickly: through the plain driver, as the documents that appending would have left.

What an import does instead, `restore`, checks each commit against what is there, which a bench need not wait for.
"""

import asyncio
from collections.abc import Iterable
from itertools import islice
from typing import Any

from pymongo import MongoClient

from services.chassis.log.commit_documents import to_document
from services.chassis.log.eventstore import Commit
from services.chassis.log.eventstore_mongo import MongoEventStore

_BULK = 100
"""Of much larger bulks the embedded store makes heavy weather, for it prunes its own log within each."""


async def fill(uri: str, log: MongoEventStore, history: Iterable[Commit]) -> None:
    """Write the sequenced commits of `history` into the empty log at `uri`."""
    await log.ensure_indexes()
    await asyncio.to_thread(_insert, uri, history)


def _insert(uri: str, history: Iterable[Commit]) -> None:
    waiting = iter(history)
    head = 0
    with MongoClient[dict[str, Any]](uri) as client:
        database = client.get_default_database()
        while bulk := list(islice(waiting, _BULK)):
            database["commits"].insert_many([to_document(commit) for commit in bulk], ordered=False)
            head = bulk[-1].position or 0
        # The head as the sequencer notes it, without which whoever asks for it would count.
        database["marks"].update_one({"_id": "log head"}, {"$max": {"position": head}}, upsert=True)
