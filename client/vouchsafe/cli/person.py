"""Commands of the person side: register, verify, issue."""

from typing import Annotated

import typer

from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup, ask, password, run
from vouchsafe.sdk import Account, Vouchsafe

Label = Annotated[str, typer.Argument(help="Label to speak under, as `verify` told it.")]
Slot = Annotated[int, typer.Option(help="Which of the epoch's credentials, from 0.", min=0, max=63)]


def register(
    context: typer.Context,
    login: Annotated[str, typer.Option(help="Name to sign in with.", prompt=True)],
    name: Annotated[str, typer.Option(help="Real name; only identity ever sees it.", prompt="Real name")],
) -> None:
    """Become a registered person, with a new wallet."""
    setup = Setup.of(context)
    profile = setup.profile()
    wallet = setup.create_wallet()
    secret = password(new=True)

    async def work() -> None:
        async with Vouchsafe(profile) as platform:
            account = platform.account(wallet)
            await account.register(login, name, secret)
            await account.sign_in(secret)

    run(work())
    output.done("registered and signed in")


def verify(context: typer.Context, work_email: Annotated[str, typer.Argument(help="Address at the employer.")]) -> None:
    """Prove an employer by a code that is mailed to a work address."""
    setup = Setup.of(context)
    profile, wallet = setup.profile(), setup.open_wallet()

    async def mailed_code(organisation: str) -> str:
        return ask(f"Code from the mail about {output.shown(organisation)}")

    async def work() -> None:
        async with Vouchsafe(profile) as platform:
            account = platform.account(wallet)
            await _sign_in(account)
            proven = await account.verify_employment(work_email, mailed_code)
        output.facts([("label", proven.label), ("valid until", output.moment(proven.expires_at))])

    run(work())


def issue(context: typer.Context, label: Label, slot: Slot = 0) -> None:
    """Get a credential for an alias, blindly: the issuer never sees it."""
    setup = Setup.of(context)
    profile, wallet = setup.profile(), setup.open_wallet()

    async def work() -> None:
        async with Vouchsafe(profile) as platform:
            account = platform.account(wallet)
            await _sign_in(account)
            alias = await account.issue(label, slot)
        output.facts([("label", alias.label), ("epoch", alias.epoch), ("slot", alias.slot)])

    run(work())


async def _sign_in(account: Account) -> None:
    account.wallet.registered()
    if not account.signed_in:
        await account.sign_in(password())
