"""Files as people make and check them: over real connections made, without any verified, by hand too."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.forum import committing
from services.seal.exhibit import MAX_EXHIBIT
from services.seal.leaves import NO_PARENT, PostRootLeaf
from tests.rpc.forum.requests import comment_request
from tests.rpc.provenance.world import World, alias_of, running
from tests.unit.forum.authors import EPOCH, LABEL, LABEL_NAME, new_id
from tests.unit.seal.test_provenance_by_hand import by_hand, needs_tools
from vouchsafe.cli.main import app
from vouchsafe.forum.v1.provenance_service_pb2 import CheckQuoteRequest, CheckQuoteResponse
from vouchsafe.sdk import VouchsafeError, provenance, quotations
from vouchsafe.sdk.alias_side import AliasSide
from vouchsafe.sdk.provenance_findings import findings
from vouchsafe.verification.events.v1 import events_pb2 as verification_pb

BODY = "Who sets the rota? Nobody says.\n\n没人说。"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running(tmp_path) as made:
        yield made


async def refusal(call: object) -> str:
    with pytest.raises(VouchsafeError) as refused:
        await call  # type: ignore[misc]
    return refused.value.reason


@needs_tools
async def test_an_author_makes_a_file_that_verifies_here_by_the_command_and_by_hand(
    world: World, tmp_path: Path
) -> None:
    alice, trust = await world.forum.newcomer(), world.ceremony.trust
    thread_id, post_id = await world.forum.open_thread(alice, "Title", BODY)
    early = await provenance.make(world.side, [alias_of(alice, thread_id)], post_id, trust)
    assert provenance.verify(early, trust).day is None

    await world.day_over()
    made = await provenance.make(world.side, [alias_of(alice, thread_id)], post_id, trust)
    verdict = provenance.verify(provenance.read(made.to_bytes()), trust)
    assert verdict.day is not None
    leaf = PostRootLeaf.parse((await world.served.leaves())[verdict.day.index])
    assert (leaf.day, leaf.root) == ("2030-01-01", made.day_root)
    assert (made.label_name, made.parent) == (LABEL_NAME, NO_PARENT)
    assert (made.title, made.body, made.label, made.crowd_at_least) == ("Title", BODY, LABEL, 20)
    assert len(findings(made, verdict)) == 8

    done = by_hand(tmp_path / "by-hand", made.to_bytes(), world.ceremony.text)
    assert done.returncode == 0, done.stdout + done.stderr
    told = commanded(tmp_path, "provenance", made.to_bytes(), world.ceremony.text)
    assert "the file verifies" in told
    assert f"{LABEL_NAME} ({LABEL}, epoch {EPOCH})" in told
    broken = made.to_bytes().replace(b"Nobody", b"Someone")
    assert "PROOF_INVALID" in commanded(tmp_path, "provenance", broken, world.ceremony.text)
    assert by_hand(tmp_path / "broken", broken, world.ceremony.text).returncode != 0


async def test_an_author_learns_that_a_forum_committed_to_words_which_he_did_not_sign(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, trust = await world.forum.newcomer(), world.ceremony.trust
    with monkeypatch.context() as dishonest:
        dishonest.setattr(committing, "passages", lambda _text, title="": (title, "I took the money."))
        thread_id, post_id = await world.forum.open_thread(alice, "Title", "I saw nothing.")
        await world.day_over()
    quoted = await quotations.check(world.side, post_id, "I took the money.", trust)
    assert quoted.passages == ("I took the money.",)
    with pytest.raises(VouchsafeError, match=r"PROOF_INVALID.*other passages"):
        await provenance.make(world.side, [alias_of(alice, thread_id)], post_id, trust)


async def test_nothing_in_a_file_leads_to_the_envelope_or_to_another_thread(world: World) -> None:
    alice, trust = await world.forum.newcomer(), world.ceremony.trust
    thread_id, post_id = await world.forum.open_thread(alice, "Title", BODY)
    other_thread, other_post = await world.forum.open_thread(alice, "Other", "Other words.")
    aliases = [alias_of(alice, thread_id, other_thread)]
    one, other = [await provenance.make(world.side, aliases, each, trust) for each in (post_id, other_post)]
    shown = one.to_bytes().decode()
    for hidden in (other_thread, other_post, "Other words", "blue"):
        assert hidden not in shown
    assert one.thread_key != other.thread_key
    # What the command warns of: the alias key makes the two one person's.
    assert one.alias_key == other.alias_key


async def test_a_wallet_whose_aliases_did_not_write_the_post_makes_no_file(world: World) -> None:
    alice, bob = await world.forum.newcomer(), await world.forum.newcomer()
    thread_id, post_id = await world.forum.open_thread(alice)
    trust = world.ceremony.trust
    # Bob has spoken in the thread as well; and a wallet that was restored may not know where its aliases spoke.
    for aliases in ([alias_of(bob, thread_id)], [alias_of(bob)], []):
        assert await refusal(provenance.make(world.side, aliases, post_id, trust)) == "NO_SUCH_ALIAS"
    found = await provenance.make(world.side, [alias_of(bob), alias_of(alice)], post_id, trust)
    assert found.alias_key == alice.key.public_key
    assert await refusal(provenance.make(world.side, [alias_of(alice)], new_id(), trust)) == "POST_NOT_FOUND"


async def test_a_label_is_told_in_the_words_of_the_log_and_in_no_other(world: World) -> None:
    alice, trust = await world.forum.newcomer(), world.ceremony.trust
    thread_id, post_id = await world.forum.open_thread(alice)
    made = await provenance.make(world.side, [alias_of(alice, thread_id)], post_id, trust)
    for lie in ({"label_name": "Employee of Pixel Foundry"}, {"parent": "gaming"}):
        with pytest.raises(VouchsafeError, match="PROOF_INVALID"):
            provenance.verify(replace(made, **lie), trust)  # type: ignore[arg-type]


async def test_a_file_made_after_a_revocation_says_so(world: World) -> None:
    alice, trust = await world.forum.newcomer(), world.ceremony.trust
    thread_id, post_id = await world.forum.open_thread(alice)
    revoked = verification_pb.LabelRevoked(label=LABEL, epoch=EPOCH, reason="key-compromised")
    await world.publish(revoked)
    made = await provenance.make(world.side, [alias_of(alice, thread_id)], post_id, trust)
    verdict = provenance.verify(made, trust)
    assert made.revoked == "key-compromised"
    assert "REVOCATION" in " ".join(each.checked for each in findings(made, verdict))


async def test_a_quotation_is_confirmed_by_a_file_or_refuted(world: World, tmp_path: Path) -> None:
    alice, trust = await world.forum.newcomer(), world.ceremony.trust
    thread_id, post_id = await world.forum.open_thread(alice, "Title", BODY)
    request = comment_request(alice, thread_id, post_id, "I was there. I saw it.")
    await world.forum.edge.unary(world.forum.threads.CreateComment, request)
    await world.forum.settled()
    assert await refusal(quotations.check(world.side, post_id, "Nobody says.", trust)) == "QUOTE_UNKNOWN"
    await world.day_over()

    found = await quotations.check(world.side, post_id, "Nobody says. ", trust)
    below = await quotations.check(world.side, post_id, "I was there.", trust, comment_id=request.comment_id)
    assert (found.passages, below.passages) == (("Nobody says.",), ("I was there.",))
    told = commanded(tmp_path, "quote", found.to_bytes(), world.ceremony.text)
    assert "the quotation verifies" in told
    assert "sentences: 3 to 3 of 4" in told
    assert f"place in it: {found.day_index}\n" in told
    assert "the forum's word" in told
    assert "a provenance of the post with the same leaf and place" in told
    assert "which no file shows" in commanded(tmp_path, "quote", below.to_bytes(), world.ceremony.text)
    place = await provenance.make(world.side, [alias_of(alice, thread_id)], post_id, trust)
    assert (place.day_root, place.day_index) == (found.day_root, found.day_index)
    broken = replace(found, passages=("Somebody says.",)).to_bytes()
    assert "PROOF_INVALID" in commanded(tmp_path, "quote", broken, world.ceremony.text)
    for wrong in ("Somebody says.", "Nobody"):
        assert await refusal(quotations.check(world.side, post_id, wrong, trust)) == "QUOTE_REFUTED"
    assert await refusal(quotations.check(world.side, new_id(), "x", trust)) == "POST_NOT_FOUND"


async def test_a_forum_that_confirms_other_words_than_were_asked_for_is_not_believed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, trust = await world.forum.newcomer(), world.ceremony.trust
    _, post_id = await world.forum.open_thread(alice, "Title", BODY)
    await world.day_over()
    genuine = AliasSide.check_quote

    async def about_another_sentence(side: AliasSide, request: CheckQuoteRequest) -> CheckQuoteResponse:
        return await genuine(side, CheckQuoteRequest(post_id=request.post_id, text="Nobody says."))

    monkeypatch.setattr(AliasSide, "check_quote", about_another_sentence)
    assert (await quotations.check(world.side, post_id, "Nobody  says.", trust)).passages == ("Nobody says.",)
    for never_said in ("Somebody says.", "Nobody says. Never."):
        assert await refusal(quotations.check(world.side, post_id, never_said, trust)) == "PROOF_INVALID"


async def test_a_forum_that_confirms_without_proof_is_not_believed(world: World) -> None:
    alice, trust = await world.forum.newcomer(), world.ceremony.trust
    _, post_id = await world.forum.open_thread(alice, "Title", BODY)
    await world.day_over()
    asked = world.side.check_quote

    async def lying(request: object) -> object:
        answer = await asked(request)  # type: ignore[arg-type]
        answer.proof.passages[0].text = "Somebody says."
        return answer

    world.side.check_quote = lying  # type: ignore[method-assign,assignment]
    assert await refusal(quotations.check(world.side, post_id, "Nobody says.", trust)) == "PROOF_INVALID"


@pytest.mark.parametrize("what", ["provenance", "quote"])
def test_no_more_is_read_of_a_file_than_one_can_hold(tmp_path: Path, what: str) -> None:
    """A terabyte of nothing, which takes no space on the disk and could not be read."""
    endless = tmp_path / "endless"
    with endless.open("wb") as file:
        file.truncate(1 << 40)
    done = CliRunner().invoke(app, [what, "verify", str(endless), "--trust", str(endless)])
    assert isinstance(done.exception, VouchsafeError)
    assert (done.exception.reason, str(MAX_EXHIBIT) in str(done.exception)) == ("FILE_UNREADABLE", True)


def commanded(directory: Path, what: str, file: bytes, trust: str) -> str:
    """What the command says of a file: its output, or its refusal."""
    (directory / "file").write_bytes(file)
    (directory / "trust.toml").write_text(trust, encoding="utf-8")
    arguments = [what, "verify", str(directory / "file"), "--trust", str(directory / "trust.toml")]
    done = CliRunner().invoke(app, arguments)
    return done.output if done.exit_code == 0 else str(done.exception)
