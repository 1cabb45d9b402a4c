"""The command line from register to log verify, each step a real process against one running platform."""

import asyncio
import json
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.platform import LocalPlatform
from examples.demo.authors import code_in
from services.seal.passphrase import Cost
from tests.e2e.command import Device
from tests.e2e.waiting import eventually
from vouchsafe.sdk import Wallet

DOMAIN = "pixelfoundry.example"
CROWD = 5
_CHEAP = Cost(memory_kib=8 * 1024, passes=1)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def colleagues(platform: LocalPlatform, profile: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Device]:
    """Five people who have registered, proven their employer and hold a credential: just enough for the label."""
    root = tmp_path_factory.mktemp("devices")

    async def one(number: int) -> Device:
        device = Device(profile, root / str(number))
        address = f"colleague{number}@{DOMAIN}"

        async def code() -> str:
            return code_in(await platform.mailbox.wait(address))

        if number:  # the first has the command make his wallet; what a passphrase costs is nobody's subject here
            await asyncio.to_thread(Wallet.create, device.wallet, device.PASSPHRASE, cost=_CHEAP)
        await device.must("register", "--login", f"colleague-{number}", "--name", f"Colleague Number {number}")
        verified = await device.must("verify", address, typed=code)
        label = verified.facts["label"]
        assert (await device.must("issue", label)).facts["label"] == label
        return device

    return list(await asyncio.gather(*(one(number) for number in range(CROWD))))


async def label_of(device: Device) -> str:
    shown = await device.must("wallet", "show")
    return shown.output.splitlines()[-1].split("\t")[0]


async def test_from_a_credential_to_an_opened_case(
    platform: LocalPlatform, colleagues: list[Device], tmp_path: Path
) -> None:
    author, reader = colleagues[0], colleagues[1]
    label = await label_of(author)
    for device in (author, reader):
        await device.must("alias", label, "--handle", "only mine")

    opened = (await author.must("post", "--as", label, "--title", "A title", "--body", "A text", "--yes")).facts
    again = (await author.must("post", "--as", label, "--thread", opened["thread"], "--body", "More", "--yes")).facts
    assert again["shown as"] == opened["shown as"]
    comment = await reader.must(
        "comment", opened["thread"], opened["post"], "--as", label, "--body", "I agree", "--yes"
    )
    assert comment.facts["shown as"] != opened["shown as"]

    async def all_is_read() -> bool:
        thread = (await reader.run("thread", opened["thread"])).output.splitlines()
        feed = (await reader.must("feed", "--label", label)).output
        texts = [line.split("\t")[2] for line in thread]
        return texts == ["A text", "I agree", "More"] and opened["post"] in feed and again["post"] in feed

    await eventually(all_is_read)

    desk = Device(author.profile, tmp_path / "desk")
    key = str(tmp_path / "recipient.key")
    recipient = (await desk.must("case", "recipient-key", key, "--new")).facts["public key"]
    document = tmp_path / "order"
    document.write_text("an order")
    case = (
        await desk.must(
            *("case", "open", opened["post"], "--requester", "court", "--basis", "court-order"),
            *("--organisation", "a court", "--instrument", "1 O 2/26", "--ground", "court order"),
            *("--document", str(document), "--recipient", recipient, "--field", "name", "--field", "login"),
        )
    ).facts["case"]
    await provenance_by_author_and_officer(author, desk, opened["post"], case, tmp_path)
    refused = await desk.run("case", "execute", case)
    assert refused.code == 1
    assert refused.error.startswith("error: QUORUM_MISSING: ")
    await approve_by_three(platform, desk, case, recipient)
    announced = (await desk.must("case", "execute", case)).facts
    assert (announced["state"], announced["subject"]) == ("witnessed", "has been told")
    executed = (await desk.must("case", "execute", case, "--wait")).facts
    assert executed["state"] == "opened"
    collect = ("case", "collect", case, "--recipient-key", key, "--save")
    for _ in range(2):
        told = (await desk.must(*collect, str(tmp_path / "answer"))).facts
        assert told == {"name": "Colleague Number 0", "login": "colleague-0"}
    twice = await desk.run(*collect, str(tmp_path / "another"))
    assert twice.error.startswith("error: ANSWER_COLLECTED: ")

    saved = str(tmp_path / "log")
    online = await desk.must("log", "verify", "--leaf", executed["intent is leaf"], "--save", saved)
    offline = await desk.must("log", "verify", "--from", saved)
    assert offline.output == online.output


async def provenance_by_author_and_officer(author: Device, desk: Device, post: str, case: str, directory: Path) -> None:
    """Both make the same file while its day is not over; it verifies without a profile, and not once it was changed."""
    mine, theirs = directory / "mine", directory / "theirs"
    trust = author.profile / "trust" / "trust.toml"

    async def no() -> str:
        return "no"

    declined = await author.run("provenance", "make", post, "--out", str(mine), typed=no)
    assert declined.code == 1
    assert "shows the alias key" in declined.error
    assert not mine.exists()
    await author.must("provenance", "make", post, "--out", str(mine), "--yes")
    await desk.must("provenance", "make", post, "--case", case, "--out", str(theirs), "--yes")
    # Their checkpoints may differ; what they say of the post and its author does not.
    about = [[line for line in file.read_text().splitlines() if "-proof" not in line] for file in (mine, theirs)]
    assert about[0] == about[1]
    told = (await desk.must("provenance", "verify", str(mine), "--trust", str(trust))).facts
    assert (told["text"], told["post"], told["8. checked"]) == ("A text", post, "no daily root is in the file")
    mine.write_text(mine.read_text().replace("body A text", "body A lie"))
    changed = await desk.run("provenance", "verify", str(mine), "--trust", str(trust))
    assert changed.error.startswith("error: PROOF_INVALID: ")
    unknown = await desk.run("quote", "check", post, "--text", "A text")
    assert unknown.error.startswith("error: QUOTE_UNKNOWN: ")


async def approve_by_three(platform: LocalPlatform, desk: Device, case: str, recipient: str) -> None:
    """The first officer is asked and says no, then yes; the others tell the command not to ask."""

    def approval(name: str) -> tuple[str, ...]:
        return ("officer", "approve", case, "--officer", name, "--key", str(platform.officers[name]))

    async def no() -> str:
        return "no"

    async def yes() -> str:
        return "yes"

    first, *others = list(platform.officers)[:3]
    declined = await desk.run(*approval(first), typed=no)
    assert declined.code == 1
    assert (await desk.must("case", "show", case)).facts["approved by"] == "nobody"
    approved = (await desk.must(*approval(first), typed=yes)).facts
    assert (approved["approved by"], approved["recipient"], approved["text"]) == (first, recipient, "A text")
    assert (approved["title"], approved["requester"], approved["instrument"]) == ("A title", "court", "1 O 2/26")
    for name in others:
        await desk.must(*approval(name), "--yes")


async def test_a_saved_log_that_was_changed_does_not_verify(colleagues: list[Device], tmp_path: Path) -> None:
    device, saved = colleagues[0], tmp_path / "log"
    await device.must("log", "verify", "--save", str(saved))
    leaves = saved / "leaves.txt"
    leaves.write_text(leaves.read_text().replace("vouchsafe/v1/leaf/ownership", "vouchsafe/v1/leaf/Ownership", 1))
    ended = await device.run("log", "verify", "--from", str(saved))
    assert ended.code == 1
    assert ended.error == "error: PROOF_INVALID: the leaves are not those of the checkpoint\n"


async def test_a_device_that_only_speaks_needs_no_person(
    colleagues: list[Device], profile: Path, tmp_path: Path
) -> None:
    owner, speaking = colleagues[4], Device(profile, tmp_path / "speaking")
    label = await label_of(owner)
    await owner.must("alias", label, "--handle", "only mine")
    (speaking.directory / "wallet").mkdir()
    aliases = "wallet/aliases.sealed"
    (speaking.directory / aliases).write_bytes((owner.directory / aliases).read_bytes())
    warned = await speaking.run("post", "--as", label, "--title", "From afar", "--body", "A text")
    assert warned.code == 1
    assert "warning: fewer than 20 people" in warned.error
    assert "warning: this profile lets an alias be used soon" in warned.error
    posted = await speaking.must("post", "--as", label, "--title", "From afar", "--body", "A text", "--yes")
    assert posted.facts["shown as"]
    assert "1 texts in 1 threads" in (await speaking.run("post", "--as", label, "--title", "T", "--body", "x")).error
    assert (await speaking.run("issue", label)).error.startswith("error: WALLET_MISSING: ")


async def test_a_person_is_told_how_the_labels_stand(colleagues: list[Device]) -> None:
    told = (await colleagues[0].must("labels")).output.splitlines()
    rows = {row[0]: row for row in (line.split("\t") for line in told) if len(row) == 5}
    label = await label_of(colleagues[0])
    assert rows[label][2:4] == ["active", "at least 5"]
    assert rows[label][4] in rows  # and the wider one is told too
    assert "people needed: 5" in told


async def test_another_alias_takes_the_place_of_the_first(colleagues: list[Device]) -> None:
    device = colleagues[1]
    label = await label_of(device)
    await device.must("alias", label, "--handle", "the first")
    opened = await device.must("post", "--as", label, "--title", "Before", "--body", "A text", "--yes")
    assert (await device.must("rotate", label)).facts["slot"] == "1"
    refused = await device.run("post", "--as", label, "--thread", opened.facts["thread"], "--body", "x", "--yes")
    assert refused.error.startswith("error: ALIAS_NOT_READY: ")  # and the first is not spoken with instead
    await device.must("alias", label, "--handle", "the second")
    again = await device.must("post", "--as", label, "--thread", opened.facts["thread"], "--body", "x", "--yes")
    assert again.facts["shown as"] != opened.facts["shown as"]
    shown = (await device.must("wallet", "show")).output.splitlines()[-2:]
    assert [line.split("\t")[2:4] for line in shown] == [["0", "retired"], ["1", "ready"]]
    assert (await device.must("rotate", label)).facts["slot"] == "2"
    assert (await device.run("rotate", label)).error.startswith("error: NO_SLOT_LEFT: ")


async def test_a_lost_device_is_replaced(colleagues: list[Device], profile: Path, tmp_path: Path) -> None:
    lost, found = colleagues[3], Device(profile, tmp_path / "found")
    label = await label_of(lost)
    await lost.must("alias", label, "--handle", "only mine")
    file = str(tmp_path / "aliases.backup")
    await lost.must("wallet", "backup", "aliases", file)
    codes = {half: await code_of(lost, half) for half in ("person", "aliases")}

    async def restore(half: str, *files: str) -> None:
        async def typed() -> str:
            return codes[half]

        await found.must("wallet", "restore", *files, typed=typed)

    await restore("person")
    changed = await found.run("register", "--login", "colleague-3", "--name", "Somebody Else")
    assert changed.error.startswith("error: REQUEST_ID_REUSED: ")
    await found.must("register", "--login", "colleague-3", "--name", "Colleague Number 3")
    await restore("aliases", file)
    assert await label_of(found) == label
    posted = await found.must("post", "--as", label, "--title", "Still here", "--body", "A text", "--yes")
    assert posted.facts["post"]


async def code_of(device: Device, half: str) -> str:
    return (await device.must("wallet", "code", half)).facts["recovery code"]


async def test_repeating_a_step_changes_nothing(colleagues: list[Device]) -> None:
    device = colleagues[2]
    label = await label_of(device)
    before = (await device.must("wallet", "show")).output
    await device.must("issue", label)
    assert (await device.must("wallet", "show")).output == before
    registered = await device.run("register", "--login", "somebody-else", "--name", "Somebody")
    assert registered.code == 1
    assert registered.error.startswith("error: ALREADY_REGISTERED: ")


async def test_a_wrong_code_is_refused(platform: LocalPlatform, profile: Path, tmp_path: Path) -> None:
    device = Device(profile, tmp_path / "device")
    await device.must("register", "--login", "hasty-person", "--name", "Hasty Person")

    async def wrong() -> str:
        code = code_in(await platform.mailbox.wait(f"hasty@{DOMAIN}"))
        return "000000" if code != "000000" else "000001"

    ended = await device.run("verify", f"hasty@{DOMAIN}", typed=wrong)
    assert ended.code == 1
    assert "error: WRONG_CODE: " in ended.error


async def test_an_unknown_mail_domain_is_refused(profile: Path, tmp_path: Path) -> None:
    device = Device(profile, tmp_path / "device")
    await device.must("register", "--login", "stranger", "--name", "A Stranger")
    ended = await device.run("verify", "stranger@nowhere.example")
    assert ended.code == 1
    assert "error: UNKNOWN_MAIL_DOMAIN: " in ended.error


async def test_json_of_a_wallet_shows_no_secret(colleagues: list[Device]) -> None:
    for name in ("person.sealed", "aliases.sealed"):
        file = colleagues[4].directory / "wallet" / name
        assert file.stat().st_mode & 0o777 == 0o600
        assert set(json.loads(file.read_text())) == {"format", "purpose", "argon2id", "sealed"}


async def test_a_wrong_passphrase_is_one_clear_line(colleagues: list[Device]) -> None:
    device = colleagues[3]
    (device.directory / "passphrase").write_text("another one\n")
    ended = await device.run("wallet", "show")
    assert (ended.code, ended.output) == (1, "")
    assert ended.error == "error: WRONG_PASSPHRASE: the passphrase does not open the wallet\n"
