"""Which figures of the record are asked for."""

from __future__ import annotations

from collections.abc import Container
from itertools import groupby

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from savings.kit.choosing import ChoosingForm, choice, cut_short
from savings.record.reports import unit_label
from savings.record.searching import LONGEST_QUESTION, PROVENANCES, Choices, FiguresAsked

HINT = (
    "Words that its name, table, place, document or note has, or the figure itself: "
    "for example, libraries or 9.92."
)


class WordsForm(forms.Form):
    """The one box on the record's first page."""

    q = forms.CharField(
        required=False,
        label="Search the figures",
        help_text=HINT,
        max_length=LONGEST_QUESTION,
        widget=forms.TextInput(attrs={"type": "search", "spellcheck": "false"}),
        error_messages={
            "max_length": "Search for fewer words: at most %(limit_value)d characters."
        },
    )


class FiguresForm(ChoosingForm, WordsForm):
    """All may be left out: any words, any document and table, any provenance, any unit."""

    document = choice("Document")
    table = choice("Table")
    provenance = choice("Provenance")
    unit = choice("Unit")

    def __init__(self, data: QueryDict, known: Choices) -> None:
        super().__init__(data)
        self.known = known
        by_document = groupby(known.tables.values(), key=lambda table: table.document.title)
        groups = [
            (title, [(table.code, table.title) for table in tables])
            for title, tables in by_document
        ]
        self.offer(
            "document",
            [("", "Any document"), *((code, str(it)) for code, it in known.documents.items())],
        )
        self.offer("table", [("", "Any table"), *groups])
        self.offer("provenance", [("", "Any provenance"), *PROVENANCES])
        self.offer("unit", [("", "Any unit"), *((unit, unit_label(unit)) for unit in known.units)])

    def clean_document(self) -> str:
        return self._known("document", self.known.documents)

    def clean_table(self) -> str:
        code = self._known("table", self.known.tables)
        if self.known.is_apart(self.cleaned_data.get("document", ""), code):
            raise ValidationError(
                f"“{self.known.tables[code]}” is a table of another document. "
                "Choose a table of this one, or any document."
            )
        return code

    def clean_provenance(self) -> str:
        return self._known("provenance", dict(PROVENANCES))

    def clean_unit(self) -> str:
        return self._known("unit", self.known.units)

    def _known(self, name: str, codes: Container[str]) -> str:
        code: str = self.cleaned_data[name]
        if code and code not in codes:
            raise ValidationError(
                f"The record has no {name} “{cut_short(code)}”. Choose one from the list."
            )
        return code

    def asked(self) -> FiguresAsked:
        """What a valid form asks for."""
        return FiguresAsked(**self.cleaned_data)
