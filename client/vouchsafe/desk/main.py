"""The `vouchsafe-desk` command: the review desk on an officer's own machine.

It reads the officer's key, checks by the log that it is his, listens on loopback, and prints the one address that
starts a session. It opens no browser: an address given to a command can be read by everybody on the machine.
"""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from services.seal.ed25519 import SigningKey
from services.tlog.reader import MirrorReader
from vouchsafe.desk.desk import Desk
from vouchsafe.desk.log_copy import LogCopy
from vouchsafe.desk.serving import serving
from vouchsafe.sdk import Profile, Reason, VouchsafeError
from vouchsafe.sdk.governance_side import WHOLE_LOG, GovernanceSide
from vouchsafe.sdk.key_file import read_key
from vouchsafe.sdk.officer_side import OfficerSide
from vouchsafe.sdk.officer_signatures import listed
from vouchsafe.sdk.public_log import PlatformLog

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def desk(
    profile: Annotated[
        Path, typer.Option(help="Connection profile: profile.toml, or its directory.", envvar="VOUCHSAFE_PROFILE")
    ],
    officer: Annotated[str, typer.Option(help="Name of the officer, as the trust material has it.")],
    key: Annotated[Path, typer.Option(help="File with the officer's private key.")],
    host: Annotated[str, typer.Option(help="Loopback address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen at; 0 for one that is free.", min=0, max=65535)] = 0,
    state: Annotated[Path, typer.Option(help="Where the newest log checkpoint seen is kept.")] = Path(
        "~/.vouchsafe-desk"
    ),
    patience: Annotated[float, typer.Option(help="Seconds to wait for a service that is away.", min=1)] = 5.0,
) -> None:
    """Review cases in a browser on this machine, and sign with the officer's own key what you are shown."""
    asyncio.run(_serve(Profile.load(profile), officer, read_signing_key(key), host, port, state.expanduser(), patience))


def read_signing_key(path: Path) -> SigningKey:
    """The officer's key. FILE_UNREADABLE for a file that others may read, or that holds no key."""
    try:
        shared = path.stat().st_mode & 0o077
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path}: {error.strerror}") from error
    if shared:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path} can be read by others: chmod 600 it, or make a new key")
    return SigningKey(read_key(path))


async def _serve(
    profile: Profile, officer: str, key: SigningKey, host: str, port: int, state: Path, patience: float
) -> None:
    trust, edge = profile.read_trust(), profile.officer_edge()
    async with (
        OfficerSide(edge, trust, patience=patience) as side,
        GovernanceSide(edge, trust, patience=patience) as governance_side,
    ):
        mirrors = [MirrorReader(url, timeout=patience) for url in edge.mirrors]
        log = LogCopy([PlatformLog(side.log, within=WHOLE_LOG * patience), *mirrors], trust, state)
        await log.refresh()
        if log.verified is not None and not log.alarm:
            listed(log.governance, officer, key)
        async with serving(Desk(officer, key, trust, side, governance_side, log), host, port) as url:
            sys.stdout.write(f"Open this address in your browser. It works once.\n\n  {url}\n\nStop with Ctrl-C.\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


def main() -> None:
    """Run the command. A refusal is one line on stderr and exit code 1."""
    try:
        app()
    except VouchsafeError as error:
        sys.stderr.write(f"error: {error.reason}: {' '.join(error.message.split())}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
