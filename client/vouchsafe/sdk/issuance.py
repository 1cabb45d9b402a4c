"""Carries one issuance through: from a commitment to all candidates to an alias with its credential.

Each step is in the aliases' compartment before it is sent, so that a device which stops anywhere goes on from there.
What the steps are made of is `issuing`'s work; whether the issuer's key may be trusted was checked before.
"""

import asyncio

from services.seal.cut_and_choose import Offer
from vouchsafe.sdk import issuing
from vouchsafe.sdk.compartments import AliasCompartment
from vouchsafe.sdk.errors import translated
from vouchsafe.sdk.keys import Alias, Issuing, Person
from vouchsafe.sdk.person_side import PersonSide
from vouchsafe.verification.v1.issuance_service_pb2 import GetIssuerKeyResponse


class Issuance:
    """The issuances of one person, by a call's `assertion`; `kept` is where they are on disk."""

    def __init__(
        self, side: PersonSide, kept: AliasCompartment, person: Person, *, assertion: str, opening_key: bytes
    ) -> None:
        self._side = side
        self._kept = kept
        self._person = person
        self._assertion = assertion
        self._opening_key = opening_key

    async def carry_through(self, label: str, slot: int, key: GetIssuerKeyResponse) -> Alias:
        """The alias of a slot, under a key that the log shows; what was begun before is gone on with."""
        begun = self._kept.issuing(label, key.epoch, slot)
        # One whose choice is not known is made anew, should the number of candidates have changed meanwhile.
        if begun is None or (begun.chosen is None and begun.candidates != key.candidates):
            begun = self._begin(label, slot, key)
        offer = await asyncio.to_thread(_offer, self._person, begun)
        begun, openings = await self._challenge(begun, offer)
        blinded_message = offer.blinded_message(issuing.chosen_of(begun))
        blind_signature = await self._side.finish_issuance(
            self._assertion, begun, blinded_message=blinded_message, openings=openings
        )
        with translated():
            alias = issuing.finish(begun, offer, blind_signature)
        return self._kept.finish_issuing(begun, alias)

    def _begin(self, label: str, slot: int, key: GetIssuerKeyResponse) -> Issuing:
        with translated():
            begun = issuing.begin(
                self._person,
                self._opening_key,
                label=label,
                label_name=key.label_name,
                epoch=key.epoch,
                slot=slot,
                issuer_key=key.public_key,
                candidates=key.candidates,
            )
        return self._kept.save_issuing(begun)

    async def _challenge(self, begun: Issuing, offer: Offer) -> tuple[Issuing, bytes]:
        """The issuance with its choice, and the openings that answer it: none for a credential issued already.

        A choice that is kept is not asked for again, and no other one is ever answered, by this process or another.
        """
        issued = False
        if begun.chosen is None:
            answer = await self._side.begin_issuance(
                self._assertion, begun, terms=offer.terms.digest, commitment=offer.commitment
            )
            with translated():
                begun = issuing.challenged(begun, answer.chosen)
            begun = self._kept.save_issuing(begun)
            issued = answer.issued
        return begun, b"" if issued else offer.openings(issuing.chosen_of(begun))


def _offer(person: Person, begun: Issuing) -> Offer:
    with translated():
        return issuing.offer(person, begun)
