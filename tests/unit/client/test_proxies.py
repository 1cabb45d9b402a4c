"""Proxies, and what a network sees: each side goes where its profile says, and shows nothing that joins the two."""

from pathlib import Path

import pytest

from services.chassis.tls import TlsFiles
from tests.support.certs import Authority
from tests.unit.client.connect_proxy import ClientHello, proxying
from tests.unit.client.test_sides import Recorder, edge, read, register, serving
from vouchsafe.sdk import Profile, VouchsafeError
from vouchsafe.sdk.profile import Edge
from vouchsafe.sdk.side import Side

_SESSION_TICKET, _PRE_SHARED_KEY, _EARLY_DATA = 35, 41, 42


def through(proxy: str, paths: Edge) -> Edge:
    return Edge(paths.certificate, paths.key, paths.authority, proxy=proxy)


async def test_each_side_goes_through_its_own_proxy_which_looks_the_name_up(
    authority: Authority, server_tls: TlsFiles, tmp_path: Path
) -> None:
    recorder = Recorder()
    async with (
        serving(recorder, server_tls) as address,
        proxying({"identity.invalid:7001": address}) as persons,
        proxying({"forum.invalid:7003": address}) as aliases,
        Side(through(persons.url, edge(authority, tmp_path, "person"))) as person,
        Side(through(aliases.url, edge(authority, tmp_path, "alias"))) as alias,
    ):
        await register(person, "identity.invalid:7001")
        await read(alias, "forum.invalid:7003")
        assert [head.split()[1] for head in persons.heads] == ["identity.invalid:7001"]
        assert [head.split()[1] for head in aliases.heads] == ["forum.invalid:7003"]
    assert len(recorder.seen) == 2


async def test_a_proxy_is_not_gone_past_and_one_of_the_environment_is_not_used(
    authority: Authority, server_tls: TlsFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    async with serving(recorder, server_tls) as address, proxying() as ours, proxying() as environments:
        for name in ("http_proxy", "https_proxy", "grpc_proxy"):
            monkeypatch.setenv(name, environments.url)
        monkeypatch.delenv("no_grpc_proxy", raising=False)
        async with Side(edge(authority, tmp_path, "person")) as person:
            await register(person, address)
        monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")
        monkeypatch.setenv("no_grpc_proxy", "127.0.0.1")
        async with Side(through(ours.url, edge(authority, tmp_path, "alias"))) as alias:
            await read(alias, address)
        assert len(ours.heads) == 1
        assert environments.heads == []


async def test_without_its_proxy_a_side_goes_nowhere(
    authority: Authority, server_tls: TlsFiles, tmp_path: Path
) -> None:
    recorder = Recorder()
    async with proxying() as gone:
        url = gone.url
    async with (
        serving(recorder, server_tls) as address,
        Side(through(url, edge(authority, tmp_path, "alias")), patience=0.6) as alias,
    ):
        with pytest.raises(VouchsafeError, match=r"UNAVAILABLE|DEADLINE_EXCEEDED"):
            await read(alias, address)
    assert recorder.seen == []


async def test_neither_tls_nor_metadata_recognises_a_side_or_a_second_connection(
    authority: Authority, server_tls: TlsFiles, tmp_path: Path
) -> None:
    recorder = Recorder()
    async with serving(recorder, server_tls) as address, proxying() as network:
        paths = {name: through(network.url, edge(authority, tmp_path, name)) for name in ("person", "alias")}
        async with Side(paths["person"]) as person, Side(paths["alias"]) as alias:
            for _ in range(2):
                await register(person, address)
                await person.close()
                await read(alias, address)
                await alias.close()
        hellos = [ClientHello.parse(first) for first in network.first_bytes]
        assert len(hellos) == 4
        for hello in hellos:
            assert not hello.extensions.get(_SESSION_TICKET)  # no session is taken up again, whosever it was
            assert not {_PRE_SHARED_KEY, _EARLY_DATA} & hello.extensions.keys()
        assert all(not session or len(session) == 32 for session in (hello.session_id for hello in hellos))
        sessions = [hello.session_id for hello in hellos if hello.session_id]
        assert len(set(sessions)) == len(sessions)
        assert len({frozenset(hello.extensions) for hello in hellos}) == 1  # and no side looks other than the other
        for head in network.heads:
            assert set(_header_names(head)) <= {"host", "user-agent"}
    kept = [{name: value for name, value in metadata.items() if name != "te"} for _, _, metadata in recorder.seen]
    assert all(metadata.keys() <= {"user-agent"} for metadata in kept)
    assert len({metadata.get("user-agent") for metadata in kept}) == 1


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9050", "http://127.0.0.1", "http://u:p@x:1", "127.0.0.1:1", ""])
def test_what_is_no_http_proxy_is_refused(tmp_path: Path, proxy: str) -> None:
    files = 'certificate = "c"\nkey = "k"\nauthority = "a"\n'
    person = f'[person]\n{files}identity = "x:1"\nverification = "x:1"\ndisclosure = "x:1"\n'
    alias = f'[alias]\n{files}forum = "x:1"\ndisclosure = "x:1"\nproxy = "{proxy}"\n'
    (tmp_path / "profile.toml").write_text(f'trust = "t"\n{person}{alias}')
    with pytest.raises(VouchsafeError, match=r"PROFILE_INVALID: .*alias proxy must be http://host:port"):
        Profile.load(tmp_path)


def _header_names(head: str) -> list[str]:
    return [line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line]
