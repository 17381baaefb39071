"""Whether a text that a person gives (a reason, question or answer) can be stored. Pure."""

from __future__ import annotations

from sovereignty.refusals import FieldError

LONGEST_TEXT = 2000


def mistake_in(
    text: str,
    field: str,
    remedy: str = "",
    *,
    row: int | None = None,
    longest: int = LONGEST_TEXT,
) -> FieldError | None:
    """What is wrong with a text, or None. `remedy` says what to write if it is empty.

    Without a `remedy` it may be empty. It may have at most `longest` characters, and no null
    character, which PostgreSQL can't store.

    >>> mistake_in(" ", "reason", "Say why.").message
    'Say why.'
    """
    if remedy and not text.strip():
        return FieldError(field, remedy, row=row)
    if "\x00" in text:
        return FieldError(field, "Remove the null character.", row=row)
    if len(text.strip()) > longest:
        return FieldError(field, f"Shorten this to {longest:,} characters.", row=row)
    return None
