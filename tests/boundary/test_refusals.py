"""What a caller is refused with, and what is written down of it, holds nothing of what he asked.

Over all processes with a canary in every field of every method; by the text of the code that refuses; and, in
`tests/rpc/conftest.py`, at every refusal that any RPC test brings about.
"""

import ast
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from google.protobuf import message_factory
from google.protobuf.message import Message

from deploy.local.layout import REPOSITORY
from deploy.local.topology import RPC
from services.chassis.rpc_errors import ErrorTable, to_metadata
from services.disclosure.api import errors as disclosure_errors
from services.disclosure.domain import errors as disclosure
from services.identity.api import errors as identity_errors
from services.identity.domain import errors as identity
from services.trustee import servicer as trustee
from tests.boundary import matrix
from tests.boundary.ground import Ground
from tests.support import canaries

TABLE = matrix.read()
REFUSING = ("services/disclosure", "services/trustee", "services/identity/api/release_servicer.py")
TABLES: list[tuple[ErrorTable, type[StrEnum]]] = [
    (disclosure_errors.ERRORS, disclosure.Reason),
    (identity_errors.ERRORS, identity.Reason),
    (trustee.ERRORS, trustee.Reason),
]


@pytest.mark.parametrize("process", RPC)
async def test_no_refusal_and_no_line_of_a_log_has_a_trace_of_the_request(ground: Ground, process: str) -> None:
    certificates = dict(ground.named())
    asked: list[Message] = []
    for service, callers in TABLE.processes[matrix.kind(process)].items():
        for name in (min(callers), "label-desk" if "label-desk" not in callers else "alias-edge"):
            async with ground.caller(process, certificates[name]) as caller:
                for method in matrix.methods(service):
                    for fitting in (False, True):
                        request = canaries.filled(message_factory.GetMessageClass(method.input_type)(), fitting=fitting)
                        answer = await caller.call(method, service, request.SerializeToString())
                        asked.append(request)
                        assert canaries.found(request, repr(answer.refusal).encode()) == []
    layout = ground.platform.layout
    for written in (layout.log(process), *(d / f"{process}.jsonl" for d in (layout.log_files, layout.traces))):
        text = written.read_bytes()
        assert [value for request in asked for value in canaries.found(request, text)] == [], written
    assert asked


@pytest.mark.parametrize(("table", "reasons"), TABLES, ids=["disclosure", "identity", "trustee"])
def test_what_is_told_of_a_reason_is_the_reason_alone(table: ErrorTable, reasons: type[StrEnum]) -> None:
    class Refusal(Exception):
        def __init__(self, reason: StrEnum, quoted: str) -> None:
            super().__init__(quoted)
            self.reason, self.details, self.metadata = reason, quoted, {"quoted": quoted}

    for reason in reasons:
        one, other = (table.failure(Refusal(reason, quoted)) for quoted in ("a name", "another"))
        assert one is not None
        assert other is not None
        assert to_metadata(one) == to_metadata(other)
        assert (one.reason, one.message) == (reason.value, reason.value.lower().replace("_", " "))


@pytest.mark.parametrize("reason", disclosure.Reason)
def test_every_reason_of_disclosure_is_brought_about_by_a_test(reason: disclosure.Reason) -> None:
    folders = (REPOSITORY / "tests" / kind / "disclosure" for kind in ("rpc", "unit"))
    assert any(reason.value in path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py"))


def sources() -> list[Path]:
    """The files that refuse. Reactions answer no caller: what they raise stops the line, and its text is dropped."""
    paths = [REPOSITORY / name for name in REFUSING]
    found = [file for path in paths for file in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return [file for file in found if file.parent.name != "reactions"]


def formatted(tree: ast.AST) -> Iterator[int]:
    """The lines at which something is raised, or logged, with a text that is put together there.

    But for `ConfigError`: it ends a start, before there is any caller, and names what the operator has to mend.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            if ast.unparse(node.exc.func) == "ConfigError":
                continue
            said = node.exc.args
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_log."):
            said = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg != "peer")]
        else:
            continue
        if any(
            isinstance(part, ast.JoinedStr | ast.BinOp | ast.Mod) or _formats(part)
            for each in said
            for part in ast.walk(each)
        ):
            yield node.lineno


def _formats(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("format", "str", "repr", "join")


@pytest.mark.parametrize("source", sources(), ids=lambda path: str(path.relative_to(REPOSITORY / "services")))
def test_nothing_that_is_raised_or_logged_is_put_together(source: Path) -> None:
    assert list(formatted(ast.parse(source.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize("source", sources(), ids=lambda path: str(path.relative_to(REPOSITORY / "services")))
def test_nobody_answers_past_the_one_table_of_errors(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    for word in ("abort(", "set_details", "set_code", "trailing_metadata", "print(", "traceback."):
        assert word not in text


def test_a_text_that_is_put_together_would_be_found() -> None:
    for line in (
        "raise DomainError(f'no case {case_id}')",
        "raise DomainError('no case ' + case_id)",
        "raise DomainError('no case {}'.format(case_id))",
        "raise DomainError(str(error))",
        "_log.info(f'no case {case_id}')",
        "_log.info(CASE, reason=str(error))",
    ):
        assert list(formatted(ast.parse(line))) == [1]
