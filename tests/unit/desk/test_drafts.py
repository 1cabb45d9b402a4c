"""A draft is carried out once, as it was shown, and not after its time."""

from vouchsafe.desk.drafts import LIFETIME_SECONDS, MOST, Draft, Drafts


async def nothing() -> str:
    return "done"


DRAFT = Draft(title="", question="", button="", back="", carry_out=nothing)


def test_a_draft_is_taken_once():
    drafts = Drafts()
    name = drafts.add(DRAFT)
    assert drafts.look(name)
    waiting = drafts.take(name)
    assert waiting
    assert drafts.take(name) is None, "it is under way"
    waiting.outcome = "done"
    assert drafts.take(name) is None
    assert drafts.look(name) is waiting, "what became of it can be read"


def test_a_refused_draft_may_be_tried_again():
    drafts = Drafts()
    name = drafts.add(DRAFT)
    waiting = drafts.take(name)
    assert waiting
    waiting.refused, waiting.outcome = True, "UNAVAILABLE"
    assert drafts.take(name) is waiting
    assert (waiting.refused, waiting.outcome) == (False, "")
    assert drafts.take(name) is None


def test_a_draft_that_nobody_answered_is_forgotten():
    now = [0.0]
    drafts = Drafts(monotonic=lambda: now[0])
    name = drafts.add(DRAFT)
    now[0] = LIFETIME_SECONDS + 1
    assert drafts.look(name) is None
    assert drafts.take(name) is None


def test_names_cannot_be_guessed_and_the_oldest_goes():
    drafts = Drafts()
    names = [drafts.add(DRAFT) for _ in range(MOST + 1)]
    assert len(set(names)) == MOST + 1
    assert min(len(name) for name in names) >= 20
    assert drafts.look(names[0]) is None
    assert drafts.look(names[-1])
    assert drafts.take("x") is None
