"""Fills a log with history quickly: through the plain driver, as the documents that appending would have left.

What an import does instead, `restore`, checks each commit against what is there, which a bench need not wait for. The
indexes are made when all is in, which costs the store half as much as keeping them up to date.
"""

import asyncio
from collections.abc import Iterable
from contextlib import closing
from itertools import islice
from typing import Any

from pymongo import MongoClient

from services.chassis.log.commit_documents import to_document
from services.chassis.log.eventstore import Commit
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore

_BULK = 1000
_INDEX_MILLISECONDS = 600_000


async def fill(uri: str, history: Iterable[Commit]) -> None:
    """Write the sequenced commits of `history` into the empty log at `uri`."""
    head = await asyncio.to_thread(_insert, uri, history)
    patient = f"{uri}{'&' if '?' in uri else '?'}timeoutMS={_INDEX_MILLISECONDS}"
    with closing(MongoDatabase(patient)) as database:
        log = MongoEventStore(database)
        await log.ensure_indexes()
        # As the sequencer does, without which whoever asks for the head would count.
        await log.note_head(head)
        await log.close()


def _insert(uri: str, history: Iterable[Commit]) -> int:
    """Write all, without indexes; the last position."""
    waiting = iter(history)
    head = 0
    with MongoClient[dict[str, Any]](uri) as client:
        commits = client.get_default_database()["commits"]
        while bulk := list(islice(waiting, _BULK)):
            commits.insert_many([to_document(commit) for commit in bulk], ordered=False)
            head = bulk[-1].position or 0
    return head
