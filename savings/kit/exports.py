"""What every file that leaves the product has in common."""

from __future__ import annotations

#: A cell of free text that begins with one of these can be read as a formula. The last
#: four are the wide forms of East Asian keyboards, which spreadsheets read as the narrow ones.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_text(text: str) -> str:
    """Free text with an apostrophe before it if a spreadsheet could read it as a formula.

    >>> safe_text("=1+1"), safe_text("Fostering")
    ("'=1+1", 'Fostering')
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text
