"""The attacks by themselves, on records made for the purpose: each way to a join is found, and chance is not."""

import base64
import hashlib
import hmac
import random
import uuid
from collections.abc import Callable
from typing import ClassVar

import pytest

from services.seal.leaves import OwnershipLeaf, PostRootLeaf
from tests.boundary import delays_law
from tests.boundary.evidence import Channel, Record, of_call
from tests.boundary.figures import TWICE, interval, most_by_accident
from tests.boundary.joins import Found, Subject, Values
from tests.boundary.matching import by_rank, by_time
from tests.boundary.session import ARRIVAL_HOURS
from tests.boundary.trees import Tree, atoms, of_message
from vouchsafe.credential.v1.credential_pb2 import Receipt
from vouchsafe.disclosure.v1.transparency_log_service_pb2 import ListLeavesResponse

CROWD = range(6)
KEY = b"k" * 32


def erefs() -> list[bytes]:
    chance = random.Random(11)
    return [chance.randbytes(16) for _ in CROWD]


def uuid5(space: uuid.UUID, name: bytes) -> uuid.UUID:
    digest = hashlib.sha1(space.bytes + name, usedforsecurity=False).digest()
    return uuid.UUID(bytes=digest[:16], version=5)


def record(service: str, tree: Tree, kind: str = "documents") -> Record:
    return Record(service, Channel.STORED, kind, 0, tree)


def attacked(beside: Callable[[bytes], Tree], *, chain: bool = False) -> Found:
    """Six people, whose aliases' records hold `beside` of the escrow reference; with `chain` by way of a request id."""
    references, aliases = erefs(), [random.randbytes(32) for _ in CROWD]
    known = {value: Subject(is_person=True, number=n) for n, value in enumerate(references)}
    known |= {value: Subject(is_person=False, number=n) for n, value in enumerate(aliases)}
    records = []
    for n in CROWD:
        request = str(uuid.uuid4()) if chain else ""
        records.append(record("identity", {"eref": references[n], "request": request, "label": "acme-2031"}))
        alias = {"cpk": aliases[n], "beside": beside(request.encode() if chain else references[n])}
        records.append(record("forum", {**alias, "label": "acme-2031"}))
    return Values(records, known).attack([KEY])


WAYS: dict[str, Callable[[bytes], Tree]] = {
    "the very bytes": lambda value: value,
    "hex": lambda value: value.hex(),
    "base64": lambda value: base64.b64encode(value).decode(),
    "base64url without padding": lambda value: base64.urlsafe_b64encode(value).decode().rstrip("="),
    "a UUID": lambda value: str(uuid.UUID(bytes=value)),
    "hex among other bytes": lambda value: b"\x00\x01 " + value.hex().encode() + b"\n\xff",
    "a line of a text": lambda value: f"leaf/ownership\ncommitment {value.hex()}\n",
    "deep in a list": lambda value: [{"a": [value.hex()]}],
    "within a stream's name": lambda value: f"alias-{value.hex()}-1",
    "within other bytes": lambda value: b"\x00\x01" * 9 + value + b"\xff" * 7,
    "half of it": lambda value: value[:8] + random.randbytes(8),
    "a message's field": lambda value: of_message(Receipt(signature=value).SerializeToString()),
    "MD5": lambda value: hashlib.md5(value, usedforsecurity=False).digest(),
    "SHA-1 in hex": lambda value: hashlib.sha1(value, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda value: hashlib.sha256(value).digest(),
    "SHA-384, cut short": lambda value: hashlib.sha384(value).digest()[:16],
    "BLAKE2b": lambda value: hashlib.blake2b(value).digest(),
    "HMAC under a key that the attacker has": lambda value: hmac.digest(KEY, value, "sha256"),
    "a UUID of version 5": lambda value: str(uuid5(uuid.NAMESPACE_URL, value)),
}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_each_way_to_keep_a_reference_is_a_join(way: str) -> None:
    found = attacked(WAYS[way])
    assert found.aliases == set(CROWD)
    assert all(found.candidates[n] == {n} for n in CROWD)


def test_a_request_id_in_common_is_a_join() -> None:
    found = attacked(lambda request: request.decode(), chain=True)
    assert found.equal == set(CROWD)


@pytest.mark.parametrize(
    "beside",
    [
        lambda _: random.randbytes(16),
        lambda value: hmac.digest(b"another key", value, "sha256"),
        lambda value: hashlib.sha256(random.randbytes(16) + value).digest(),
        lambda _: "Employee of Acme, 2031",
    ],
    ids=["random bytes", "an HMAC under a key that he has not", "a salted hash", "a word that all share"],
)
def test_what_says_nothing_is_no_join(beside: Callable[[bytes], Tree]) -> None:
    assert attacked(beside).aliases == set()


def test_a_list_of_everybody_is_no_join_and_a_list_of_pairs_is() -> None:
    references, aliases = erefs(), [random.randbytes(32) for _ in CROWD]
    known = {value: Subject(is_person=True, number=n) for n, value in enumerate(references)}
    known |= {value: Subject(is_person=False, number=n) for n, value in enumerate(aliases)}
    beside = [record("x", {"persons": references, "aliases": aliases})]
    assert Values(beside, known).attack().aliases == set()
    pairs = [record("x", {"pairs": [list(pair) for pair in zip(references, aliases, strict=True)]})]
    assert Values(pairs, known).attack().equal == set(CROWD)


class TestPagesOfTheLog:
    PERSON, ALIAS, ROOT = (bytes([first]) + random.Random(first).randbytes(31) for first in (1, 2, 3))
    KNOWN: ClassVar = {PERSON: Subject(is_person=True, number=0), ALIAS: Subject(is_person=False, number=0)}

    def attacked(self, *leaves: bytes) -> Found:
        """One page of the log with these leaves, beside an alias's text that stands under the day's root."""
        answer = base64.b64encode(ListLeavesResponse(leaves=leaves).SerializeToString()).decode()
        call = {"role": "served", "caller": "", "metadata": [], "request": "", "answer": answer, "at_ns": 1}
        page = of_call("disclosure", call | {"path": "/vouchsafe.disclosure.v1.TransparencyLogService/ListLeaves"})
        return Values([*page, record("forum", {"cpk": self.ALIAS, "day_root": self.ROOT})], self.KNOWN).attack()

    def test_two_leaves_on_one_page_are_no_join_and_two_values_in_one_leaf_are(self) -> None:
        of_person, of_day = OwnershipLeaf(self.PERSON).to_bytes(), PostRootLeaf("2031-01-01", 64, self.ROOT).to_bytes()
        assert self.attacked(of_person, of_day).aliases == set()
        assert self.attacked(b"leaf/x\n" + self.PERSON + self.ROOT).aliases == {0}
        assert self.attacked(OwnershipLeaf(self.ALIAS).to_bytes(), b"x\n" + self.PERSON + self.ALIAS).aliases == {0}


def test_a_message_without_its_schema_shows_its_values() -> None:
    inner = random.randbytes(32)
    assert inner in set(atoms(of_message(Receipt(signature=inner).SerializeToString())))
    with pytest.raises(ValueError, match="not a"):
        of_message(b"\xff\xff\xff")


class TestMatching:
    labels: ClassVar[dict[int, str]] = {n: f"label-{n % 4}" for n in range(160)}

    def test_the_same_order_is_found_and_a_shuffled_one_is_not(self) -> None:
        persons = {"order a": {n: float(n) for n in self.labels}}
        aliases = {"order b": {n: 1000.0 + n for n in self.labels}}
        assert by_rank(persons, aliases, self.labels).rate == 1.0
        shuffled = list(self.labels)
        random.Random(3).shuffle(shuffled)
        aliases = {"order b": dict(zip(self.labels, map(float, shuffled), strict=True))}
        guess = by_rank(persons, aliases, self.labels)
        assert guess.right <= most_by_accident(160, 1, TWICE * 4 / 160)

    def test_ties_are_not_broken_by_the_truth(self) -> None:
        same = dict.fromkeys(self.labels, 0.0)
        for other in ("number b", "number a"):
            guess = by_rank({"number a": same}, {other: same}, self.labels)
            assert guess.right <= most_by_accident(160, 1, TWICE * 4 / 160)

    @pytest.mark.parametrize(("wait", "sure"), [(60.0, True), (3_000_000.0, False)])
    def test_short_waits_are_found_and_long_ones_are_not(self, wait: float, sure: bool) -> None:
        chance = random.Random(4)
        came = {n: chance.uniform(0, 360_000) for n in self.labels}
        went = {n: at + chance.uniform(0, wait) for n, at in came.items()}
        guess = by_time({"time a": came}, {"time b": went}, self.labels)
        assert (guess.rate > 0.9) == sure
        assert (guess.rate < TWICE * 4 / 160) == (not sure)


class TestTheDelaysOfTheSdk:
    def test_stay_below_twice_guessing_while_a_crowd_comes_in_within_half_the_window(self) -> None:
        found = delays_law.worth(ARRIVAL_HOURS, delays_law.CROWD, random.Random(5))
        assert found.times_chance + found.error < TWICE
        assert found.by_rank < TWICE

    @pytest.mark.parametrize("hours", [36, 144])
    def test_are_worth_what_calculation_says(self, hours: int) -> None:
        found = delays_law.worth(hours, delays_law.CROWD, random.Random(6))
        assert abs(found.times_chance - delays_law.expected(hours, delays_law.CROWD)) < 3 * found.error

    def test_are_too_short_for_a_crowd_that_takes_twice_the_window(self) -> None:
        found = delays_law.worth(144, delays_law.CROWD, random.Random(7))
        assert found.times_chance - found.error > TWICE


def test_an_interval_holds_its_share_and_narrows() -> None:
    (low, high), (closer_low, closer_high) = interval(5, 50), interval(50, 500)
    assert low < closer_low < 0.1 < closer_high < high


def test_accident_is_allowed_more_the_more_often_it_is_tried() -> None:
    once, often = most_by_accident(200, 1, 0.05), most_by_accident(200, 100, 0.05)
    assert 10 < once < often < 40
