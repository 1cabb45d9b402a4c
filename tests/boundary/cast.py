"""Who is who: what names each person on one side and each alias on the other, and which alias is whose."""

from collections.abc import Iterable

from services.seal.statements import ownership_commitment
from tests.boundary.joins import Subject
from tests.boundary.people import Citizen
from tests.boundary.trees import LEAST


def known(people: Iterable[Citizen]) -> dict[bytes, Subject]:
    """All that names somebody. Alias and person have the same number, which is what an attacker is to find out."""
    names: dict[bytes, Subject] = {}
    for citizen in people:
        for value in _of_person(citizen):
            names[value] = Subject(is_person=True, number=citizen.number)
        for value in _of_alias(citizen):
            names[value] = Subject(is_person=False, number=citizen.number)
    return {value: subject for value, subject in names.items() if len(value) >= LEAST}


def _of_person(citizen: Citizen) -> list[bytes]:
    person = citizen.person
    ipk = person.ownership_key.public_key
    return [
        person.escrow_reference,
        ipk,
        person.commitment_salt,
        ownership_commitment(person.commitment_salt, person.escrow_reference, ipk),
        person.person_id.encode(),
        bytes.fromhex(person.person_id),
        *(text.encode() for text in (citizen.name, citizen.login, citizen.work_email, citizen.mailbox)),
    ]


def _of_alias(citizen: Citizen) -> list[bytes]:
    alias = citizen.alias
    ids = [each for said in citizen.published for each in (said.thread_id, said.post_id)]
    return [
        alias.key.public_key,
        alias.envelope,
        alias.envelope_hash,
        alias.prefix,
        alias.signature,
        *(each.encode() for each in ids),
        *(bytes.fromhex(each.replace("-", "")) for each in ids),
    ]


def threads(people: Iterable[Citizen]) -> dict[bytes, Subject]:
    """What names each author's first thread, as a person, and his second one, as an alias."""
    names: dict[bytes, Subject] = {}
    for citizen in people:
        for said, first in zip(citizen.published, (True, False), strict=True):
            for each in (said.thread_id, said.post_id):
                names[each.encode()] = Subject(is_person=first, number=citizen.number)
    return names
