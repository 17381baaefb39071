"""The forms that add a service, rename it, move it, and record its state."""

from __future__ import annotations

from typing import Any

from django import forms

from savings.arranging.actions import OFFICE, Changes, NewState, Place
from savings.kit.choosing import services_of
from savings.kit.forms import SayingForm, quarter_field
from services.models import Service
from services.states import LABELS, State
from services.tree import ServiceTree
from sovereignty.refusals import BadContent, FieldError

AT_THE_TOP = "None: it is a programme"


def _text(label: str, help_text: str = "", **options: Any) -> forms.Field:
    return forms.Field(label=label, help_text=help_text, required=False, **options)


def _source(help_text: str) -> forms.Field:
    return _text("Where was this settled?", f"{help_text} Everybody can read it.")


class ArrangingForm(SayingForm):
    """What is to change, as typed; the action decides whether it is right."""

    source = _source("Such as Cabinet, 4 June 2013, item 7. You can leave it empty.")

    def __init__(self, tree: ServiceTree, service: Service | None, data: Any = None) -> None:
        super().__init__(data, initial=self.initial_of(service))
        if "parent" in self.fields:
            apart = tree.below(service.slug) if service else frozenset()
            choices = [each for each in services_of(tree) if each[0] not in apart]
            self.fields["parent"].widget.choices = [("", AT_THE_TOP), *choices]

    def initial_of(self, service: Service | None) -> dict[str, Any]:
        return {}

    def read(self) -> dict[str, Any]:
        """The action's arguments. Raises BadContent for a quarter that is none."""
        raise NotImplementedError

    def typed(self) -> list[tuple[str, str, str]]:
        """Each field's name, label and what was typed, in words; for the page that asks again."""
        return [
            (field.name, str(field.label), self._in_words(field.name))
            for field in self
            if self.say(field.name) or field.name == "parent"
        ]

    def _in_words(self, name: str) -> str:
        typed = self.say(name)
        choices = dict(getattr(self.fields[name].widget, "choices", ()))
        return str(choices.get(typed, typed)).strip()


def _place() -> forms.Field:
    return _text(
        "Below which service?",
        "It follows the service above: who takes part, who hosts and which rules split, unless "
        "it has its own.",
        widget=forms.Select,
    )


class AddForm(ArrangingForm):
    name = _text("Name", "As people know it, such as Waste collection.")
    slug = _text(
        "Short name",
        "For files and addresses, such as waste-collection. It can’t be changed later.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )
    parent = _place()
    description = _text("Description", "You can leave it empty.", widget=forms.Textarea)
    field_order = ["name", "slug", "parent", "description", "source"]

    def read(self) -> dict[str, Any]:
        return {
            "slug": self.say("slug"),
            "changes": Changes(
                name=self.say("name"),
                description=self.say("description"),
                place=Place(self.say("parent")),
                source=self.say("source"),
            ),
        }


class RenameForm(ArrangingForm):
    name = _text("New name", "The short name stays, so files and addresses keep working.")
    field_order = ["name", "source"]

    def initial_of(self, service: Service | None) -> dict[str, Any]:
        return {"name": service.name} if service else {}

    def read(self) -> dict[str, Any]:
        return {"changes": Changes(name=self.say("name"), source=self.say("source"))}


class MoveForm(ArrangingForm):
    parent = _place()
    field_order = ["parent", "source"]

    def initial_of(self, service: Service | None) -> dict[str, Any]:
        return {"parent": service.parent.slug if service and service.parent else ""}

    def read(self) -> dict[str, Any]:
        return {"changes": Changes(place=Place(self.say("parent")), source=self.say("source"))}


class StateForm(ArrangingForm):
    state = _text(
        "What becomes of it?",
        "In every state but shared, no council takes part in it. A service that is retired takes "
        "no new entries.",
        widget=forms.RadioSelect(choices=[(state.value, LABELS[state]) for state in State]),
    )
    effective_from = quarter_field(
        "The first in which it has this state, such as 2013-14-Q3. It must be open or in the "
        "future. It holds until the next change."
    )
    settled_by = _text("Who settled it?", f"If you leave this empty, it says {OFFICE.lower()}.")
    field_order = ["state", "effective_from", "settled_by", "source"]

    def read(self) -> dict[str, Any]:
        errors: list[FieldError] = []
        if not self.say("state"):
            errors.append(FieldError("state", "Choose what becomes of it."))
        quarter = self.read_or_add(errors, self.quarter)
        if errors:
            raise BadContent(errors)
        state = NewState(self.say("state"), quarter, self.say("settled_by"))
        return {"changes": Changes(state=state, source=self.say("source"))}
