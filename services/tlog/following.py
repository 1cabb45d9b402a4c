"""A process's own view of the public log: by the mirrors that its endpoints name, remembered in its own state."""

from services.chassis.clock import SystemClock
from services.chassis.configfile import ConfigError
from services.chassis.lifecycle import Process
from services.seal.trust import Trust
from services.tlog.anchor import Anchor
from services.tlog.follower import LogFollower
from services.tlog.known import Known
from services.tlog.reader import MirrorReader


def follow(process: Process, trust: Trust) -> LogFollower:
    """Follow the log for as long as the process runs, from where it was before its last restart.

    Raises ConfigError when no mirror is named, StateError when what was remembered cannot be read.
    """
    urls = process.endpoints.log.mirrors
    if not urls:
        raise ConfigError("endpoints: log.mirrors is empty, and this process reads the public log by itself")
    state = process.endpoints.paths.state
    mirrors = [MirrorReader(url) for url in urls]
    noted = Known(state, trust)
    follower = LogFollower(trust, mirrors, clock=SystemClock(), anchor=Anchor(state), noted=noted)
    process.worker("public-log", follower.run)
    return follower
