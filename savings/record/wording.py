"""What was found in the record, in words. Pure."""

from __future__ import annotations


def found(count: int, words: str, *, narrowed: bool) -> str:
    """How many figures were found, to head a page and its title.

    >>> found(1172, "", narrowed=False), found(0, "lidos", narrowed=True)
    ('All 1,172 figures', 'No figures found for “lidos”')
    >>> found(1, "", narrowed=True), found(61, " ICT saving", narrowed=True)
    ('1 figure found', '61 figures found for “ICT saving”')
    """
    many = "figure" if count == 1 else "figures"
    if count and not narrowed:
        return f"All {count:,} {many}"
    for_words = f" for “{words.strip()}”" if words.strip() else ""
    return f"{f'{count:,}' if count else 'No'} {many} found{for_words}"
