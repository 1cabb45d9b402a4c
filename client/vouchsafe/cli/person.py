"""Commands of the person side: register, verify, labels, issue, rotate."""

import sys
from typing import Annotated

import typer

from vouchsafe.cli import output
from vouchsafe.cli.setup import Setup, ask, password, refuse
from vouchsafe.sdk import Employment, PersonCompartment, Profile, VouchsafeError, registration
from vouchsafe.sdk.keys import Challenge
from vouchsafe.sdk.labels import SMALLEST_TOLD, Labels, Standing
from vouchsafe.sdk.person_account import may_try_again, signed_in

Label = Annotated[str, typer.Argument(help="Label to speak under, as `labels` tells it.")]
Slot = Annotated[int, typer.Option(help="Which of the epoch's credentials, from 0.", min=0, max=63)]

# After these nobody is registered. After any other failure somebody may be, and the wallet holds what to go on with.
_NOT_REGISTERED = frozenset({"LOGIN_TAKEN", "INVALID_REQUEST"})


def register(
    context: typer.Context,
    login: Annotated[str, typer.Option(help="Name to sign in with.", prompt=True)],
    name: Annotated[str, typer.Option(help="Real name; only identity ever sees it.", prompt="Real name")],
    separate: Annotated[bool, typer.Option("--separate", help="Give the aliases a passphrase of their own.")] = False,
) -> None:
    """Become a registered person, with a new wallet."""
    setup = Setup.of(context)
    profile = setup.profile()
    registration.check("login", login)
    registration.check("name", name)
    person = setup.open_person() if setup.has_wallet else None  # left by a registration that was cut short
    secret = password(new=True)
    registration.check("password", secret)
    made, person = person is None, person or setup.create_wallet(separate=separate).person_compartment

    async def work() -> None:
        async with setup.platform(profile) as platform:
            account = platform.person_account(person)
            await account.register(login, name, secret)
            await account.sign_in(secret)

    try:
        setup.run(work())
    except VouchsafeError as error:
        if made and error.reason in _NOT_REGISTERED:
            setup.discard_wallet()
        raise
    output.done("registered and signed in")


def verify(
    context: typer.Context,
    work_email: Annotated[str, typer.Argument(help="Address at the employer.")],
    resend: Annotated[bool, typer.Option("--resend", help="Mail a new code, though one is unanswered.")] = False,
) -> None:
    """Prove an employer by a code that is mailed to a work address."""
    setup = Setup.of(context)
    profile, person = setup.profile(), setup.open_person()
    _sign_in(setup, profile, person)

    async def request() -> Challenge:
        async with setup.platform(profile) as platform:
            return await platform.person_account(person).request_code(work_email, resume=not resend)

    proven = _answered(setup, profile, person, setup.run(request()))
    output.facts([("label", proven.label), ("valid until", output.moment(proven.expires_at))])


def _answered(setup: Setup, profile: Profile, person: PersonCompartment, challenge: Challenge) -> Employment:
    """Ask for the code until it is right or no further try is granted. A connection each: a mail takes its time."""

    async def confirm() -> Employment:
        async with setup.platform(profile) as platform:
            return await platform.person_account(person).confirm_code(challenge, code)

    while True:
        code = ask(f"Code from the mail about {output.shown(challenge.organisation)}")
        try:
            return setup.run(confirm())
        except VouchsafeError as error:
            if not may_try_again(error):
                raise
            refuse(error)


def labels(context: typer.Context) -> None:
    """Show the labels you may speak under, and how many people stand under each."""
    setup = Setup.of(context)
    profile, person = setup.profile(), setup.open_person()
    _sign_in(setup, profile, person)
    told = setup.run(_labels(setup, profile, person))
    columns = ("label", "name", "state", "people", "wider label")
    output.table(columns, ((s.label, s.name, s.state, _crowd(s), s.parent) for s in told.standings))
    output.facts([("people needed", told.crowd_minimum), ("epoch ends", output.moment(told.epoch_ends_at))])


def _crowd(standing: Standing) -> str:
    """The rounded number: so few that none is told are no reason to think that one's own issuing failed."""
    return f"at least {standing.crowd_at_least}" if standing.crowd_at_least else f"fewer than {SMALLEST_TOLD}"


async def _labels(setup: Setup, profile: Profile, person: PersonCompartment) -> Labels:
    async with setup.platform(profile) as platform:
        return await platform.person_account(person).labels()


def issue(
    context: typer.Context,
    label: Label,
    slot: Slot = 0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask about a wider label.")] = False,
) -> None:
    """Get a credential for an alias, blindly: the issuer never sees it."""
    setup = Setup.of(context)
    profile, wallet = setup.profile(), setup.open_wallet()
    _sign_in(setup, profile, wallet.person_compartment)
    if not yes:
        _offer_wider(setup.run(_labels(setup, profile, wallet.person_compartment)), label)

    async def work() -> None:
        async with setup.platform(profile) as platform:
            alias = await platform.account(wallet).issue(label, slot)
        output.facts([("label", alias.label), ("epoch", alias.epoch), ("slot", alias.slot)])

    setup.run(work())


def rotate(context: typer.Context, label: Label) -> None:
    """Get a credential for another alias, and set the present one aside."""
    setup = Setup.of(context)
    profile, wallet = setup.profile(), setup.open_wallet()
    _sign_in(setup, profile, wallet.person_compartment)

    async def work() -> None:
        async with setup.platform(profile) as platform:
            alias = await platform.account(wallet).rotate(label)
        output.facts([("label", alias.label), ("epoch", alias.epoch), ("slot", alias.slot)])

    setup.run(work())


def _offer_wider(told: Labels, label: str) -> None:
    """While a label waits and a wider one may speak, ask before one of the epoch's few credentials is used up."""
    if wider := told.open_instead(label):
        sys.stderr.write(
            f"too few people stand under {label} yet; under {output.shown(wider.label)} ({output.shown(wider.name)}) "
            f"at least {wider.crowd_at_least} do, and it may speak now\n"
        )
        if ask(f"Use a credential for {label} all the same? Type yes") != "yes":
            raise typer.Abort


def _sign_in(setup: Setup, profile: Profile, person: PersonCompartment) -> None:
    person.registered()
    if signed_in(person):
        return
    secret = password()

    async def work() -> None:
        async with setup.platform(profile) as platform:
            await platform.person_account(person).sign_in(secret)

    setup.run(work())
