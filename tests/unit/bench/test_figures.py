"""The bench's own arithmetic: medians, ratios, verdicts, the table and what is kept of each round."""

import asyncio
import importlib.util
import json
import os

import pytest

from bench.__main__ import ROWS
from bench.figures import Aim, Comparison, Side, Target
from bench.report import number, table, write
from bench.rounds import Meter, in_turn, interleaved, rate

AT_LEAST, AT_MOST = Target(aim=Aim.AT_LEAST, value=0.7), Target(aim=Aim.AT_MOST, value=1.2)


def comparison(raw: list[float], ours: list[float], target: Target | None = AT_LEAST, **notes) -> Comparison:
    sides = Side(what="bulk_write", figures=raw, store_cpu=[0.9, 0.98, 1.0]), Side(what="append", figures=ours)
    return Comparison(name="append", what="append", unit="/s", target=target, raw=sides[0], ours=sides[1], notes=notes)


def test_the_ratio_is_one_of_medians_which_one_bad_round_does_not_move():
    row = comparison([100.0, 200.0, 1.0], [90.0, 9000.0, 70.0])
    assert (row.raw.median, row.ours.median, row.ratio) == (100.0, 90.0, 0.9)


@pytest.mark.parametrize(
    ("target", "ours", "met"),
    [
        (AT_LEAST, 70.0, True),
        (AT_LEAST, 69.9, False),
        (AT_MOST, 120.0, True),
        (AT_MOST, 120.1, False),
        (None, 1.0, None),
    ],
)
def test_a_target_is_met_from_its_own_side(target, ours, met):
    assert comparison([100.0], [ours], target).met is met


def test_a_target_may_be_of_our_figure_alone():
    target = Target(aim=Aim.AT_MOST, value=0.2, of_ours=True)
    assert comparison([0.01], [0.2], target).met
    assert not comparison([0.5], [0.21], target).met
    assert (str(target), str(AT_LEAST)) == ("ours ≤ 0.20", "≥ 0.70")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.01234, "0.0123"),
        (1.0, "1.00"),
        (12.34, "12.3"),
        (99.96, "100"),
        (1234.5, "1,234"),
        (-250.0, "-250"),
    ],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_the_table_says_what_was_met_and_what_the_store_took():
    rows = [comparison([1000.0], [500.0], calls=12.0, size="20 posts"), comparison([1.0], [1.0], None)]
    first, _, second, third, _, notes, *_ = table(rows).splitlines()
    assert first.startswith("| what | raw limit | ours | ratio | target | met |")
    assert second == "| append | 1,000 /s | 500 /s | 0.50 | ≥ 0.70 | **no** | 98% / - |"
    assert third == "| append | 1.00 /s | 1.00 /s | 1.00 |  |  | 98% / - |"
    assert notes == "- append: raw is bulk_write; ours is append; calls 12.0; size 20 posts"


def test_json_keeps_every_round(tmp_path):
    write([comparison([100.0, 300.0, 200.0], [150.0, 160.0, 140.0])], tmp_path / "bench")
    kept = json.loads((tmp_path / "bench" / "append.json").read_text())
    assert kept["raw"]["figures"] == [100.0, 300.0, 200.0]
    assert (kept["raw"]["median"], kept["ratio"], kept["met"]) == (200.0, 0.75, True)
    assert kept["target"] == {"aim": "≥", "value": 0.7, "of_ours": False}
    assert (tmp_path / "bench" / "table.md").read_text().startswith("| what |")


async def test_rounds_are_interleaved_and_the_first_of_each_does_not_count():
    done: list[str] = []

    def measured(name: str):
        async def once(meter: Meter) -> float:
            async with meter.watching():
                done.append(name)
            return float(len(done))

        return once

    raw, ours = await interleaved(
        2, raw=measured("raw"), ours=measured("ours"), raw_is="r", ours_is="o", store_pid=os.getpid()
    )
    assert done == ["raw", "ours", "raw", "ours", "ours", "raw"]
    assert (raw.figures, ours.figures) == ([3.0, 6.0], [4.0, 5.0])
    assert (len(raw.store_cpu), len(ours.store_cpu)) == (2, 2)


async def test_more_than_two_sides_take_turns_and_each_keeps_its_own_figures():
    done: list[str] = []

    def measured(name: str):
        async def once(_: Meter) -> float:
            done.append(name)
            return float(len(done))

        return f"side {name}", once

    sides = await in_turn(2, [measured("a"), measured("b"), measured("c")])
    assert "".join(done) == "abc" + "abc" + "cba"
    assert [(side.what, side.figures) for side in sides] == [
        ("side a", [4.0, 9.0]),
        ("side b", [5.0, 8.0]),
        ("side c", [6.0, 7.0]),
    ]


async def test_jobs_are_done_once_each_and_so_many_at_once():
    now, most, done = 0, 0, []

    async def work(job: int) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        done.append(job)
        now -= 1

    assert await rate(range(100), work, workers=8) > 0
    assert (sorted(done), most) == (list(range(100)), 8)


async def test_a_share_is_processor_time_by_wall_time():
    meter, nobody = Meter(os.getpid()), Meter(None)
    async with meter.watching(), nobody.watching():
        sum(range(2_000_000))
    assert 0 < meter.shares[0] < 2
    assert nobody.shares == []


def test_every_row_has_its_module():
    assert all(importlib.util.find_spec(f"bench.rows.{row}") for row in ROWS)
