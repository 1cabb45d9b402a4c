from services.forum.domain import post_id_decider
from services.forum.domain.errors import Reason
from services.forum.domain.post_id import PostIdReserved
from services.forum.domain.post_id_decider import ReservePostId
from tests.support.decider import specification

RESERVED = PostIdReserved("p", "t")
given = specification(post_id_decider)


def test_an_identifier_belongs_to_the_first_thread_that_uses_it() -> None:
    given().when(ReservePostId("p", "t")).then(RESERVED)
    given(RESERVED).when(ReservePostId("p", "t")).then()
    given(RESERVED).when(ReservePostId("p", "other")).refused(Reason.POST_EXISTS)
