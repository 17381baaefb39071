"""The published record as data."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from django.db.models import QuerySet

from savings.record.models import Figure
from savings.record.searching import Choices, FigureReport, FiguresAsked, choices, described
from savings.record.serializers import FigureParameters, FigureSerializer
from sovereignty.calls import Listing
from sovereignty.refusals import BadContent, FieldError
from sovereignty.shapes import SHOWN


class FigureList(Listing):
    """The figures of the published record, each with its document and the place in it.

    Printed amounts are text, as they are printed, and so are their values, which are exact. For
    everybody with an appointment.
    """

    serializer_class = FigureSerializer
    parameters_shape = FigureParameters

    def rows(self, asked: dict[str, Any]) -> QuerySet[Figure]:
        if {"document", "table", "unit"} & set(asked):
            check_known(asked, choices())
        return FiguresAsked(**asked).figures()

    def shown(self, page: Sequence[Figure]) -> list[FigureReport]:
        return list(described(page))


def check_known(asked: dict[str, Any], known: Choices) -> None:
    """Raises BadContent for what the record doesn't have, and says what it has."""
    remedies: dict[str, tuple[Container[str], str]] = {
        "document": (known.documents, f"There are: {', '.join(known.documents)}."),
        "table": (known.tables, "Take its code from the figures of its document."),
        "unit": (known.units, f"There are: {', '.join(known.units)}."),
    }
    errors = [
        FieldError(name, f"The record has no such {name}. {remedy}", asked[name][:SHOWN])
        for name, (codes, remedy) in remedies.items()
        if name in asked and asked[name] not in codes
    ]
    document, table = asked.get("document", ""), asked.get("table", "")
    if known.is_apart(document, table):
        whose = known.tables[table].document.code
        errors.append(FieldError("table", f"This is a table of {whose}: ask for that.", table))
    if errors:
        raise BadContent(errors)
