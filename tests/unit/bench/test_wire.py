"""How the bench speaks with its processes: requests come back as they were kept, and a process that ends is noticed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import wire
from bench.machine import running


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=300)))
def test_requests_are_read_as_they_were_written(tmp_path, requests):
    wire.write_requests(tmp_path / "requests.bin", requests)
    assert list(wire.read_requests(tmp_path / "requests.bin")) == requests


async def test_a_process_answers_what_it_is_asked(tmp_path, monkeypatch):
    (tmp_path / "twice.py").write_text(
        "import json, sys\n"
        "for line in sys.stdin: print(json.dumps({'twice': 2 * json.loads(line)['number']}), flush=True)\n"
    )
    monkeypatch.chdir(tmp_path)
    with running(["twice"], tmp_path / "log") as process:
        assert [(await wire.ask(process, "twice", number=number))["twice"] for number in (1, 21)] == [2, 42]
    assert process.returncode is not None


async def test_a_process_that_ended_is_no_answer_and_its_last_words_are_told(tmp_path, monkeypatch, capsys):
    (tmp_path / "ends.py").write_text("raise SystemExit('out of tea')\n")
    monkeypatch.chdir(tmp_path)

    async def ask_in_vain() -> None:
        with running(["ends"], tmp_path / "log") as process:
            process.wait(60)
            await wire.ask(process, "anything")

    with pytest.raises(wire.ProcessEnded, match="ends"):
        await ask_in_vain()
    assert "out of tea" in capsys.readouterr().err
