"""The command that makes the transparency report of the log that somebody has: log report."""

from pathlib import Path
from typing import Annotated

import typer

from vouchsafe.cli import output
from vouchsafe.cli.log_source import Mirror, Saved, public_log
from vouchsafe.cli.setup import Setup
from vouchsafe.sdk import Reason, VouchsafeError
from vouchsafe.sdk.report import report_on
from vouchsafe.sdk.report_document import to_json
from vouchsafe.sdk.report_page import to_html

PAGE, DOCUMENT = "report.html", "report.json"


def report(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help=f"Directory for {PAGE} and {DOCUMENT}.")],
    mirror: Mirror = "",
    saved: Saved = None,
) -> None:
    """Make the transparency report: demands, openings, gags and those who may open, counted in the log alone.

    Ends with 0 also when something should not be: `alarms` in the document says how much.
    """
    setup = Setup.of(context)
    log = public_log(setup, mirror, saved)
    made = report_on(setup.profile().read_trust(), log.leaves, root=log.root, as_of=log.as_of)
    _write(out / DOCUMENT, to_json(made))
    _write(out / PAGE, to_html(made))
    output.facts(
        [
            ("as of", output.moment(log.as_of)),
            ("leaves", made.size),
            ("demands", made.demands),
            ("openings without a result", len(made.open_intents)),
            ("overdue", made.overdue),
            ("things that should not be", made.alarms),
        ]
    )
    output.done(f"written to {out / PAGE} and {out / DOCUMENT}")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{path} cannot be written: {error.strerror}") from error
