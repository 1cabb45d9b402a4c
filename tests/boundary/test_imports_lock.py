"""What runs beside the vault is exactly what IMPORTS.lock names, and nothing that must never be there."""

import pytest

from tests.boundary.imports_lock import ACCEPT, LOCK, NEVER, closure, forbidden, render


@pytest.fixture(scope="module")
def modules() -> tuple[str, ...]:
    return closure()


def test_the_lock_is_what_the_service_imports(modules: tuple[str, ...]) -> None:
    told = f"`{ACCEPT}` accepts this difference: read it first, as a change of what runs beside the vault"
    assert render(modules).splitlines() == LOCK.read_text(encoding="utf-8").splitlines(), told


def test_nothing_is_imported_that_must_never_be_there(modules: tuple[str, ...]) -> None:
    assert list(forbidden(modules)) == []


def test_the_vault_is_part_of_what_was_looked_at(modules: tuple[str, ...]) -> None:
    assert {"services.disclosure.__main__", "services.disclosure.vault", "grpc", "pymongo"} <= set(modules)


@pytest.mark.parametrize("module", NEVER)
def test_each_of_those_would_be_found(module: str) -> None:
    assert list(forbidden(["services.seal", module, f"{module}.below", f"{module}s"])) == [module, f"{module}.below"]
