"""Published test vectors: where they lie, and a clear skip when they do not.

The files are those of the RFCs and of transparency-dev/merkle, as JSON. They are looked for in the folder that
`VOUCHSAFE_VECTORS` names, by default `shared/vectors` beside the repository.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "vectors"


def load_vectors(name: str) -> Any:
    """Return the parsed file, or skip the test with the reason."""
    path = Path(os.environ.get("VOUCHSAFE_VECTORS", _BESIDE)) / name
    if not path.is_file():
        pytest.skip(f"published vectors {name} are not here; name their folder in VOUCHSAFE_VECTORS")
    return json.loads(path.read_text(encoding="utf-8"))
