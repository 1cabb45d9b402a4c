"""A lost device: what comes back from a backup and its code, and that neither is of any use with something else."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.seal.secret import SecretBytes
from tests.unit.client.wallets import CHEAP, alias, filled
from vouchsafe.sdk import AliasCompartment, PersonCompartment, VouchsafeError, Wallet, backup


@pytest.fixture(scope="module")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Wallet:
    return filled(tmp_path_factory.mktemp("wallet") / "wallet", alias("acme"), alias("acme", slot=1, retired=True))


def test_each_compartment_comes_back_whole_under_a_new_passphrase(wallet: Wallet, tmp_path: Path) -> None:
    for compartment in (wallet.person_compartment, wallet.alias_compartment):
        file = tmp_path / f"{compartment.PURPOSE}.backup"
        backup.write_backup(compartment, file)
        assert file.stat().st_mode & 0o777 == 0o600
        assert backup.purpose_of(file) == compartment.PURPOSE
        code = backup.recovery_code(compartment)
        restored = backup.restore(file, code, tmp_path / "new", "another passphrase", cost=CHEAP)
        assert restored.content == compartment.content
    again = Wallet.open(tmp_path / "new", "another passphrase")
    assert (again.person, again.aliases) == (wallet.person, wallet.aliases)


def test_a_code_is_good_for_every_backup_of_its_compartment(wallet: Wallet, tmp_path: Path) -> None:
    code = backup.recovery_code(wallet.alias_compartment)
    fresh = filled(tmp_path / "wallet", alias("acme"))
    written_down = backup.recovery_code(fresh.alias_compartment)
    assert written_down != code
    fresh.save_alias(dataclasses.replace(fresh.alias("acme"), handle="newer"))
    backup.write_backup(fresh.alias_compartment, tmp_path / "b")
    backup.restore(tmp_path / "b", written_down, tmp_path / "new", "p", cost=CHEAP)
    assert AliasCompartment.open(tmp_path / "new", "p").alias("acme").handle == "newer"


def test_no_code_opens_the_other_compartment(wallet: Wallet, tmp_path: Path) -> None:
    backup.write_backup(wallet.alias_compartment, tmp_path / "aliases")
    for wrong in (
        backup.recovery_code(wallet.person_compartment),
        backup.recovery_code(filled(tmp_path / "stranger").alias_compartment),
    ):
        with pytest.raises(VouchsafeError, match="RECOVERY_CODE_WRONG"):
            backup.restore(tmp_path / "aliases", wrong, tmp_path / "new", "p", cost=CHEAP)
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(wallet: Wallet, tmp_path: Path) -> None:
    file, code = tmp_path / "b", backup.recovery_code(wallet.person_compartment)
    backup.write_backup(wallet.person_compartment, file)
    with pytest.raises(VouchsafeError, match="FILE_EXISTS"):
        backup.write_backup(wallet.person_compartment, file)
    backup.restore(file, code, tmp_path / "new", "p", cost=CHEAP)
    with pytest.raises(VouchsafeError, match="WALLET_EXISTS"):
        backup.restore(file, code, tmp_path / "new", "q", cost=CHEAP)
    assert PersonCompartment.open(tmp_path / "new", "p").person == wallet.person


def test_a_backup_shows_nothing_and_an_altered_one_does_not_open(wallet: Wallet, tmp_path: Path) -> None:
    file = tmp_path / "b"
    backup.write_backup(wallet.person_compartment, file)
    document = json.loads(file.read_text())
    assert set(document) == {"format", "purpose", "sealed"}
    code = backup.recovery_code(wallet.person_compartment)
    for name, value in (
        ("purpose", "aliases"),
        ("format", "vouchsafe/backup/2"),
        ("sealed", document["sealed"][:-8] + "AAAAAAA="),
        ("sealed", "%"),
        ("sealed", 7),
    ):
        file.write_text(json.dumps(document | {name: value}))
        with pytest.raises(VouchsafeError, match=r"FILE_UNREADABLE|RECOVERY_CODE_WRONG"):
            backup.restore(file, code, tmp_path / "new", "p", cost=CHEAP)
    with pytest.raises(VouchsafeError, match="FILE_UNREADABLE"):
        backup.purpose_of(tmp_path / "none")


def test_the_code_alone_makes_the_same_person_ask_identity_the_same_question(tmp_path: Path) -> None:
    first = Wallet.create(tmp_path / "first", "p", cost=CHEAP).person_compartment
    asked = first.new_person("ada")
    code = backup.recovery_code(first)
    restored = backup.restore_person(code, tmp_path / "second", "q", cost=CHEAP)
    assert restored.person is None
    assert restored.new_person("ada") == asked
    assert restored.new_person("eve").request_id != asked.request_id
    assert restored.new_person("eve").ownership_seed != asked.ownership_seed


@given(root=st.binary(min_size=32, max_size=32), data=st.data())
def test_a_slip_of_the_pen_is_noticed_and_handwriting_is_borne(root: bytes, data: st.DataObject) -> None:
    compartment = _with_root(root)
    code = backup.recovery_code(compartment)
    written = code.lower().replace(" ", data.draw(st.sampled_from(["", "-", "  ", "\n"])))
    written = written.replace("o", "0").replace("i", "1").replace("b", "8")
    assert backup.read_code(written, "aliases") == SecretBytes(root)
    places = [at for at, char in enumerate(code) if char != " "]
    at = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([char for char in "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" if char != code[at]]))
    for wrong in (code[:at] + other + code[at + 1 :], code[:at] + code[at + 1 :], code + "A"):
        with pytest.raises(VouchsafeError, match="RECOVERY_CODE_WRONG"):
            backup.read_code(wrong, "aliases")


@given(text=st.text())
def test_what_is_no_code_is_refused_as_such(text: str) -> None:
    with pytest.raises(VouchsafeError, match="RECOVERY_CODE_WRONG"):
        backup.read_code(text, "person")


def _with_root(root: bytes) -> AliasCompartment:
    made = object.__new__(AliasCompartment)
    made._content = backup.AliasContent(SecretBytes(root))
    return made
