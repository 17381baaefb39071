"""Money inside is whole pence: code that prints or draws it, or makes JSON, converts nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import savings

_SAVINGS = Path(savings.__file__).parent
_PRINTS = ("charts.py", "wording.py", "serializers.py", "tables.py", "claims.py")
_CONVERTS = re.compile(r"\b(to_pence|from_pence)\b")

PRINTERS = sorted(
    path
    for path in _SAVINGS.rglob("*.py")
    if path.name in _PRINTS or path.parent.name == "templatetags"
)


def test_some_modules_print() -> None:
    assert len(PRINTERS) > 30


@pytest.mark.parametrize("path", PRINTERS, ids=lambda path: str(path.relative_to(_SAVINGS)))
def test_a_module_that_prints_converts_nothing(path: Path) -> None:
    """A report reads a row into pence once; where a printer has to convert, a report forgot to."""
    assert _CONVERTS.findall(path.read_text(encoding="utf-8")) == []
