"""The pages of fairness: exact figures, the warning and its rule, CSV, proposing a test."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from savings.fairness.models import FairnessTest
from sovereignty.models import Appointment, Council, Role, User
from tests.partnership import PASSWORD, Q1, Q2, Partnership
from tests.savings.fairness.conftest import SignIn, agreed_test
from tests.savings.pages import read
from tests.savings.tables import table_headed, tables_of

pytestmark = pytest.mark.django_db

FAIRNESS = "/fairness/"
CSV = "/fairness/fairness.csv"
NOBODY = "By the agreed test no council persistently gains little"
NOT_AGREED = "No test of fairness has been agreed by every council, so this page gives no warnings"


@pytest.fixture
def reader(signed_in: SignIn) -> Client:
    return signed_in("councillor.lbhf")


# --- Who may read ------------------------------------------------------------------


@pytest.mark.parametrize("username", ["finance.wcc", "s151.rbkc", "programme.office", "auditor"])
def test_everybody_sees_the_same_figures(username: str, reader: Client, signed_in: SignIn) -> None:
    assert tables_of(signed_in(username).get(FAIRNESS)) == tables_of(reader.get(FAIRNESS))


# --- The figures --------------------------------------------------------------------


def test_each_council_is_shown_to_the_penny(reader: Client) -> None:
    net, shares, services, quarters = tables_of(reader.get(FAIRNESS))

    assert net[1:] == [
        ["Hammersmith & Fulham", "£110.00", "£0.00", "£0.00", "£0.00", "£110.00", "Never behind"],
        ["Kensington & Chelsea", "£110.00", "£45.00", "£0.00", "£0.00", "£65.00", "Never behind"],
        [
            "Westminster",
            "£111.00",
            "£45.00",
            "£60.00",
            "£0.00",
            "£6.00",
            "2013/14 Q2, after being £5.00 behind by the end of 2013/14 Q1",
        ],
        ["All councils", "£331.00", "£90.00", "£60.00", "£0.00", "£181.00", ""],
    ]
    assert shares[1:] == [
        ["Hammersmith & Fulham", "60.8%", "£0.00", "0.0%", "–"],
        ["Kensington & Chelsea", "35.9%", "£45.00", "30.0%", "1.20"],
        ["Westminster", "3.3%", "£105.00", "70.0%", "0.05"],
    ]
    assert services[1:] == [
        ["Childrens", "–", "–", "£1.00", "None: all the same"],
        ["Libraries", "£110.00", "£65.00", "£5.00", "Westminster"],
    ]
    assert quarters[4] == [
        "Westminster",
        "£100.00",
        "£105.00",
        "−£5.00",
        "−£5.00",
        "−3.3%",
        "70.0%",
    ]
    assert [row[0] for row in quarters if len(row) == 1] == ["2013/14 Q1", "2013/14 Q2"]


def test_each_picture_has_its_title_and_sentence_and_no_fractions_of_pence(reader: Client) -> None:
    response = reader.get(FAIRNESS)
    html = response.content.decode()
    words = read(response).words

    assert (
        "To date Hammersmith & Fulham has gained the most, £110.00, and Westminster the least, "
        "£6.00."
    ) in words
    assert (
        "Westminster gains least for what it puts in: 3.3% of the net for 70.0% of the "
        "contribution."
    ) in words
    figures = {
        name: json.loads(text)
        for name, text in re.findall(
            r'<script id="(\w+-figure)" type="application/json">(.*?)</script>', html
        )
    }
    assert {trace["name"]: trace["y"] for trace in figures["net-figure"]["data"]} == {
        "Hammersmith & Fulham": [10000, 11000],
        "Kensington & Chelsea": [5500, 6500],
        "Westminster": [-500, 600],
    }
    assert [trace["x"] for trace in figures["shares-figure"]["data"]] == [
        [607, 359, 33],
        [0, 300, 700],
    ]


def test_the_page_says_what_is_unattributed(reader: Client) -> None:
    assert "Not in any of these figures: savings of £7.00" in read(reader.get(FAIRNESS)).words


def test_figures_of_one_service_include_the_services_below_it(reader: Client) -> None:
    response = reader.get(FAIRNESS, {"service": "libraries", "to": "2013-14-Q1"})
    page = read(response)
    assert table_headed(response, "Service") == [
        ["Library service", "£100.00", "£55.00", "−£5.00", "Westminster"]
    ]
    assert "Counted to the end of 2013/14 Q1." in page.words
    assert f"{CSV}?service=libraries&to=2013-14-Q1" in page.hrefs
    assert "/api/v1/fairness/?service=libraries&to=2013-14-Q1" in page.hrefs
    assert f"{FAIRNESS}?service=library-service&to=2013-14-Q1" in page.hrefs


def test_a_service_without_figures_says_so(reader: Client) -> None:
    response = reader.get(FAIRNESS, {"service": "cex"})
    assert tables_of(response) == []
    assert (
        "No certified saving or cost has fallen on a council from Cex by the end of 2013/14 Q2, "
        "the latest closed quarter."
    ) in read(response).words


@pytest.mark.parametrize(
    ("query", "anchor"),
    [
        ({"service": "zoo"}, "#id_service"),
        ({"from": "soon"}, "#id_from"),
        ({"from": "2013-14-Q2", "to": "2013-14-Q1"}, "#id_to"),
    ],
)
@pytest.mark.parametrize("address", [FAIRNESS, CSV])
def test_a_wrong_choice_is_named(
    address: str, query: dict[str, str], anchor: str, reader: Client
) -> None:
    response = reader.get(address, query)
    assert response.status_code == 422
    assert anchor in read(response).hrefs


# --- The warning -----------------------------------------------------------------------


def test_without_an_agreed_test_the_page_says_so(reader: Client, books: Partnership) -> None:
    assert NOT_AGREED in read(reader.get(FAIRNESS)).words

    test = agreed_test(books, agreed_by=["LBHF"])
    page = read(reader.get(FAIRNESS))

    assert NOT_AGREED in page.words
    assert "Not every council has agreed to this, so it does not apply" in page.words
    assert f"/agreements/{test.decision_id}/" in page.hrefs
    assert "Gains little" not in page.words


def test_a_council_that_persistently_gains_little_is_named_with_the_rule(
    reader: Client, books: Partnership
) -> None:
    test = agreed_test(books, "1/2", 2)
    response = reader.get(FAIRNESS)
    page = read(response)

    assert (
        "Warning Westminster has gained little for what it puts in for two quarters in a row."
    ) in page.words
    assert (
        "A council gains little if its share of the net to date is below 1/2 of its share of the "
        "contribution to date. It does so persistently if that is so at the end of two quarters "
        "with figures in a row, up to the latest closed one."
    ) in page.words
    assert f"/agreements/{test.decision_id}/" in page.hrefs
    assert [row[-1] for row in table_headed(response, "Quarter and council") if len(row) > 1] == [
        "no",
        "no",
        "yes",
    ] * 2


def test_the_warning_appears_once_the_quarter_is_closed(open_books: Partnership) -> None:
    agreed_test(open_books, "1/2", 2)
    reader = Client()
    reader.force_login(open_books.people["councillor.lbhf"])

    def told(**query: str) -> str:
        response = reader.get(FAIRNESS, query)
        assert response.status_code == 200
        return read(response).words

    page = read(reader.get(FAIRNESS, {"service": "libraries"}))
    assert f"{FAIRNESS}?service=libraries&to=2013-14-Q2" in page.hrefs
    words = told()
    assert "No quarter is closed yet, and fairness is shown for closed quarters." in words
    assert "Show what is certified to the end of 2013/14 Q2 , which is still open" in words
    assert f"{NOBODY}, because no closed quarter has figures yet." in words
    words = told(to="2013-14-Q2")
    assert "Unfinished: every quarter is still open." in words
    assert f"{NOBODY}, because no closed quarter has figures yet." in words

    open_books.close(Q1)
    words = told()
    assert "Counted to the end of 2013/14 Q1, the latest closed quarter." in words
    assert (f"{NOBODY}." in words, "Unfinished" in words) == (True, False)
    words = told(**{"from": "2013-14-Q2"})
    assert (
        "No quarter from 2013/14 Q2 on is closed yet, and fairness is shown for closed quarters."
        in words
    )
    response = reader.get(FAIRNESS, {"to": "2013-14-Q2"})
    words = read(response).words
    assert "Unfinished: every quarter after 2013/14 Q1 is still open." in words
    assert (f"{NOBODY}." in words, "Warning" in words) == (True, False)
    rows = table_headed(response, "Quarter and council")
    assert [row[0] for row in rows if len(row) == 1] == ["2013/14 Q1", "2013/14 Q2, still open"]
    assert [row[-1] for row in rows if len(row) > 1] == ["no", "no", "yes", *["still open"] * 3]

    open_books.close(Q2)
    words = told()
    assert "Warning Westminster has gained little for what it puts in for two quarters" in words
    assert "Counted to the end of 2013/14 Q2, the latest closed quarter." in words


def test_the_list_says_which_quarters_are_open(open_books: Partnership) -> None:
    open_books.close(Q1)
    reader = Client()
    reader.force_login(open_books.people["councillor.lbhf"])
    html = reader.get(FAIRNESS).content.decode()
    assert "Latest closed quarter (2013/14 Q1)" in html
    assert "2013/14 Q2 (still open)" in html


def test_a_milder_test_warns_of_no_council(reader: Client, books: Partnership) -> None:
    agreed_test(books, "1/2", 3)
    words = read(reader.get(FAIRNESS)).words
    assert f"{NOBODY}." in words
    assert "Warning" not in words


def test_a_council_that_joins_is_asked_and_until_it_agrees_nothing_warns(
    reader: Client, books: Partnership
) -> None:
    test = agreed_test(books, "1/2", 2)
    assert "Warning Westminster" in read(reader.get(FAIRNESS)).words
    camden = Council.objects.create(code="CMD", name="Camden", full_name="Camden Council")
    officer = User.objects.create_user("s151.cmd", "s151.cmd@example.com", PASSWORD)
    Appointment.objects.create(user=officer, role=Role.SECTION_151_OFFICER, council=camden)

    page = read(reader.get(FAIRNESS))
    assert NOT_AGREED in page.words
    assert "Not every council has agreed to this, so it does not apply: Fairness test" in page.words
    assert "What the other councils agreed applies again once it has agreed" in page.words
    assert ("Warning" in page.words, "Gains little" in page.words) == (False, False)
    agreement = f"/agreements/{test.decision_id}/"
    assert "Not in force: it is waiting for Camden." in read(reader.get(agreement)).words
    joined = Client()
    joined.force_login(officer)
    assert agreement in read(joined.get("/agreements/")).hrefs

    joined.post(f"{agreement}answer/", {"agree": "yes", "minute_reference": "1", "reason": ""})

    words = read(reader.get(FAIRNESS)).words
    assert "Warning Westminster has gained little" in words
    assert "Not every council has agreed to this" not in words


# --- The same as CSV ---------------------------------------------------------------------


def test_the_csv_has_the_figures_of_the_page(reader: Client) -> None:
    response = reader.get(CSV, {"service": "libraries"})

    assert response["Content-Disposition"] == (
        'attachment; filename="tri-borough-fairness-libraries.csv"'
    )
    text = response.content.decode()
    assert text.startswith("\ufeffperiod,council,savings,")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 6
    assert rows[2] == {
        "period": "2013-14-Q1",
        "council": "WCC",
        "savings": "100.00",
        "ongoing_costs": "45.00",
        "transition_costs": "60.00",
        "variances": "0.00",
        "net": "-5.00",
        "net_to_date": "-5.00",
        "contribution_to_date": "105.00",
        "share_of_net": "-0.033333",
        "share_of_contribution": "0.700000",
        "illustrative": "false",
        "open": "false",
    }
    assert (rows[5]["net"], rows[5]["net_to_date"]) == ("10.00", "5.00")


def test_the_csv_marks_figures_of_an_open_quarter(open_books: Partnership) -> None:
    open_books.close(Q1)
    reader = Client()
    reader.force_login(open_books.people["auditor"])

    def rows(**query: str) -> list[tuple[str, str]]:
        text = reader.get(CSV, query).content.decode("utf-8-sig")
        return [(row["period"], row["open"]) for row in csv.DictReader(io.StringIO(text))]

    assert rows() == [("2013-14-Q1", "false")] * 3
    assert rows(to="2013-14-Q2") == [("2013-14-Q1", "false")] * 3 + [("2013-14-Q2", "true")] * 3


def test_a_share_of_nothing_is_empty_in_csv(reader: Client) -> None:
    rows = csv.DictReader(
        io.StringIO(reader.get(CSV, {"service": "childrens"}).content.decode("utf-8-sig"))
    )
    assert [(row["share_of_net"], row["share_of_contribution"]) for row in rows] == [
        ("0.000000", ""),
        ("0.000000", ""),
        ("1.000000", ""),
    ]


# --- Proposing a test ----------------------------------------------------------------


def test_a_test_is_proposed_and_waits_among_the_agreements(
    signed_in: SignIn, books: Partnership
) -> None:
    finance = signed_in("finance.lbhf")
    assert "/fairness/propose/" in read(finance.get(FAIRNESS)).hrefs

    response = finance.post("/fairness/propose/", {"below": "1/2", "quarters": "4"}, follow=True)

    test = FairnessTest.objects.get()
    assert response.redirect_chain == [(f"/agreements/{test.decision_id}/", 302)]
    words = read(response).words
    assert "Fairness test: below 1/2 of its share, 4 in a row" in words
    assert "it is waiting for Hammersmith & Fulham, Kensington & Chelsea, Westminster" in words
    assert read(finance.get("/agreements/")).hrefs.count(f"/agreements/{test.decision_id}/") > 0


def test_the_last_answer_puts_a_test_in_force(signed_in: SignIn, books: Partnership) -> None:
    test = agreed_test(books, agreed_by=["LBHF", "RBKC"])
    officer = signed_in("s151.wcc")

    response = officer.post(
        f"/agreements/{test.decision_id}/answer/",
        {"agree": "yes", "minute_reference": "Cabinet, item 7", "reason": ""},
        follow=True,
    )

    assert "Every council concerned has agreed: it applies until another" in read(response).words
    assert "Westminster has gained little" in read(officer.get(FAIRNESS)).words


@pytest.mark.parametrize(
    ("typed", "anchors"),
    [
        ({"below": "", "quarters": ""}, ["#id_below", "#id_quarters"]),
        ({"below": "half", "quarters": "4"}, ["#id_below"]),
        ({"below": "1/2", "quarters": "four"}, ["#id_quarters"]),
        ({"below": "1/2", "quarters": "9" * 50}, ["#id_quarters"]),
    ],
)
def test_a_wrong_test_keeps_what_was_typed(
    typed: dict[str, str], anchors: list[str], signed_in: SignIn
) -> None:
    response = signed_in("programme.office").post("/fairness/propose/", typed)
    page = read(response)
    assert response.status_code == 422
    assert [href for href in page.hrefs if href.startswith("#id")] == anchors
    assert {str(c["name"]): c.get("value") or "" for c in page.controls} == {
        **typed,
        "answer_by": "",
    }
    assert FairnessTest.objects.count() == 0


@pytest.mark.parametrize("username", ["councillor.wcc", "auditor"])
def test_a_person_who_may_not_propose_is_told_who_may(username: str, signed_in: SignIn) -> None:
    client = signed_in(username)
    assert "/fairness/propose/" not in read(client.get(FAIRNESS)).hrefs
    for response in (client.get("/fairness/propose/"), client.post("/fairness/propose/")):
        assert response.status_code == 403
        assert "finance and section 151 officers can propose tests" in read(response).words


# --- How much is read ----------------------------------------------------------------


def test_two_quarters_take_as_many_queries_as_one(reader: Client, books: Partnership) -> None:
    def queries(**query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert reader.get(FAIRNESS, query).status_code == 200
        return len(captured)

    assert queries() == queries(to="2013-14-Q1") == queries(service="libraries")
