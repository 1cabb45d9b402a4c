"""Whether sequenced commits continue a log: what can be said of it without a store.

What the store holds already, at the ends that they join, is for its adapter to check.
"""

from collections.abc import Sequence

from services.chassis.log.eventstore import MAX_COMMIT_BYTES, Commit, RestoreRefused


def joined_versions(commits: Sequence[Commit], head: int) -> dict[str, int]:
    """The version that each of their streams must be at before `commits` may follow position `head`.

    Raises RestoreRefused when they are not whole, or leave a hole or an overlap among themselves or after `head`.
    """
    before: dict[str, int] = {}
    at: dict[str, int] = {}
    ids: set[str] = set()
    for position, commit in enumerate(commits, start=head + 1):
        if commit.position != position:
            raise RestoreRefused(f"position {position} was to come next, not {commit.position}")
        _check_whole(commit)
        before.setdefault(commit.stream, commit.first - 1)
        if at.setdefault(commit.stream, commit.first - 1) != commit.first - 1:
            raise RestoreRefused(f"the versions of a stream do not go on at position {position}")
        at[commit.stream] = commit.last
        if not ids.isdisjoint(commit.ids):
            raise RestoreRefused(f"an id comes twice, again at position {position}")
        ids.update(commit.ids)
    return before


def _check_whole(commit: Commit) -> None:
    """That the parts cover the events, and these the versions, one by one, as `new_commit` makes them."""
    version = commit.first if commit.parts else 0
    ids = set(commit.ids)
    whole = bool(commit.stream) and version > 0 and len(ids) == len(commit.ids) and all(ids)
    for part in commit.parts:
        whole = whole and part.first == version and part.last >= part.first
        version = part.last + 1
    versions = [event.version for event in commit.events]
    if not whole or versions != list(range(commit.first, version)) or commit.size > MAX_COMMIT_BYTES:
        raise RestoreRefused(f"the commit at position {commit.position} is not whole")
