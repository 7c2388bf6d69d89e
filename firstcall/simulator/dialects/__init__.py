"""The PBX families the simulator can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstcall.simulator.dialects import (
    amazon_connect,
    asterisk,
    binotel,
    exolve,
    freepbx,
    generic,
    gravitel,
    itoolabs,
    mango,
    planfix_api,
    plivo,
    ringcentral,
    sipuni,
    telphin,
    threecx,
    twilio,
    uis,
    vonage,
    yeastar,
    zadarma,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firstcall.simulator.wire import Dialect

DIALECTS: Mapping[str, Dialect] = {
    "amazon_connect": amazon_connect,
    "asterisk": asterisk,
    "binotel": binotel,
    "exolve": exolve,
    "freepbx": freepbx,
    "generic": generic,
    "gravitel": gravitel,
    "itoolabs": itoolabs,
    "mango": mango,
    "planfix_api": planfix_api,
    "plivo": plivo,
    "ringcentral": ringcentral,
    "sipuni": sipuni,
    "telphin": telphin,
    "threecx": threecx,
    "twilio": twilio,
    "uis": uis,
    "vonage": vonage,
    "yeastar": yeastar,
    "zadarma": zadarma,
}
