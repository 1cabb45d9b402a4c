"""`services/disclosure/IMPORTS.lock`: all code that runs beside the vault, by name; `--write` accepts a change of it.

Of our own, every module; of others, the packages by the distribution that they come from (which version that is, with
its hash, stands in requirements/runtime.lock); of the standard library, its public top-level modules.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from deploy.local.layout import REPOSITORY

LOCK = REPOSITORY / "services" / "disclosure" / "IMPORTS.lock"
ACCEPT = "make imports-lock"

NEVER = (
    # Another service, who calls services, and what runs on people's machines.
    *(f"services.{name}" for name in ("admin", "ceremony", "forum", "identity", "mirror", "trustee", "verification")),
    *("services.witness", "vouchsafe.sdk", "vouchsafe.cli", "vouchsafe.desk", "deploy", "tests"),
    # Another way in than gRPC behind mutual TLS.
    *("aiohttp", "jinja2", "services.chassis.http_server", "http.server", "socketserver", "wsgiref", "xmlrpc"),
    # Debuggers, consoles and whatever else takes code from outside.
    *("bdb", "code", "codeop", "cmd", "pdb", "IPython", "debugpy", "rlcompleter", "pty", "telnetlib", "typer"),
    *("doctest", "unittest", "pytest", "pickletools", "webbrowser", "tkinter"),
)
"""What must never run beside the vault: these modules, and all below them."""

_HEAD = f"""\
# All code that the running disclosure service consists of. Whoever reviews the service reviews this file's changes:
# `{ACCEPT}` writes it, tests/boundary/test_imports_lock.py compares it with what is really imported.
"""
_SECTIONS = {
    "services.disclosure": "the service itself",
    "services.chassis": "what every service stands on",
    "services.seal": "cryptography, without I/O",
    "services.tlog": "the transparency log as a library",
    "vouchsafe": "messages, generated from proto/",
    "others": "distribution: packages",
    "standard library": "Python's own, top level",
}


def closure(service: str = "disclosure") -> tuple[str, ...]:
    """Every module of the service, computed in a fresh interpreter."""
    program = str(Path(__file__).with_name("closure.py"))
    done = subprocess.run([sys.executable, program, service], check=True, capture_output=True, text=True)
    return tuple(json.loads(done.stdout))


def render(modules: Iterable[str]) -> str:
    """The file."""
    found: dict[str, list[str]] = {section: [] for section in _SECTIONS}
    for section, line in sorted(set(_placed(modules))):
        found.setdefault(section, []).append(line)
    parts = (
        f"\n[{section}]  # {len(lines)}: {_SECTIONS.get(section, 'not expected here')}\n" + "\n".join(lines) + "\n"
        for section, lines in found.items()
    )
    return _HEAD + "".join(parts)


def lines(modules: Iterable[str]) -> list[str]:
    """What the file says of these modules, without its headings."""
    return [line for _, line in _placed(modules)]


def _placed(modules: Iterable[str]) -> Iterator[tuple[str, str]]:
    distributions = metadata.packages_distributions()
    for module in modules:
        if place := _place(module, distributions):
            yield place


def _place(module: str, distributions: Mapping[str, list[str]]) -> tuple[str, str] | None:
    """Section and line of a module; None for what holds no code of its own to read."""
    top = module.partition(".")[0]
    if top == "services":
        return (".".join(module.split(".")[:2]), module) if module != top else None
    if top == "vouchsafe":
        return top, module
    if top in sys.stdlib_module_names:
        return ("standard library", top) if not top.startswith("_") else None
    # Our own generated code for others' protos belongs to no distribution but ours.
    owners = sorted(set(distributions.get(top, ())) - {"vouchsafe"})
    return ("others", f"{', '.join(owners) or 'proto/gen'}: {top}") if not top.startswith("__") else None


def forbidden(modules: Iterable[str]) -> Iterator[str]:
    """Those among `modules` that must never be there."""
    for module in modules:
        if any(module == each or module.startswith(f"{each}.") for each in NEVER):
            yield module


def main() -> int:
    """Write the file, or say how it differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.boundary.imports_lock", description=__doc__)
    parser.add_argument("--write", action="store_true", help="accept what is imported now")
    modules = closure()
    if found := sorted(forbidden(modules)):
        sys.stderr.write(f"must never run beside the vault: {', '.join(found)}\n")
        return 1
    if parser.parse_args().write:
        LOCK.write_text(render(modules), encoding="utf-8")
    elif LOCK.read_text(encoding="utf-8") != render(modules):
        sys.stderr.write(f"{LOCK.name} is not what is imported; read the difference, then `{ACCEPT}`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
