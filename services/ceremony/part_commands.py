"""Commands that make `trust.toml`: a part for each key that others must believe in, all together, and the hash."""

import tomllib
from pathlib import Path
from typing import Annotated

import typer

from services.ceremony import parts
from services.ceremony.errors import CeremonyError
from services.ceremony.new_directory import read, write_new
from services.chassis import toml_text
from services.seal.ed25519 import SigningKey
from services.seal.errors import SealError
from services.seal.secret import SecretBytes
from services.seal.trust import Policy, Trust

KEY_SIZE = 32

Key = Annotated[Path | None, typer.Option(help="File with the private key, 32 bytes; only the public one is told.")]
PublicKey = Annotated[str, typer.Option(help="The public key in hex, instead of the file.")]

app = typer.Typer(no_args_is_help=True, help="Write the part of trust.toml that somebody answers for.")


@app.command()
def key(out: Annotated[Path, typer.Argument(help="New file for a private key.")]) -> None:
    """Make an Ed25519 key: a file of 32 bytes, mode 0600, never overwritten."""
    made = SigningKey.generate()
    write_new(out, made.seed().reveal())
    typer.echo(made.public_key.hex())


@app.command()
def officer(
    name: Annotated[str, typer.Argument(help="Name that approvals carry.")],
    role: Annotated[str, typer.Argument(help="Role, of which the policy asks for several.")],
    organisation: Annotated[str, typer.Argument(help="Whom the officer answers to; its own requests are not his.")],
    key: Key = None,
    public: PublicKey = "",
) -> None:
    """An officer, who may approve openings."""
    _tell(parts.officer(name, role, organisation, _public(key, public)))


@app.command()
def witness(
    name: Annotated[str, typer.Argument(help="Name of the witness, as in its cosignatures.")],
    key: Key = None,
    public: PublicKey = "",
) -> None:
    """A witness, which co-signs the log's checkpoints."""
    _tell(parts.witness(name, _public(key, public)))


@app.command()
def log(
    origin: Annotated[str, typer.Argument(help="Origin of the transparency log.")],
    key: Key = None,
    public: PublicKey = "",
) -> None:
    """The transparency log (disclosure's log.key)."""
    _tell(parts.log(origin, _public(key, public)))


@app.command()
def receipt(key: Key = None, public: PublicKey = "") -> None:
    """Receipts of deposits (disclosure's receipt.key)."""
    _tell(parts.receipt(_public(key, public)))


@app.command()
def assertion(key: Key = None, public: PublicKey = "") -> None:
    """Assertions of persons (identity's assertion.key)."""
    _tell(parts.assertion(_public(key, public)))


@app.command()
def policy(
    witness_quorum: Annotated[int, typer.Option(help="How many witnesses must co-sign the log.", min=1)],
    approvals: Annotated[int, typer.Option(help="Officers who must approve.", min=2)] = parts.POLICY.approvals,
    distinct_roles: Annotated[int, typer.Option(help="Roles they are of.", min=2)] = parts.POLICY.distinct_roles,
    approval_ttl_seconds: Annotated[
        int, typer.Option(help="How long an approval counts.", min=1)
    ] = parts.POLICY.approval_ttl_seconds,
    veto_delay_seconds: Annotated[
        int, typer.Option(help="How long any one officer can stop an opening.", min=1)
    ] = parts.POLICY.veto_delay_seconds,
    notice_seconds: Annotated[
        int, typer.Option(help="How long before the opening its subject is told.", min=1)
    ] = parts.POLICY.notice_seconds,
    case_ttl_seconds: Annotated[
        int, typer.Option(help="How long a case is open at most.", min=1)
    ] = parts.POLICY.case_ttl_seconds,
) -> None:
    """What it takes to open a case. The defaults are for production."""
    chosen = Policy(
        approvals, distinct_roles, approval_ttl_seconds, veto_delay_seconds, notice_seconds, case_ttl_seconds
    )
    if chosen.shortened:
        typer.echo("warning: delays are shortened; nobody has time to stop an opening", err=True)
    _tell(parts.policy(chosen, witness_quorum))


def assemble(
    files: Annotated[list[Path], typer.Argument(help="The parts: public.toml, officers, witnesses, keys, policy.")],
    out: Annotated[Path, typer.Option(help="The new trust.toml.")],
) -> None:
    """Put trust.toml together from its parts, and tell its hash for everybody to compare."""
    text, trust = parts.assemble(parts.parse(read(path).decode("utf-8", errors="replace")) for path in files)
    write_new(out, text.encode())
    typer.echo(f"{out}: {len(trust.officers)} officers, {len(trust.witnesses)} witnesses")
    typer.echo(f"any {trust.threshold} of {len(trust.share_public_keys)} trustees open")
    typer.echo(f"hash: {shown(trust.hash())}")


def hash_of(trust: Annotated[Path, typer.Argument(help="A trust.toml.")]) -> None:
    """Tell the hash of a trust.toml, to be compared with the others'."""
    try:
        typer.echo(shown(Trust.parse(read(trust).decode("utf-8", errors="replace")).hash()))
    except (SealError, tomllib.TOMLDecodeError) as error:
        raise CeremonyError(f"{trust}: {error}") from error


def shown(digest: bytes) -> str:
    """A hash as people read it aloud: hex in groups of four."""
    text = digest.hex()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _tell(part: parts.Part) -> None:
    typer.echo(toml_text.render(part), nl=False)


def _public(path: Path | None, public: str) -> bytes:
    if (path is None) is (not public):
        raise CeremonyError("give either --key or --public")
    if path is None:
        try:
            data = bytes.fromhex(public)
        except ValueError as error:
            raise CeremonyError("a public key is given in hex") from error
    else:
        data = read(path)
    if len(data) != KEY_SIZE:
        raise CeremonyError(f"a key has {KEY_SIZE} bytes")
    return data if path is None else SigningKey(SecretBytes(data)).public_key
