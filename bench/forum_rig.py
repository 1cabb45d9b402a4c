"""A forum to be measured: its process, a bare server and a load generator, all with mutual TLS, and people who post.

People sign for real. What they ask is made before it is measured and kept as bytes, so that a round measures the server
and the one client that both sides share.
"""

import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from bench import wire
from bench.forum_parts import Part
from bench.load import read_tls
from bench.machine import running
from bench.rounds import CONCURRENT
from bench.serve_raw import BYTES, EMPTY
from deploy.local.layout import REPOSITORY
from services.chassis import toml_text
from services.chassis.identity_uri import server_name
from services.chassis.tls import TlsFiles, channel_credentials
from tests.rpc.forum.requests import alias_request, open_request, post_request
from tests.support.certs import make_authority, make_leaf
from tests.unit.forum.authors import EPOCH, RECEIPT_KEY, Author, issuer_key
from vouchsafe.forum.v1 import alias_service_pb2, reading_service_pb2
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.forum.v1.thread_service_pb2_grpc import ThreadServiceStub
from vouchsafe.verification.events.v1 import events_pb2 as verification_pb

CREATE_POST = "/vouchsafe.forum.v1.ThreadService/CreatePost"
LIST_LATEST = "/vouchsafe.forum.v1.ReadingService/ListLatestPosts"

_EDGE = "spiffe://vouchsafe.internal/ns/vouchsafe-edge/sa/alias-edge"
_SETTINGS = REPOSITORY / "deploy" / "config" / "forum" / "service.toml"
_NAME = server_name("forum")
_THREADS = 16
_SETUP_SECONDS = 30.0

TRACED = 0.05
"""The share of traces that is recorded, as `deploy/k8s` has it for the forum."""

_BODY = "Overtime was paid in full this quarter, for once; the canteen is another story. " * 3


class CallsFailed(Exception):
    """Calls that were measured were refused, and how often each way: the figure would mean nothing."""


@dataclass
class ForumRig:
    """What a row measures with. `forum`, `bare`, `to_forum` and `to_bare` are processes."""

    directory: Path
    forum: "subprocess.Popen[bytes]"
    bare: "subprocess.Popen[bytes]"
    to_forum: "subprocess.Popen[bytes]"
    to_bare: "subprocess.Popen[bytes]"
    authors: Sequence[Author]
    threads: Sequence[str]
    page: bytes

    async def post(self, count: int) -> dict[str, Any]:
        """Have `count` posts created, 64 at once; the load generator's answer."""
        return await self.create(self.requests(count))

    def requests(self, count: int) -> list[bytes]:
        """As many posts that nobody has asked for, each of the next author in his thread."""
        return [self._post_request(number) for number in range(count)]

    async def create(self, requests: Sequence[bytes]) -> dict[str, Any]:
        """Have these posts created, 64 at once; the load generator's answer."""
        return await self._sent(self.to_forum, CREATE_POST, requests)

    async def stop_after(self, part: Part) -> None:
        """From now on posts get that far; for a rig in parts."""
        await wire.ask(self.forum, "stop", after=part)

    async def read_feed(self, count: int) -> dict[str, Any]:
        """Have the newest page of 20 read so often, 64 at once; the load generator's answer."""
        return await self._sent(self.to_forum, LIST_LATEST, [self.page] * count)

    async def call_empty(self, count: int) -> dict[str, Any]:
        """Have the bare server called with nothing."""
        return await self._sent(self.to_bare, EMPTY, [b""] * count)

    async def call_for_bytes(self, requests: Sequence[bytes], size: int) -> dict[str, Any]:
        """Have the bare server called with these requests, to answer each with so many bytes."""
        await wire.ask(self.bare, "bytes", bytes=size)
        return await self._sent(self.to_bare, BYTES, requests)

    async def settle(self) -> dict[str, int]:
        """Wait until the forum has nothing left to do; what it has sent to its store since the last time."""
        counted: dict[str, int] = (await wire.ask(self.forum, "settle"))["commands"]
        return counted

    def _post_request(self, number: int) -> bytes:
        author = number % len(self.authors)
        request = post_request(self.authors[author], self.threads[author % len(self.threads)], _BODY)
        return request.SerializeToString()

    async def _sent(self, load: "subprocess.Popen[bytes]", method: str, requests: Sequence[bytes]) -> dict[str, Any]:
        path = self.directory / "requests.bin"
        wire.write_requests(path, requests)
        answer = await wire.ask(load, "send", method=method, requests=str(path))
        if answer["failures"]:
            raise CallsFailed(f"{method}: {answer['failures']}")
        return answer


@asynccontextmanager
async def forum_rig(
    directory: Path, store: str, *, replica: bool = False, parts: bool = False
) -> AsyncIterator[ForumRig]:
    """A rig on `store`, the address of a database or `memory`, with 64 aliases and 16 threads.

    `replica` and `parts` as `serve_forum` has them.
    """
    server, edge = _material(directory)
    common = ["--material", str(directory), "--config", str(_SETTINGS)]
    common += ["--endpoints", str(directory / "endpoints.toml"), "--secrets", str(server)]
    common += ["--replica"] * replica + ["--parts"] * parts
    with ExitStack() as stack:

        def started(*command: str) -> "subprocess.Popen[bytes]":
            return stack.enter_context(running(command, directory / "processes.log"))

        forum = started("bench.serve_forum", "--store", store, *common)
        bare = started("bench.serve_raw", str(server))
        addresses = [f"127.0.0.1:{(await wire.ask(each, 'port'))['port']}" for each in (forum, bare)]
        loads = [started("bench.load", address, _NAME, str(edge)) for address in addresses]
        authors, threads = await _people(addresses[0], read_tls(edge))
        rig = ForumRig(directory, forum, bare, loads[0], loads[1], authors, threads, _page_request())
        await rig.settle()
        yield rig


def _material(directory: Path) -> tuple[Path, Path]:
    """Write what the processes are started with; the directories of the server's and the edge's certificates."""
    authority = make_authority()
    server, edge = directory / "server", directory / "edge"
    for place, uri, dns in (
        (server, "spiffe://vouchsafe.internal/ns/vouchsafe-forum/sa/forum", _NAME),
        (edge, _EDGE, ""),
    ):
        leaf = make_leaf(authority, uris=(uri,), dns=(dns,) if dns else ())
        place.mkdir(parents=True)
        for name, content in (("tls.crt", leaf.certificate), ("tls.key", leaf.key), ("ca.crt", leaf.authority)):
            (place / name).write_bytes(content)
            (place / name).chmod(0o600)
    tables: dict[str, object] = {"process": {"name": "forum"}, "listen": {"rpc": "127.0.0.1:0"}}
    files = {f"{kind}_file": str(directory / f"{kind}.jsonl") for kind in ("traces", "metrics", "log")}
    tables["telemetry"] = {**files, "traced": TRACED}
    (directory / "endpoints.toml").write_text(toml_text.render(tables), encoding="utf-8")
    key = issuer_key()
    published = verification_pb.IssuerKeyPublished(
        label=key.label, epoch=EPOCH, label_name=key.label_name, public_key=key.public_key
    )
    (directory / "issuer-key.bin").write_bytes(published.SerializeToString())
    (directory / "receipt.pub").write_bytes(RECEIPT_KEY.public_key)
    return server, edge


def _page_request() -> bytes:
    return reading_service_pb2.ListLatestPostsRequest(page_size=20).SerializeToString()


async def _people(address: str, tls: TlsFiles) -> tuple[list[Author], list[str]]:
    """Authors with aliases, one for each call at once, and the threads that some of them opened."""
    options = [("grpc.ssl_target_name_override", _NAME)]
    async with grpc.aio.secure_channel(address, channel_credentials(tls), options) as channel:
        aliases, threads = AliasServiceStub(channel), ThreadServiceStub(channel)
        authors = [Author() for _ in range(CONCURRENT)]
        for author in authors:
            challenge = await aliases.CreateChallenge(
                alias_service_pb2.CreateChallengeRequest(), timeout=_SETUP_SECONDS
            )
            await aliases.CreateAlias(alias_request(author, challenge.nonce), timeout=_SETUP_SECONDS)
        opened = [open_request(author, body=_BODY) for author in authors[:_THREADS]]
        for request in opened:
            await threads.OpenThread(request, timeout=_SETUP_SECONDS)
        return authors, [request.thread_id for request in opened]
