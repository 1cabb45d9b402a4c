"""Any sequence of commands, against a model simple enough to be seen through: dictionaries of who said what."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.forum.domain import thread_decider
from services.forum.domain.errors import Reason
from services.forum.domain.thread import AuthorNamed, CommentPublished, Open, PostPublished
from services.forum.domain.thread_decider import Command, CreateComment, CreatePost, OpenThread
from tests.support.decider import Given
from tests.unit.forum.test_thread_decider import comment, post, speaker

ALIASES = st.sampled_from([bytes([letter]) * 32 for letter in b"abc"])
KEYS = st.sampled_from([bytes([letter]) * 32 for letter in b"wxyz"])
POSTS = st.sampled_from(["p1", "p2", "p3"])
COMMENTS = st.sampled_from(["c1", "c2", "c3"])
NAMES = st.lists(st.sampled_from(["n1", "n2", "n3"]), min_size=1, max_size=2)


class ThreadMachine(RuleBasedStateMachine):
    """Decides and folds; expects what the model says, and nothing half done after a refusal."""

    def __init__(self) -> None:
        super().__init__()
        self.state = thread_decider.initial
        self.opened = False
        self.names: dict[bytes, str] = {}
        self.keys: dict[bytes, bytes] = {}
        self.posts: list[str] = []
        self.comments: dict[str, str] = {}

    @rule(by=ALIASES, key=KEYS, post_id=POSTS, names=NAMES)
    def open_thread(self, by: bytes, key: bytes, post_id: str, names: list[str]) -> None:
        wanted = Reason.THREAD_EXISTS if self.opened else self.author_problem(by, key, names)
        command = OpenThread(post(post_id, by, title="T", thread_key=key), speaker(by, *names))
        if self.carried_out(command, wanted, by, key):
            self.opened = True
            self.posts.append(post_id)

    @rule(by=ALIASES, key=KEYS, post_id=POSTS, names=NAMES)
    def create_post(self, by: bytes, key: bytes, post_id: str, names: list[str]) -> None:
        wanted = self.author_problem(by, key, names)
        if not self.opened:
            wanted = Reason.THREAD_UNKNOWN
        elif post_id in self.posts:
            wanted = Reason.POST_EXISTS
        if self.carried_out(CreatePost(post(post_id, by, thread_key=key), speaker(by, *names)), wanted, by, key):
            self.posts.append(post_id)

    @rule(by=ALIASES, key=KEYS, post_id=POSTS, comment_id=COMMENTS, names=NAMES)
    def create_comment(self, by: bytes, key: bytes, post_id: str, comment_id: str, names: list[str]) -> None:
        wanted = self.author_problem(by, key, names)
        if not self.opened:
            wanted = Reason.THREAD_UNKNOWN
        elif post_id not in self.posts:
            wanted = Reason.POST_UNKNOWN
        elif comment_id in self.comments:
            wanted = Reason.COMMENT_EXISTS
        claim = comment(comment_id, by, post_id=post_id, thread_key=key)
        if self.carried_out(CreateComment(claim, speaker(by, *names)), wanted, by, key):
            self.comments[comment_id] = post_id

    def author_problem(self, by: bytes, key: bytes, names: list[str]) -> Reason | None:
        if by in self.keys:
            return None if self.keys[by] == key else Reason.THREAD_KEY_CHANGED
        if key in self.keys.values():
            return Reason.THREAD_KEY_TAKEN
        return None if set(names) - set(self.names.values()) else Reason.NAMES_TAKEN

    def carried_out(self, command: Command, wanted: Reason | None, by: bytes, key: bytes) -> bool:
        outcome = Given(thread_decider, self.state).when(command)
        if wanted is not None:
            outcome.refused(wanted)
            return False
        self.keys[by] = key
        self.state = outcome.state()
        for event in outcome.events():
            if isinstance(event, AuthorNamed):
                assert by not in self.names
                self.names[by] = event.author_name
            elif isinstance(event, PostPublished | CommentPublished):
                assert event.author_name == self.names[by]
            if isinstance(event, PostPublished):
                assert event.ordinal == len(self.posts)
        return True

    @invariant()
    def state_says_what_the_model_says(self) -> None:
        if not isinstance(self.state, Open):
            assert not self.opened
            return
        assert {key: author.name for key, author in self.state.authors.items()} == self.names
        assert {key: author.thread_key for key, author in self.state.authors.items()} == self.keys
        below = list(self.comments.values())
        assert dict(self.state.posts) == {post_id: below.count(post_id) for post_id in self.posts}
        assert dict(self.state.comments) == self.comments

    @invariant()
    def nobody_shares_a_name_or_a_key(self) -> None:
        assert len(set(self.names.values())) == len(self.names)
        assert len(set(self.keys.values())) == len(self.keys)


TestThreadMachine = ThreadMachine.TestCase
TestThreadMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
