"""Checkpoints: the published form, and the policy under which one is believed."""

import pytest

from services.seal import checkpoint as c
from services.seal import note
from services.seal.checkpoint import Checkpoint, LogPolicy
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.note import NoteSigner, SignatureType

# The example of the C2SP tlog-checkpoint and tlog-cosignature specifications; its keys are not published.
EXAMPLE_TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
EXAMPLE = (
    EXAMPLE_TEXT + "\n— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

LOG = NoteSigner("log.example/1", SigningKey.generate())
WITNESSES = [NoteSigner(f"witness.example/{i}", SigningKey.generate(), SignatureType.COSIGNATURE) for i in range(3)]
POLICY = LogPolicy(LOG.verifier_key, tuple(each.verifier_key for each in WITNESSES), quorum=2)
HEAD = Checkpoint(LOG.name, 5, b"r" * 32)


def _cosigned(count: int) -> str:
    lines = tuple(note.cosign(HEAD.format(), witness, 100 + i).line() for i, witness in enumerate(WITNESSES[:count]))
    return c.add_cosignatures(c.sign_checkpoint(HEAD, LOG).format(), lines)


def test_the_published_example_is_read_and_written():
    parsed = note.Note.parse(EXAMPLE)
    assert parsed.format() == EXAMPLE
    head = Checkpoint.parse(parsed.text)
    assert (head.origin, head.size, len(head.root)) == ("example.com/behind-the-sofa", 20852163, 32)
    assert head.format() == EXAMPLE_TEXT
    assert int.from_bytes(parsed.signatures[1].data[:8], "big") == 1679315147


@pytest.mark.parametrize("count", [2, 3])
def test_a_quorum_is_believed(count: int):
    verified = c.verify_checkpoint(_cosigned(count), POLICY)
    assert verified.checkpoint == HEAD
    assert [each.timestamp for each in verified.cosignatures] == [100, 101, 102][:count]


@pytest.mark.parametrize("count", [0, 1])
def test_less_than_a_quorum_is_not(count: int):
    with pytest.raises(SealError, match="quorum"):
        c.verify_checkpoint(_cosigned(count), POLICY)


def test_one_witness_twice_is_one_witness():
    line = note.cosign(HEAD.format(), WITNESSES[0], 100).line()
    again = note.cosign(HEAD.format(), WITNESSES[0], 101).line()
    with pytest.raises(SealError, match="quorum"):
        c.verify_checkpoint(c.add_cosignatures(_cosigned(0), (line, again)), POLICY)


def test_witnesses_alone_do_not_make_a_checkpoint():
    signatures = tuple(note.cosign(HEAD.format(), witness, 1) for witness in WITNESSES)
    with pytest.raises(SealError, match="log has not signed"):
        c.verify_checkpoint(note.Note(HEAD.format(), signatures).format(), POLICY)


def test_a_cosignature_of_another_head_spoils_it():
    other = note.cosign(Checkpoint(LOG.name, 6, b"q" * 32).format(), WITNESSES[2], 1).line()
    with pytest.raises(SealError):
        c.verify_checkpoint(c.add_cosignatures(_cosigned(2), (other,)), POLICY)


def test_another_logs_checkpoint_is_refused():
    foreign = Checkpoint("log.example/2", 5, b"r" * 32)
    with pytest.raises(SealError):
        c.sign_checkpoint(foreign, LOG)
    signed = note.sign(foreign.format(), LOG)
    lines = tuple(note.cosign(foreign.format(), witness, 1).line() for witness in WITNESSES)
    with pytest.raises(SealError, match="another log"):
        c.verify_checkpoint(c.add_cosignatures(signed.format(), lines), POLICY)


def test_policies_that_prove_nothing_are_refused():
    log, (first, second, third) = POLICY.log, POLICY.witnesses
    alias = note.VerifierKey("witness.example/alias", SignatureType.COSIGNATURE, first.public_key)
    namesake = note.VerifierKey(first.name, SignatureType.COSIGNATURE, second.public_key)
    insider = note.VerifierKey("witness.example/log", SignatureType.COSIGNATURE, log.public_key)
    for make in (
        lambda: LogPolicy(log, (first, alias), 2),
        lambda: LogPolicy(log, (first, namesake), 2),
        lambda: LogPolicy(log, (first, insider), 2),
        lambda: LogPolicy(log, (first, log), 1),
        lambda: LogPolicy(third, (first, second), 1),
        lambda: LogPolicy(log, (first, second), 3),
        lambda: LogPolicy(log, (), -1),
    ):
        with pytest.raises(SealError):
            make()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        EXAMPLE_TEXT[:-1],
        EXAMPLE_TEXT + "extension\n",
        EXAMPLE_TEXT.replace("20852163", "020852163"),
        EXAMPLE_TEXT.replace("20852163", "-1"),
        EXAMPLE_TEXT.replace("20852163", "+1"),
        EXAMPLE_TEXT.replace("20852163", "٣"),
        EXAMPLE_TEXT.replace("20852163", str(2**63)),
        EXAMPLE_TEXT.replace("q2I=", "q2J="),
        EXAMPLE_TEXT.replace("CsUY", ""),
        EXAMPLE_TEXT.replace("example.com", "example com"),
        "\n" + EXAMPLE_TEXT.partition("\n")[2],
    ],
)
def test_malformed_checkpoints_are_refused(text: str):
    with pytest.raises(SealError):
        Checkpoint.parse(text)
