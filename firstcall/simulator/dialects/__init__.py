"""The PBX families the simulator can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstcall.simulator.dialects import binotel, generic, gravitel, itoolabs, mango, telphin, uis, zadarma

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firstcall.simulator.wire import Dialect

DIALECTS: Mapping[str, Dialect] = {
    "binotel": binotel,
    "generic": generic,
    "gravitel": gravitel,
    "itoolabs": itoolabs,
    "mango": mango,
    "telphin": telphin,
    "uis": uis,
    "zadarma": zadarma,
}
