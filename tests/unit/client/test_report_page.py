"""The report as a page and as a document: its numbers are there, nothing is loaded, no word becomes markup."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from services.seal.leaves import UnlockLeaf
from services.seal.trust import Policy
from tests.unit.client.log_stories import DAY, START, Story, trust
from vouchsafe.sdk.report import Report, report_on
from vouchsafe.sdk.report_document import SCHEMA, to_document, to_json
from vouchsafe.sdk.report_page import moment, span, to_html

TRUST = trust()
VOID_TAGS = {"meta", "rect", "circle", "path"}
ROOT = Path(__file__).parents[3]


def full() -> Story:
    """A story with something in every part of the report."""
    told = Story(TRUST).declined("a").declined("b", "employer", wants="deletion")
    told.asked("c").intended("c").told("c").ended("c").held("c", START + 60 * DAY)
    told.asked("d").intended("d", gag=START + 20 * DAY).asked("e").intended("e", waived=True)
    told.asked("f").intended("f").told("f").vetoed("f")
    told.locked().carried(UnlockLeaf(1), "officer-2", "officer-3").locked(2)
    told.leaves.append(b"rubbish")
    return told


def report(told: Story, days: int = 90) -> Report:
    return report_on(told.trust, told.leaves, root=bytes(range(32)), as_of=START + days * DAY)


class Page(HTMLParser):
    """What a browser would make of the page: tags with their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID_TAGS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(to_html(report(full())))


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids)) > 10


def test_nothing_is_loaded_and_nothing_runs(page: Page) -> None:
    assert not {tag for tag, _ in page.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "form",
        "a",
        "image",
        "use",
    }
    for _, attributes in page.tags:
        assert not {name for name in attributes if name.startswith("on") or name in ("src", "href", "style")}
        assert all("//" not in (value or "") for value in attributes.values())


def test_the_policy_of_the_page_lets_in_its_own_style_alone() -> None:
    html = to_html(report(full()))
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    (policy,) = [m["content"] for m in Page(html).of("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_each_chart_has_a_title_a_description_and_a_table(page: Page) -> None:
    charts = page.of("svg")
    assert len(charts) == 4
    ids = {attributes.get("id") for _, attributes in page.tags}
    for chart in charts:
        assert chart["role"] == "img"
        assert set((chart["aria-labelledby"] or "").split()) <= ids
    assert len(page.of("table")) > len(charts)
    assert len(page.of("caption")) == len(page.of("table"))
    assert all(heading["scope"] in ("col", "row") for heading in page.of("th"))


def test_the_bars_are_as_long_as_their_numbers() -> None:
    told = Story(TRUST)
    for number in range(6):
        told.declined(f"company {number}")
    for number in range(3):
        told.declined(f"investor {number}", "investor")
    html = to_html(report(told))
    declined = html[html.index('id="declined-title"') :]
    widths = [float(width) for width in re.findall(r'<rect x="150.0"[^>]* width="([0-9.]+)"', declined)][:2]
    assert widths[0] == pytest.approx(2 * widths[1])


def test_what_should_not_be_comes_first() -> None:
    html = to_html(report(full()))
    order = [
        html.index(f"<h2>{heading}") for heading in ("Openings without a result: 2", "What should not be", "Demands")
    ]
    assert order == sorted(order)
    assert html.count("OVERDUE</strong>") == 2
    assert 'class="alarm"' in html
    calm = to_html(report(Story(TRUST).asked("a").intended("a").told("a").ended("a")))
    assert 'class="alarm"' not in calm
    assert "OVERDUE" not in calm


def test_the_words_of_the_log_do_not_become_markup() -> None:
    bad = trust(Policy(2, 2, 3600, 4, 6, 3600))
    object.__setattr__(bad, "origin", "<b>log</b>")
    html = to_html(report(Story(bad)))
    assert "<b>" not in html
    assert "&lt;b&gt;log" in html


def test_a_platform_with_shortened_delays_is_called_so() -> None:
    assert "Shortened delays" not in to_html(report(Story(TRUST)))
    assert "Shortened delays" in to_html(report(Story(trust(Policy(2, 2, 3600, 4, 6, 3600)))))


def test_the_same_log_gives_the_same_page_and_document() -> None:
    assert to_html(report(full())) == to_html(report(full()))
    assert to_json(report(full())) == to_json(report(full()))


def test_the_document_holds_all_of_the_report_and_says_which_it_is() -> None:
    document = json.loads(to_json(report(full())))
    assert document == to_document(report(full()))
    assert (document["schema"], document["demands"], document["root"]) == (SCHEMA, 6, bytes(range(32)).hex())
    assert document["open_intents"][0]["state"] == "overdue"
    assert document["declined"] == [
        {"requester": "company", "wants": "name", "count": 1},
        {"requester": "employer", "wants": "deletion", "count": 1},
    ]


def test_every_key_of_the_document_is_explained() -> None:
    page = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")

    def keys(value: object) -> set[str]:
        if isinstance(value, list):
            return {key for each in value for key in keys(each)}
        if isinstance(value, dict):
            return set(value) | {key for each in value.values() for key in keys(each)}
        return set()

    found = keys(json.loads(to_json(report(full()))))
    assert {key for key in found if f"`{key}`" not in page} == set()
    assert SCHEMA in page


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59, "59 s"), (3600, "1 h"), (90_061, "1 d 1 h"), (14 * DAY, "14 d"), (14_400, "4 h")],
)
def test_spans_are_said_in_two_units_at_most(seconds: int, said: str) -> None:
    assert span(seconds) == said


def test_times_that_nobody_knows_or_no_calendar_has() -> None:
    assert moment(0) == "unknown"
    assert moment(START) == "2030-03-17 17:00"
    assert moment(2**64 - 1) == "beyond any calendar"
