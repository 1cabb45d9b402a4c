"""Trustees, witnesses and mirrors run on others' small machines: no store, no bus, none of the services' code."""

import subprocess
import sys

import pytest

HEAVY = ("motor", "pymongo", "nats", "services.disclosure", "services.identity", "services.forum")


@pytest.mark.parametrize("module", ["services.trustee.wiring", "services.witness.wiring", "services.mirror.wiring"])
def test_a_small_process_loads_nothing_heavy(module: str):
    script = f"import sys, {module}; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert module in loaded
    assert not [name for name in loaded if name.startswith(HEAVY)]


def test_the_vault_loads_neither_store_nor_bus_nor_the_alias_side():
    script = "import sys, services.disclosure.vault; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert not [name for name in loaded if name.startswith(("motor", "pymongo", "nats", "vouchsafe.forum"))]
