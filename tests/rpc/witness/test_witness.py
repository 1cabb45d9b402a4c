"""A witness over HTTPS, by the letter of C2SP tlog-witness: each status, each content type, and no more."""

import asyncio
import base64
import http.client
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from services.seal.checkpoint import Checkpoint, add_cosignatures, sign_checkpoint, verify_checkpoint
from services.seal.ed25519 import SigningKey
from services.seal.merkle import EMPTY_ROOT, Tree, leaf_hash
from services.seal.note import NoteSigner
from services.tlog.witness_wire import AddCheckpoint
from services.witness import fork, wiring
from tests.rpc.disclosure.world import ORIGIN, Ceremony, process, running, witness
from tests.support.rpc import authority

TREE = Tree(leaf_hash(bytes([i])) for i in range(9))
FORK = Tree(leaf_hash(bytes([i + 100])) for i in range(9))

EXAMPLE = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""  # noqa: E501
"""The request that the specification itself shows."""


class Answer(NamedTuple):
    status: int
    content_type: str | None
    text: str


class Asked:
    """A witness in this process, asked over a real connection with nothing but the standard library."""

    def __init__(self, address: str, ceremony: Ceremony, directory: Path) -> None:
        self._host, _, port = address.partition(":")
        self._port = int(port)
        self._tls = ssl.create_default_context(cadata=authority().pem.decode())
        self.log = NoteSigner(ORIGIN, ceremony.log)
        self.policy = ceremony.trust.log_policy()
        self.state = directory / "witness-1" / "state"

    async def post(self, body: bytes, path: str = "/add-checkpoint", method: str = "POST") -> Answer:
        return await asyncio.to_thread(self._post, body, path, method)

    def _post(self, body: bytes, path: str, method: str) -> Answer:
        connection = http.client.HTTPSConnection(self._host, self._port, context=self._tls, timeout=10)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return Answer(response.status, response.getheader("Content-Type"), response.read().decode())
        finally:
            connection.close()

    def note(self, size: int, tree: Tree = TREE, signer: NoteSigner | None = None) -> str:
        by = signer or self.log
        return sign_checkpoint(Checkpoint(by.name, size, tree.root(size)), by).format()

    async def add(self, old: int, size: int, tree: Tree = TREE, proof: Any = None) -> Answer:
        """Ask for a checkpoint of `size`, by its right proof from `old` unless told."""
        path = (tree.consistency(old, size) if 0 < old <= size else ()) if proof is None else proof
        lines = "".join(base64.b64encode(node).decode() + "\n" for node in path)
        return await self.post(f"old {old}\n{lines}\n{self.note(size, tree)}".encode())


@pytest.fixture
async def witness_1(tmp_path: Path) -> AsyncIterator[Asked]:
    ceremony = Ceremony(quorum=1, witnesses=(SigningKey.generate(),))
    async with witness(ceremony, tmp_path, 1) as address:
        yield Asked(address, ceremony, tmp_path)


def evidence(of: Asked) -> list[str]:
    return [path.read_text() for path in (of.state / fork.DIRECTORY).iterdir()]


async def test_a_log_that_grows_is_cosigned_with_the_largest_tree_that_was_seen(witness_1: Asked):
    for old, size in ((0, 2), (2, 5), (5, 5), (5, 9)):
        answer = await witness_1.add(old, size)
        assert answer.status == 200
        verified = verify_checkpoint(add_cosignatures(witness_1.note(size), (answer.text,)), witness_1.policy)
        assert verified.checkpoint.size == size


async def test_another_old_size_is_answered_with_the_known_one(witness_1: Asked):
    assert await witness_1.add(3, 5) == Answer(409, "text/x.tlog.size", "0\n")
    await witness_1.add(0, 5)
    for old in (0, 3, 6):
        assert await witness_1.add(old, 9) == Answer(409, "text/x.tlog.size", "5\n")
    assert (await witness_1.add(5, 9)).status == 200


async def test_an_empty_log_is_cosigned_if_it_is_one(witness_1: Asked):
    assert TREE.root(0) == EMPTY_ROOT
    assert (await witness_1.add(0, 0)).status == 200
    liar = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), witness_1.log).format()
    assert (await witness_1.post(f"old 0\n\n{liar}".encode())).status == 422
    assert (await witness_1.add(0, 3)).status == 200


async def test_a_fork_is_refused_and_kept_as_evidence(witness_1: Asked):
    await witness_1.add(0, 5)
    assert (await witness_1.add(5, 9, FORK)).status == 422
    (kept,) = evidence(witness_1)
    assert kept.startswith(f"seen 5 {TREE.root(5).hex()}\nold 5\n")
    assert kept.endswith("\n\n" + witness_1.note(9, FORK))
    assert (await witness_1.add(5, 9, FORK)).status == 422
    assert evidence(witness_1) == [kept], "each head once"
    assert await witness_1.add(5, 5, FORK) == Answer(409, "text/x.tlog.size", "5\n")
    assert len(evidence(witness_1)) == 2
    assert (await witness_1.add(5, 9)).status == 200


async def test_honest_heads_with_wrong_proofs_hide_no_fork(witness_1: Asked):
    await witness_1.add(0, 5)
    for size in (6, 7, 9):
        assert (await witness_1.add(5, size, TREE, FORK.consistency(5, size))).status == 422
    assert (await witness_1.add(5, 9, FORK)).status == 422
    assert [kept for kept in evidence(witness_1) if kept.endswith(witness_1.note(9, FORK))]
    assert (await witness_1.add(5, 9)).status == 200


async def test_the_evidence_is_bounded(witness_1: Asked, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fork, "MOST", 2)
    await witness_1.add(0, 5)
    for size in (6, 7, 8):
        assert (await witness_1.add(5, size, FORK)).status == 422
    assert len(evidence(witness_1)) == 2


async def test_a_proof_of_what_needs_none_does_not_verify_and_is_no_fork(witness_1: Asked):
    assert (await witness_1.add(0, 5, proof=TREE.consistency(3, 5))).status == 422
    await witness_1.add(0, 5)
    assert (await witness_1.add(5, 5, proof=TREE.consistency(3, 5))).status == 422
    assert not (witness_1.state / fork.DIRECTORY).exists()


async def test_a_log_that_shrinks_is_a_bad_request(witness_1: Asked):
    await witness_1.add(0, 5)
    assert (await witness_1.add(5, 3)).status == 400


async def test_who_is_not_the_log_is_told_which(witness_1: Asked):
    stranger, elsewhere = NoteSigner(ORIGIN, SigningKey.generate()), NoteSigner("other.example", witness_1.log.key)
    assert (await witness_1.post(f"old 0\n\n{witness_1.note(3, signer=stranger)}".encode())).status == 403
    assert (await witness_1.post(f"old 0\n\n{witness_1.note(3, signer=elsewhere)}".encode())).status == 404
    assert (await witness_1.post(EXAMPLE.encode())).status == 404
    # A signature of an unknown key beside the log's own is ignored.
    both = witness_1.note(3) + witness_1.note(3, signer=stranger).rpartition("\n\n")[2]
    assert (await witness_1.post(f"old 0\n\n{both}".encode())).status == 200


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"\n", b"old 0", b"old 0\n\n", b"old 0\n\nnonsense\n", b"new 0\n\n", b"old 0\n\n\xff\n\n\xff"),
        *(b"old 00\n\nNOTE", b"old -1\n\nNOTE", b"old  0\n\nNOTE", b"old 9223372036854775808\n\nNOTE"),
        *(b"old 3\nAAAA\n\nNOTE", b"old 3\n%%%%\n\nNOTE", b"old 3\r\n\nNOTE"),
        b"old 3\n" + b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" * 64 + b"\nNOTE",
    ],
)
async def test_what_is_no_request_is_a_bad_one(witness_1: Asked, body: bytes):
    assert (await witness_1.post(body.replace(b"NOTE", witness_1.note(5).encode()))).status == 400


async def test_another_path_another_method_and_too_much_are_refused(witness_1: Asked):
    assert (await witness_1.post(b"", "/")).status == 404
    assert (await witness_1.post(b"", "/other/add-checkpoint")).status == 404
    assert (await witness_1.post(b"", method="GET")).status == 405
    assert (await witness_1.post(b"old 0\n" + b"x" * 70_000)).status == 413
    assert (await witness_1.add(0, 5)).status == 200


async def test_twenty_at_once_take_no_step_back(witness_1: Asked):
    answers = await asyncio.gather(*(witness_1.add(0, 1 + i % 9) for i in range(20)))
    assert sorted({answer.status for answer in answers}) == [200, 409]
    assert sum(answer.status == 200 for answer in answers) == 1
    assert len({answer.text for answer in answers if answer.status == 409}) == 1


@pytest.mark.parametrize("old", [0, 5])
async def test_of_two_histories_shown_at_once_one_is_signed(witness_1: Asked, old: int):
    tree = Tree(TREE.complete(0, i) for i in range(5))
    for i in range(5, 9):
        tree.append(FORK.complete(0, i))
    other = FORK if old == 0 else tree
    if old:
        await witness_1.add(0, old)
    shown = [TREE if i % 2 else other for i in range(20)]
    answers = await asyncio.gather(*(witness_1.add(old, 9, each) for each in shown))
    assert sum(answer.status == 200 for answer in answers) == 1
    signed = next(each for each, answer in zip(shown, answers, strict=True) if answer.status == 200)
    for each, expected in ((TREE, 200 if signed is TREE else 409), (other, 200 if signed is other else 409)):
        assert (await witness_1.add(9, 9, each)).status == expected
    assert (witness_1.state / "last-seen").read_text() == f"9 {signed.root().hex()}\n"


def test_the_specifications_own_example_is_read_and_written_as_it_stands():
    request = AddCheckpoint.parse(EXAMPLE.encode())
    assert (request.old_size, len(request.proof)) == (20852014, 4)
    assert Checkpoint.parse(request.note.partition("\n\n")[0] + "\n").size == 20852163
    assert request.format() == EXAMPLE.encode()


async def test_a_key_that_is_not_a_witness_refuses_to_start(tmp_path: Path):
    stranger = SigningKey.generate().seed().reveal()
    of = process("witness-1", tmp_path, {"witness.key": stranger}, Ceremony().text)
    with pytest.raises(ValueError, match="not in the trust material"):
        async with running(wiring.start, of):
            pass
