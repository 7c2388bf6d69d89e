"""What must hold, and the list of what did not."""

from __future__ import annotations

from dataclasses import dataclass, field

ROUTE_COLD = 0.80  # x floor, in instructions
ROUTE_COLD_WALL = 0.90  # x floor, in time, which moves by a tenth; counts only where instructions cannot be counted
ROUTE_WARM = 1.15  # x a bare GetItem, in instructions
ZIP_BYTES = 4_000_000

FORBIDDEN = (
    "pydantic",
    "aws_xray_sdk",
    "asyncio",
    "phonenumbers.geocoder",
    "phonenumbers.carrier",
    "shared.company_file",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.parser",
    "aws_lambda_powertools.utilities.idempotency",
)
"""What a hot path never loads: each costs more than the look-up itself. The Tracer is named by its aws_xray_sdk."""


@dataclass(slots=True)
class Gates:
    """Collects what is missed."""

    missed: list[str] = field(default_factory=list)
    held: int = 0

    def at_most(self, what: str, value: float, limit: float, form: str = ".2f") -> str:
        """Hold a value under a limit; give the mark its row shows."""
        return self._mark(f"{what} is {value:{form}}, at most {limit:{form}} is allowed", holds=value <= limit)

    def exactly(self, what: str, value: object, wanted: object) -> str:
        """Hold a value at what it must be."""
        return self._mark(f"{what}: {value}, not {wanted}", holds=value == wanted)

    def _mark(self, complaint: str, *, holds: bool) -> str:
        if holds:
            self.held += 1
            return "ok"
        self.missed.append(complaint)
        return "MISSED"
