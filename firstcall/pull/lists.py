"""Reads a PBX's own list of its people, in each family's own way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shared.pbx.apis import binotel, itoolabs, mango, telphin, uis, zadarma
from shared.pbx.forms import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shared.pbx.api import PbxApi


class Person(NamedTuple):
    """Somebody on the PBX; what it does not tell is None."""

    ext: str | None
    login: str | None  # the PBX's own name or id of him, where its events bring one
    name: str | None


class PeopleList(NamedTuple):
    """How one family is asked."""

    needs: tuple[tuple[str, ...], ...]  # the secrets for asking: one of these sets
    read: Callable[[Mapping[str, str], PbxApi], list[Person]]


def _of_itoolabs(secrets: Mapping[str, str], api: PbxApi) -> list[Person]:
    rows = itoolabs.users(secrets, api)
    return [Person(text_of(each.get("ext")), text_of(each.get("login")), text_of(each.get("name"))) for each in rows]


def _of_mango(secrets: Mapping[str, str], api: PbxApi) -> list[Person]:
    people = []
    for each in mango.users(secrets, api):
        general, telephony = _part(each, "general"), _part(each, "telephony")
        ext = text_of(telephony.get("extension"))
        # Events name an employee without a short number by the SIP name of his device, and nobody else.
        people.append(Person(ext, None if ext else _sip_name(telephony.get("numbers")), text_of(general.get("name"))))
    return people


def _of_zadarma(secrets: Mapping[str, str], api: PbxApi) -> list[Person]:
    return [Person(ext, None, None) for ext in zadarma.extensions(secrets, api)]


def _of_uis(secrets: Mapping[str, str], api: PbxApi) -> list[Person]:
    people = []
    for each in uis.employees(secrets, api):
        ext = text_of(_part(each, "extension").get("extension_phone_number"))
        people.append(Person(ext, text_of(each.get("id")), text_of(each.get("full_name"))))
    return people


def _of_binotel(secrets: Mapping[str, str], api: PbxApi) -> list[Person]:
    rows = binotel.employees(secrets, api)
    return [
        Person(text_of(_part(each, "endpointData").get("internalNumber")), None, text_of(each.get("name")))
        for each in rows
    ]


def _of_telphin(secrets: Mapping[str, str], api: PbxApi) -> list[Person]:
    people = []
    for each in telphin.extensions(secrets, api):
        number = (text_of(each.get("name")) or "").partition("@")[0]  # the client's prefix, an asterisk, the number
        people.append(Person(number.partition("*")[2] or None, None, text_of(each.get("label"))))
    return people


def _part(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = fields.get(name)
    return part if isinstance(part, dict) else {}


def _sip_name(numbers: object) -> str | None:
    for each in numbers if isinstance(numbers, list) else []:
        number = text_of(each.get("number")) if isinstance(each, dict) else None
        if number and number.startswith("sip:"):
            return number.removeprefix("sip:").partition("@")[0] or None
    return None


LISTS: Mapping[str, PeopleList] = {
    "itoolabs": PeopleList(itoolabs.NEEDS, _of_itoolabs),
    "mango": PeopleList(mango.NEEDS, _of_mango),
    "zadarma": PeopleList(zadarma.NEEDS, _of_zadarma),
    "uis": PeopleList(uis.NEEDS, _of_uis),
    "binotel": PeopleList(binotel.NEEDS, _of_binotel),
    "telphin": PeopleList(telphin.NEEDS, _of_telphin),
}
"""By family; the others document no such list."""


def people_of(family: str, secrets: Mapping[str, str], api: PbxApi) -> list[Person]:
    """List the people that can be reached or recognised, by short number; raise Unanswered."""
    people = [each for each in LISTS[family].read(secrets, api) if each.ext or each.login]
    return sorted(set(people), key=lambda each: (len(each.ext or ""), each.ext or "", each.login or ""))
