"""What every operator and every PBX family must keep, whoever adds one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from shared.pbx import FAMILIES, family
from shared.pbx.operators import OPERATORS
from shared.pbx.protocol import Malformed, PbxRequest, Unauthorized
from tests.contract.recorded import ALL, Recorded, is_signed, one_changed, proof_of, with_other_text, with_proof

PROVED = tuple(record for record in ALL if proof_of(record))
each_request = pytest.mark.parametrize("record", ALL, ids=str)
each_proved_request = pytest.mark.parametrize("record", PROVED, ids=str)
each_family = pytest.mark.parametrize("name", FAMILIES)


@pytest.mark.parametrize("operator_id", OPERATORS)
def test_every_operator_names_a_known_family_and_has_a_fixture(operator_id: str) -> None:
    for name in OPERATORS[operator_id].families:
        assert name in FAMILIES
        assert any((record.operator, record.family) == (operator_id, name) for record in ALL)


def test_every_fixture_belongs_to_an_operator_of_its_family() -> None:
    strays = {str(each) for each in ALL if OPERATORS.get(each.operator) is None}
    assert strays == set()
    assert {str(each) for each in ALL if each.family not in OPERATORS[each.operator].families} == set()


@each_family
def test_every_event_a_family_claims_has_an_accepted_fixture(name: str) -> None:
    mine = [record for record in ALL if record.family == name]
    assert [event for event in family(name).EVENTS if not any(_shows(record, event) for record in mine)] == []


@each_family
def test_every_family_has_a_fixture_of_what_it_does_not_know(name: str) -> None:
    assert any(record.family == name and record.situation == "unknown" and record.says_nothing for record in ALL)


@each_family
def test_a_family_without_a_secret_has_requests_without_a_proof_and_no_other_has(name: str) -> None:
    mine = [record for record in ALL if record.family == name]
    assert any(proof_of(record) for record in mine) == bool(family(name).SECRETS)


@each_family
def test_a_secret_of_our_own_is_one_that_proves(name: str) -> None:
    module = family(name)
    assert set(module.OWN_SECRETS) <= set(module.SECRETS)
    assert not set(module.SECRETS) & set(module.OPTIONAL_SECRETS)


@each_request
def test_a_recorded_request_is_accepted_and_read_as_written(record: Recorded) -> None:
    module = family(record.family)
    if module.handshake(record.request) is None:
        module.authenticate(record.request, record.secrets)
        parsed = module.parse(record.request)
        assert parsed.events == record.events
        assert parsed.lookup == record.lookup
        assert parsed.command == record.command


@pytest.mark.rule("K6")
@pytest.mark.parametrize("record", [each for each in PROVED if each.says_nothing], ids=str)
def test_what_says_nothing_is_acknowledged_with_200(record: Recorded) -> None:
    module = family(record.family)
    parsed = module.parse(record.request)
    assert (parsed.events, parsed.lookup, parsed.command) == ((), None, None)
    assert (parsed.reply or module.acknowledge(record.request)).status == 200


@each_proved_request
def test_a_proof_with_one_character_changed_is_unauthorized(record: Recorded) -> None:
    proof = proof_of(record)
    assert proof
    for wrong in (one_changed(proof), proof[:-1], proof + "0"):
        with pytest.raises(Unauthorized):
            family(record.family).authenticate(with_proof(record, wrong), record.secrets)


@each_proved_request
def test_a_request_without_its_proof_is_unauthorized(record: Recorded) -> None:
    for nothing in (None, ""):
        with pytest.raises(Unauthorized):
            family(record.family).authenticate(with_proof(record, nothing), record.secrets)


@each_proved_request
def test_the_proof_of_another_company_is_unauthorized(record: Recorded) -> None:
    for name, secret in record.secrets.items():
        with pytest.raises(Unauthorized):
            family(record.family).authenticate(record.request, {**record.secrets, name: secret + "0"})


@each_proved_request
def test_a_secret_that_is_missing_or_empty_lets_nobody_in(record: Recorded) -> None:
    module = family(record.family)
    for request in (record.request, with_proof(record, ""), with_proof(record, None)):
        for secrets in ({}, dict.fromkeys(module.SECRETS, "")):
            with pytest.raises(Unauthorized):
                module.authenticate(request, secrets)


@pytest.mark.parametrize("record", [each for each in PROVED if is_signed(each)], ids=str)
def test_a_signed_request_with_one_character_changed_is_unauthorized(record: Recorded) -> None:
    assert any(not _is_let_in(request, record) for request in with_other_text(record))


@each_proved_request
def test_a_request_sent_to_a_connection_of_another_family_is_turned_away(record: Recorded) -> None:
    for name in FAMILIES:
        if name != record.family and family(name).SECRETS:
            with pytest.raises((Unauthorized, Malformed)):
                family(name).authenticate(record.request, dict.fromkeys(family(name).SECRETS, "another-secret"))


@pytest.mark.parametrize(
    "name", ["itoolabs", "generic", "gravitel", "uis", "planfix_api", "freepbx", "asterisk", "exolve", "yeastar"]
)
def test_a_request_is_a_look_up_or_an_event_and_never_both(name: str) -> None:
    # The look-up address refuses events, so that one pasted there is noticed; this is how it tells them apart.
    assert [str(each) for each in ALL if each.family == name and each.lookup and each.events] == []


@each_family
def test_every_refusal_carries_its_status_and_says_why(name: str) -> None:
    for status in (400, 401, 503):
        response = family(name).refuse(status)
        assert response.status == status
        assert response.body


@each_family
def test_a_family_is_loaded_alone(name: str) -> None:
    # A cold start pays for what it imports.
    program = (
        f"import sys; from shared.pbx import family; family({name!r});"
        "print(*(each for each in sys.modules if each.startswith('shared.pbx.families.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == [f"shared.pbx.families.{name}"]


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(LookupError, match="no PBX family 'mangoo'"):
        family("mangoo")


def _shows(record: Recorded, event: str) -> bool:
    if any(each.name.startswith(event) for each in record.events):
        return True
    text = f"{record.request.suffix} {record.request.body.decode()}"
    return event in text or (event == "lookup" and record.lookup is not None)


def _is_let_in(request: PbxRequest, record: Recorded) -> bool:
    try:
        family(record.family).authenticate(request, record.secrets)
    except Unauthorized:
        return False
    return True
