"""The `vouchsafe-admin` command: its options, its commands, and the one line in which it fails.

Exit codes: 0 done; 1 refused or failed; 2 a command line that makes no sense; 3 an audit has found something. What the
commands do is in the modules beside this one. It stands on the chassis and the event protos, and imports no service.
"""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer

from services.admin import audits, lags, letters, rebuilds, streams, transfer
from services.admin.errors import AdminError
from services.admin.place import MOUNTED, Place

DEBUG: Final = "VOUCHSAFE_DEBUG"

app = typer.Typer(
    name="vouchsafe-admin",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Look after the log of one service, with that service's own credentials.",
)
app.command()(streams.streams)
app.command()(streams.show)
app.command()(streams.tail)
app.command()(lags.lags)
app.command()(rebuilds.projections)
app.command()(rebuilds.rebuild)
app.add_typer(letters.app, name="dead-letters")
app.command()(audits.audit)
app.command("export")(transfer.export)
app.command("import")(transfer.import_)
app.command()(transfer.verify)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="The service's settings, as it is given them.")] = MOUNTED
    / "service.toml",
    endpoints: Annotated[Path, typer.Option(help="Addresses and directories.")] = MOUNTED / "endpoints.toml",
    secrets: Annotated[Path, typer.Option(help="Directory with one secret a file.")] = MOUNTED / "secrets",
    platform: Annotated[Path | None, typer.Option(help="Run directory of a local platform, in place of these.")] = None,
    service: Annotated[str, typer.Option(help="The service, with --platform.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Take the options that stand before a command."""
    # Nothing that is read here may reach a log.
    logging.disable(logging.CRITICAL)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    del config  # Taken, so that the command line of the service will do; nothing in it matters here.
    if platform is None and service:
        raise AdminError("NO_SUCH_PLATFORM", "--service names a service of a local platform: give --platform too")
    if platform is not None:
        context.obj = Place.local(platform, service, as_json=as_json)
    else:
        context.obj = Place(endpoints, secrets, as_json)


def main() -> None:
    """Run the command line. A refusal is one line on stderr."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `| head` has seen enough.
        sys.exit(0)
    except Exception as error:  # the last resort: one line for people, and the exit code
        if os.environ.get(DEBUG, "") not in ("", "0"):
            raise
        told = AdminError.of(error)
        sys.stderr.write(f"error: {told.reason}: {' '.join(told.message.split())}\n")
        sys.exit(1)
