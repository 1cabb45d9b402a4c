"""How the states of long threads are kept, so that a process that has not seen a thread need not read all of it."""

from services.chassis.log.snapshots import Snapshots, Snapshotting
from services.chassis.log.state_coder import StateCoder
from services.forum.domain.thread import FOLD_VERSION, State


def thread_snapshots(snapshots: Snapshots) -> Snapshotting[State]:
    """The snapshots of threads, kept in `snapshots`."""
    return Snapshotting(snapshots, StateCoder(State), fold=FOLD_VERSION)
