"""The forms for a council that joins a service, leaves it or becomes its host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from savings.kit.forms import SayingForm, quarter_field
from savings.sharing.actions import SOURCE_MISSING
from sovereignty.models import Council
from sovereignty.refusals import BadContent, FieldError


def _council(label: str) -> forms.Field:
    return forms.Field(label=label, required=False, widget=forms.Select)


class ChangeForm(SayingForm):
    """A council, a quarter (named by `when`), and where that was settled."""

    when = "effective_from"

    council: forms.Field
    source = forms.Field(
        label="Where was this settled?",
        help_text="Such as Cabinet, 4 June 2013, item 7. Everybody can read it.",
        required=False,
    )

    def __init__(self, councils: Iterable[Council], data: Any = None) -> None:
        super().__init__(data)
        self.by_code = {council.code: council for council in councils}
        choices = [("", "Choose"), *((code, each.name) for code, each in self.by_code.items())]
        self.fields["council"].widget.choices = choices

    def read(self) -> dict[str, Any]:
        """The action's arguments. Raises BadContent with everything that is missing or wrong."""
        errors: list[FieldError] = []
        council = self.by_code.get(self.say("council"))
        if council is None:
            errors.append(FieldError("council", "Choose the council."))
        quarter = self.read_or_add(errors, lambda: self.quarter(self.when))
        if not self.say("source"):
            errors.append(FieldError("source", SOURCE_MISSING))
        if errors:
            raise BadContent(errors)
        return {"council": council, self.when: quarter, "source": self.say("source")}


class JoinForm(ChangeForm):
    council = _council("Which council joins?")
    effective_from = quarter_field(
        "The first in which it takes part, such as 2013-14-Q3. It must be open or in the future."
    )
    field_order = ["council", "effective_from", "source"]


class LeaveForm(ChangeForm):
    when = "last_quarter"

    council = _council("Which council leaves?")
    last_quarter = quarter_field(
        "The last in which it takes part, such as 2013-14-Q3. The quarter after it must be open "
        "or in the future.",
        "Up to and including which quarter?",
    )
    field_order = ["council", "last_quarter", "source"]


class HostForm(ChangeForm):
    council = _council("Which council hosts it?")
    effective_from = quarter_field(
        "The first in which it is host, such as 2013-14-Q3. It must be open or in the future."
    )
    field_order = ["council", "effective_from", "source"]
