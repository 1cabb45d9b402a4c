"""Commands about quotations: quote check, quote verify."""

from pathlib import Path
from typing import Annotated

import typer

from services.seal.quotation import Quotation
from vouchsafe.cli import output
from vouchsafe.cli.provenance import Out, TrustFile, contents, read_trust, write
from vouchsafe.cli.setup import Setup, ask
from vouchsafe.sdk import quotations
from vouchsafe.sdk.alias_side import AliasSide

app = typer.Typer(no_args_is_help=True, help="Whether somebody was quoted rightly, also after the text was removed.")


@app.command()
def check(
    context: typer.Context,
    post_id: Annotated[str, typer.Argument(help="Identifier of the post.")],
    text: Annotated[str | None, typer.Option(help="The quoted sentences; asked for if not given.")] = None,
    comment: Annotated[str, typer.Option(help="Identifier of a comment below the post, if that is quoted.")] = "",
    out: Out = None,
) -> None:
    """Have whole sentences of a post checked; a right quotation gets a file that proves it. Needs no wallet."""
    setup = Setup.of(context)
    profile = setup.profile()
    trust = profile.read_trust()
    quoted = ask("Quoted text") if text is None else text

    async def work() -> bytes:
        async with AliasSide(profile.alias, trust, patience=setup.patience) as side:
            found = await quotations.check(side, post_id, quoted, trust, comment_id=comment)
        return found.to_bytes()

    write(setup.run(work()), out)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The file.")],
    trust: TrustFile,
) -> None:
    """Verify a file, without network: the text held these sentences, one after another."""
    quotation = quotations.read(contents(file))
    logged = quotations.verify(quotation, read_trust(trust))
    last = quotation.first + len(quotation.passages)
    output.facts(
        [
            ("post", quotation.post),
            *([("comment", quotation.comment)] if quotation.comment else []),
            ("sentences", f"{quotation.first + 1} to {last} of {quotation.passage_count}"),
            *(("quoted", passage) for passage in quotation.passages),
            ("in the root of", f"{quotation.day}, leaf {logged.index} of the log"),
            ("place in it", quotation.day_index),
            ("proves", "the forum's word: it committed to these sentences, one after another, before witnesses signed"),
            (
                "leaves open",
                f"who wrote it, what stands around them, whether it was removed; {_whose_words(quotation)}",
            ),
        ]
    )
    output.done("the quotation verifies")


def _whose_words(quotation: Quotation) -> str:
    if quotation.comment:
        return "that the author of the comment signed these words, which no file shows"
    return "that the author signed these words: a provenance of the post with the same leaf and place shows that"
