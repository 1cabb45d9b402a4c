"""TOML files into frozen dataclasses, strictly.

A dataclass is the schema: an unknown key, a missing key or a value of another type refuses to start and says which
file and key. Secrets are never values of such a file: see `deployment`, which reads them from their own directory.

Understood: nested dataclasses, `tuple[T, ...]`, `frozenset[T]`, `dict[str, T]`, `T | None`, enums (by value), `Path`
(relative ones start at the file's own directory), `int`, `float`, `bool` and `str`. A dataclass may check itself
further in `__post_init__` by raising ValueError.
"""

import dataclasses
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


class ConfigError(Exception):
    """A configuration that cannot be used. The message names the file and the dotted key."""


def load(path: Path, into: type[T]) -> T:
    """The file at `path` as an instance of the dataclass `into`, or ConfigError."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(f"{path}: cannot be read: {e.strerror}") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path}: not TOML: {e}") from e
    reader = _Reader(path)
    return typing.cast("T", reader.table(into, table, ""))


@dataclasses.dataclass(frozen=True)
class _Reader:
    path: Path

    def table(self, into: type[Any], value: object, key: str) -> object:
        if not isinstance(value, dict):
            raise self._error(key, f"must be a table, not {_name(value)}")
        fields = {f.name: f for f in dataclasses.fields(into) if f.init}
        if unknown := sorted(value.keys() - fields.keys()):
            raise self._error(_join(key, unknown[0]), "is not a key that is known here")
        hints = typing.get_type_hints(into)
        arguments = {}
        for name, field in fields.items():
            if name in value:
                arguments[name] = self.value(hints[name], value[name], _join(key, name))
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                raise self._error(_join(key, name), "is missing")
        try:
            return into(**arguments)
        except ValueError as e:
            raise self._error(key, str(e)) from e

    def value(self, into: Any, value: object, key: str) -> object:
        origin, arguments = typing.get_origin(into), typing.get_args(into)
        if dataclasses.is_dataclass(into):
            return self.table(typing.cast("type[Any]", into), value, key)
        if origin in (tuple, frozenset):
            return self._items(origin, arguments[0], value, key)
        if origin is dict:
            return self._mapping(arguments[1], value, key)
        if origin in (types.UnionType, typing.Union):
            (present,) = (a for a in arguments if a is not types.NoneType)
            return self.value(present, value, key)
        return self._scalar(into, value, key)

    def _items(self, container: Callable[[list[object]], object], item: Any, value: object, key: str) -> object:
        if not isinstance(value, list):
            raise self._error(key, f"must be a list, not {_name(value)}")
        items = [self.value(item, each, f"{key}[{i}]") for i, each in enumerate(value)]
        if container is frozenset and len(set(items)) != len(items):
            raise self._error(key, "must not repeat an item")
        return container(items)

    def _mapping(self, item: Any, value: object, key: str) -> dict[str, object]:
        if not isinstance(value, Mapping):
            raise self._error(key, f"must be a table, not {_name(value)}")
        return {name: self.value(item, each, _join(key, name)) for name, each in value.items()}

    def _scalar(self, into: Any, value: object, key: str) -> object:
        if into is Path and isinstance(value, str):
            return self.path.parent / value
        if into is float and type(value) is int:
            return float(value)
        if isinstance(into, type) and issubclass(into, Enum):
            try:
                return into(value)
            except ValueError as e:
                raise self._error(key, f"must be one of {', '.join(repr(m.value) for m in into)}") from e
        if into not in (int, float, bool, str):
            raise TypeError(f"{key}: a configuration cannot hold {into}")
        if type(value) is not into:  # not isinstance: true is no int
            raise self._error(key, f"must be {into.__name__}, not {_name(value)}")
        return value

    def _error(self, key: str, problem: str) -> ConfigError:
        return ConfigError(f"{self.path}: {key or 'the file'} {problem}")


def _join(parent: str, name: str) -> str:
    return f"{parent}.{name}" if parent else name


def _name(value: object) -> str:
    return "table" if isinstance(value, dict) else type(value).__name__
