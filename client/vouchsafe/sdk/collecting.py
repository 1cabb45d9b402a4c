"""The answer to a case, collected once: nothing of it may be lost to a crash, a full disk or a wrong key.

A file is the memory of it. It holds the identifier of the request before that is made, so that a repeat gets the same
answer, and the sealed answer before anybody reads it. It holds nothing that is secret from the recipient's desk; who
reads it needs the recipient's private key.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from services.chassis import durable_file
from services.seal import hpke
from services.seal.release import open_released
from services.seal.secret import SecretBytes
from vouchsafe.disclosure.v1 import case_service_pb2 as pb
from vouchsafe.sdk.errors import Reason, VouchsafeError, translated

HEADER: Final = "vouchsafe/v1/collected"

Collect = Callable[[str, str], Awaitable[bytes]]
"""Case and request identifier to the sealed answer (`OfficerSide.collect`)."""


@dataclass(frozen=True)
class Answer:
    """What was told of a person: field and value, as far as was asked. No repr: it must not reach a log by accident."""

    fields: Mapping[str, str]

    def __repr__(self) -> str:
        return "Answer(<hidden>)"


@dataclass(frozen=True)
class Collected:
    """What the file holds: of which case, by which request, and the sealed answer; empty until it came."""

    case_id: str
    request_id: str
    sealed: bytes = b""


async def collect(case: pb.Case, recipient_key: SecretBytes, file: Path, ask: Collect) -> Answer:
    """Collect the answer of a case into a file, and read it. With a file that has it already, nobody is asked.

    RECIPIENT_INVALID before anything is asked when the key is not the recipient's; CASE_NOT_OPENED; FILE_EXISTS for a
    file of something else; the service's ALREADY_COLLECTED when another request has got the answer.
    """
    if hpke.public_key(recipient_key) != case.recipient_key:
        raise VouchsafeError(Reason.RECIPIENT_INVALID, "this is not the recipient's key; nothing was asked")
    kept = _begin(case, file)
    if not kept.sealed:
        kept = replace(kept, sealed=await ask(kept.case_id, kept.request_id))
        _keep(kept, file)
    return open_answer(case, kept.sealed, recipient_key)


def open_answer(case: pb.Case, sealed: bytes, recipient_key: SecretBytes) -> Answer:
    """What a sealed answer tells, for the holder of the recipient's X25519 private key."""
    with translated():
        return Answer(open_released(recipient_key, case.case_id, case.bundle_hash, sealed))


def _begin(case: pb.Case, file: Path) -> Collected:
    """What the file holds of this case; when there is none, a new one with a request that was not made yet."""
    if file.exists():
        return _read(case.case_id, file)
    if case.state == pb.CASE_STATE_COLLECTED:
        raise VouchsafeError(Reason.ANSWER_COLLECTED, "the answer was collected already, and is given once")
    if case.state != pb.CASE_STATE_OPENED:
        raise VouchsafeError(Reason.CASE_NOT_OPENED, "the case has no answer that could be collected")
    begun = Collected(case.case_id, str(uuid.uuid4()))
    _keep(begun, file)
    return begun


def _read(case_id: str, file: Path) -> Collected:
    try:
        header, case, request, sealed = file.read_text(encoding="utf-8").splitlines()
        kept = Collected(
            case.removeprefix("case "), request.removeprefix("request "), bytes.fromhex(sealed.removeprefix("sealed"))
        )
    except (OSError, ValueError) as error:
        raise VouchsafeError(Reason.FILE_EXISTS, f"{file} is there already, and holds no answer of a case") from error
    if (header, kept.case_id) != (HEADER, case_id):
        raise VouchsafeError(Reason.FILE_EXISTS, f"{file} is there already, and is not about this case")
    return kept


def _keep(kept: Collected, file: Path) -> None:
    text = f"{HEADER}\ncase {kept.case_id}\nrequest {kept.request_id}\nsealed {kept.sealed.hex()}\n"
    try:
        durable_file.replace(file, text.encode("utf-8"))
    except OSError as error:
        raise VouchsafeError(Reason.FILE_UNREADABLE, f"{file}: {error.strerror}") from error
