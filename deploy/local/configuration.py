"""The services' configuration on one machine: the shipped files, and what is lowered for a handful of people.

What ships is fit for production. `insecure.toml`, beside this file, holds what a platform for development has instead;
it is read here and nowhere else, so no cluster can come to run with it.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from deploy.local.layout import REPOSITORY, write_file
from services.chassis import toml_text

CONFIGURATION = REPOSITORY / "deploy" / "config"
"""The shipped files, one directory a service."""

_LOWERED = Path(__file__).with_name("insecure.toml")


def lay_down(directory: Path) -> None:
    """Write `<service>/service.toml`, and what stands beside it, into `directory`."""
    lowered = tomllib.loads(_LOWERED.read_text(encoding="utf-8"))
    for shipped in sorted(CONFIGURATION.glob("*/*.toml")):
        service, text = shipped.parent.name, shipped.read_text(encoding="utf-8")
        if shipped.name == "service.toml":
            for table, values in lowered.get(service, {}).items():
                text = _with_values(text, table, values)
        write_file(directory / service / shipped.name, text.encode())


def _with_values(text: str, table: str, values: Mapping[str, object]) -> str:
    """The document with more values in a table that it has: below the header, so that all comments stay."""
    head, header, rest = text.partition(f"[{table}]\n")
    if not header:
        raise ValueError(f"{_LOWERED.name}: the shipped file has no table [{table}]")
    return f"{head}{header}# From {_LOWERED.name}: for development alone.\n{toml_text.render(values)}{rest}"
