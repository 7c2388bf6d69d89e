"""What a company file costs by its size: to read and compile where it is applied, to load where calls are answered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import yaml

from load import setting
from load.day import MIDNIGHT
from load.functions import Function
from load.growth import TWO, file_of
from load.server import serve
from load.table import Table
from shared import company_json
from shared.company_file import read_company, yaml_source

if TYPE_CHECKING:
    from pathlib import Path

    from load.growth import Size
    from shared.company_file import CompanyFile

TIMES = 3


@dataclass(frozen=True, slots=True)
class FileCosts:
    """What a company file of one size costs where it is applied and where it is loaded."""

    employees: int
    file_bytes: int
    compile_ms: float
    item_bytes: int
    start_ms: float


def file_costs(place: Path, size: Size) -> FileCosts:
    """Write, read, check and compile a company file; start a look-up function on it."""
    employees = size.employees
    text = yaml.safe_dump(setting.company_document(employees, TWO), allow_unicode=True, sort_keys=False)
    compiled = [_compiled(text) for _ in range(TIMES)]
    started = []
    company = compiled[0].file
    table = Table(file_of(place, size), setting.company_items(company), setting.secrets_text(company))
    with serve(table) as serving:
        for number in range(TIMES):
            log = place / f"start-{employees}-{number}.log"
            function = Function("route", place / "route", serving.url, log, MIDNIGHT)
            started.append(function.start_cpu_ns / 1e6)
            function.end()
    packed = len(company_json.dump(company.company))
    return FileCosts(employees, len(text.encode()), median(each.ms for each in compiled), packed, median(started))


class _Compiled(NamedTuple):
    file: CompanyFile
    ms: float


def _compiled(text: str) -> _Compiled:
    before = time.process_time_ns()
    file = read_company(yaml_source.load_text(text, {}, "company.yaml"), 1)
    return _Compiled(file, (time.process_time_ns() - before) / 1e6)
