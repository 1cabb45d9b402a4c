"""Every request that a service of ours takes compiles: no rule in the protos is one that would refuse to start."""

import importlib
from pathlib import Path

import pytest

from services.chassis.rpc_validate import compile_message

GENERATED = Path(__file__).parents[4] / "proto" / "gen"


def methods():
    for path in sorted(GENERATED.glob("vouchsafe/**/*_service_pb2.py")):
        module = importlib.import_module(".".join(path.relative_to(GENERATED).with_suffix("").parts))
        for service in module.DESCRIPTOR.services_by_name.values():
            yield from service.methods


@pytest.mark.parametrize("method", list(methods()), ids=lambda method: method.full_name)
def test_a_request_compiles_and_is_answered_once(method):
    assert callable(compile_message(method.input_type))
    assert not method.client_streaming
    assert not method.server_streaming
