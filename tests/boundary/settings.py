"""Where the platform under attack is configured otherwise than the shipped one, and the employers that it knows.

Some numbers are small, because they join nobody: the cost of a password, and the candidates of an issuance, of which
all but one are thrown away. The crowd that opens a label is small, and counts at once, in the attacker's favour: a
label that opens early lets its first people speak while the others are still to come.
"""

import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

CROWD_MINIMUM = 5
_ORGANISATION = "[[organisation]]"
_SMALL = {
    "issuance": f"insecure_crowd_minimum = {CROWD_MINIMUM}\ninsecure_crowd_age_hours = 0\n",
    "challenges": "insecure_candidates = 4\n",
}
_CHEAP_PASSWORDS = """[password]
memory_kib = 64
iterations = 1
lanes = 1
"""
_PASSWORDS = re.compile(r"^\[password\]\n(\w+ = .*\n)+", re.MULTILINE)
_INSECURE = re.compile(r"^insecure_\w+ = .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Employer:
    """An organisation of the shipped registry: its label, and a domain of its people's mail."""

    label: str
    domain: str


def employers(configuration: Path, count: int) -> tuple[Employer, ...]:
    """The first `count` organisations of the registry."""
    registry = tomllib.loads((configuration / "verification" / "organisations.toml").read_text(encoding="utf-8"))
    found = [Employer(each["id"], each["domains"][0]) for each in registry["organisation"]]
    if len(found) < count:
        raise ValueError(f"the registry has {len(found)} organisations only")
    return tuple(found[:count])


def write(directory: Path, shipped: Path, count: int) -> Path:
    """A copy of the shipped configuration with the small numbers, and `count` organisations; `directory`."""
    shutil.copytree(shipped, directory)
    path = directory / "verification" / "organisations.toml"
    head, *organisations = path.read_text(encoding="utf-8").split(_ORGANISATION)
    path.write_text(_ORGANISATION.join([head, *organisations[:count]]), encoding="utf-8")
    path = directory / "identity" / "service.toml"
    path.write_text(_PASSWORDS.sub(_CHEAP_PASSWORDS, path.read_text(encoding="utf-8")), encoding="utf-8")
    path = directory / "verification" / "service.toml"
    text = _INSECURE.sub("", path.read_text(encoding="utf-8"))
    for table, lines in _SMALL.items():
        text = text.replace(f"[{table}]\n", f"[{table}]\n{lines}")
    path.write_text(text, encoding="utf-8")
    return directory
