"""No member can choose an id that the forum will need for a commit of its own."""

from dataclasses import replace

from services.chassis.integration.bus import foreign_commit_id
from services.chassis.log.eventstore import Mark
from tests.rpc.forum.requests import comment_request, open_request, post_request
from tests.rpc.forum.world import World
from tests.unit.forum.authors import EPOCH, issuer_key


async def test_a_request_id_taken_from_the_next_foreign_event_does_not_stop_the_labels(forum: World) -> None:
    marks = iter(range(len(forum.verification.stored) + 1, 100))
    author = await forum.newcomer()
    opening = open_request(author)
    requests = [
        (forum.threads.OpenThread, opening),
        (forum.threads.CreatePost, post_request(author, opening.thread_id)),
        (forum.threads.CreateComment, comment_request(author, opening.thread_id, opening.post_id)),
    ]
    for method, request in requests:
        request.request_id = foreign_commit_id("verification", Mark(next(marks)))
        await forum.edge.unary(method, request)
    alias = await forum.alias_request(type(author)(), request_id=foreign_commit_id("verification", Mark(next(marks))))
    await forum.edge.unary(forum.aliases.CreateAlias, alias)

    for label in ("later", "latest"):
        await forum.open_label(replace(issuer_key("another"), label=label))
        assert await forum.store.read_stream(f"label-{label}-{EPOCH}")
