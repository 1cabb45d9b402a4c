"""Write `profile.toml`, with which the `vouchsafe` command and the SDK find a local platform.

The file's meaning is told by `vouchsafe.sdk.profile`; it names files of the run directory by relative path and holds no
secret itself.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deploy.local.layout import Layout, write_file
from deploy.local.topology import MIRRORS, TRUSTEES
from services.chassis import toml_text

FILE_NAME = "profile.toml"

# edge -> its table in the profile, and the services that it may call
_SIDES = {
    "person-edge": ("person", ("identity", "verification", "disclosure")),
    "alias-edge": ("alias", ("forum", "disclosure")),
    "officer-desk": ("officer", ("disclosure",)),
    "label-desk": ("operator", ("verification",)),
}


# Nobody here has anything to hide, and nobody would wait for days; every command that speaks says so.
_DELAYS = {"insecure_deposit_hours": 0, "insecure_alias_hours": 0}


def write_profile(layout: Layout, address: Callable[[str], str]) -> Path:
    """Write the file at the top of the run directory. `address` tells a service's `host:port`."""
    tables: dict[str, Any] = {"trust": str(layout.trust.relative_to(layout.root))}
    for edge, (side, services) in _SIDES.items():
        tables[side] = {**_certificate(layout, edge), **{service: address(service) for service in services}}
        if side == "officer":
            tables[side] |= {"identity": [address("identity")]}
            tables[side] |= {"mirrors": [f"http://{address(mirror)}" for mirror in MIRRORS]}
    tables["officer.trustees"] = {trustee: address(trustee) for trustee in TRUSTEES}
    tables["delays"] = _DELAYS
    path = layout.root / FILE_NAME
    write_file(path, toml_text.render(tables).encode())
    return path


def _certificate(layout: Layout, edge: str) -> Mapping[str, str]:
    secrets = layout.secrets(edge).relative_to(layout.root)
    return {
        "certificate": str(secrets / "tls.crt"),
        "key": str(secrets / "tls.key"),
        "authority": str(secrets / "ca.crt"),
    }
