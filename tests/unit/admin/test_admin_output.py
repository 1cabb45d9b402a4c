"""What operators are told and asked: nothing that steers a terminal, no secret, and no deed without a yes."""

import io

import pytest
from rich.console import Console

from services.admin import output
from services.admin.errors import AdminError
from services.admin.payload import decoded
from services.chassis.configfile import ConfigError
from services.chassis.log.eventstore import OutcomeUnknown, StoreUnavailable
from vouchsafe.verification.events.v1.events_pb2 import LabelActivated


class Keyboard(io.StringIO):
    """What is typed at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    written = io.StringIO()
    monkeypatch.setattr(output, "console", Console(file=written, highlight=False))
    return written


def test_what_does_not_print_is_replaced(told: io.StringIO) -> None:
    output.rows([{"name": "a\x1b[2Jb\u202ec\td\ne"}], ("name",), as_json=False)
    assert told.getvalue() == "a?[2Jb?c?d?e\n".replace("?", "\N{REPLACEMENT CHARACTER}")


def test_json_is_plain_ascii(told: io.StringIO) -> None:
    output.facts({"name": "\u202e\x1b"}, as_json=True)
    assert told.getvalue() == '{"name": "\\u202e\\u001b"}\n'


def test_what_is_confirmed_beforehand_is_not_asked() -> None:
    output.confirm("do it", "word", yes=True)


@pytest.mark.parametrize(("typed", "does"), [("forum\n", True), ("yes\n", False), ("", False)])
def test_a_deed_wants_its_word_typed(typed: str, does: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard(typed))
    if does:
        output.confirm("do it", "forum", yes=False)
    else:
        with pytest.raises(AdminError, match="NOT_CONFIRMED"):
            output.confirm("do it", "forum", yes=False)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StoreUnavailable("mongodb://user:password@host"), "STORE_UNAVAILABLE"),
        (OutcomeUnknown("password"), "STORE_UNAVAILABLE"),
        (ConfigError("endpoints.toml: is missing"), "CONFIGURATION_INVALID"),
        (ValueError("password"), "INTERNAL"),
    ],
)
def test_failures_are_told_without_what_others_say(error: Exception, reason: str) -> None:
    told = AdminError.of(error)
    assert told.reason == reason
    assert "password" not in told.message


def test_events_are_read_by_their_stored_type() -> None:
    event = LabelActivated(label="tech-eu", epoch=7)
    name = LabelActivated.DESCRIPTOR.full_name
    assert decoded(name, event.SerializeToString()) == {"label": "tech-eu", "epoch": 7}
    assert decoded(name, b"\xff") == {"unread": "/w=="}
    for unknown in ("vouchsafe.verification.events.v1.Nothing", "os.path.join", "vouchsafe.nobody.events.v1.Some", "x"):
        assert decoded(unknown, b"") == {"unread": ""}
