"""The page of a what-if: exact figures, mistakes beside what was typed, one address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from savings.drivers.actions import create_driver
from tests.partnership import NOW, Q2, Partnership, a_saving
from tests.savings.pages import Reading, read
from tests.savings.tables import tables_of
from tests.savings.whatif.conftest import SignIn

pytestmark = pytest.mark.django_db

WHAT_IF = "/what-if/"
HALVES = {
    "service": "libraries",
    "kind": "saving",
    "method": "fixed",
    "shares": "RBKC:1/2,WCC:1/2",
}
#: What the form sends of the same: its every control.
TYPED = {
    "service": "libraries",
    "kind": "saving",
    "effective_from": "",
    "method": "fixed",
    "share_LBHF": "",
    "share_RBKC": "1/2",
    "share_WCC": " 0.5 ",
    "driver": "",
    "indirect_variance": "host",
}


@pytest.fixture
def reader(signed_in: SignIn) -> Client:
    return signed_in("councillor.lbhf")


def values(page: Reading) -> dict[str, str | None]:
    """The text in the text inputs, by id."""
    return {
        str(control["id"]): control.get("value")
        for control in page.controls
        if control.get("type") == "text"
    }


# --- Who may read ------------------------------------------------------------------


def test_a_stranger_signs_in_first_and_comes_back_to_the_question(books: Partnership) -> None:
    response = Client().get(WHAT_IF, HALVES)
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/?next=/what-if/%3Fservice%3Dlibraries")


@pytest.mark.parametrize("username", ["finance.wcc", "s151.rbkc", "programme.office", "auditor"])
def test_everybody_sees_the_same_figures(username: str, reader: Client, signed_in: SignIn) -> None:
    mine = tables_of(reader.get(WHAT_IF, HALVES))
    assert tables_of(signed_in(username).get(WHAT_IF, HALVES)) == mine


# --- The question ------------------------------------------------------------------


def test_before_a_question_there_are_the_two_forms(reader: Client) -> None:
    response = reader.get(WHAT_IF)
    page = read(response)

    assert response.status_code == 200
    assert [form.action for form in page.forms if form.action == WHAT_IF] == [WHAT_IF] * 2
    assert tables_of(response) == []
    assert len(page.ids) == len(set(page.ids))
    unlabelled = [c["id"] for c in page.controls if c.get("id") not in page.labelled]
    assert unlabelled == []


def test_the_address_of_the_form_and_that_of_a_program_ask_the_same(reader: Client) -> None:
    typed, spelled = reader.get(WHAT_IF, TYPED), reader.get(WHAT_IF, HALVES)

    assert tables_of(typed) == tables_of(spelled)
    assert f"{WHAT_IF}?service=libraries&kind=saving&method=fixed&shares=RBKC:1/2,WCC:0.5" in (
        read(typed).hrefs
    )
    assert f"{WHAT_IF}?{urlencode(HALVES, safe=':/,')}" in read(spelled).hrefs
    assert f"/api/v1{WHAT_IF}?{urlencode(HALVES, safe=':/,')}" in read(spelled).hrefs


def test_the_form_keeps_the_question_so_that_it_can_be_changed(reader: Client) -> None:
    found = values(read(reader.get(WHAT_IF, HALVES)))
    assert [found[f"rule_share_{code}"] for code in ("LBHF", "RBKC", "WCC")] == [None, "1/2", "1/2"]


# --- The answer ---------------------------------------------------------------------


def test_figures_are_shown_to_date_by_quarter_and_over_the_plan(reader: Client) -> None:
    response = reader.get(WHAT_IF, HALVES)
    page, (to_date, by_quarter, plan) = read(response), tables_of(response)

    assert to_date == [
        ["Council", "Today", "What if", "Difference"],
        ["Hammersmith & Fulham", "£53.01", "£0.00", "−£53.01"],
        ["Kensington & Chelsea", "£53.00", "£79.50", "+£26.50"],
        ["Westminster", "£52.99", "£79.50", "+£26.51"],
        ["Total", "£159.00", "£159.00", "no change"],
    ]
    assert by_quarter[1:] == [
        ["2013/14 Q1: closed, so this shows what would have happened"],
        ["Hammersmith & Fulham", "£50.01", "£0.00", "−£50.01"],
        ["Kensington & Chelsea", "£50.00", "£75.00", "+£25.00"],
        ["Westminster", "£49.99", "£75.00", "+£25.01"],
        ["2013/14 Q2: still open"],
        ["Hammersmith & Fulham", "£3.00", "£0.00", "−£3.00"],
        ["Kensington & Chelsea", "£3.00", "£4.50", "+£1.50"],
        ["Westminster", "£3.00", "£4.50", "+£1.50"],
    ]
    assert plan[1:] == [
        ["Hammersmith & Fulham", "£30.00", "£0.00", "−£30.00"],
        ["Kensington & Chelsea", "£30.00", "£45.00", "+£15.00"],
        ["Westminster", "£30.00", "£45.00", "+£15.00"],
        ["Total", "£90.00", "£90.00", "no change"],
    ]
    assert (
        "Of what is certified to date, Westminster would have £26.51 more of the savings and "
        "Kensington & Chelsea £26.50; Hammersmith & Fulham would have £53.01 less."
    ) in page.words
    assert (
        "It covers 3 certified entries, each split in whole pence. 3 of them would have fallen "
        "differently."
    ) in page.words
    assert (
        "Quarters up to 2013/14 Q1 are closed and stay as they are, whatever is agreed"
        in page.words
    )
    assert "The promise, 2013/14" in page.words
    assert "The option" not in page.words


def test_figures_of_a_single_quarter_say_which(reader: Client, books: Partnership) -> None:
    response = reader.get(WHAT_IF, {**HALVES, "service": "cex", "shares": "LBHF:1/4,RBKC:3/4"})

    assert tables_of(response) == [
        [
            ["Council", "Today", "What if", "Difference"],
            ["Hammersmith & Fulham", "£0.00", "£10.00", "+£10.00"],
            ["Kensington & Chelsea", "£0.00", "£30.00", "+£30.00"],
            ["No council: not attributed", "£40.00", "£0.00", "−£40.00"],
            ["Total", "£40.00", "£40.00", "no change"],
        ]
    ]
    words = read(response).words
    assert "All of it is for 2013/14 Q1, which is closed and stands" in words
    assert "The adopted plans have no line that it would split" in words


def test_a_proposal_is_shown_for_all_quarters_or_from_its_own_on(
    reader: Client, books: Partnership
) -> None:
    rule = books.rule("libraries", {"WCC": "1"}, effective_from=Q2, agreed_by=["WCC"])

    asked = {"decision": str(rule.decision_id)}
    always = read(reader.get(WHAT_IF, asked))
    own = read(reader.get(WHAT_IF, {**asked, "effective_from": "2013-14-Q2"}))

    assert "Libraries savings, version 2 , proposed to start in 2013/14 Q2" in always.words
    assert f"?decision={rule.decision_id}&effective_from=2013-14-Q2" in always.hrefs
    assert f"?decision={rule.decision_id}" in own.hrefs
    assert "Westminster 1, from 2013/14 Q2 on?" in own.words
    assert values(always)["rule_share_WCC"] == "1"


def test_a_rule_that_a_later_one_replaces_says_so(reader: Client, books: Partnership) -> None:
    every = ["LBHF", "RBKC", "WCC"]
    books.rule("libraries", {"LBHF": "1"}, effective_from=Q2, agreed_by=every)
    sentence = "From 2013/14 Q2 on, Libraries savings, version 2 replaces it"

    since = reader.get(WHAT_IF, {**HALVES, "effective_from": "2013-14-Q1"})

    assert sentence in read(since).words
    assert sentence not in read(reader.get(WHAT_IF, HALVES)).words


# --- Mistakes ------------------------------------------------------------------------


def test_mistakes_are_shown_beside_what_was_typed(reader: Client) -> None:
    response = reader.get(
        WHAT_IF,
        {
            **TYPED,
            "service": "zoo",
            "share_LBHF": "0,5",
            "share_WCC": "2/3",
            "effective_from": "soon",
        },
    )
    page = read(response)

    assert response.status_code == 422
    assert [href for href in page.hrefs if href.startswith("#rule")] == [
        "#rule_service",
        "#rule_effective_from",
        "#rule_share_LBHF",
    ]
    assert "There is no service of this name." in page.words
    assert "“0,5” is not a share: write it as 0.25 or 1/4." in page.words
    found = values(page)
    assert (found["rule_share_LBHF"], found["rule_share_WCC"]) == ("0,5", "2/3")
    assert "zoo (not in the list)" in page.words
    assert "soon (not in the list)" in page.words
    assert page.words.startswith("Error: What if?")


def test_shares_that_do_not_add_up_to_1_are_named_at_the_first_share(reader: Client) -> None:
    response = reader.get(WHAT_IF, {**TYPED, "share_WCC": "1/3"})
    page = read(response)
    assert response.status_code == 422
    assert [href for href in page.hrefs if href.startswith("#rule")] == ["#rule_share_LBHF"]
    assert "The shares add up to 5/6; they must add up to exactly 1." in page.words


@pytest.mark.parametrize(
    ("typed", "anchor"),
    [
        ({"method": "driver", "driver": "visits"}, "#rule_driver"),
        ({"method": "blend", "weight_visits": "1"}, "#rule_weight_visits"),
    ],
)
def test_a_driver_without_values_is_named_where_it_was_chosen(
    reader: Client, books: Partnership, typed: dict[str, str], anchor: str
) -> None:
    create_driver(
        code="visits", name="Visits", unit="visits", by=books.people["programme.office"], at=NOW
    )
    response = reader.get(WHAT_IF, {**TYPED, "effective_from": "2013-14-Q2", **typed})
    page = read(response)
    assert response.status_code == 422
    assert [href for href in page.hrefs if href.startswith("#rule")] == [anchor]
    assert (
        "Visits has no value for Hammersmith & Fulham, Kensington & Chelsea, Westminster by "
        "2013/14 Q2: enter one."
    ) in page.words
    assert values(page)["rule_share_RBKC"] == "1/2"
    assert page.words.startswith("Error: What if?")


def test_mistakes_in_a_value_are_named_in_its_own_form(reader: Client) -> None:
    response = reader.get(
        WHAT_IF, {"driver": "", "council": "WCC", "value": "many", "effective_from": ""}
    )
    page = read(response)
    assert response.status_code == 422
    assert [href for href in page.hrefs if href.startswith("#value")] == [
        "#value_driver",
        "#value_value",
    ]
    assert values(page)["value_value"] == "many"


@pytest.mark.parametrize("decision", ["0", "999999999999999999", "one", "\x00", "1" * 40])
def test_an_unknown_proposal_is_named(reader: Client, decision: str) -> None:
    response = reader.get(WHAT_IF, {"decision": decision})
    assert response.status_code == 422
    assert "This decision proposes no rule." in read(response).words


@pytest.mark.parametrize(
    "query", [{"service": "\x00", "kind": "<b>"}, {"shares": ":::,,:", "method": "fixed"}]
)
def test_nonsense_is_refused_and_shown_as_text(reader: Client, query: dict[str, Any]) -> None:
    response = reader.get(WHAT_IF, query)
    assert response.status_code == 422
    assert "<b>" not in response.content.decode()


# --- How much is read ----------------------------------------------------------------


def test_nothing_is_stored(reader: Client) -> None:
    reader.get(WHAT_IF)
    with CaptureQueriesContext(connection) as queries:
        reader.get(WHAT_IF, HALVES)
        reader.get(WHAT_IF, {"driver": "x", "council": "WCC", "value": "1"})
    assert {query["sql"].split()[0].strip("(") for query in queries} <= {"SELECT"}


def test_many_entries_take_as_many_queries_as_one(reader: Client, books: Partnership) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert reader.get(WHAT_IF, HALVES).status_code == 200
        return len(captured)

    before = queries()
    books.certified("WCC", *(a_saving(amount=f"{n}.01") for n in range(1, 30)), quarter=Q2)
    books.rule("library-service", {"WCC": "1"}, effective_from=Q2, agreed_by=["WCC"])
    assert queries() == before
