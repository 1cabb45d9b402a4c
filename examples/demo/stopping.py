"""One officer stops everything, at disclosure and at each trustee; it takes a quorum to go on."""

from deploy.local.platform import LocalPlatform
from deploy.local.topology import TRUSTEES
from examples.demo.command import Command
from examples.demo.show import StoryError, good, say


async def lock_and_unlock(platform: LocalPlatform, command: Command, case_id: str) -> None:
    """Lock down as one officer, be refused, and unlock as three; StoryError when one alone could go on."""
    officers = {name: str(path) for name, path in platform.officers.items()}
    first, *others = list(officers)

    def as_officer(name: str) -> tuple[str, ...]:
        return ("--officer", name, "--key", officers[name], "--yes")

    told = await command.must("officer", "lock-down", *as_officer(first))
    if told != dict.fromkeys(("disclosure", "identity", *TRUSTEES), "locked"):
        raise StoryError(f"not everybody took the lock-down: {told}")
    good(f"locked by {first} alone: in the public log, and straight at identity and each of {len(TRUSTEES)} trustees")
    await command.refused("PROOF_INVALID", "officer", "approve", case_id, *as_officer(others[0]))
    good("while it is locked, an officer's machine signs no approval")
    for name in (first, *others[:2]):
        told = await command.must("officer", "unlock", *as_officer(name))
        say(f"locked: {told['locked']}")
        if (told["locked"] == "no") is not (name == others[1]):
            raise StoryError(f"after {name}, the lock-down is in force: {told['locked']}")
    good("unlocked by three officers of three roles, and by no fewer")
