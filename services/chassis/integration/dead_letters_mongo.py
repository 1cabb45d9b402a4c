"""Dead letters in MongoDB, in the database of the service that cannot take them in.

Collections: `dead_letters` ({_id: "producer/mark", producer, key, position, offset, type, size, error, attempts,
parked_at, state, data, traceparent, epoch, and what is wished}), `dead_letter_claims` (the last epoch, by producer) and
`dead_letter_records`, which keeps what was thrown away for good. A letter counts while its epoch is that of the claim.
The ports are told at `dead_letters`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from services.chassis.integration.bus import PublicEvent
from services.chassis.integration.dead_letters import Discarded, Letter, LetterState, Parked
from services.chassis.log.eventstore import Mark
from services.chassis.log.eventstore_mongo import MongoDatabase, translated
from services.chassis.log.lease import LeaseLost

_WITHOUT_CONTENTS = {"data": 0, "traceparent": 0}
_OVERTAKEN = "the letters have been claimed under a later epoch"


class MongoDeadLetters:
    """`DeadLetters` and `DeadLetterDesk` in MongoDB."""

    def __init__(self, database: MongoDatabase) -> None:
        self._letters = database.collection("dead_letters")
        self._claims = database.collection("dead_letter_claims")
        self._records = database.collection("dead_letter_records")

    async def claim(self, producer: str, epoch: int, through: Mark) -> Sequence[Parked]:
        """See `DeadLetters.claim`."""
        with translated():
            await self._ensure_indexes()
            stored = await self._claims.find_one({"_id": producer})
            claimed = 0 if stored is None else int(stored["epoch"])
            # Not $lte: SecantusDB leaves out the bound of a field that is followed by another in the index.
            found = await self._found({"producer": producer, "epoch": {"$lt": epoch + 1}})
            counting = [one for one in found if one["epoch"] >= claimed and _mark(one) <= through]
            await self._keep_only(found, counting, epoch)
            # After the letters: whoever is interrupted between leaves them as they counted before.
            await self._note_claim(producer, epoch)
        return await self._of(producer, epoch)

    async def _ensure_indexes(self) -> None:
        """Create what keeps wishes and keys from being looked for among all letters, when it is not there."""
        # SecantusDB uses an index only for a query that it covers: each has the epoch.
        by_key = [("producer", 1), ("key", 1), ("epoch", 1), ("position", 1), ("offset", 1)]
        await self._letters.create_index(by_key, name="key")
        await self._letters.create_index([("producer", 1), ("epoch", 1), ("state", 1)], name="state")

    async def _keep_only(self, found: list[dict[str, Any]], counting: list[dict[str, Any]], epoch: int) -> None:
        others = list({one["_id"] for one in found} - {one["_id"] for one in counting})
        if others:
            await self._letters.delete_many({"_id": {"$in": others}, "epoch": {"$lte": epoch}})
        earlier = [one["_id"] for one in counting if one["epoch"] < epoch]
        if earlier:
            query = {"_id": {"$in": earlier}, "epoch": {"$lte": epoch}}
            await self._letters.update_many(query, {"$set": {"epoch": epoch}})

    async def _note_claim(self, producer: str, epoch: int) -> None:
        mine = {"_id": producer, "epoch": {"$lte": epoch}}
        with translated(collision=_OVERTAKEN):
            await self._claims.update_one(mine, {"$set": {"epoch": epoch}}, upsert=True)

    async def park(self, letter: Letter, epoch: int) -> None:
        """See `DeadLetters.park`."""
        document = {**_to_document(letter), "epoch": epoch}
        query = {"_id": _id(letter.parked.producer, letter.parked.mark), "epoch": {"$lte": epoch}}
        with translated(collision=_OVERTAKEN):
            await self._letters.update_one(query, {"$set": document}, upsert=True)

    async def wished(self, producer: str, epoch: int) -> Sequence[Parked]:
        """See `DeadLetters.wished`."""
        return await self._of(producer, epoch, state={"$in": [LetterState.REDRIVE.value, LetterState.DISCARD.value]})

    async def of_key(self, producer: str, key: str, epoch: int, limit: int) -> Sequence[Parked]:
        """See `DeadLetters.of_key`."""
        query = {"producer": producer, "key": key, "epoch": epoch}
        with translated():
            found = self._letters.find(query, _WITHOUT_CONTENTS).sort([("position", 1), ("offset", 1)]).limit(limit)
            return [_to_parked(one) for one in await found.to_list(None)]

    async def letter(self, producer: str, mark: Mark) -> Letter | None:
        """See `DeadLetters.letter`."""
        with translated():
            stored = await self._letters.find_one({"_id": _id(producer, mark)})
        return None if stored is None else _to_letter(stored)

    async def remove(self, producer: str, mark: Mark, epoch: int) -> None:
        """See `DeadLetters.remove`."""
        with translated():
            result = await self._letters.delete_one({"_id": _id(producer, mark), "epoch": epoch})
        if not result.deleted_count:
            raise LeaseLost(_OVERTAKEN)

    async def failed(self, parked: Parked, error: str, epoch: int) -> None:
        """See `DeadLetters.failed`."""
        of_key = {"producer": parked.producer, "key": parked.key, "epoch": epoch}
        redriven = {"$eq": ["$state", LetterState.REDRIVE.value]}
        state = {"$cond": [redriven, LetterState.PARKED.value, "$state"]}
        with translated():
            result = await self._letters.update_one(
                {"_id": _id(parked.producer, parked.mark), "epoch": epoch},
                {"$set": {"error": error}, "$inc": {"attempts": 1}},
            )
            if not result.matched_count:
                raise LeaseLost(_OVERTAKEN)
            await self._letters.update_many(of_key, [{"$set": {"state": state}}])

    async def discard(self, producer: str, mark: Mark, epoch: int, now: int) -> None:
        """See `DeadLetters.discard`."""
        place = _id(producer, mark)
        with translated():
            stored = await self._letters.find_one({"_id": place, "epoch": epoch})
            if stored is None:
                raise LeaseLost(_OVERTAKEN)
            wish = {"by": stored["by"], "reason": stored["reason"], "asked_at": stored["asked_at"]}
            digest = sha256(stored["data"]).hexdigest()
            record = {**_from_parked(_to_parked(stored)), **wish, "digest": digest, "done_at": now}
            await self._records.update_one({"_id": place}, {"$setOnInsert": record}, upsert=True)
        await self.remove(producer, mark, epoch)

    async def all_parked(self) -> Sequence[Parked]:
        """See `DeadLetterDesk.all_parked`."""
        with translated():
            claims = await self._claims.find({}).to_list(None)
        each = [
            await self._of(claim["_id"], {"$gte": claim["epoch"]})
            for claim in sorted(claims, key=lambda one: one["_id"])
        ]
        return [parked for letters in each for parked in letters]

    async def wish_redrive(self, producer: str, key: str | None) -> int:
        """See `DeadLetterDesk.wish_redrive`."""
        query = {
            "producer": producer,
            "state": {"$ne": LetterState.DISCARD.value},
            **({} if key is None else {"key": key}),
        }
        with translated():
            counting = {"epoch": {"$gte": await self._claimed(producer)}}
            result = await self._letters.update_many(
                {**query, **counting}, {"$set": {"state": LetterState.REDRIVE.value}}
            )
        return int(result.matched_count)

    async def wish_discard(self, producer: str, mark: Mark, *, by: str, reason: str, now: int) -> bool:
        """See `DeadLetterDesk.wish_discard`."""
        wish = {"state": LetterState.DISCARD.value, "by": by, "reason": reason, "asked_at": now}
        with translated():
            query = {"_id": _id(producer, mark), "epoch": {"$gte": await self._claimed(producer)}}
            result = await self._letters.update_one(query, {"$set": wish})
        return bool(result.matched_count)

    async def discarded(self) -> Sequence[Discarded]:
        """See `DeadLetterDesk.discarded`."""
        with translated():
            records = await self._records.find({}).to_list(None)
        return [_to_record(one) for one in sorted(records, key=lambda one: (one["producer"], _mark(one)))]

    async def _claimed(self, producer: str) -> int:
        stored = await self._claims.find_one({"_id": producer})
        return 0 if stored is None else int(stored["epoch"])

    async def _of(self, producer: str, epoch: int | dict[str, int], **more: Any) -> list[Parked]:
        with translated():
            found = await self._found({"producer": producer, "epoch": epoch, **more})
        return [_to_parked(one) for one in sorted(found, key=_mark)]

    async def _found(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._letters.find(query, _WITHOUT_CONTENTS).to_list(None)
        return found


def _id(producer: str, mark: Mark) -> str:
    return f"{producer}/{mark}"


def _mark(stored: Mapping[str, Any]) -> Mark:
    return Mark(stored["position"], stored["offset"])


def _to_document(letter: Letter) -> dict[str, Any]:
    contents = {"data": letter.event.data, "traceparent": letter.event.traceparent}
    return {**_from_parked(letter.parked), **contents}


def _from_parked(parked: Parked) -> dict[str, Any]:
    mark = {"mark": str(parked.mark), "position": parked.mark.position, "offset": parked.mark.offset}
    return {**asdict(parked), **mark, "state": parked.state.value}


def _to_parked(stored: Mapping[str, Any]) -> Parked:
    return Parked(
        producer=stored["producer"],
        key=stored["key"],
        mark=_mark(stored),
        type=stored["type"],
        error=stored["error"],
        attempts=stored["attempts"],
        parked_at=stored["parked_at"],
        state=LetterState(stored["state"]),
        size=stored.get("size", 0),
    )


def _to_letter(stored: Mapping[str, Any]) -> Letter:
    parked = _to_parked(stored)
    return Letter(parked, PublicEvent(parked.mark, parked.type, stored["data"], stored["traceparent"], key=parked.key))


def _to_record(stored: Mapping[str, Any]) -> Discarded:
    return Discarded(
        parked=_to_parked(stored),
        digest=stored["digest"],
        by=stored["by"],
        reason=stored["reason"],
        asked_at=stored["asked_at"],
        done_at=stored["done_at"],
    )
