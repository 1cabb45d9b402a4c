"""A request id is a caller's own word: identity stores an id made of it, out of reach for anybody's choice."""

from tests.rpc.identity.conftest import Identity, PersonSide, registration


async def test_a_request_id_is_never_a_commit_id(service: Identity, person_side: PersonSide) -> None:
    request = registration()
    await person_side.register(request)
    assert await service.store.find_commit(request.request_id) is None
