"""A file for the court that names nobody: a verified employee wrote the post, and the platform did not invent him.

An officer makes it from the case, anyone verifies it without a network, and one altered word is found out.
"""

from pathlib import Path

from examples.demo.command import Command
from examples.demo.posting import Placed
from examples.demo.show import StoryError, good, say


async def prove_origin(command: Command, placed: Placed, case_id: str, trust: Path, directory: Path) -> None:
    """Make the file and have it verified; StoryError when it does not verify, or an altered one does."""
    file, altered = directory / "post.provenance", directory / "altered.provenance"
    await command.must("provenance", "make", placed.published.post_id, "--case", case_id, "--out", str(file), "--yes")
    verified = await command.run("provenance", "verify", str(file), "--trust", str(trust))
    if verified.code != 0:
        raise StoryError(f"the file does not verify: {verified.error}")
    if placed.author.name in file.read_text(encoding="utf-8"):
        raise StoryError("the file names the author")
    for line in verified.output.splitlines():
        if line.strip().startswith("proves: "):
            say(line.strip())
    good(f"the file of {file.stat().st_size:,} bytes verifies without any network, and names nobody")
    _alter(file, altered)
    outcome = await command.run("provenance", "verify", str(altered), "--trust", str(trust))
    if outcome.code == 0 or "PROOF_INVALID" not in outcome.error:
        raise StoryError("a file with one altered byte was not refused")
    good("with one byte of the signed text altered it is refused")


def _alter(file: Path, altered: Path) -> None:
    """A copy whose text, the line that begins with `body`, ends with another character."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("body "))
    last = lines[at].rstrip("\n")[-1]
    lines[at] = lines[at].rstrip("\n")[:-1] + ("?" if last != "?" else "!") + "\n"
    altered.write_text("".join(lines), encoding="utf-8")
