"""Makes an employee's id from his name: plain letters, as they are typed and read aloud."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_LONGEST = 60

# Russian, Ukrainian, Belarusian, Kazakh and Kyrgyz letters, as passports and road signs spell most of them.
_LETTERS: dict[str, str] = dict(
    zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True),
    ё="e", ж="zh", х="kh", ц="ts", ч="ch", ш="sh", щ="shch", ъ="", ь="", ю="yu", я="ya",
    ґ="g", є="ie", і="i", ї="i", ў="u", ә="a", ғ="g", қ="k", ң="n", ө="o", ұ="u", ү="u", һ="h",
    ß="ss", ø="o", đ="d", ł="l", æ="ae", œ="oe", ı="i",
)  # fmt: skip
_TABLE = str.maketrans(_LETTERS)


def id_of(name: str, taken: Container[str]) -> str:
    """Make an id that nobody has: `anna-petrova`, the next of the name `anna-petrova-2`."""
    latin = name.casefold().translate(_TABLE)
    plain = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-") or "employee"
    made, number = base, 1
    while made in taken:
        number += 1
        made = f"{base}-{number}"
    return made


def same_name(one: str, other: str) -> bool:
    """Whether two spellings name one person: the order of the words and the case say nothing."""
    return _words(one) == _words(other)


def _words(name: str) -> list[str]:
    return sorted(re.findall(r"\w+", name.casefold().replace("ё", "е")))
