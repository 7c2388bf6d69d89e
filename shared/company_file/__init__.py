"""The company file: read, judged whole, compiled. Used where it is applied, by nothing that answers a call.

`read_company` is the one way in. Files beside it: `model` the shape, `check*` what crosses, `compile` the result,
`diff` what a replacement changes, `yaml_source` the file as people write it.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from shared import company_json
from shared.company_file.check import check
from shared.company_file.compile import compile_company
from shared.company_file.mistakes import CompanyMistakes, Findings
from shared.company_file.public_holidays import years_around
from shared.company_file.secrets import masked, resolve_secrets
from shared.company_file.shape import read_shape
from shared.company_file.warnings import warn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.company import Company

__all__ = ["CompanyFile", "CompanyMistakes", "read_company"]

MOST_BYTES = 1_000_000
"""Some five thousand employees; beyond it the answer with every mistake would not fit either."""

MOST_STORED_BYTES = 180_000
"""The company and its file, both deflated, go into one item of the table, which holds 400 KB."""

MOST_SECRET_BYTES = 48_000
"""Secrets Manager keeps 64 KB, and each connection's key goes there too."""


@dataclass(frozen=True, slots=True)
class CompanyFile:
    """A company file without mistakes."""

    company: Company
    document: dict[str, object]
    """The file as it was given, secrets as `***`."""
    secrets: Mapping[str, Mapping[str, str]]
    """Every connection's secrets in clear, kept ones included."""
    warnings: tuple[str, ...]


def read_company(
    document: object,
    version: int,
    stored_secrets: Mapping[str, Mapping[str, str]] | None = None,
    today: date | None = None,
) -> CompanyFile:
    """Read a company file given as JSON data; raise CompanyMistakes with all that is wrong in it."""
    copied = _plain_copy(document)
    findings = Findings()
    shape = read_shape(copied, findings)
    if shape is None or not isinstance(copied, dict):
        raise CompanyMistakes(findings.mistakes(copied))
    check(shape, findings)
    secrets = resolve_secrets(shape, stored_secrets or {}, findings)
    if findings:
        raise CompanyMistakes(findings.mistakes(copied))
    years = years_around(today or datetime.now(UTC).date())
    company = compile_company(shape, version, years)
    result = masked(copied)
    _check_size(company, result, secrets)
    warn(shape, years, findings)
    return CompanyFile(company, result, secrets, tuple(findings.warnings))


def _plain_copy(document: object) -> object:
    """Copy what is JSON data of a size that can be kept, and refuse the rest."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except RecursionError:
        raise CompanyMistakes(("the company file is nested too deep",)) from None
    except UnicodeEncodeError:
        raise CompanyMistakes(("the company file has characters that are no valid Unicode",)) from None
    except (TypeError, ValueError):
        raise CompanyMistakes(("the company file must be made of what JSON can hold",)) from None
    if size > MOST_BYTES:
        raise CompanyMistakes((f"the company file has {size:,} bytes; at most {MOST_BYTES:,} can be kept",))
    copied: object = json.loads(text)
    return copied


def _check_size(company: Company, document: dict[str, object], secrets: Mapping[str, Mapping[str, str]]) -> None:
    kept = max(len(company_json.dump(company)), len(zlib.compress(json.dumps(document).encode())))
    if kept > MOST_STORED_BYTES:
        message = f"the company file has {kept:,} bytes when deflated; at most {MOST_STORED_BYTES:,} can be kept"
        raise CompanyMistakes((message,))
    if (size := len(json.dumps(secrets).encode())) > MOST_SECRET_BYTES:
        message = f"connections: all secrets together have {size:,} bytes; at most {MOST_SECRET_BYTES:,} can be kept"
        raise CompanyMistakes((message,))
