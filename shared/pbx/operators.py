"""The PBX brands, one row each: which protocol they speak, what they report, how sure we are of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.company import AnswererRule

Evidence = Literal["live", "documented", "reported"]
"""How sure we are that this brand speaks this protocol: seen on the wire, written by the vendor, or told by others."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A PBX brand."""

    id: str  # the contract's, as the company file names it
    title: str
    family: str  # what its accounts speak unless the connection's `protocol` says otherwise
    answerer: AnswererRule = "reported"
    evidence: Evidence = "reported"
    others: tuple[str, ...] = ()  # families that other accounts of this brand speak

    @property
    def families(self) -> tuple[str, ...]:
        """Every family this brand speaks, the usual one first."""
        return (self.family, *self.others)


def _itoolabs(
    operator_id: str, title: str, evidence: Evidence = "reported", answerer: AnswererRule = "reported"
) -> Operator:
    return Operator(operator_id, title, "itoolabs", answerer, evidence)


_ROWS = (
    _itoolabs("altegro", "Altegro"),
    _itoolabs("avantel", "Авантел"),
    _itoolabs("beeline-kg", "Beeline Кыргызстан"),
    _itoolabs("vectortel", "ВекторТел"),
    _itoolabs("westcall", "ВестКолл"),
    _itoolabs("westcall-spb", "Вестколл СПб"),
    _itoolabs("virgin-connect", "Virgin Connect"),
    _itoolabs("gars", "Гарс Телеком"),
    _itoolabs("delovaya-set", "Деловая Сеть - Иркутск"),
    _itoolabs("domru", "Дом.ру", "live"),
    _itoolabs("easytel", "Easytel"),
    _itoolabs("kcell", "KCell", "live"),
    _itoolabs("megafon", "Мегафон", "live"),
    _itoolabs("mgts", "МГТС"),
    _itoolabs("moldcell", "Moldcell", "live"),
    _itoolabs("nauka-svyaz", "Наука-Связь"),
    _itoolabs("netbynet", "NETBYNET"),
    _itoolabs("rinet", "RiNet"),
    _itoolabs("sibset", "Сибирские сети"),
    _itoolabs("techforyou", "TechForYou"),
    _itoolabs("ttk", "ТТК"),
    _itoolabs("ecity", "Электронный город. Бизнес"),
    _itoolabs("enforta", "Энфорта"),
    Operator("mango", "Mango Office", "mango", evidence="documented"),
    Operator("zadarma", "Zadarma", "zadarma", evidence="documented"),
    Operator("binotel", "Binotel", "binotel", evidence="documented"),
    Operator("telphin", "Телфин", "telphin", evidence="documented"),
    Operator("gravitel", "Гравител", "gravitel", others=("itoolabs",)),
    Operator("uis", "UIS", "uis", evidence="documented"),
    Operator("generic", "Any PBX with a script of its own", "generic", "first_directed", "documented"),
    _itoolabs("transtelecom", "Транстелеком", answerer="first_directed"),
    _itoolabs("freedom-telecom", "Freedom Telecom", answerer="first_directed"),
    _itoolabs("sarkor", "Sarkor Telecom", answerer="first_directed"),
    _itoolabs("birlink", "Birlink", answerer="first_directed"),
    _itoolabs("viva", "VIVA", answerer="first_directed"),
    Operator("novofon", "Novofon", "zadarma", "first_directed", others=("uis",)),
    Operator("callgear", "CallGear", "uis", "first_directed"),
    Operator("twilio", "Twilio", "twilio", "first_directed", "documented"),
    Operator("vonage", "Vonage", "vonage", "first_directed", "documented"),
    Operator("plivo", "Plivo", "plivo", "first_directed", "documented"),
    Operator("amazon-connect", "Amazon Connect", "amazon_connect", "first_directed", "documented"),
    Operator("ringcentral", "RingCentral", "ringcentral", "first_directed", "documented"),
    Operator("3cx", "3CX", "threecx", "first_directed"),
    Operator("yeastar", "Yeastar P-Series", "yeastar", "first_directed", "documented"),
    Operator("planfix-api", "A PBX that speaks Planfix's telephony API", "planfix_api", "first_directed", "documented"),
    Operator("freepbx", "FreePBX", "freepbx", "first_directed", "documented"),
    Operator("asterisk", "Asterisk", "asterisk", "first_directed", "documented"),
    Operator("sipuni", "Sipuni", "sipuni", "first_directed", "documented"),
    Operator("exolve", "MTS Exolve", "exolve", "first_directed", "documented"),
)

OPERATORS: Mapping[str, Operator] = {row.id: row for row in _ROWS}
