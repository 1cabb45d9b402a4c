"""The compiled rules against protovalidate itself, on a message that uses every rule that is supported."""

import time

import protovalidate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.chassis.configfile import ConfigError
from services.chassis.rpc_validate import MAX_VIOLATIONS, compile_message
from tests.support.protos import proto_module

rules_pb2 = proto_module("rules_pb2")
Everything, Inner = rules_pb2.Everything, rules_pb2.Inner

oracle = protovalidate.Validator()
check = compile_message(Everything.DESCRIPTOR)

# Values at, and on both sides of, every bound in the proto; `é`, `茶` and `🍵` have 2, 3 and 4 bytes.
UUID = "6f2c1f0e-2f0c-4e7a-9c1e-0a2b3c4d5e6f"
TEXTS = ["", "a", "b", "ab", "abc", "abcde", "é", "茶", "🍵", "a-b", "a--b", "a\n", "\x85", "a@b.c", "a@b..c", "a@-b"]
TEXTS += [UUID, UUID.upper(), UUID.replace("-", ""), f"{UUID}\n", f"x{UUID}"]
BYTES = [b"", b"a", b"b", b"ab", b"abc", b"abcd", b"\xff"]
INTS = list(range(-5, 6))
NATURALS = list(range(6))
INNERS = [Inner(), Inner(key=b"a"), Inner(text="abc", key=b"a"), Inner(text="茶茶茶", key=b"ab")]
BY_TYPE = {9: TEXTS, 12: BYTES, 5: INTS, 3: INTS, 13: NATURALS, 4: NATURALS, 8: [False, True], 14: NATURALS, 11: INNERS}


def values(field):
    """Values to try in `field`: of lists and maps, some of each length up to four."""
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        ones = 4 * BY_TYPE[field.message_type.fields_by_name["value"].type]
        starts = [(n, i, j) for n in range(4) for i in (0, 2) for j in (0, 4)]
        return [dict(zip(TEXTS[i:], ones[j : j + n], strict=False)) for n, i, j in starts]
    ones = BY_TYPE[field.type]
    return [(ones * 4)[i : i + n] for n in range(5) for i in (0, 3, 6)] + [[ones[1]] * 2] if field.is_repeated else ones


VALUES = {field.name: values(field) for field in Everything.DESCRIPTOR.fields if field.name != "again"}
FIELDS = {name: st.sampled_from(tried) for name, tried in VALUES.items()}

# Breaks nothing: a test may then break few fields, and see all their violations.
VALID = Everything(
    len="abc", between="ab", len_bytes="🍵", between_bytes="茶", slug="a-b", uuid=UUID,
    email="a@b.c", const="a", b_len=b"ab", b_between=b"a", b_in=b"a", gt=4, gt_lt=2, outside=6, i_in=1, i_const=2,
    agreed=True, chosen=1, c_in=1, few=["a"], pairs={"a": 1}, required="a", required_list=["a"], surely="ab",
    inner_required=Inner(key=b"a"), word="ab", loose="b", **{"in": "a"},
)  # fmt: skip


@st.composite
def messages(draw):
    message = Everything()
    message.CopyFrom(VALID)
    for name in draw(st.sets(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3)):
        message.ClearField(name)
        if draw(st.booleans()) or draw(st.booleans()):
            message.MergeFrom(Everything(**{name: draw(FIELDS[name])}))
    if draw(st.booleans()):
        nested = Everything()
        nested.CopyFrom(message)
        message.again.CopyFrom(nested)
    return message


def expected(message):
    """What protovalidate finds, with map keys taken out of the paths."""
    return sorted((path(v.proto.field.elements), v.proto.rule_id) for v in oracle.collect_violations(message))


def path(elements):
    parts = []
    for e in elements:
        subscript = e.WhichOneof("subscript")
        parts.append(e.field_name + ({"index": f"[{e.index}]", None: ""}.get(subscript, "[*]")))
    return ".".join(parts)


def found(message):
    return sorted((v.field, v.rule) for v in check(message))


def test_a_valid_message_breaks_nothing():
    assert check(VALID) == ()
    assert expected(VALID) == []


@pytest.mark.parametrize("group", range(11))
def test_every_value_of_every_field(group):
    names = sorted(VALUES)[group::11]  # few at a time, to see all their violations
    for i in range(max(len(VALUES[name]) for name in names)):
        message = Everything()
        message.CopyFrom(VALID)
        for name in names:
            message.ClearField(name)
            message.MergeFrom(Everything(**{name: VALUES[name][i % len(VALUES[name])]}))
        assert found(message) == expected(message)


@settings(max_examples=50, deadline=None)
@given(messages())
def test_our_verdict_is_protovalidates(message):
    ours, theirs = found(message), expected(message)
    if len(theirs) < MAX_VIOLATIONS:
        assert ours == theirs
    else:
        assert len(ours) == MAX_VIOLATIONS
        assert set(ours) <= set(theirs)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_rule_alone_and_its_sentence(name):
    message = Everything()
    message.CopyFrom(VALID)
    message.ClearField(name)
    theirs = {v.proto.rule_id: v.proto.message for v in oracle.collect_violations(message)}
    ours = {v.rule: v.message for v in check(message)}
    assert ours.keys() == theirs.keys()
    for rule, sentence in ours.items():
        if not rule.endswith((".in", ".not_in", ".const")):  # theirs quote; ours need not
            assert sentence == theirs[rule]


def found_all(**fields):
    message = Everything()
    message.CopyFrom(VALID)
    message.MergeFrom(Everything(**fields))
    return found(message)


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\x85", "\n"])
def test_control_characters_break_a_pattern_that_names_them(character):
    assert ("line", "string.pattern") in found_all(line=f"a{character}b")


@pytest.mark.parametrize(
    ("name", "blamed"),
    [
        ("WithCel", "cel"),
        ("WithHostname", "string.hostname"),
        ("WithDouble", "double"),
        ("WithMessageRule", "whole messages"),
        ("WithNestedCel", "WithCel.text"),
        ("WithRequiredItem", "required of an item"),
        ("WithLookahead", "pattern"),
        ("WithWrongType", "type string do not apply"),
    ],
)
def test_a_rule_that_cannot_be_enforced_refuses_to_start(name, blamed):
    with pytest.raises(ConfigError, match=blamed) as caught:
        compile_message(getattr(rules_pb2, name).DESCRIPTOR)
    assert f"vouchsafe.testing.v1.{name}" in str(caught.value) or name == "WithNestedCel"


def test_violations_are_limited_to_what_an_answer_can_carry():
    assert len(check(Everything(short=["too long"] * 5000))) == MAX_VIOLATIONS


def test_no_violation_tells_a_value():
    secret = "s3cr3t-value"
    message = Everything(
        len=secret, uuid=secret, email=secret, checked={secret: -1}, by_name={secret: Inner(text=secret)}
    )
    assert secret not in repr(check(message))


def test_it_is_much_faster_than_the_oracle():
    ours, theirs = (seconds(run) for run in (check, oracle.collect_violations))
    assert theirs / ours > 20


def seconds(run):
    run(VALID)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        run(VALID)
        times.append(time.perf_counter() - started)
    return min(times)
