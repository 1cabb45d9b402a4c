"""What a page of commits is: in order, without a gap, bounded in bytes. Pure functions that the adapters share."""

from collections.abc import Iterable, Sequence

from services.chassis.log.eventstore import Commit, LogGap

PAGE_BYTES = 8 * 1024 * 1024
"""A read of the log ends with the commit that fills so many bytes, counted as those of a commit are."""


def dense_versions(commits: Iterable[Commit], after_version: int) -> list[Commit]:
    """The commits in order up to the first missing version.

    A scan that is not a snapshot may show a commit and miss an earlier one that was written meanwhile; what follows
    the gap is left for the next read.
    """
    dense: list[Commit] = []
    for commit in sorted(commits, key=lambda commit: commit.first):
        if commit.first > (dense[-1].last if dense else after_version) + 1:
            break
        dense.append(commit)
    return dense


def dense_positions(commits: Iterable[Commit], after_position: int) -> list[Commit]:
    """The commits in order up to the first missing position; raises LogGap when that is the very first.

    For the reason told at `dense_versions`; all of `commits` must have a position.
    """
    dense: list[Commit] = []
    for commit in sorted(commits, key=lambda commit: commit.position or 0):
        if commit.position != after_position + len(dense) + 1:
            break
        dense.append(commit)
    if not dense and any(True for _ in commits):
        raise LogGap(f"position {after_position + 1} is missing")
    return dense


def is_full(commits: Sequence[Commit], limit: int) -> bool:
    """Whether more may follow at once on what a read of the log for `limit` commits has answered."""
    return len(commits) >= limit or sum(commit.size for commit in commits) >= PAGE_BYTES


def fitting(commits: Iterable[Commit]) -> list[Commit]:
    """As many as one read of the log may answer."""
    page: list[Commit] = []
    size = 0
    for commit in commits:
        page.append(commit)
        size += commit.size
        if size >= PAGE_BYTES:
            break
    return page
