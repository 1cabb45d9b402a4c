"""Print every module that the running disclosure service consists of, as JSON: run in an interpreter of its own.

The service's `__main__` is executed as it stands, and asked for its help, so that nothing is started. Imports inside
functions of our own code count too: they are made here, until there are no more of them. Of libraries, what they load
later is not seen; the matrix test watches a running process for that.
"""

import ast
import contextlib
import importlib
import io
import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

_BEFORE = frozenset(name for name in sys.modules if name.partition(".")[0] not in sys.stdlib_module_names)
"""What this installation of Python loads for every program."""

OURS = ("services", "vouchsafe")


def main(service: str) -> None:
    """Print the closure of `services.<service>`."""
    sys.argv = [service, "--help"]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        runpy.run_module(f"services.{service}", run_name="__main__", alter_sys=True)
    while missing := {name for module in _ours() for name in _imports(module)} - sys.modules.keys():
        for name in missing:
            importlib.import_module(name)
    print(json.dumps(sorted({*imported(), f"services.{service}.__main__"})))  # noqa: T201


def imported() -> Iterator[str]:
    """What this process has imported since it began; not what extension modules have only made up."""
    for name, module in sys.modules.items():
        if name not in _BEFORE and getattr(module, "__spec__", None) is not None:
            yield name


def _ours() -> list[ModuleType]:
    return [module for name, module in sys.modules.items() if name.partition(".")[0] in OURS and module]


def _imports(module: ModuleType) -> Iterator[str]:
    """Every module that the source names in an import, wherever it stands."""
    file = module.__file__
    for node in ast.walk(ast.parse(Path(file).read_text(encoding="utf-8"))) if file else ():
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module  # nothing of ours is imported relatively
            yield node.module


if __name__ == "__main__":
    main(sys.argv[1])
