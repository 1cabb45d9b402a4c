"""Compiles the protos that exist for tests alone, once a session, so that no generated code is kept for them.

A process that a test starts may be spared the work: the environment tells it where its parent's are (`COMPILED`).
"""

import atexit
import importlib
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType

from grpc_tools import protoc

COMPILED = "VOUCHSAFE_TEST_PROTOS"

_HERE = Path(__file__).parent / "proto"
_WELL_KNOWN = Path(protoc.__file__).parent / "_proto"
_THIRD_PARTY = Path(__file__).parents[2] / "proto" / "third_party"


@cache
def _compiled() -> Path:
    if given := os.environ.get(COMPILED):
        sys.path.append(given)
        return Path(given)
    out = Path(tempfile.mkdtemp(prefix="vouchsafe-test-protos-"))
    atexit.register(shutil.rmtree, out, ignore_errors=True)
    sources = sorted(str(path) for path in _HERE.glob("*.proto"))
    roots = [f"-I{root}" for root in (_HERE, _THIRD_PARTY, _WELL_KNOWN)]
    if protoc.main(["protoc", *roots, f"--python_out={out}", f"--grpc_python_out={out}", *sources]) != 0:
        raise RuntimeError("the test protos do not compile")
    sys.path.append(str(out))
    return out


def proto_module(name: str) -> ModuleType:
    """The generated module `name`, e.g. `echo_pb2` or `echo_pb2_grpc`."""
    _compiled()
    return importlib.import_module(name)
