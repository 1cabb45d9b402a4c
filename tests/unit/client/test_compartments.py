"""The two halves of a wallet: each opens without the other, and shows nothing of it."""

import dataclasses
from pathlib import Path

import pytest

from services.seal.secret import SecretBytes
from tests.unit.client.wallets import CHEAP, alias, filled
from vouchsafe.sdk import AliasCompartment, PersonCompartment, VouchsafeError, Wallet
from vouchsafe.sdk.keys import Issuing, to_json


def test_each_opens_where_the_other_is_not(tmp_path: Path) -> None:
    wallet = filled(tmp_path / "wallet", alias("acme"))
    (tmp_path / "wallet" / PersonCompartment.FILE).rename(tmp_path / "kept elsewhere")
    speaking = AliasCompartment.open(tmp_path / "wallet", "passphrase")
    assert speaking.aliases == wallet.aliases
    with pytest.raises(VouchsafeError, match="WALLET_MISSING"):
        PersonCompartment.open(tmp_path / "wallet", "passphrase")
    (tmp_path / "kept elsewhere").rename(tmp_path / "wallet" / PersonCompartment.FILE)
    (tmp_path / "wallet" / AliasCompartment.FILE).unlink()
    assert PersonCompartment.open(tmp_path / "wallet", "passphrase").person == wallet.person


def test_with_two_passphrases_neither_opens_the_other(tmp_path: Path) -> None:
    made = Wallet.create(tmp_path / "w", "of the person", alias_passphrase="of the aliases", cost=CHEAP)
    assert PersonCompartment.open(tmp_path / "w", "of the person").content == made.person_compartment.content
    assert AliasCompartment.open(tmp_path / "w", "of the aliases").content == made.alias_compartment.content
    for compartment, wrong in ((PersonCompartment, "of the aliases"), (AliasCompartment, "of the person")):
        with pytest.raises(VouchsafeError, match="WRONG_PASSPHRASE"):
            compartment.open(tmp_path / "w", wrong)
    Wallet.open(tmp_path / "w", "of the person", alias_passphrase="of the aliases")


def test_one_file_does_not_pass_for_the_other(tmp_path: Path) -> None:
    filled(tmp_path / "w", alias("acme"))
    (tmp_path / "w" / AliasCompartment.FILE).replace(tmp_path / "w" / PersonCompartment.FILE)
    with pytest.raises(VouchsafeError, match="WALLET_DAMAGED"):
        PersonCompartment.open(tmp_path / "w", "passphrase")


def test_the_alias_half_holds_no_key_or_name_of_the_person(tmp_path: Path) -> None:
    wallet = filled(tmp_path / "w", alias("acme"))
    person = wallet.registered()
    shown = to_json(wallet.alias_compartment.content).decode()
    secret = (person.ownership_seed, wallet.person_compartment.content.root)
    for value in (person.escrow_reference.hex(), person.request_id, *(each.reveal().hex() for each in secret)):
        assert value in to_json(wallet.person_compartment.content).decode()
        assert value not in shown
    assert person.login not in shown


def test_a_retired_alias_is_kept_and_found_by_its_slot_alone(tmp_path: Path) -> None:
    held = filled(tmp_path / "w", alias("acme"), alias("acme", slot=1), alias("other")).alias_compartment
    held.retire("acme", except_for=held.alias("acme", 1))
    held = AliasCompartment.open(tmp_path / "w", "passphrase")
    assert [(a.label, a.slot, a.retired) for a in held.aliases] == [
        ("acme", 0, True),
        ("acme", 1, False),
        ("other", 0, False),
    ]
    assert held.alias("acme").slot == 1
    assert held.alias("acme", 0).retired
    held.retire("acme", except_for=held.alias("other"))
    with pytest.raises(VouchsafeError, match="NO_SUCH_ALIAS"):
        held.alias("acme")


def test_who_speaks_is_the_newest_that_can(tmp_path: Path) -> None:
    old, new = alias("acme", epoch=202610, handle="old"), alias("acme", epoch=202611)
    held = filled(tmp_path / "w", old, new).alias_compartment
    assert held.alias("acme") == new  # whose steps come next
    assert held.speaker("acme") == old
    held.save_alias(dataclasses.replace(new, handle="new"))
    assert held.speaker("acme").handle == "new"
    held.retire("acme", except_for=old)
    assert held.speaker("acme") == old
    for held, reason in ((filled(tmp_path / "v", new), "ALIAS_NOT_READY"), (filled(tmp_path / "u"), "NO_SUCH_ALIAS")):
        with pytest.raises(VouchsafeError, match=reason):
            held.alias_compartment.speaker("acme")


def test_two_processes_that_share_a_wallet_keep_each_others_changes(tmp_path: Path) -> None:
    filled(tmp_path / "w", alias("acme"), alias("acme", slot=1))
    waiting, busy = (AliasCompartment.open(tmp_path / "w", "passphrase") for _ in range(2))
    of_waiting = waiting.alias("acme", 0)
    busy.save_alias(dataclasses.replace(busy.alias("acme", 1), handle="made meanwhile"))
    busy.change_alias(of_waiting, lambda a: dataclasses.replace(a, texts=a.texts + 1))
    waiting.change_alias(of_waiting, lambda a: dataclasses.replace(a, receipt=b"r" * 64))
    held = AliasCompartment.open(tmp_path / "w", "passphrase")
    assert (held.alias("acme", 0).texts, held.alias("acme", 0).receipt) == (1, b"r" * 64)
    assert held.alias("acme", 1).handle == "made meanwhile"
    assert waiting.content == held.content


def issuing_of(master: SecretBytes, *, candidates: int = 6) -> Issuing:
    return Issuing("acme", "Employee of Acme", 202611, 0, master, b"i", b"o", candidates, "begin", "finish")


def test_a_slot_has_one_issuance_and_one_choice_whichever_process_was_first(tmp_path: Path) -> None:
    filled(tmp_path / "w")
    first, second = (AliasCompartment.open(tmp_path / "w", "passphrase") for _ in range(2))
    begun = first.save_issuing(issuing_of(SecretBytes.random(32)))
    assert second.save_issuing(issuing_of(SecretBytes.random(32))) == begun
    chosen = dataclasses.replace(begun, chosen=2)
    assert [each.save_issuing(chosen) for each in (first, second, first)] == [chosen] * 3
    assert second.save_issuing(begun) == chosen
    unknown = dataclasses.replace(chosen, master=SecretBytes.random(32))
    for other in (dataclasses.replace(begun, chosen=3), unknown):
        with pytest.raises(VouchsafeError, match="ISSUING_ELSEWHERE"):
            second.save_issuing(other)
    of_first, of_second = alias("acme"), alias("acme")
    assert first.finish_issuing(chosen, of_first) == second.finish_issuing(chosen, of_second) == of_first
    assert second.aliases == (of_first,)
    with pytest.raises(VouchsafeError, match="ISSUING_ELSEWHERE"):
        first.save_issuing(chosen)


def test_candidates_without_a_choice_give_way_to_another_number_of_them(tmp_path: Path) -> None:
    held = filled(tmp_path / "w").alias_compartment
    held.save_issuing(issuing_of(SecretBytes.random(32)))
    more = issuing_of(SecretBytes.random(32), candidates=8)
    assert held.save_issuing(more) == more
