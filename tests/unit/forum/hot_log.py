"""Random logs of the forum, and what a reader would find if everything were looked through for each page."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from services.chassis.log.eventstore import Commit, CommitMeta, Part, RecordedEvent
from services.forum.adapters.event_codec import event_codec
from services.forum.domain.thread import CommentPublished, Event, PostPublished, ThreadOpened
from tests.unit.forum.test_forum_views import commented, published

CODEC = event_codec()
LABELS = ("a", "b", "c")
_META = CommitMeta("f", 0, "caller")


@dataclass(frozen=True)
class Step:
    """What happens in one commit. Numbers pick among what there is; `clock` is the minute by the writer's clock."""

    kind: str
    pick: int
    clock: int
    label: str


steps = st.builds(
    Step,
    kind=st.sampled_from(("open", "post", "post", "comment", "comment", "nothing")),
    pick=st.integers(0, 1000),
    clock=st.integers(-3, 1),
    label=st.sampled_from(LABELS),
)


@dataclass
class Forum:
    """A log as it is written, and the naive answers."""

    commits: list[Commit] = field(default_factory=list)
    posts: list[PostPublished] = field(default_factory=list)
    comments: list[CommentPublished] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    _posts_in: dict[str, int] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        """Write one commit. Clocks go on by a minute every ten commits, and some are wrong."""
        at = 60 * max(0, len(self.commits) // 10 + step.clock)
        if step.kind == "comment" and self.posts:
            self._comment(self.posts[step.pick % len(self.posts)])
        elif step.kind == "post" and self.threads:
            self._append((self._post(self.threads[step.pick % len(self.threads)], at, step.label),))
        elif step.kind == "nothing":
            self._append(())
        else:
            thread_id = f"t{len(self.threads)}"
            self.threads.append(thread_id)
            self._append((ThreadOpened(thread_id, "Title"), self._post(thread_id, at, step.label)))

    def feed(self, label: str) -> list[str]:
        """All posts of a feed, newest first."""
        minutes = {post.post_id: post.published_at // 60 for post in self.posts}
        found = [post.post_id for post in self.posts[::-1] if label in ("", post.label)]
        return sorted(found, key=lambda post_id: -minutes[post_id])

    def thread(self, thread_id: str) -> list[tuple[str, list[str]]]:
        """A thread's posts with their comments, oldest first."""
        return [
            (post.post_id, [each.comment_id for each in self.comments if each.post_id == post.post_id])
            for post in self.posts
            if post.thread_id == thread_id
        ]

    def _post(self, thread_id: str, at: int, label: str) -> PostPublished:
        ordinal = self._posts_in[thread_id] = self._posts_in.get(thread_id, -1) + 1
        post = published(f"p{len(self.posts)}", at, thread_id=thread_id, label=label, ordinal=ordinal)
        self.posts.append(post)
        return post

    def _comment(self, post: PostPublished) -> None:
        comment = replace(commented(f"c{len(self.comments)}", post), thread_id=post.thread_id)
        self.comments.append(comment)
        self._append((comment,))

    def _append(self, events: Sequence[Event]) -> None:
        # A commit of other streams stands for "nothing": it has a position and means nothing to readers.
        position = len(self.commits) + 1
        stored = [CODEC.encode(event) for event in events]
        recorded = tuple(RecordedEvent(number, each.type, each.data) for number, each in enumerate(stored, 1))
        part = Part(f"id{position}", 1, len(recorded), _META)
        self.commits.append(Commit(f"thread-{position}", recorded, (part,), position))
