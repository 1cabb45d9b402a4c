"""From a stranger to a post, and nobody who reads it can tell whose: what a service that embeds the SDK does."""

from pathlib import Path

from vouchsafe.sdk import CodeSource, Profile, Published, Vouchsafe, Wallet


async def speak(
    platform_directory: Path, wallet: Wallet, login: str, work_email: str, mailed_code: CodeSource
) -> Published:
    """Register, prove an employer, get an alias, post. `mailed_code` is asked for the code that arrives by mail."""
    password = f"the password of {login}"
    async with Vouchsafe(Profile.load(platform_directory)) as platform:
        account = platform.account(wallet)
        await account.register(login, name="Robin Example", password=password)
        await account.sign_in(password)
        employment = await account.verify_employment(work_email, mailed_code)
        await account.issue(employment.label)  # signed blindly: the issuer never sees the alias
        await account.wait_active(employment.label)  # until there is a crowd to disappear in
        alias = await account.create_alias(employment.label, handle="only I see this")
        return await alias.open_thread("Is the coffee better on the third floor?", "Asking for a colleague.")


async def read(platform_directory: Path) -> list[str]:
    """Read the feed, as anyone may: labels and names that mean nothing outside their thread."""
    async with Vouchsafe(Profile.load(platform_directory)) as platform:
        return [f"{post.author.name} ({post.author.label_name}): {post.body}" async for post in platform.feed()]
