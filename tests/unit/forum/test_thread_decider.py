"""The thread's own rules. That signatures are good is taken for granted here: `test_forum_checks` is about that."""

import time
from collections.abc import Iterator
from dataclasses import replace

from services.forum.domain import thread_decider
from services.forum.domain.alias import AliasCreated
from services.forum.domain.errors import Reason
from services.forum.domain.thread import AuthorNamed, CommentPublished, Event, PostPublished, ThreadOpened
from services.forum.domain.thread_decider import (
    MAX_COMMENTS,
    MAX_POSTS,
    MAX_TEXTS,
    CreateComment,
    CreatePost,
    OpenThread,
    Speaker,
)
from services.forum.domain.verified import AuthorProof, SignedComment, SignedPost, VerifiedComment, VerifiedPost
from tests.support.decider import specification

given = specification(thread_decider)
AT = 1_900_000_020
ALICE, BOB = b"a" * 32, b"b" * 32


def speaker(alias_key: bytes = ALICE, *names: str) -> Speaker:
    alias = AliasCreated(alias_key, "mine", "harbour", 1, "Harbour", b"e" * 32, b"p" * 32, b"s" * 384, b"r" * 64)
    return Speaker(alias, names or (f"name of {alias_key[:1].decode()}",), AT)


def proof(alias_key: bytes = ALICE, thread_key: bytes = b"") -> AuthorProof:
    return AuthorProof(alias_key, thread_key or b"t" + alias_key[1:], b"c" * 64, b"s" * 64)


def post(post_id: str, by: bytes = ALICE, *, title: str = "", thread_key: bytes = b"") -> VerifiedPost:
    return VerifiedPost(SignedPost("thread", title, post_id, "words", proof(by, thread_key)))


def comment(comment_id: str, by: bytes = ALICE, *, post_id: str = "first", thread_key: bytes = b"") -> VerifiedComment:
    return VerifiedComment(SignedComment("thread", post_id, comment_id, "words", proof(by, thread_key)))


OPENED: tuple[Event, ...] = given().when(OpenThread(post("first", title="A title"), speaker())).events()


def test_a_thread_opens_with_its_title_its_author_and_its_first_post() -> None:
    opened, named, published = OPENED
    assert opened == ThreadOpened("thread", "A title")
    assert named == AuthorNamed("thread", ALICE, "name of a", proof().thread_key)
    assert isinstance(published, PostPublished)
    assert (published.title, published.thread_title, published.ordinal) == ("A title", "A title", 0)
    assert (published.author_name, published.label_name, published.published_at) == ("name of a", "Harbour", AT)


def test_a_thread_opens_once() -> None:
    command = OpenThread(post("other", BOB, title="B"), speaker(BOB))
    given(*OPENED).when(command).refused(Reason.THREAD_EXISTS)


def test_nothing_can_be_said_in_a_thread_that_is_not_there() -> None:
    for command in (CreatePost(post("p"), speaker()), CreateComment(comment("c"), speaker())):
        given().when(command).refused(Reason.THREAD_UNKNOWN)


def test_a_later_post_carries_the_threads_title_and_its_place() -> None:
    (published,) = given(*OPENED).when(CreatePost(post("second"), speaker())).events()
    assert isinstance(published, PostPublished)
    assert (published.title, published.thread_title, published.ordinal) == ("", "A title", 1)


def test_an_author_keeps_the_first_name() -> None:
    (published,) = given(*OPENED).when(CreatePost(post("second"), speaker(ALICE, "another name"))).events()
    assert isinstance(published, PostPublished)
    assert published.author_name == "name of a"


def test_a_newcomer_gets_the_first_free_name() -> None:
    command = CreatePost(post("second", BOB), speaker(BOB, "name of a", "free", "also free"))
    named, published = given(*OPENED).when(command).events()
    assert isinstance(named, AuthorNamed)
    assert isinstance(published, PostPublished)
    assert named.author_name == published.author_name == "free"


def test_a_newcomer_without_a_free_name_must_draw_again() -> None:
    command = CreatePost(post("second", BOB), speaker(BOB, "name of a"))
    given(*OPENED).when(command).refused(Reason.NAMES_TAKEN)


def test_an_alias_has_one_key_in_a_thread() -> None:
    for command in (
        CreatePost(post("second", thread_key=b"x" * 32), speaker()),
        CreateComment(comment("c", thread_key=b"x" * 32), speaker()),
    ):
        given(*OPENED).when(command).refused(Reason.THREAD_KEY_CHANGED)


def test_a_key_in_a_thread_has_one_alias() -> None:
    command = CreatePost(post("second", BOB, thread_key=proof(ALICE).thread_key), speaker(BOB))
    given(*OPENED).when(command).refused(Reason.THREAD_KEY_TAKEN)


def test_a_post_id_serves_once() -> None:
    given(*OPENED).when(CreatePost(post("first"), speaker())).refused(Reason.POST_EXISTS)


def test_a_comment_stands_below_a_post_of_the_thread() -> None:
    named, published = given(*OPENED).when(CreateComment(comment("c", BOB), speaker(BOB))).events()
    assert isinstance(named, AuthorNamed)
    assert isinstance(published, CommentPublished)
    assert (published.post_id, published.author_name) == ("first", "name of b")
    missing = CreateComment(comment("c", post_id="elsewhere"), speaker())
    given(*OPENED).when(missing).refused(Reason.POST_UNKNOWN)


def test_a_comment_id_serves_once() -> None:
    first = CreateComment(comment("c"), speaker())
    commented = given(*OPENED).when(first).events()
    given(*OPENED, *commented).when(first).refused(Reason.COMMENT_EXISTS)


def test_a_post_takes_so_many_comments_and_no_more() -> None:
    (published,) = given(*OPENED).when(CreateComment(comment("c"), speaker())).events()
    assert isinstance(published, CommentPublished)
    full = given(*OPENED, *(replace(published, comment_id=str(n)) for n in range(MAX_COMMENTS)))
    full.when(CreateComment(comment("one more"), speaker())).refused(Reason.COMMENTS_FULL)


def posted(count: int) -> Iterator[Event]:
    """A thread of so many posts."""
    *opened, first = OPENED
    assert isinstance(first, PostPublished)
    yield from (*opened, first)
    for number in range(1, count):
        yield replace(first, post_id=f"p{number}", ordinal=number)


def commented(posts: int, comments: int) -> Iterator[Event]:
    """A thread of so many posts, and of comments spread over them."""
    yield from posted(posts)
    (published,) = given(*OPENED).when(CreateComment(comment("c"), speaker())).events()
    assert isinstance(published, CommentPublished)
    for number in range(comments):
        below = f"p{number % posts}" if number % posts else "first"
        yield replace(published, post_id=below, comment_id=f"c{number}")


def test_a_thread_takes_so_many_posts_and_no_more() -> None:
    command = CreatePost(post("one more"), speaker())
    assert given(*posted(MAX_POSTS - 1)).when(command).events()
    full = given(*posted(MAX_POSTS))
    full.when(command).refused(Reason.THREAD_FULL)
    assert full.when(CreateComment(comment("c"), speaker())).events()


def test_a_thread_takes_so_many_texts_and_no_more() -> None:
    full = given(*commented(100, MAX_TEXTS - 100))
    for command in (CreatePost(post("p"), speaker()), CreateComment(comment("c"), speaker())):
        full.when(command).refused(Reason.THREAD_FULL)


def test_a_thread_is_folded_in_a_time_that_grows_with_its_length() -> None:
    def fastest(comments: int) -> float:
        events = list(commented(100, comments))
        return min(_seconds_to_fold(events) for _ in range(3))

    # Sixteen times as many take 12 to 20 times as long; 130 times as long when each event copies what it changes.
    assert fastest(16_000) < 60 * fastest(1_000)


def _seconds_to_fold(events: list[Event]) -> float:
    begun = time.perf_counter()
    given(*events)
    return time.perf_counter() - begun


def test_an_earlier_state_stays_as_it_was() -> None:
    """States are kept and shared: two commands may be decided, and folded, from one of them."""
    before = given(*posted(50))
    commands = [CreatePost(post(post_id), speaker()) for post_id in ("one", "other")]
    folded = [before.when(command).state() for command in commands]
    assert folded == [given(*posted(50), *before.when(command).events()).state for command in commands]
    assert before.state == given(*posted(50)).state
