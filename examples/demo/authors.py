"""Every author of the input becomes a person with a wallet, proves an employer by mail, and gets an alias.

Authors come in at the same time, a few at once, as real people would. What a service refuses because of the input (an
unknown mail domain, say) is reported with the line it stands on; anything else ends the story.
"""

import asyncio
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.mailbox import Mailbox
from examples.demo.posts import Entry, Problem
from examples.demo.show import Advance
from vouchsafe.sdk import Account, Cost, Voice, Vouchsafe, VouchsafeError, Wallet

AT_ONCE = 8
ACTIVATION_PATIENCE = 40.0
HOPELESS_PATIENCE = 2.0  # for a label that is known to lack people: only to see that it stays closed
MAIL_PATIENCE = 60.0

# OWASP's minimum for Argon2id instead of the default: sixty wallets are opened on one laptop here.
_WALLET_COST = Cost(memory_kib=19 * 1024, passes=2)
_FAULTS_OF_INPUT = frozenset(
    {
        *("UNKNOWN_MAIL_DOMAIN", "INVALID_REQUEST", "MAILBOX_TAKEN", "MAIL_NOT_SENT", "TOO_MANY_CODES"),
        *("WRONG_CODE", "UNKNOWN_CHALLENGE"),  # two people ask for codes to what is one mailbox after all
    }
)


@dataclass
class Author:
    """One person of the input: everybody with this name and this work address."""

    name: str
    work_email: str
    line: int
    login: str = field(default_factory=lambda: f"u-{secrets.token_hex(8)}")
    account: Account | None = None
    label: str = ""
    voice: Voice | None = None

    @property
    def escrow_reference(self) -> bytes:
        """What stands for the person towards verification; empty when the registration failed."""
        person = self.account.wallet.person if self.account else None
        return person.escrow_reference if person else b""


def authors_of(entries: Iterable[Entry]) -> dict[tuple[str, str], Author]:
    """The distinct authors, by name and work address, in order of appearance."""
    authors: dict[tuple[str, str], Author] = {}
    for entry in entries:
        authors.setdefault((entry.author, entry.work_email), Author(entry.author, entry.work_email, entry.line))
    return authors


async def onboard(
    authors: Sequence[Author], platform: Vouchsafe, mailbox: Mailbox, wallets: Path, advance: Advance
) -> list[Problem]:
    """Register, sign in, verify and issue everybody; the authors for whom it failed by their own input are told."""
    gate = asyncio.Semaphore(AT_ONCE)
    problems: list[Problem] = []

    async def one(number: int, author: Author) -> None:
        async with gate:
            try:
                await _issue(author, platform, mailbox, wallets / f"{number:03d}")
            except VouchsafeError as error:
                if error.reason not in _FAULTS_OF_INPUT:
                    raise
                problems.append(Problem(author.line, f"its author cannot be verified: {error}"))
            else:
                advance()

    async with asyncio.TaskGroup() as group:
        for number, author in enumerate(authors):
            group.create_task(one(number, author))
    return sorted(problems, key=lambda problem: problem.line)


async def activate(authors: Sequence[Author], minimum: int, advance: Advance) -> tuple[dict[str, int], list[Problem]]:
    """Wait until each label has its `minimum` of people. Returns crowds by label, and the labels that stay closed."""
    crowds: dict[str, int] = {}
    problems: list[Problem] = []

    async def one(author: Author) -> None:
        people = sum(other.label == author.label for other in authors)
        patience = ACTIVATION_PATIENCE if people >= minimum else HOPELESS_PATIENCE
        try:
            crowds[author.label] = await _account(author).wait_active(author.label, patience=patience)
        except VouchsafeError as error:
            if error.reason != "LABEL_NOT_ACTIVE":
                raise
            what = f"too few people ({people} of {minimum}) under the label {author.label}: nobody can speak under it"
            problems.append(Problem(author.line, what))
        else:
            advance()

    async with asyncio.TaskGroup() as group:
        for first in {author.label: author for author in reversed(authors)}.values():
            group.create_task(one(first))
    return crowds, problems


async def give_aliases(authors: Sequence[Author], advance: Advance) -> None:
    """Deposit everybody's envelope and make the alias known to the forum."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(author: Author) -> None:
        async with gate:
            author.voice = await _account(author).create_alias(author.label, f"alias-{secrets.token_hex(4)}")
        advance()

    async with asyncio.TaskGroup() as group:
        for author in authors:
            group.create_task(one(author))


async def _issue(author: Author, platform: Vouchsafe, mailbox: Mailbox, directory: Path) -> None:
    wallet = await asyncio.to_thread(Wallet.create, directory, secrets.token_urlsafe(), cost=_WALLET_COST)
    account = author.account = platform.account(wallet)
    password = secrets.token_urlsafe()
    await account.register(author.login, author.name, password)
    await account.sign_in(password)

    async def mailed_code(_: str) -> str:
        return code_in(await mailbox.wait(author.work_email, within=MAIL_PATIENCE))

    author.label = (await account.verify_employment(author.work_email, mailed_code)).label
    await account.issue(author.label)


def code_in(mail: object) -> str:
    """The six digits in a mail's text."""
    found = re.search(r"\b[0-9]{6}\b", str(getattr(mail, "get_content", lambda: "")()))
    if found is None:
        raise ValueError("the mail holds no code")
    return found[0]


def _account(author: Author) -> Account:
    if author.account is None:
        raise ValueError("the author has no account yet")
    return author.account
