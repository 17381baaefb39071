"""No percentage, difference or verdict is between figures of different measures.

Every plan of the published record is compared in every year and by every measure, for all councils
and for one, on the page and through the API; and the pages that people start from are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from savings.plans.models import Plan
from sovereignty.models import User
from tests.calling import Caller

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MEASURES = ("to_date", "in_year", "annual_rate")
#: The call can be of one council; the page is of all.
COUNCILS = ("", "WCC")
#: Where people start from, besides the comparison.
PAGES = (
    "/forecasts/",
    "/boroughs/",
    "/boroughs/WCC/",
    "/what-if/",
    "/fairness/",
    "/record/plans/",
    "/dividing/",
)
VERDICT = re.compile(
    r"\b(?:passed|met|missed|exceeded|beaten|fallen short of)\s+(?:its|the|their)\s+"
    r"(?:promise|plan|target)",
    re.IGNORECASE,
)


def asked() -> Iterator[dict[str, str]]:
    for plan in Plan.objects.all():
        years = sorted(set(plan.lines.values_list("year", flat=True)))
        for year in years:
            for measure in MEASURES:
                for council in COUNCILS:
                    yield {"plan": plan.code, "year": year, "measure": measure, "council": council}


def wrong_in(answer: Any) -> list[Any]:
    """Everything in an answer that has a verdict between figures of different measures."""
    if isinstance(answer, list):
        return [fault for each in answer for fault in wrong_in(each)]
    if not isinstance(answer, dict):
        return []
    faults = [fault for each in answer.values() for fault in wrong_in(each)]
    if answer.get("difference") is not None or answer.get("percentage") is not None:
        promised = answer["planned_measure"]
        if answer.get("planned_to_date") is not None:
            promised = "to_date"
        if promised != answer["delivered_measure"] or answer["why"] is not None:
            faults.append(answer)
    return faults


def wrong_rows(page: str) -> list[str]:
    """The rows with a percentage that don't have two figures of one measure."""
    return [
        row
        for row in re.findall(r"<tr\b.*?</tr>", page, re.DOTALL)
        if re.search(r"\d%", re.sub(r"<[^>]*>", " ", row))
        and max(Counter(re.findall(r'data-measure="(\w+)"', row)).values(), default=0) < 2
    ]


def test_no_verdict_is_between_figures_of_different_measures(reader: Client) -> None:
    caller = Caller(User.objects.get(username="an.auditor"))
    compared = 0
    for question in asked():
        given = {name: text for name, text in question.items() if text}
        answer = caller.get("comparison/", **given).json()
        assert wrong_in(answer) == [], question
        compared += 1
        if "council" in given:
            continue
        page = reader.get("/comparison/", given).content.decode()
        assert wrong_rows(page) == [], question
        told = [answer["percentage"], *(area["percentage"] for area in answer["areas"])]
        assert not VERDICT.search(page) or any(told), question
        of = Plan.objects.get(code=given["plan"])
        delivered = answer["delivered"] not in (None, "0.00")
        if of.kind in (Plan.Kind.OPTION, Plan.Kind.PROFILE) and delivered:  # of all services
            assert not any(told), question
    assert compared > 50
    for address in PAGES:
        response = reader.get(address)
        assert response.status_code == 200, address
        assert not VERDICT.search(response.content.decode()), address


def test_a_verdict_between_different_measures_would_be_found() -> None:
    sound = {
        "planned_measure": "in_year",
        "delivered_measure": "in_year",
        "percentage": "50.0",
        "why": None,
    }
    assert wrong_in({"areas": [sound]}) == []
    unlike = {**sound, "planned_measure": "annual_rate"}
    assert wrong_in({"areas": [unlike]}) == [unlike]
    cell = '<td data-measure="{}">£1</td>'
    row = f"<tr>{cell.format('in_year')}{cell.format('to_date')}<td>50.0%</td></tr>"
    assert wrong_rows(row) == [row]
    assert wrong_rows(row.replace("to_date", "in_year")) == []
    assert VERDICT.search("CEX has passed its promise")
