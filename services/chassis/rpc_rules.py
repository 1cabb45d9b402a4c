"""protovalidate's rules for single values, each compiled to one plain function.

Only the rules that our protos use are known; any other refuses to compile, naming itself. Ids and sentences are
protovalidate's own (buf/validate/validate.proto). Presence, nesting and paths are `rpc_validate`'s.
"""

import re
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Any, Final

import re2  # type: ignore[import-untyped]  # ships no stubs
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from buf.validate import validate_pb2

_MAX_MESSAGE: Final = 120


class UnsupportedRuleError(Exception):
    """A declared rule that cannot be enforced. Raised when compiling, never when checking."""


@dataclass(frozen=True)
class Rule:
    """One rule: its id, what it asks, and whether a value breaks it."""

    id: str
    message: str
    broken: Callable[[Any], bool]


_Build = Callable[[Any], Iterable[Rule]]

_TYPES: Final = {
    "int32": FieldDescriptor.TYPE_INT32,
    "int64": FieldDescriptor.TYPE_INT64,
    "uint32": FieldDescriptor.TYPE_UINT32,
    "uint64": FieldDescriptor.TYPE_UINT64,
    "bool": FieldDescriptor.TYPE_BOOL,
    "string": FieldDescriptor.TYPE_STRING,
    "bytes": FieldDescriptor.TYPE_BYTES,
    "enum": FieldDescriptor.TYPE_ENUM,
}
_BOUNDS: Final = frozenset({"gt", "gte", "lt", "lte"})


def value_rules(field: FieldDescriptor, declared: validate_pb2.FieldRules) -> tuple[Rule, ...]:
    """The rules that `declared` sets for one value of `field`; UnsupportedRuleError for one that is not known."""
    kind = declared.WhichOneof("type")
    if kind is None:
        return ()
    if _TYPES.get(kind) != field.type:
        raise UnsupportedRuleError(f"rules of type {kind} do not apply")
    rules = getattr(declared, kind)
    names = set_rules(rules)
    found: list[Rule] = list(_bounds(kind, rules, names & _BOUNDS)) if kind not in _OWN else []
    for name in sorted(names - _BOUNDS):
        found += _single(kind, name, field)(getattr(rules, name))
    return tuple(found)


def set_rules(rules: Message) -> set[str]:
    """The names of the rules that are set, examples aside; UnsupportedRuleError for rules of a custom extension."""
    if len(UnknownFieldSet(rules)):
        raise UnsupportedRuleError("a rule that protovalidate itself does not declare")
    return {field.full_name if field.is_extension else field.name for field, _ in rules.ListFields()} - {"example"}


def _single(kind: str, name: str, field: FieldDescriptor) -> _Build:
    if name == "defined_only":
        return lambda on: _defined_only(field) if on else ()
    build = _OWN.get(kind, {}).get(name) or (_COMMON.get(name) if kind != "bool" or name == "const" else None)
    if build is None:
        raise UnsupportedRuleError(f"{kind}.{name}")
    return lambda setting: build(kind, setting)


def _rule(id_: str, message: str, broken: Callable[[Any], bool]) -> tuple[Rule]:
    return (Rule(id_, message[:_MAX_MESSAGE], broken),)


def _const(kind: str, wanted: object) -> tuple[Rule]:
    text = f"must be {wanted.hex()}" if isinstance(wanted, bytes) else f"must equal {wanted}"
    return _rule(f"{kind}.const", text, lambda value: value != wanted)


def _in(kind: str, listed: Iterable[Any]) -> tuple[Rule]:
    wanted: Container[Any] = frozenset(listed)
    return _rule(f"{kind}.in", "must be in the declared list", lambda value: value not in wanted)


def _not_in(kind: str, listed: Iterable[Any]) -> tuple[Rule]:
    unwanted: Container[Any] = frozenset(listed)
    return _rule(f"{kind}.not_in", "must not be in the declared list", lambda value: value in unwanted)


def _sized(rule: str, unit: str, size: Callable[[Any], int]) -> Callable[[str, int], tuple[Rule]]:
    if rule.startswith("min"):
        return lambda kind, n: _rule(f"{kind}.{rule}", f"must be at least {n} {unit}", lambda v: size(v) < n)
    if rule.startswith("max"):
        return lambda kind, n: _rule(f"{kind}.{rule}", f"must be at most {n} {unit}", lambda v: size(v) > n)
    return lambda kind, n: _rule(f"{kind}.{rule}", f"must be {n} {unit}", lambda v: size(v) != n)


def _pattern(kind: str, pattern: str) -> tuple[Rule]:
    try:
        found = _matcher(re2.Set.SearchSet(), pattern)
    except re2.error as e:
        raise UnsupportedRuleError(f"{kind}.pattern that is no RE2 expression") from e
    message = f"does not match regex pattern `{pattern}`"
    return _rule(f"{kind}.pattern", message, lambda value: not found(value))


def _matcher(patterns: Any, pattern: str) -> Callable[[str], bool]:
    """Whether a text matches: RE2, as protovalidate prescribes, whose time is linear in the text whatever the pattern.

    A set of one pattern answers just that; a compiled pattern would also work out where and which groups, which takes
    several times as long. Should its memory be exhausted, it finds no match, and the value is refused.
    """
    patterns.Add(pattern)
    patterns.Compile()
    return lambda value: patterns.Match(value) is not None


def _format(name: str, title: str, fits: Callable[[str], object]) -> Callable[[str, bool], tuple[Rule, ...]]:
    def build(kind: str, on: bool) -> tuple[Rule, ...]:
        if not on:
            return ()
        empty = f"value is empty, which is not a valid {title}"
        return (
            *_rule(f"{kind}.{name}", f"must be a valid {title}", lambda v: v != "" and not fits(v)),
            *_rule(f"{kind}.{name}_empty", empty, lambda v: v == ""),
        )

    return build


def _defined_only(field: FieldDescriptor) -> tuple[Rule]:
    enum: Any = field.enum_type
    defined: Container[int] = frozenset(enum.values_by_number)
    message = "value must be one of the defined enum values"
    return _rule("enum.defined_only", message, lambda value: value not in defined)


_WORDS: Final = {
    "gt": "greater than",
    "gte": "greater than or equal to",
    "lt": "less than",
    "lte": "less than or equal to",
}


def _bounds(kind: str, rules: Any, names: set[str]) -> tuple[Rule, ...]:
    """One rule for the lower and upper bound together; an upper bound under the lower one means "not in between"."""
    if not names:
        return ()
    low = next((n for n in ("gt", "gte") if n in names), None)
    high = next((n for n in ("lt", "lte") if n in names), None)
    too_low = _too_low(low, getattr(rules, low)) if low else None
    too_high = _too_high(high, getattr(rules, high)) if high else None
    words = [f"{_WORDS[name]} {getattr(rules, name)}" for name in (low, high) if name]
    id_ = f"{kind}.{'_'.join(name for name in (low, high) if name)}"
    if too_low is None or too_high is None:
        broken = too_low or too_high
        assert broken is not None  # noqa: S101  # one of the four names is there
        return _rule(id_, f"must be {words[0]}", broken)
    if getattr(rules, str(high)) < getattr(rules, str(low)):
        outside = f"must be {' or '.join(words)}"
        return _rule(f"{id_}_exclusive", outside, lambda v: too_low(v) and too_high(v))
    return _rule(id_, f"must be {' and '.join(words)}", lambda v: too_low(v) or too_high(v))


def _too_low(name: str, bound: int) -> Callable[[int], bool]:
    return (lambda v: v <= bound) if name == "gt" else (lambda v: v < bound)


def _too_high(name: str, bound: int) -> Callable[[int], bool]:
    return (lambda v: v >= bound) if name == "lt" else (lambda v: v > bound)


def _utf8_size(value: str) -> int:
    return len(value.encode("utf-8"))


# Python's own expressions, at half the price: of a fixed length, it takes the same time for every text.
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
# https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
_DOMAIN_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL = rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_DOMAIN_LABEL}(?:\.{_DOMAIN_LABEL})*"

_COMMON: Final[dict[str, Callable[[str, Any], Iterable[Rule]]]] = {"const": _const, "in": _in, "not_in": _not_in}
_OWN: Final[dict[str, dict[str, Callable[[str, Any], Iterable[Rule]]]]] = {
    "string": {
        **{rule: _sized(rule, "characters", len) for rule in ("len", "min_len", "max_len")},
        **{rule: _sized(rule, "bytes", _utf8_size) for rule in ("len_bytes", "min_bytes", "max_bytes")},
        "pattern": _pattern,
        "uuid": _format("uuid", "UUID", _UUID.fullmatch),
        "email": _format("email", "email address", _matcher(re2.Set.FullMatchSet(), _EMAIL)),
    },
    "bytes": {rule: _sized(rule, "bytes", len) for rule in ("len", "min_len", "max_len")},
    "enum": {},
    "bool": {},
}
