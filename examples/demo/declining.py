"""A company asks who wrote a post: declined by rule, with whatever paper, and counted where everybody can count it."""

import json
from pathlib import Path

from examples.demo.command import Command
from examples.demo.posting import Placed
from examples.demo.public_words import COMPANY
from examples.demo.show import StoryError, good, say


async def company_asks(command: Command, placed: Placed, directory: Path) -> None:
    """Ask as a company; StoryError unless it is declined, listed, and counted in the public log."""
    letter = directory / "letter.txt"
    letter.write_text(f"{COMPANY} demands to know who wrote this.\n", encoding="utf-8")
    recipient = await command.must("case", "recipient-key", str(directory / "company.key"), "--new")
    await command.refused(
        "REQUESTER_DECLINED",
        *("case", "open", placed.published.post_id, "--requester", "company", "--basis", "none"),
        *("--organisation", COMPANY, "--instrument", "a letter", "--ground", "our reputation"),
        *("--document", str(letter), "--recipient", recipient["public key"]),
    )
    good("declined by rule: nothing was looked up, and no officer was asked")
    await command.must("log", "report", "--out", str(directory / "report"))
    document = json.loads((directory / "report" / "report.json").read_text(encoding="utf-8"))
    ledger = [line for line in document["declined"] if line["requester"] == "company"]
    if [line["count"] for line in ledger] != [1]:
        raise StoryError("the demand is not counted in the public log")
    say(f"pressure ledger: {json.dumps(ledger[0])}")
    good("the demand is counted in the public log, whoever would rather forget it")
