"""The PBX families the simulator can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firstcall.simulator.dialects import generic, itoolabs, mango, zadarma

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firstcall.simulator.wire import Dialect

DIALECTS: Mapping[str, Dialect] = {
    "itoolabs": itoolabs,
    "mango": mango,
    "zadarma": zadarma,
    "generic": generic,
}
