"""The README's example, run as it stands there: five strangers make a crowd, and each of them speaks."""

import asyncio
from pathlib import Path

from deploy.local.platform import LocalPlatform
from examples.demo.authors import code_in
from examples.quickstart import read, speak
from tests.e2e.waiting import eventually
from vouchsafe.sdk import Published, Wallet

DOMAIN = "cloudberry.example"


async def test_five_people_speak_by_the_example(platform: LocalPlatform, profile: Path, tmp_path: Path) -> None:
    async def one(number: int) -> Published:
        address = f"quickstart{number}@{DOMAIN}"

        async def mailed_code(_: str) -> str:
            return code_in(await platform.mailbox.wait(address))

        wallet = await asyncio.to_thread(Wallet.create, tmp_path / str(number), "a passphrase")
        return await speak(profile, wallet, f"quickstart-{number}", address, mailed_code)

    published = await asyncio.gather(*(one(number) for number in range(5)))
    assert len({each.thread_id for each in published}) == 5

    async def all_are_read() -> bool:
        feed = await read(profile)
        expected = {
            f"{each.author_name} (Employee of Cloudberry Systems 云莓科技): Asking for a colleague."
            for each in published
        }
        return expected <= set(feed)

    await eventually(all_are_read)
