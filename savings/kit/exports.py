"""What every file that leaves the product has in common."""

from __future__ import annotations

#: A cell of free text that begins with one of these can be read as a formula; the last
#: four are the wide forms of East Asian keyboards, which spreadsheets take for the narrow.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_text(text: str) -> str:
    """Free text that no spreadsheet takes for a formula: with an apostrophe before it.

    >>> safe_text("=1+1"), safe_text("Fostering")
    ("'=1+1", 'Fostering')
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
