"""Two processes of the forum at once on one store, one of them killed midway: nothing is lost and nothing is twice.

Everything is real: the store, the bus with its accounts, the processes, the signatures. Authors post through both
processes, into threads of their own and into shared ones. Whoever gets no answer asks again, elsewhere, with the same
request.
"""

import asyncio
import itertools
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from services.chassis.log.eventstore import Commit
from services.chassis.log.eventstore_mongo import MongoDatabase, MongoEventStore
from services.chassis.log.leadership import LEADING
from services.chassis.rpc_errors import RpcError
from services.forum.adapters.event_codec import event_codec
from services.forum.domain import post_id
from services.forum.domain.thread import CommentPublished, PostPublished
from tests.integration.forum.conftest import Cluster, ForumProcess, until
from tests.rpc.forum.requests import alias_request, comment_request, open_request, post_request
from tests.unit.forum.authors import Author
from vouchsafe.forum.v1 import alias_service_pb2, reading_service_pb2, thread_service_pb2
from vouchsafe.forum.v1.alias_service_pb2_grpc import AliasServiceStub
from vouchsafe.forum.v1.reading_service_pb2_grpc import ReadingServiceStub
from vouchsafe.forum.v1.thread_service_pb2_grpc import ThreadServiceStub

AUTHORS = 4
ROUNDS = 10
WORTH_ANOTHER_TRY = {"UNAVAILABLE", "CONTENDED", "STORE_UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "UNKNOWN_KEY"}
WORTH_ANOTHER_TRY |= {"LABEL_NOT_ACTIVE"}  # the label is on its way over the bus


class Edge:
    """Calls whichever process comes next, and goes on to another one until it has an answer."""

    def __init__(self, processes: list[ForumProcess]) -> None:
        self.processes = processes
        self._turn: Iterator[int] = itertools.count()
        self.acknowledged: dict[str, Any] = {}

    async def call(self, stub: Callable[[Any], Any], method: str, request: Any) -> Any:
        async with asyncio.timeout(60):
            while True:
                process = self.processes[next(self._turn) % len(self.processes)]
                try:
                    return await process.channel.unary(getattr(stub(process.channel.channel), method), request)
                except RpcError as error:
                    if error.reason not in WORTH_ANOTHER_TRY:
                        raise
                await asyncio.sleep(random.uniform(0.01, 0.1))

    async def publish(self, method: str, request: Any, identifier: str) -> str:
        """Have a text published, and keep that it was acknowledged, under its author's name in the thread."""
        answer = await self.call(ThreadServiceStub, method, request)
        self.acknowledged[identifier] = (request.thread_id, answer.author_name)
        return identifier

    async def newcomer(self, cluster: Cluster) -> Author:
        author = Author()
        challenge = await self.call(AliasServiceStub, "CreateChallenge", alias_service_pb2.CreateChallengeRequest())
        request = alias_request(author, challenge.nonce, receipt_key=cluster.receipt_key)
        await self.call(AliasServiceStub, "CreateAlias", request)
        return author

    async def open_thread(self, author: Author, title: str) -> thread_service_pb2.OpenThreadRequest:
        request = open_request(author, title)
        await self.publish("OpenThread", request, request.post_id)
        return request


async def write(edge: Edge, author: Author, shared: list[str], progress: Counter[str]) -> None:
    """One author's day: a thread of one's own, and posts and comments there and in the shared ones."""
    own = await edge.open_thread(author, "My own")
    for number in range(ROUNDS):
        for thread_id in (own.thread_id, random.choice(shared)):
            post = post_request(author, thread_id, f"post {number}")
            await edge.publish("CreatePost", post, post.post_id)
            comment = comment_request(author, thread_id, post.post_id, f"comment {number}")
            await edge.publish("CreateComment", comment, comment.comment_id)
            progress["texts"] += 2


async def kill_midway(victim: ForumProcess, progress: Counter[str]) -> None:
    async def midway() -> bool:
        return progress["texts"] >= AUTHORS * ROUNDS * 4 // 3

    await until(midway, within=60)
    victim.child.send(signal.SIGKILL)


async def test_two_processes_on_one_store_lose_nothing(cluster: Cluster) -> None:
    first, second = [await cluster.start_forum(name) for name in ("forum-a", "forum-b")]
    await cluster.publish_label()
    edge = Edge([first, second])
    authors = await asyncio.gather(*(edge.newcomer(cluster) for _ in range(AUTHORS)))
    shared = [(await edge.open_thread(authors[0], f"Shared {number}")).thread_id for number in range(2)]

    # The first process leads the background work, so its death must also be noticed by the one that takes over.
    progress: Counter[str] = Counter()
    async with asyncio.TaskGroup() as group:
        for author in authors:
            group.create_task(write(edge, author, shared, progress))
        group.create_task(kill_midway(first, progress))
    assert await first.child.wait() == -signal.SIGKILL

    edge.processes = [second]
    commits = await whole_log(cluster)
    assert LEADING in cluster.log_of("forum-b")
    assert [commit.position for commit in commits] == list(range(1, len(commits) + 1))
    check_log(commits, edge)
    await check_views(commits, edge)


async def whole_log(cluster: Cluster) -> list[Commit]:
    """Every commit, once all have their positions."""
    database = MongoDatabase(cluster.platform.store_uri("forum"))
    store = MongoEventStore(database)

    async def sequenced() -> bool:
        return not await store.unsequenced(1)

    try:
        await until(sequenced, within=30)
        commits: list[Commit] = []
        while page := await store.read_log(len(commits), 200):
            commits += page
        return commits
    finally:
        database.close()


def texts(commits: list[Commit]) -> list[PostPublished | CommentPublished]:
    codec = event_codec()
    events = [event for commit in commits for each in commit.events for event in codec.decode(each.type, each.data)]
    return [event for event in events if isinstance(event, PostPublished | CommentPublished)]


def identifier_of(event: PostPublished | CommentPublished) -> str:
    return event.post_id if isinstance(event, PostPublished) else event.comment_id


def check_log(commits: list[Commit], edge: Edge) -> None:
    """What was acknowledged is in the log, once, under the name that was answered; and nothing else is."""
    found = texts(commits)
    assert Counter(map(identifier_of, found)) == Counter(edge.acknowledged.keys())
    assert {identifier_of(event): (event.thread_id, event.author_name) for event in found} == edge.acknowledged
    claims = Counter(claim for commit in commits for part in commit.parts for claim in part.claims)
    assert claims == Counter(post_id.claim(each.post_id) for each in found if isinstance(each, PostPublished))
    versions: dict[str, int] = {}
    for commit in commits:
        assert commit.first == versions.get(commit.stream, 0) + 1
        versions[commit.stream] = commit.last


async def check_views(commits: list[Commit], edge: Edge) -> None:
    """What is in the log is what readers find: every thread in its order, every post in the feed once."""
    found = texts(commits)
    posts = [event for event in found if isinstance(event, PostPublished)]

    async def complete() -> bool:
        return len(await feed(edge)) == len(posts)

    await until(complete, within=30)
    assert Counter(await feed(edge)) == Counter(post.post_id for post in posts)
    for thread_id in {post.thread_id for post in posts}:
        read = await thread(edge, thread_id)
        assert [post.post_id for post in read] == [post.post_id for post in posts if post.thread_id == thread_id]
        for post in read:
            below = [event for event in found if isinstance(event, CommentPublished) and event.post_id == post.post_id]
            assert [comment.comment_id for comment in post.comments] == [event.comment_id for event in below]


async def feed(edge: Edge) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        request = reading_service_pb2.ListLatestPostsRequest(page_size=50, page_token=token)
        page = await edge.call(ReadingServiceStub, "ListLatestPosts", request)
        found += [post.post_id for post in page.posts]
        token = page.next_page_token
        if not token:
            return found


async def thread(edge: Edge, thread_id: str) -> list[reading_service_pb2.Post]:
    found: list[reading_service_pb2.Post] = []
    token = ""
    while True:
        request = reading_service_pb2.GetThreadRequest(thread_id=thread_id, page_size=50, page_token=token)
        page = await edge.call(ReadingServiceStub, "GetThread", request)
        found += page.posts
        token = page.next_page_token
        if not token:
            return found
