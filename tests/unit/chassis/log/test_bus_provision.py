"""The streams that are created are the ones the relay and the consumers expect."""

from pathlib import Path

import pytest

from services.chassis import configfile
from services.chassis.integration.bus_jetstream import stream_name
from services.chassis.integration.bus_provision import StreamsFile, main

STREAMS = Path(__file__).parents[4] / "deploy" / "nats" / "streams" / "streams.toml"


def test_the_platforms_streams_have_the_names_that_the_code_uses() -> None:
    streams = configfile.load(STREAMS, StreamsFile).stream
    assert streams
    for stream in streams:
        assert stream.name == stream_name(stream.account)
        assert stream.subjects == (f"{stream.account}.public.>",)
        assert stream.account not in stream.consumers


def test_the_command_says_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([])
    assert "--config" in capsys.readouterr().err
