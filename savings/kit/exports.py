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


def safe_cell(text: str) -> str:
    """A number as it is, which stays one in a spreadsheet; any other text as `safe_text`.

    >>> safe_cell("-600"), safe_cell("-600 or more")
    ('-600', "'-600 or more")
    """
    number = text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii()
    return text if number else safe_text(text)
