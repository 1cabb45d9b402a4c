"""Fills a log with history: through the plain driver, as the documents that appending would have left.

What an import does instead, `restore`, checks each commit against what is there, which a bench need not wait for.

Bulks are small, and the indexes made first. The embedded store writes a bulk, or an index, in one transaction, and what
that has changed it cannot drop from its cache of 64 MB before the end: at some 125,000 commits a bulk of 1,000 never
ended. The likely cause is that ids, which are random, touch a page each in every index.
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

_BULK = 25


async def fill(uri: str, history: Iterable[Commit]) -> None:
    """Write the sequenced commits of `history` behind what the log at `uri` holds."""
    with closing(MongoDatabase(uri)) as database:
        log = MongoEventStore(database)
        await log.ensure_indexes()
        head = await asyncio.to_thread(_insert, uri, history)
        # As the sequencer does, without which whoever asks for the head would count.
        await log.note_head(head)
        await log.close()


def _insert(uri: str, history: Iterable[Commit]) -> int:
    """Write all; the last position."""
    waiting = iter(history)
    head = 0
    with MongoClient[dict[str, Any]](uri) as client:
        commits = client.get_default_database()["commits"]
        while bulk := list(islice(waiting, _BULK)):
            commits.insert_many([to_document(commit) for commit in bulk], ordered=False)
            head = bulk[-1].position or 0
    return head
