from __future__ import annotations

from pathlib import Path

import pytest

from shared.company_file import model

SECTIONS = [each for each in vars(model).values() if isinstance(each, type) and issubclass(each, model.Section)]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_key_of_the_file_is_explained(section: type[model.Section]) -> None:
    page = Path("docs/company-file.md").read_text(encoding="utf-8")
    keys = [field.alias or name for name, field in section.model_fields.items()]
    written = {
        key: any(form in page for form in (f"`{key}`", f".{key}`", f"{key}:", f"## {key}", f", {key}\n"))
        for key in keys
    }
    assert [key for key, found in written.items() if not found] == []
