"""The forms of the set-up: whose it is, a council, a person to invite, and their password."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm

from savings.kit.forms import SayingForm
from savings.setup.actions import Whose
from sovereignty.models import Council, Role
from sovereignty.refusals import BadContent, FieldError

WHOSE = {
    Whose.OWN: "Our own partnership: nothing is loaded, and the next pages ask for the councils, "
    "people, services, quarters and plan",
    Whose.RECORD: "The published record: what three London councils proposed from 2010 on and "
    "reported by 2013, with every figure’s document and place",
    Whose.DEMONSTRATION: "The demonstration: the published record, with made-up people, rules and "
    "drafts to look at",
}


#: What a person is told whose second password is another.
DIFFER = "The two passwords differ. Type the same one twice."


class WhoseForm(SayingForm):
    whose = forms.Field(
        label="Whose partnership is it?", required=False, widget=forms.RadioSelect()
    )

    def __init__(self, data: Any = None, *, demonstration: bool) -> None:
        """`demonstration`: whether that may be loaded here."""
        super().__init__(data)
        offered = [each for each in Whose if demonstration or each != Whose.DEMONSTRATION]
        self.fields["whose"].widget.choices = [(each.value, WHOSE[each]) for each in offered]

    def chosen(self) -> Whose:
        """What was chosen. Raises BadContent if nothing was."""
        try:
            return Whose(self.say("whose"))
        except ValueError as error:
            raise BadContent([FieldError("whose", "Choose whose partnership it is.")]) from error


def _plain(label: str, hint: str = "", **attrs: str) -> forms.Field:
    widget = forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off", **attrs})
    return forms.Field(label=label, help_text=hint, required=False, widget=widget)


class CouncilForm(SayingForm):
    name = _plain("Name", "As pages and tables show it, such as Easton.")
    full_name = _plain("Name in full", "Such as Easton District Council. Leave it out if the same.")
    code = _plain(
        "Code",
        "2 to 12 capital letters and digits, such as EDC. Files, rules and the history name the "
        "council by it, so it can’t be changed later.",
    )


class InvitationForm(SayingForm):
    first_name = _plain("First name")
    last_name = _plain("Last name")
    username = _plain(
        "Username", "Such as ann.smith. The history names the person by it, so it stays."
    )
    email = _plain("Email address", "The link is sent here. Without one, you pass it on yourself.")
    role = forms.Field(label="Role", required=False, widget=forms.Select())
    council = forms.Field(
        label="Council",
        help_text="Leave it out for the programme office and auditors.",
        required=False,
        widget=forms.Select(),
    )

    def __init__(self, councils: Iterable[Council], data: Any = None) -> None:
        super().__init__(data)
        self.by_code = {council.code: council for council in councils}
        self.fields["role"].widget.choices = [("", "Choose"), *Role.choices]
        self.fields["council"].widget.choices = [
            ("", "The whole partnership"),
            *((code, council.name) for code, council in self.by_code.items()),
        ]

    def given(self) -> dict[str, Any]:
        """What `invite` takes. Raises BadContent for a council that is not there."""
        code = self.say("council")
        if code and code not in self.by_code:
            raise BadContent([FieldError("council", "There is no such council. Choose another.")])
        names = ("first_name", "last_name", "username", "email", "role")
        return {name: self.say(name) for name in names} | {"council": self.by_code.get(code)}


class FileForm(SayingForm):
    """A file; `mistakes` are those of its rows, which a table lists."""

    file = forms.Field(
        label="The file",
        help_text="XLSX, ODS or CSV. All of its rows are stored, or none.",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".xlsx,.ods,.csv"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.mistakes: list[FieldError] = []


class PasswordForm(SetPasswordForm):
    """The password that an invited person chooses, typed twice."""

    error_messages = {"password_mismatch": DIFFER}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        first, second = self.fields["new_password1"], self.fields["new_password2"]
        first.label, second.label = "Choose a password", "Type it again"
        first.error_messages["required"] = "Enter a password."
        second.error_messages["required"] = "Type the password again."
        second.help_text = ""
