"""What is entered in a cabinet: addresses, or a file with the address in it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from firstcall.commands.addresses import LOOK_UP_PLACEHOLDER, PLACEHOLDER, filled
from firstcall.outcome import WrongUse
from tools.deployed import Connection

URL = "https://abc.execute-api.eu-central-1.amazonaws.com/webhook/3cx-main/k3y-_"


def connection(operator: str) -> Connection:
    return Connection(f"{operator}-main", operator, URL, URL.replace("webhook", "route"), {})


def test_the_file_of_3cx_holds_the_connections_address_and_stays_well_formed() -> None:
    text = filled(connection("3cx"))
    assert PLACEHOLDER not in text
    addresses = [each.get("Default") for each in ET.fromstring(text).iter("Parameter") if each.get("Name") == "Address"]  # noqa: S314 -- our own file
    assert addresses == [URL]


def test_the_file_of_yeastar_holds_the_look_up_address_and_stays_well_formed() -> None:
    text = filled(connection("yeastar"))
    assert (PLACEHOLDER in text, LOOK_UP_PLACEHOLDER in text) == (False, False)
    asked = [each.attrib["URLFormat"] for each in ET.fromstring(text).iter("Request")]  # noqa: S314 -- our own file
    assert asked == [URL.replace("webhook", "route") + "?phone={{UrlEncode .Phone}}"]


def test_a_pbx_that_takes_no_file_says_so() -> None:
    with pytest.raises(WrongUse, match="megafon takes no file"):
        filled(connection("megafon"))
