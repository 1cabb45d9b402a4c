"""Checks messages against the protovalidate rules that their protos declare.

`compile_message` turns a descriptor's options into plain functions, once, at start-up. A rule it cannot enforce, CEL
among them, is a ConfigError then: a rule is never silently ignored. Why not protovalidate's own runtime: see
docs/adr/0006. Differences from it: at most `MAX_VIOLATIONS` are told, a map key never appears in a path (it is data),
and `enum.defined_only` also holds for the items of a list.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

from buf.validate import validate_pb2
from services.chassis.configfile import ConfigError
from services.chassis.rpc_errors import Violation
from services.chassis.rpc_rules import Rule, UnsupportedRuleError, set_rules, value_rules

Check = Callable[[Message], tuple[Violation, ...]]

MAX_VIOLATIONS: Final = 10
"""More would not fit into the trailing metadata of an answer."""

_Found = list[Violation]
_FieldCheck = Callable[[Message, str, _Found], None]
_REQUIRED: Final = Rule("required", "value is required", lambda _: True)


def compile_message(descriptor: Descriptor) -> Check:
    """A function from a message of `descriptor` to its violations; ConfigError for a rule that is not supported."""
    compiled = _Compiler().message(descriptor)

    def check(message: Message) -> tuple[Violation, ...]:
        found: _Found = []
        compiled.check(message, "", found)
        return tuple(found[:MAX_VIOLATIONS])

    return check


@dataclass
class _MessageCheck:
    """The checks of one message type. Filled after it is known, so that a type may contain itself."""

    checks: list[_FieldCheck] = field(default_factory=list)

    def check(self, message: Message, prefix: str, found: _Found) -> None:
        for check in self.checks:
            if len(found) >= MAX_VIOLATIONS:
                return
            check(message, prefix, found)


class _Compiler:
    def __init__(self) -> None:
        self._known: dict[str, _MessageCheck] = {}

    def message(self, descriptor: Descriptor) -> _MessageCheck:
        if descriptor.full_name in self._known:
            return self._known[descriptor.full_name]
        known = self._known[descriptor.full_name] = _MessageCheck()
        options: Any = descriptor.GetOptions()
        if options.HasExtension(validate_pb2.message):
            raise ConfigError(f"{descriptor.full_name}: rules of whole messages are not supported")
        known.checks += [_oneof(oneof) for oneof in descriptor.oneofs if _oneof_required(oneof)]
        for each in descriptor.fields:
            try:
                known.checks += self._field(each)
            except UnsupportedRuleError as e:
                raise ConfigError(f"{each.full_name}: unsupported validation rule: {e}") from e
        return known

    def _field(self, each: FieldDescriptor) -> Iterable[_FieldCheck]:
        declared: validate_pb2.FieldRules = _option(each, validate_pb2.field)
        if declared.ignore == validate_pb2.IGNORE_ALWAYS:
            return
        names = set_rules(declared) - {"ignore", "required", declared.WhichOneof("type")}
        if names:
            raise UnsupportedRuleError(names.pop())
        if _is_map(each):
            yield from self._map(each, declared)
        elif each.is_repeated:
            yield from self._repeated(each, declared)
        else:
            yield from self._single(each, declared)

    def _single(self, each: FieldDescriptor, declared: validate_pb2.FieldRules) -> Iterable[_FieldCheck]:
        rules = value_rules(each, declared)
        if rules or declared.required:
            yield _present(each, declared, rules)
        if each.message_type is not None:
            yield _nested(each.name, self.message(each.message_type))

    def _repeated(self, each: FieldDescriptor, declared: validate_pb2.FieldRules) -> Iterable[_FieldCheck]:
        rules, items = _container(declared, "repeated", ("items",))
        if rules or declared.required:
            yield _present(each, declared, rules)
        item = items["items"]
        if item_rules := _part_rules(each, item):
            yield _items(each.name, item_rules, _skips_zero(item))
        if each.message_type is not None and item.ignore != validate_pb2.IGNORE_ALWAYS:
            yield _nested_items(each.name, self.message(each.message_type))

    def _map(self, each: FieldDescriptor, declared: validate_pb2.FieldRules) -> Iterable[_FieldCheck]:
        rules, parts = _container(declared, "map", ("keys", "values"))
        if rules or declared.required:
            yield _present(each, declared, rules)
        entry: Any = each.message_type
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        if key_rules := _part_rules(key, parts["keys"]):
            yield _entries(each.name, key_rules, _skips_zero(parts["keys"]), lambda entries: entries.keys())
        if found := _part_rules(value, parts["values"]):
            yield _entries(each.name, found, _skips_zero(parts["values"]), lambda entries: entries.values())
        if value.message_type is not None:
            yield _nested_entries(each.name, self.message(value.message_type))


def _container(
    declared: validate_pb2.FieldRules, kind: str, parts: tuple[str, ...]
) -> tuple[tuple[Rule, ...], dict[str, validate_pb2.FieldRules]]:
    """Rules of a list or map as a whole, and what is declared for its parts."""
    if declared.WhichOneof("type") not in (None, kind):
        raise UnsupportedRuleError(f"rules of type {declared.WhichOneof('type')} do not apply")
    rules = getattr(declared, kind)
    found: list[Rule] = []
    for name in sorted(set_rules(rules) - set(parts)):
        if name not in _WHOLE:
            raise UnsupportedRuleError(f"{kind}.{name}")
        found += _WHOLE[name](getattr(rules, name))
    return tuple(found), {part: getattr(rules, part) for part in parts}


_WHOLE: Final[dict[str, Callable[[Any], list[Rule]]]] = {
    "min_items": lambda n: [
        Rule("repeated.min_items", f"must contain at least {n} item(s)", lambda v: len(v) < n),
    ],
    "max_items": lambda n: [
        Rule("repeated.max_items", f"must contain no more than {n} item(s)", lambda v: len(v) > n),
    ],
    "unique": lambda on: (
        [Rule("repeated.unique", "repeated value must contain unique items", lambda v: len(set(v)) != len(v))]
        if on
        else []
    ),
    "min_pairs": lambda n: [Rule("map.min_pairs", f"map must be at least {n} entries", lambda v: len(v) < n)],
    "max_pairs": lambda n: [Rule("map.max_pairs", f"map must be at most {n} entries", lambda v: len(v) > n)],
}


def _part_rules(part: FieldDescriptor, declared: validate_pb2.FieldRules) -> tuple[Rule, ...]:
    """Rules of an item, key or value; requiring one says nothing, so that is refused."""
    if declared.ignore == validate_pb2.IGNORE_ALWAYS:
        return ()
    if names := set_rules(declared) - {"ignore", declared.WhichOneof("type")}:
        raise UnsupportedRuleError(f"{names.pop()} of an item")
    return value_rules(part, declared)


def _option(described: FieldDescriptor | OneofDescriptor, extension: Any) -> Any:
    options: Any = described.GetOptions()  # the stubs of generated extensions differ between generators
    return options.Extensions[extension]


def _skips_zero(declared: validate_pb2.FieldRules) -> bool:
    return bool(declared.ignore == validate_pb2.IGNORE_IF_ZERO_VALUE)


def _is_map(each: FieldDescriptor) -> bool:
    return bool(each.is_repeated and each.message_type is not None and each.message_type.GetOptions().map_entry)


def _apply(rules: tuple[Rule, ...], value: object, path: str, found: _Found) -> None:
    for rule in rules:
        if rule.broken(value):
            found.append(Violation(path, rule.id, rule.message))


def _present(each: FieldDescriptor, declared: validate_pb2.FieldRules, rules: tuple[Rule, ...]) -> _FieldCheck:
    """Rules of a field itself. An absent one breaks `required` or nothing, as protovalidate has it."""
    name, absent, tests = each.name, _absence(each), tuple(rule.broken for rule in rules)
    required, skips = declared.required, each.has_presence or _skips_zero(declared)

    def check(message: Message, prefix: str, found: _Found) -> None:
        if (required or skips) and absent(message):
            if required:
                found.append(Violation(prefix + name, _REQUIRED.id, _REQUIRED.message))
            return
        value = getattr(message, name)
        for broken in tests:
            if broken(value):
                _apply(rules, value, prefix + name, found)
                return

    return check


def _absence(each: FieldDescriptor) -> Callable[[Message], bool]:
    name = each.name
    if each.has_presence:
        return lambda message: not message.HasField(name)
    if each.is_repeated:
        return lambda message: not getattr(message, name)
    default = each.default_value
    return lambda message: bool(getattr(message, name) == default)


def _oneof_required(oneof: OneofDescriptor) -> bool:
    return bool(_option(oneof, validate_pb2.oneof).required)


def _oneof(oneof: OneofDescriptor) -> _FieldCheck:
    name = oneof.name

    def check(message: Message, prefix: str, found: _Found) -> None:
        if message.WhichOneof(name) is None:
            found.append(Violation(prefix + name, "required", "exactly one field is required in oneof"))

    return check


def _items(name: str, rules: tuple[Rule, ...], skips_zero: bool) -> _FieldCheck:
    def check(message: Message, prefix: str, found: _Found) -> None:
        for i, item in enumerate(getattr(message, name)):
            if item or not skips_zero:
                _apply(rules, item, f"{prefix}{name}[{i}]", found)
            if len(found) >= MAX_VIOLATIONS:
                return

    return check


def _entries(name: str, rules: tuple[Rule, ...], skips_zero: bool, part: Callable[[Any], Iterable[Any]]) -> _FieldCheck:
    def check(message: Message, prefix: str, found: _Found) -> None:
        for value in part(getattr(message, name)):
            if value or not skips_zero:
                _apply(rules, value, f"{prefix}{name}[*]", found)
            if len(found) >= MAX_VIOLATIONS:
                return

    return check


def _nested(name: str, inner: _MessageCheck) -> _FieldCheck:
    def check(message: Message, prefix: str, found: _Found) -> None:
        if message.HasField(name):
            inner.check(getattr(message, name), f"{prefix}{name}.", found)

    return check


def _nested_items(name: str, inner: _MessageCheck) -> _FieldCheck:
    def check(message: Message, prefix: str, found: _Found) -> None:
        for i, item in enumerate(getattr(message, name)):
            inner.check(item, f"{prefix}{name}[{i}].", found)

    return check


def _nested_entries(name: str, inner: _MessageCheck) -> _FieldCheck:
    def check(message: Message, prefix: str, found: _Found) -> None:
        for value in getattr(message, name).values():
            inner.check(value, f"{prefix}{name}[*].", found)

    return check
