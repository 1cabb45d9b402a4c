"""Strict reading of configuration: what is understood, and how each mistake is told."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest

from services.chassis.configfile import ConfigError, load
from services.chassis.deployment import Endpoints, Secrets, load_endpoints, service_files


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Leaf:
    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Tree:
    height: int
    evergreen: bool
    leaf: Leaf
    leaves: tuple[Leaf, ...] = ()
    colours: frozenset[Colour] = frozenset()
    map: Path | None = None
    labels: dict[str, str] = field(default_factory=dict)
    allow: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.height < 0:
            raise ValueError("grows upwards")


VALID = 'height = 3\nevergreen = true\n[leaf]\nname = "oak"\n'


def read(tmp_path: Path, text: str) -> Tree:
    path = tmp_path / "tree.toml"
    path.write_text(text)
    return load(path, Tree)


def test_everything_that_is_understood(tmp_path):
    text = (
        'height = 3\nevergreen = false\ncolours = ["red", "blue"]\nmap = "maps/a.toml"\n'
        'leaves = [{name = "a"}, {name = "b", weight = 2}]\n'
        '[leaf]\nname = "oak"\n[labels]\nx = "y"\n[allow]\n"a.v1.A" = ["one", "two"]\n'
    )
    assert read(tmp_path, text) == Tree(
        height=3,
        evergreen=False,
        leaf=Leaf("oak"),
        leaves=(Leaf("a"), Leaf("b", 2.0)),
        colours=frozenset(Colour),
        map=tmp_path / "maps/a.toml",
        labels={"x": "y"},
        allow={"a.v1.A": frozenset({"one", "two"})},
    )


def test_what_has_a_default_may_be_absent(tmp_path):
    assert read(tmp_path, VALID) == Tree(height=3, evergreen=True, leaf=Leaf("oak"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (VALID + "wieght = 2\n", "leaf.wieght is not a key that is known here"),
        ("surprise = 1\n" + VALID, "surprise is not a key that is known here"),
        ('evergreen = true\n[leaf]\nname = "oak"\n', "height is missing"),
        (VALID.replace('name = "oak"', ""), "leaf.name is missing"),
        (VALID.replace("3", '"3"'), "height must be int, not str"),
        (VALID.replace("3", "true"), "height must be int, not bool"),
        (VALID.replace("true", "1"), "evergreen must be bool, not int"),
        (VALID.replace('"oak"', "1"), "leaf.name must be str, not int"),
        (VALID + 'weight = "1"\n', "leaf.weight must be float, not str"),
        ("leaf = 1\nheight = 1\nevergreen = true", "leaf must be a table, not int"),
        ('colours = ["green"]\n' + VALID, "colours[0] must be one of 'red', 'blue'"),
        ('colours = ["red", "red"]\n' + VALID, "colours must not repeat an item"),
        ("leaves = 1\n" + VALID, "leaves must be a list, not int"),
        ("leaves = [{}]\n" + VALID, "leaves[0].name is missing"),
        ("labels = {x = 1}\n" + VALID, "labels.x must be str, not int"),
        (VALID.replace("3", "-3"), "the file grows upwards"),
        ("height = ", "not TOML"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path, text, told):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'tree.toml'}: ")
    assert told in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.toml", Tree)


def test_a_schema_that_cannot_be_read_is_our_own_mistake(tmp_path):
    @dataclass(frozen=True)
    class Odd:
        what: complex

    (tmp_path / "odd.toml").write_text("what = 1")
    with pytest.raises(TypeError):
        load(tmp_path / "odd.toml", Odd)


def test_endpoints(tmp_path):
    text = '[process]\nname = "forum"\n[listen]\nrpc = "a:1"\n[peers]\nidentity = "b:2"\n[nats]\nurl = "tls://c:3"\n'
    (tmp_path / "endpoints.toml").write_text(text)
    endpoints: Endpoints = load_endpoints(tmp_path / "endpoints.toml")
    assert (endpoints.listen.rpc, endpoints.listen.health) == ("a:1", "")
    assert endpoints.peer("identity") == "b:2"
    assert endpoints.nats.url == "tls://c:3"
    with pytest.raises(ConfigError, match=r"peers\.disclosure is missing"):
        endpoints.peer("disclosure")


def test_secrets_are_read_by_name(tmp_path):
    (tmp_path / "mongodb-uri").write_text("mongodb://u:p@h/\n")
    (tmp_path / "key").write_bytes(b"\xff\n")
    secrets = Secrets(tmp_path)
    assert secrets.text("mongodb-uri") == "mongodb://u:p@h/"
    assert secrets.read("key") == b"\xff\n"
    with pytest.raises(ConfigError, match="is not text"):
        secrets.text("key")


@pytest.mark.parametrize("name", ["none", "../mongodb-uri", "/etc/passwd", ""])
def test_a_secret_that_is_not_there_or_elsewhere(tmp_path, name):
    (tmp_path / "mongodb-uri").write_text("x")
    (tmp_path / "inner").mkdir()
    with pytest.raises(ConfigError, match="is missing"):
        Secrets(tmp_path / "inner").read(name)


def test_files_are_where_a_container_mounts_them_unless_told(tmp_path):
    assert service_files("forum", []).endpoints == Path("/etc/vouchsafe/endpoints.toml")
    told = service_files("forum", ["--config", "a", "--endpoints", "b", "--secrets", "c"])
    assert (told.config, told.endpoints, told.secrets) == (Path("a"), Path("b"), Path("c"))
