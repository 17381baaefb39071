"""What an action says when it will not act: one sentence, and what to do about it.

Actions raise these; the API turns them into problem details and a page into its
error summary. Nothing has been changed when one is raised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass


class Refusal(Exception):
    """An action that was not carried out; `str()` is the sentence to show."""


class NotAllowed(Refusal):
    """The person may see this but not do that to it."""


class WrongState(Refusal):
    """The thing is no longer, or not yet, in a state that allows this."""


class StaleVersion(WrongState):
    """Somebody changed it since it was read."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One mistake: the field it is in, what was given there and what to do.

    `row` is the row as the sender counts it (from 1; a spreadsheet's own number for
    an uploaded file), None where the mistake is in no row.
    """

    field: str
    message: str
    value: str = ""
    row: int | None = None

    def as_dict(self) -> dict[str, object]:
        """For JSON; `column` repeats `field` for rows, as the public contract names it."""
        data = {key: value for key, value in asdict(self).items() if value is not None}
        if self.row is not None:
            data["column"] = self.field
        return data


class BadContent(Refusal):
    """Content that can't be stored: every mistake at once, nothing stored."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(
            "Nothing was saved. "
            + ("There is a mistake" if len(errors) == 1 else f"There are {len(errors)} mistakes")
            + " to put right."
        )
        self.errors = list(errors)
