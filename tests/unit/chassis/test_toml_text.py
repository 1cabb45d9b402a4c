import tomllib

import pytest

from services.chassis import toml_text


def test_what_is_written_reads_back() -> None:
    document = {
        "threshold": 3,
        "name": 'quote " and backslash \\ and 名字',
        "keys": ["a", "b"],
        "none": [],
        "on": True,
        "rate": 0.5,
        "log": {"origin": "o", "ports": [1, 2]},
        "officers": [{"name": "x"}, {"name": "y"}],
    }
    assert tomllib.loads(toml_text.render(document)) == document


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError, match="no TOML for a type"):
        toml_text.render({"key": bytes})
