"""Write TOML: tables of strings, numbers, booleans and lists, and arrays of tables. Reading is `tomllib`'s."""

import json
from collections.abc import Mapping, Sequence


def render(tables: Mapping[str, object]) -> str:
    """The document whose top level is `tables`; plain values of the top level come first, as TOML demands."""
    plain = {key: value for key, value in tables.items() if not _is_table(value) and not _is_tables(value)}
    blocks = [_assignments(plain)] if plain else []
    for key, value in tables.items():
        if isinstance(value, Mapping):
            blocks.append(f"[{key}]\n{_assignments(value)}")
        elif _is_tables(value):
            blocks += [f"[[{key}]]\n{_assignments(item)}" for item in value]  # type: ignore[attr-defined]
    return "\n".join(blocks)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_tables(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and bool(value) and isinstance(value[0], Mapping)


def _assignments(table: Mapping[str, object]) -> str:
    return "".join(f"{key} = {_value(value)}\n" for key, value in table.items())


def _value(value: object) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    raise TypeError(f"no TOML for a {type(value).__name__}")
