"""Answers what the forum publishes: the root of a day's posts becomes a leaf of the transparency log.

A day has one root for good. A second one stops the line (`ProducerDistrusted`): with two, the forum could show some
people one past and others another.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from services.chassis.integration.consumer import ForeignEvent, ProducerDistrusted, Reaction
from services.seal.leaves import PostRootLeaf
from services.tlog.errors import LeafConflict
from services.tlog.log import TransparencyLog
from vouchsafe.forum.events.v1 import post_roots_pb2 as pb

PRODUCER = "forum"

_LEAF_IDS = uuid.UUID("6d8e5a1c-7c43-5b0f-9a1e-3f0b0a6c2d58")
_SECONDS = 24 * 60 * 60


class PostRoots:
    """What this service does about the forum's roots."""

    def __init__(self, log: TransparencyLog) -> None:
        self._log = log

    def by_type(self) -> Mapping[str, Reaction]:
        """The reaction, by the stored type name that it answers."""
        return {pb.PostsRooted.DESCRIPTOR.full_name: self.posts_rooted}

    async def posts_rooted(self, event: ForeignEvent) -> None:
        """The root of a day becomes a leaf, once."""
        rooted = pb.PostsRooted.FromString(event.data)
        day = datetime.fromtimestamp(rooted.day * _SECONDS, UTC).date().isoformat()
        leaf = PostRootLeaf(day, rooted.size, rooted.root)
        try:
            await self._log.append(leaf, commit_id=str(uuid.uuid5(_LEAF_IDS, day)))
        except LeafConflict as error:
            raise ProducerDistrusted(str(error)) from error
