"""The page that documents the API: every call, every field, every problem of the schema."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from triborough.api import schema
from triborough.api_docs import Call, groups, marked
from triborough.problems import PROBLEMS

pytestmark = pytest.mark.django_db


def page() -> str:
    response = Client().get("/api/v1/docs/")  # as anybody
    assert response.status_code == 200
    return unescape(response.content.decode())


def the_call(method: str, address: str) -> Call:
    (call,) = [
        call
        for group in groups()
        for call in group.calls
        if (call.method, call.address) == (method, f"/api/v1/{address}")
    ]
    return call


def test_every_call_of_the_schema_has_a_heading_and_a_description() -> None:
    html = page()
    heads = re.findall(r'app-call__method">(\w+)</span> <code>(.*?)</code>', html)
    assert sorted(heads) == sorted(
        (method.upper(), path) for path, calls in schema()["paths"].items() for method in calls
    )
    for calls in schema()["paths"].values():
        for call in calls.values():
            assert unescape(marked(call["description"].split("\n\n")[0])) in html


def test_every_id_on_the_page_is_unique_and_every_link_has_one() -> None:
    html = page()
    places = re.findall(r' id="([^"]+)"', html)
    assert len(places) == len(set(places))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(places)


def test_the_address_of_every_problem_leads_to_its_meaning() -> None:
    rows = dict(re.findall(r'<tr class="govuk-table__row" id="([^"]+)">(.*?)</tr>', page(), re.S))
    assert list(rows) == list(PROBLEMS)
    for name, kind in PROBLEMS.items():
        assert kind.title in rows[name]
        assert kind.meaning in rows[name]
        assert f">{kind.status}<" in rows[name]


def test_fields_say_where_they_are_and_what_they_hold() -> None:
    call = the_call("PUT", "returns/{council}/{period}/")
    assert [field.name for field in call.parameters] == ["council", "period"]
    sends = {field.name: (field.kind, field.required) for field in call.sends}
    assert sends["version"] == ("whole number", True)
    assert sends["entries"] == ("list", True)
    assert sends["entries[].kind"] == ("saving, ongoing_cost, transition_cost, variance", True)
    assert sends["entries[].tupe"] == ("list of text, or null", False)
    answers = {field.name: field.kind for field in call.answers}
    assert answers["entries[].amount"] == "text such as 4540000.00"
    assert answers["certified"] == "object, or null"
    assert answers["certified.at"] == "date and time"
    assert call.refusals == ["401", "403", "404", "409", "413", "415", "422", "429"]


def test_choices_are_not_named_twice() -> None:
    (status,) = [
        field for field in the_call("GET", "returns/").parameters if field.name == "status"
    ]
    assert (status.kind, status.words) == ("draft, submitted, certified", "")


def test_other_formats_are_named() -> None:
    assert the_call("GET", "reports/{council}/{period}.{extension}").formats == [
        "text/csv",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]


def test_backticks_mark_code_and_nothing_else_is_markup() -> None:
    assert marked("`a<b>` & <i>") == "<code>a&lt;b&gt;</code> &amp; &lt;i&gt;"
