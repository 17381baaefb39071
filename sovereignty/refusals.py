"""What an action says when it refuses: one sentence, and what to do about it.

Actions raise these. The API turns them into problem details, and a page into its
error summary. When one is raised, nothing has been changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


class Refusal(Exception):
    """An action that was not carried out; `str()` is the sentence to show."""


class NotAllowed(Refusal):
    """The person may see this, but may not do that to it."""


class WrongState(Refusal):
    """It is no longer, or not yet, in a state that allows this."""


class StaleVersion(WrongState):
    """Somebody changed it since it was read."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One mistake: its field, the value that was given there, and what to do.

    `row` is the row as the sender counts it (from 1, or the spreadsheet's number for
    an uploaded file); None if the mistake is in no row.
    """

    field: str
    message: str
    value: str = ""
    row: int | None = None

    def as_dict(self) -> dict[str, object]:
        """For JSON. `column` repeats `field` for rows, because the public contract says so."""
        data = {key: value for key, value in asdict(self).items() if value is not None}
        if self.row is not None:
            data["column"] = self.field
        return data


class BadContent(Refusal):
    """Content that can't be stored. It has every mistake, and nothing was stored."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(
            "Nothing was saved. "
            + ("There is a mistake" if len(errors) == 1 else f"There are {len(errors)} mistakes")
            + " to put right."
        )
        self.errors = list(errors)
