"""A commit as the document that stands for it in MongoDB, and back; `eventstore_mongo` says what the fields mean."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.chassis.log.eventstore import Commit, CommitMeta, Part, RecordedEvent


def to_document(commit: Commit) -> dict[str, Any]:
    """The document of a commit; without a position it is marked as waiting for one."""
    place: dict[str, Any] = {"todo": True} if commit.position is None else {"pos": commit.position}
    return {
        "_id": commit.commit_id,
        "stream": commit.stream,
        "first": commit.first,
        "last": commit.last,
        "events": [{"v": event.version, "type": event.type, "data": event.data} for event in commit.events],
        "parts": [each for part in commit.parts for each in _to_parts(part)],
        **place,
    }


def to_commit(document: Mapping[str, Any]) -> Commit:
    """The commit of a document."""
    return Commit(
        stream=document["stream"],
        events=tuple(RecordedEvent(event["v"], event["type"], event["data"]) for event in document["events"]),
        parts=tuple(_from_parts(document["parts"])),
        position=document.get("pos"),
    )


def _to_parts(part: Part) -> Iterator[dict[str, Any]]:
    """The part, and after it its claims: beside it and not in it, so that one index holds all ids."""
    yield {"id": part.commit_id, "first": part.first, "last": part.last, "meta": _to_meta(part.meta)}
    for claim in part.claims:
        yield {"id": claim}


def _from_parts(stored: list[Mapping[str, Any]]) -> Iterator[Part]:
    starts = [index for index, each in enumerate(stored) if "meta" in each]
    for start, end in zip(starts, [*starts[1:], len(stored)], strict=True):
        part = stored[start]
        claims = tuple(each["id"] for each in stored[start + 1 : end])
        yield Part(part["id"], part["first"], part["last"], _from_meta(part["meta"]), claims)


def _to_meta(meta: CommitMeta) -> dict[str, Any]:
    return {"fingerprint": meta.fingerprint, "at": meta.at, "caller": meta.caller, "traceparent": meta.traceparent}


def _from_meta(stored: Mapping[str, Any]) -> CommitMeta:
    # By name: a newer version of the service may have stored more, while this one still runs.
    return CommitMeta(stored["fingerprint"], stored["at"], stored["caller"], stored.get("traceparent"))
