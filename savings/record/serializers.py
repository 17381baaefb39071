"""Figures of the record as JSON."""

from __future__ import annotations

from rest_framework import serializers

from savings.kit.serializers import ProvenanceField
from savings.record.models import Figure
from savings.record.searching import LONGEST_QUESTION, PROVENANCES
from sovereignty.shapes import Choice, Shape, Text


class FigureParameters(Shape):
    q = Text(
        required=False,
        allow_blank=True,
        max_length=LONGEST_QUESTION,
        help_text="Words, each of which begins a word of the figure's label, table, place, "
        "document or note, or of what is printed. Capitals, accents, £ and commas do not matter.",
    )
    document = Text(required=False, max_length=80, help_text="A document's code.")
    table = Text(required=False, max_length=80, help_text="A table's code.")
    provenance = Choice(PROVENANCES, required=False)
    unit = Text(required=False, max_length=80, help_text="A unit, such as GBP million.")


class FigureSerializer(serializers.Serializer):
    """A figure of the published record, as it is printed and as a number."""

    document = serializers.CharField(help_text="The document's code.")
    document_title = serializers.CharField()
    table = serializers.CharField(help_text="The table's code.")
    table_title = serializers.CharField()
    section = serializers.CharField(help_text="The part of the table; empty if it has none.")
    row = serializers.CharField()
    column = serializers.CharField(help_text="“Figure” in a list of single figures.")
    printed = serializers.CharField(
        help_text="Exactly as printed, with its misprints; empty if the cell is empty or the "
        "figure is derived."
    )
    value = serializers.RegexField(
        r"^-?[0-9]+(\.[0-9]+)?$",
        allow_null=True,
        help_text="The same, or what was derived, as an exact number in `unit`; null if it is "
        "no number.",
    )
    unit = serializers.CharField(help_text="Such as GBP million, posts or per cent.")
    year = serializers.CharField(
        allow_null=True,
        help_text="The financial year that the figure's column, row, section or table names, "
        "such as 2014-15; null if it names none, or several.",
    )
    date = serializers.CharField(
        allow_null=True,
        help_text="The date that it names instead, as far as it does: 2011-04-01, 2012-04 or 2012.",
    )
    total = serializers.ChoiceField(
        choices=Figure.Total.choices,
        allow_blank=True,
        help_text="Which sum the figure is; empty if it is a figure of its own.",
    )
    provenance = ProvenanceField()
    illustrative = serializers.BooleanField()
    derivation = serializers.CharField(help_text="The calculation of a derived figure.")
    place = serializers.CharField(help_text="Where in the document it is printed.")
    note = serializers.CharField()
