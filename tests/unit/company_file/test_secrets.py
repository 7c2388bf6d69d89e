from __future__ import annotations

import json

from shared.company_file import read_company
from shared.company_file.diff import changes
from tests.unit.company_file.example import TODAY, company_file, mistakes

SECRETS = {
    "megafon-main": {"crm_token": "first-secret"},
    "mango-main": {"vpbx_api_key": "second-secret", "vpbx_api_salt": "third-secret"},
}


def test_secrets_are_given_apart_and_masked_in_the_document() -> None:
    result = read_company(company_file(), 1, today=TODAY)
    assert result.secrets == SECRETS
    shown = json.dumps(result.document)
    for secrets in SECRETS.values():
        assert not any(secret in shown or secret in repr(result.company) for secret in secrets.values())
    connections = result.document["connections"]
    assert isinstance(connections, dict)
    assert connections["megafon-main"]["secrets"] == {"crm_token": "***"}


def test_the_document_given_is_left_alone() -> None:
    document = company_file()
    read_company(document, 1, today=TODAY)
    assert document == company_file()


def test_a_masked_document_applied_again_keeps_the_stored_secrets() -> None:
    first = read_company(company_file(), 1, today=TODAY)
    second = read_company(first.document, 1, first.secrets, today=TODAY)
    assert second == first


def test_one_secret_can_be_replaced_while_the_others_are_kept() -> None:
    document = company_file()
    document["connections"]["mango-main"]["secrets"] = {"vpbx_api_key": "new", "vpbx_api_salt": "***"}
    result = read_company(document, 2, SECRETS, today=TODAY)
    assert result.secrets["mango-main"] == {"vpbx_api_key": "new", "vpbx_api_salt": "third-secret"}


def test_optional_secrets_of_the_family_are_accepted() -> None:
    document = company_file()
    document["connections"]["megafon-main"]["secrets"]["api_key"] = "fourth-secret"
    assert read_company(document, 1, today=TODAY).secrets["megafon-main"]["api_key"] == "fourth-secret"


def test_a_numeric_secret_is_text() -> None:
    document = company_file()
    document["connections"]["megafon-main"]["secrets"]["crm_token"] = 123456
    assert read_company(document, 1, today=TODAY).secrets["megafon-main"]["crm_token"] == "123456"


def test_no_mistake_quotes_a_secret() -> None:
    document = company_file()
    secrets: dict[str, object] = {
        "crm_token": "hidden\n",
        "api_key": ["hidden"],
        "pbx_url": "hidden" * 500,
        "x": "hidden",
    }
    document["connections"]["megafon-main"]["secrets"] = secrets
    document["connections"]["mango-main"]["secrets"] = "hidden"
    document["connections"]["mango-main"]["vpbx_api_key"] = "hidden"
    found = mistakes(document)
    assert len(found) == 6
    assert "hidden" not in "\n".join(found)


def test_changes_name_secrets_only_as_changed() -> None:
    old = read_company(company_file(), 1, today=TODAY)
    new = company_file()
    new["connections"]["mango-main"]["secrets"] = {"vpbx_api_key": "hidden", "vpbx_api_salt": "third-secret"}
    new["connections"]["megafon-main"]["secrets"] = {"crm_token": "***", "api_key": "hidden"}
    assert changes(old.document, new, old.secrets) == (
        "connections.megafon-main.secrets.api_key: added",
        "connections.mango-main.secrets.vpbx_api_key: changed",
    )
    assert changes(None, new) == changes({}, new)
    assert not any("hidden" in change or "secret:" in change for change in changes(None, new))
    bare = {**old.document, "connections": {"mango-main": {"secrets": None}}}
    assert "hidden" not in "".join(changes(bare, new))
