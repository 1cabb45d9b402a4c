from services.forum.domain import post_id, post_id_decider
from services.forum.domain.errors import Reason
from services.forum.domain.post_id import PostIdReserved
from services.forum.domain.post_id_decider import ReservePostId
from tests.unit.forum.spec import given, refused

RESERVED = PostIdReserved("p", "t")


def test_an_identifier_belongs_to_the_first_thread_that_uses_it() -> None:
    assert post_id_decider.decide(ReservePostId("p", "t"), post_id.initial) == (RESERVED,)
    state = given(post_id_decider, [RESERVED])
    assert post_id_decider.decide(ReservePostId("p", "t"), state) == ()
    assert refused(post_id_decider, state, ReservePostId("p", "other")) is Reason.POST_EXISTS
