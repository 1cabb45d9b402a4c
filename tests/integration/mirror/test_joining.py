"""Whoever joins as a witness can follow docs/transparency.md: with a witness that shares no line with ours."""

import asyncio
import os
import re
import time
from pathlib import Path

from services.seal.note import Note, NoteSignature, VerifierKey, verify
from services.seal.trust import Trust
from tests.support.foreign_witness import ForeignWitness, serving
from tests.support.mirror_http import mirrored, served
from tests.support.public_log import MemorySource, PublicLog
from tests.support.rpc import authority, credentials

DOCUMENT = Path(__file__).parents[3] / "docs" / "transparency.md"


def told() -> str:
    """The commands under "Joining as a witness"."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("## Joining as a witness\n")[2]
    (commands,) = re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    return str(commands)


def witness_of(trust: Trust) -> ForeignWitness:
    """A witness that knows of the log what step 1 says, and no more."""
    log = VerifierKey.parse(trust.log)
    return ForeignWitness("witness.example/w9", trust.origin, log.public_key)


async def run(commands: str, directory: Path, **environment: str) -> list[str]:
    shell = await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-c", commands), cwd=directory, env=os.environ | environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await shell.communicate()
    assert shell.returncode == 0
    return out.decode().splitlines()


async def test_a_stranger_joins_by_what_the_document_says(tmp_path: Path):
    log, own = PublicLog(), credentials("foreign")
    log.grow(300)
    for name, content in (("tls.crt", own.certificate), ("tls.key", own.key), ("ca.crt", authority().pem)):
        (tmp_path / name).write_bytes(content)
    witness = witness_of(log.trust)
    async with mirrored(log.trust, MemorySource(log), tmp_path / "mirror") as look, served(tmp_path / "mirror") as url:
        await look()
        with serving(witness, tmp_path / "tls.crt", tmp_path / "tls.key") as prefix:
            *lines, second = await run(
                told(), tmp_path, MIRROR=url, WITNESS=prefix, CURL_CA_BUNDLE=str(tmp_path / "ca.crt")
            )
        assert second == "409 text/x.tlog.size"
        assert witness.size == 301
        # By the verifier key that step 2 says how to make, its line is over the head that the mirror shows.
        key = VerifierKey.parse(witness.vkey)
        head = Note.parse((tmp_path / "mirror" / "tree" / "checkpoint").read_text(encoding="utf-8"))
        (line,) = (each for each in map(NoteSignature.parse, lines) if each.key_id == key.key_id)
        (verified,) = verify(Note(head.text, (line,)), [key])
        assert abs(verified.timestamp - time.time()) < 60
