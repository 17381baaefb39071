"""The comparison's pages: exact figures, one honest sentence, and who may read them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from savings.agreements.actions import answer
from savings.calendar.actions import close_period, reopen_period
from savings.formulas.actions import propose_rule
from savings.kit.provenance import Provenance
from savings.kit.wording import ago, moment_in_address
from savings.plans.models import PlanLine
from savings.rollup.actions import roll_up_dirty
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.comparison.conftest import SignIn
from tests.savings.pages import Reading, read
from tests.savings.tables import table_headed, tables_of

pytestmark = pytest.mark.django_db

COMPARISON = "/comparison/"
ADDRESSES = [COMPARISON, "/comparison/libraries/"]
THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


def stats(response: object) -> list[list[str]]:
    """The big numbers: label, value and notes of each."""
    html = response.content.decode()  # type: ignore[attr-defined]
    return [
        [Reading(part).words for part in re.findall(r"<d[td].*?</d[td]>", stat, re.DOTALL)]
        for stat in re.findall(r'<div class="app-stat .*?</div>', html, re.DOTALL)
    ]


# --- Who may read ------------------------------------------------------------------


@pytest.mark.parametrize("username", ["councillor.wcc", "finance.lbhf", "s151.rbkc", "auditor"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_everybody_with_an_appointment_sees_the_same_sums(
    address: str, username: str, signed_in: SignIn
) -> None:
    page, offices = (signed_in(who).get(address) for who in (username, "programme.office"))
    assert page.status_code == 200
    assert tables_of(page) == tables_of(offices)
    assert stats(page) == stats(offices) != []


def test_the_home_page_is_the_comparison(signed_in: SignIn) -> None:
    response = signed_in("auditor").get(reverse("home"))
    assert (response.status_code, response["Location"]) == (302, COMPARISON)


# --- The published record -------------------------------------------------------------


def test_the_two_figures_of_the_record_are_shown(reader: Client) -> None:
    assert stats(reader.get(COMPARISON)) == [
        [
            "Promised a year by 2014/15",
            "£33.8m",
            "£33,800,000.00 Published",
            "Proposals of February 2011",
        ],
        [
            "Delivered by the end of 2012/13",
            "£9.92m",
            "£9,920,000.00 : see the entries behind it Published",
            "Published for the partnership as a whole",
        ],
    ]


def test_one_sentence_says_what_is_compared(reader: Client) -> None:
    assert (
        "The promise is £33.8m a year by 2014/15. £9.92m had been delivered by the end of 2012/13. "
        "The promise is a saving a year and delivery is a total since the start, so they can’t be "
        "compared."
    ) in read(reader.get(COMPARISON)).words


def test_the_later_target_is_shown_from_the_record(reader: Client) -> None:
    assert "£40m a year from 2015/16" in read(reader.get(COMPARISON)).words
    PlanLine.objects.filter(plan__code="overall-target-2013").update(
        low="41500000", middle="41500000", high="41500000"
    )
    assert "£41.5m a year from 2015/16" in read(reader.get(COMPARISON)).words


def test_all_six_areas_are_shown_to_the_penny(reader: Client) -> None:
    assert table_headed(reader.get(COMPARISON), "Area") == [
        ["Children's", "£10,500,000.00", "£4,540,000.00"],
        ["Adults", "£9,900,000.00", "£2,850,000.00"],
        ["Libraries", "£1,600,000.00", "£920,000.00"],
        ["CEX", "£200,000.00", "£260,000.00"],
        ["Corporate Services", "£10,000,000.00", "£480,000.00"],
        ["Environmental Services", "£1,600,000.00", "£870,000.00"],
        ["All areas", "£33,800,000.00", "£9,920,000.00"],
    ]


def test_figures_published_for_the_partnership_fall_on_no_borough(reader: Client) -> None:
    response = reader.get(COMPARISON)
    assert table_headed(response, "Council") == [
        ["Hammersmith & Fulham", "–", "£0.00"],
        ["Kensington & Chelsea", "–", "£0.00"],
        ["Westminster", "–", "£0.00"],
        ["Not attributed to a council", "£33,800,000.00", "£9,920,000.00"],
        ["All areas", "£33,800,000.00", "£9,920,000.00"],
    ]
    assert "No rule that every council has agreed splits this promise." in read(response).words
    assert "not by council, so none of it falls on any one council." in read(response).words


def test_every_figure_has_its_document_and_place(reader: Client) -> None:
    page = read(reader.get(COMPARISON))
    report = "Tri-borough Proposals Report: Bold ideas for challenging times"
    for source in (
        f"Promised Published {report} : Executive summary, savings table under 'Reducing costs'",
        f"Promised Derived {report} : Chapter 11, paragraphs after the savings table",
        (
            "Delivered Published The Tri-borough story: progress report : Table and chart "
            "'Tri-borough savings to date'"
        ),
        (
            "The later target Published The Tri-borough story: progress report : "
            "'The Tri-borough story'"
        ),
    ):
        assert source in page.words


def test_another_plan_is_named_and_described(reader: Client) -> None:
    response = reader.get(COMPARISON, {"plan": "options-2010-2", "year": "2013-14"})
    assert stats(response)[0] == [
        "Promised a year by 2013/14",
        "£1.52m",
        "£1,515,000.00 Published",
        "Option 2 of July 2010: most children's services with one partner",
    ]
    assert "Westminster's share alone" in read(response).words


def test_what_was_published_for_all_is_not_set_against_one_councils_promise(
    reader: Client,
) -> None:
    asked = {"plan": "options-2010-1b", "measure": "in_year", "year": "2012-13"}
    response = reader.get(COMPARISON, asked)
    why = (
        "Some of it was published for all councils together, so the part of these councils is not "
        "known."
    )
    assert stats(response)[1] == ["Certified in 2012/13", "No figure", why]
    words = read(response).words
    assert f"The promise for 2012/13 is £0.53m. {why} Both sides are of Westminster only." in words
    assert "%" not in words
    assert "passed" not in words


def test_the_later_target_is_not_shown_twice(reader: Client) -> None:
    response = reader.get(COMPARISON, {"plan": "overall-target-2013"})
    assert stats(response)[0][:2] == ["Promised a year by 2015/16", "£40m"]
    assert "The later target" not in read(response).words
    assert table_headed(response, "Area")[-2] == [
        "Not divided by area",
        "£40,000,000.00",
        "–",
    ]
    assert table_headed(response, "Area")[0] == [
        "Children's",
        "–",
        "£4,540,000.00",
    ]
    assert "– means: The plan does not divide its figure by area." in read(response).words


def test_a_promise_for_a_single_year_is_shown_as_such(reader: Client) -> None:
    response = reader.get(COMPARISON, {"year": "2011-12"})
    assert stats(response)[0][:2] == ["Promised in 2011/12 only", "£2.9m"]


def test_the_page_of_an_area_shows_the_lines_that_promised_it(reader: Client) -> None:
    response = reader.get("/comparison/corporate/")
    assert [stat[1] for stat in stats(response)] == ["£10m", "£0.48m"]
    lines = table_headed(response, "Line")
    assert lines[1][:5] == [
        "Facilities management",
        "£1,800,000.00",
        "£2,000,000.00",
        "£5,400,000.00",
        "Full-year effect",
    ]
    assert lines[1][5] == (
        "Published Executive summary, savings table under 'Reducing costs'. Range: chapter 9(d)."
    )
    assert lines[-1][:4] == [
        "Corporate and other management overheads Corporate overheads: property",
        "–",
        "£1,000,000.00",
        "–",
    ]
    assert table_headed(response, "Recorded for") == [
        [
            "Corporate Services",
            "£480,000.00",
            (
                "Published The Tri-borough story: progress report: Table and chart "
                "'Tri-borough savings to date'"
            ),
        ],
        ["Corporate Services", "£480,000.00", ""],
    ]


def test_an_areas_own_savings_are_not_counted_for_a_service(reader: Client) -> None:
    assert table_headed(reader.get("/comparison/childrens/"), "Service") == [
        ["Education Services", "£1,000,000.00", "–"],
        ["Children's Services", "£9,500,000.00", "–"],
        ["Not divided by service", "–", "£4,540,000.00"],
        ["Children's", "£10,500,000.00", "£4,540,000.00"],
    ]


def test_services_without_figures_are_named_with_a_remark_of_the_record(reader: Client) -> None:
    words = read(reader.get("/comparison/environmental/")).words
    assert "Highways : Still under consideration in February 2011." in words
    assert "Planning : Not recommended for sharing in February 2011." in words


# --- What councils certify ---------------------------------------------------------------


@pytest.fixture
@kept
def delivering(partnership: Partnership) -> Partnership:
    """Q1 closed with £100 in thirds; £40 certified in Q2."""
    partnership.rule("libraries", THIRDS)
    cost = {"service": "libraries", "kind": "transition_cost", "scope": "own", "amount": "30.00"}
    partnership.certified("LBHF", a_saving(amount="100.00"), cost)
    partnership.certified("RBKC", a_saving("youth-offending", "7.00"))
    partnership.certified("WCC")
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    partnership.certified("WCC", a_saving(amount="40.00", scope="own"), quarter=Q2)
    partnership.draft("LBHF", a_saving(amount="999.00"), quarter=Q2)
    roll_up_dirty(at=NOW)
    return partnership


def test_open_quarters_and_transition_costs_are_shown_separately(
    delivering: Partnership, signed_in: SignIn
) -> None:
    response = signed_in("auditor").get(COMPARISON)
    assert [stat[:2] for stat in stats(response)] == [
        ["Promised a year by 2014/15", "£1.3k"],
        ["Delivered by the end of June 2013", "£107.00"],
    ]
    words = read(response).words
    assert (
        "£40.00 in 2013/14 Q2, a quarter that is still open. Not counted in any figure above."
    ) in words
    assert "£30.00 certified by the end of June 2013" in words
    assert "999" not in words


def test_the_parts_of_the_boroughs_add_up_to_the_figure(
    delivering: Partnership, signed_in: SignIn
) -> None:
    assert table_headed(signed_in("auditor").get(COMPARISON), "Council") == [
        ["Hammersmith & Fulham", "£333.34", "£33.34", "£30.00"],
        ["Kensington & Chelsea", "£333.33", "£33.33", "£0.00"],
        ["Westminster", "£333.33", "£33.33", "£0.00"],
        ["Not attributed to a council", "£300.00", "£7.00", "£0.00"],
        ["All areas", "£1,300.00", "£107.00", "£30.00"],
    ]


def test_figures_link_to_their_entries(delivering: Partnership, signed_in: SignIn) -> None:
    client = signed_in("auditor")
    page = read(client.get(COMPARISON))
    hrefs = {href for href in page.hrefs if href.startswith(("/entries/?", "/comparison/"))}
    assert hrefs == {
        "/comparison/",
        "/comparison/cex/?plan=promise&year=2014-15&to=2013-14-Q1",
        "/comparison/childrens/?plan=promise&year=2014-15&to=2013-14-Q1",
        "/comparison/libraries/?plan=promise&year=2014-15&to=2013-14-Q1",
        "/entries/?council=LBHF&kind=saving&to=2013-14-Q1",
        "/entries/?council=LBHF&kind=transition_cost&to=2013-14-Q1",
        "/entries/?council=RBKC&kind=saving&to=2013-14-Q1",
        "/entries/?council=WCC&kind=saving&to=2013-14-Q1",
        "/entries/?council=unattributed&kind=saving&to=2013-14-Q1",
        "/entries/?kind=saving&from=2013-14-Q2&to=2013-14-Q2",
        "/entries/?kind=saving&to=2013-14-Q1",
        "/entries/?kind=transition_cost&to=2013-14-Q1",
        "/entries/?service=cex&kind=saving&to=2013-14-Q1",
        "/entries/?service=childrens&kind=saving&to=2013-14-Q1",
        "/entries/?service=libraries&kind=saving&to=2013-14-Q1",
    }
    assert {href: client.get(href).status_code for href in hrefs} == dict.fromkeys(hrefs, 200)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("username", "codes"),
    [("councillor.wcc", ["WCC"]), ("finance.lbhf", ["LBHF"]), ("auditor", ["LBHF", "RBKC", "WCC"])],
)
def test_a_borough_links_to_its_page_for_those_who_may_open_it(
    address: str, username: str, codes: list[str], delivering: Partnership, signed_in: SignIn
) -> None:
    client = signed_in(username)
    page = read(client.get(address, {"to": "2013-14-Q1"}))
    hrefs = [href for href in page.hrefs if href.startswith("/boroughs/") and "?" in href]
    assert hrefs == [f"/boroughs/{code}/?period=2013-14-Q1" for code in codes]
    assert [client.get(href).status_code for href in hrefs] == [200] * len(codes)


def test_an_open_quarter_is_included_when_asked_for(
    delivering: Partnership, signed_in: SignIn
) -> None:
    response = signed_in("auditor").get(COMPARISON, {"to": "2013-14-Q2"})
    assert stats(response)[1][:2] == ["Delivered by the end of September 2013", "£147.00"]
    assert "Nothing since the end of September 2013." in read(response).words


@pytest.mark.django_db(transaction=True)  # the rollup keeps its lock until the transaction ends
def test_the_page_says_that_newly_certified_figures_are_not_counted_yet(
    delivering: Partnership, signed_in: SignIn
) -> None:
    said = f"Figures certified {ago(NOW, timezone.now())} are being added."
    client = signed_in("auditor")
    assert said not in read(client.get(COMPARISON)).words
    delivering.certified("RBKC", a_saving(amount="1.00"), quarter=Q2)
    for address in [*ADDRESSES, "/entries/"]:
        assert said in read(client.get(address)).words


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_certified_in_a_reopened_quarter_does_not_vanish(
    address: str, delivering: Partnership, signed_in: SignIn
) -> None:
    client = signed_in("auditor")
    (promised, delivered) = stats(client.get(address))
    reopen_period(
        quarter=Q1, reason="A line is missing.", by=delivering.people["programme.office"], at=NOW
    )

    response = client.get(address)

    assert stats(response) == [promised, [*delivered, "2013/14 Q1 is open again"]]
    words = read(response).words
    assert "2013/14 Q1 is open again." in words
    assert "A line is missing." in words
    assert "closed yet" not in words
    asked = {"as_at": moment_in_address(NOW + timedelta(seconds=1))}
    assert "closed yet" not in read(client.get(address, asked)).words


def test_what_is_certified_is_no_0_while_it_is_being_added(
    partnership: Partnership, signed_in: SignIn
) -> None:
    partnership.certified("RBKC", a_saving(amount="1.00"))
    client, to = signed_in("auditor"), {"to": "2013-14-Q1"}

    assert stats(client.get(COMPARISON, to))[1][:2] == [
        "Delivered by the end of June 2013",
        "being added",
    ]
    assert "Nothing certified yet" not in read(client.get(COMPARISON, to)).words

    roll_up_dirty(at=NOW)

    assert stats(client.get(COMPARISON, to))[1][1] == "£1.00"


def test_figures_that_rest_on_an_illustrative_rule_say_so(
    partnership: Partnership, signed_in: SignIn
) -> None:
    client = signed_in("auditor")
    partnership.certified("WCC", a_saving(amount="12.00"))
    roll_up_dirty(at=NOW)
    to = {"to": "2013-14-Q1"}
    assert (
        "they fall on the councils by an illustrative rule"
        not in read(client.get(COMPARISON, to)).words
    )
    illustrative_rule(partnership)
    response = client.get(COMPARISON, to)
    assert table_headed(response, "Council")[0] == [
        "Hammersmith & Fulham",
        "£333.34 Illustrative",
        "£4.00 Illustrative",
    ]
    assert "they fall on the councils by an illustrative rule" in read(response).words


def illustrative_rule(partnership: Partnership) -> None:
    rule = propose_rule(
        service=partnership.services["libraries"],
        kind="saving",
        method="fixed",
        effective_from=Q1,
        shares=THIRDS,
        basis="Made up.",
        provenance=Provenance.ILLUSTRATIVE,
        by=partnership.people["programme.office"],
        at=NOW,
    )
    for code in THIRDS:
        answer(
            decision_id=rule.decision_id,
            agree=True,
            minute_reference="None exists",
            by=partnership.s151(code),
            at=NOW + timedelta(days=1),
        )
    roll_up_dirty(at=NOW)


# --- Before there is anything ----------------------------------------------------------------


def test_before_any_quarter_is_closed_the_page_says_so(
    partnership: Partnership, signed_in: SignIn
) -> None:
    response = signed_in("auditor").get(COMPARISON)
    assert stats(response)[1] == [
        "Delivered",
        "No figure",
        "No quarter has been closed yet.",
    ]
    assert "The promise is £1.3k a year by 2014/15. No quarter has been closed yet." in (
        read(response).words
    )


@pytest.mark.parametrize("address", ADDRESSES)
def test_before_there_is_any_plan_the_page_says_so(
    address: str, partnership: Partnership, signed_in: SignIn
) -> None:
    PlanLine.objects.all().delete()
    response = signed_in("auditor").get(address)
    assert response.status_code == 200
    assert "There is no plan yet" in read(response).words


# --- Bad addresses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "link", "message", "kept"),
    [
        (
            {"plan": "no-such"},
            "#id_plan",
            "There is no plan “no-such”. Choose one from the list.",
            {"plan": "no-such"},
        ),
        (
            {"plan": "proposals-2011", "year": "1999-00"},
            "#id_year",
            "“1999-00” is a year without a plan or a return. Choose one from the list.",
            {"plan": "proposals-2011", "year": "1999-00"},
        ),
        (
            {"plan": "overall-target-2013", "year": "nonsense"},
            "#id_year",
            "“nonsense” is a year without a plan or a return. Choose one from the list.",
            {"plan": "overall-target-2013", "year": "nonsense"},
        ),
        (
            {"measure": "best"},
            "#id_measure",
            "“best” is not a measure. Choose one from the list.",
            {"measure": "best"},
        ),
        (
            {"to": "2012-13-Q5", "year": "2011-12"},
            "#id_to",
            "“2012-13-Q5” is not a quarter that returns are made for. Choose one from the list.",
            {"to": "2012-13-Q5", "year": "2011-12"},
        ),
        ({"to": "<script>"}, "#id_to", "“<script>” is not a quarter", {"to": "<script>"}),
    ],
)
@pytest.mark.parametrize("address", [COMPARISON, "/comparison/childrens/"])
def test_a_wrong_address_names_the_field_and_keeps_the_choice(
    address: str,
    query: dict[str, str],
    link: str,
    message: str,
    kept: dict[str, str],
    reader: Client,
) -> None:
    response = reader.get(address, query)
    page = read(response)
    assert response.status_code == 422
    assert message in page.words
    assert link in page.hrefs
    assert "<title>Error: " in response.content.decode()
    (form,) = [form for form in page.forms if "plan" in form.sent]
    assert {name: form.sent[name] for name in kept} == kept


def test_a_very_long_choice_is_shown_cut_short(reader: Client) -> None:
    response = reader.get(COMPARISON, {"plan": "x" * 5000})
    assert response.status_code == 422
    assert f"“{'x' * 40}…”" in read(response).words


# --- The page itself --------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_pages_have_nothing_inline_that_the_policy_would_refuse(
    address: str, reader: Client
) -> None:
    response = reader.get(address)
    page, html = read(response), response.content.decode()
    assert [part for part in page.inline if not part.startswith("script")] == []
    assert re.findall(r"<script[^>]*?(src=|type=)", html) == ["type=", "src=", "src=", "type="]
    assert len(page.ids) == len(set(page.ids))


def test_many_entries_take_as_many_queries_as_one(
    partnership: Partnership, signed_in: SignIn
) -> None:
    client = signed_in("councillor.wcc")

    def queries(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    addresses = [f"{address}?to=2013-14-Q2" for address in ADDRESSES]
    partnership.rule("libraries", THIRDS)
    partnership.certified("LBHF", a_saving())
    roll_up_dirty(at=NOW)
    one = [queries(address) for address in addresses]

    rows = [a_saving(slug, f"{n}.01") for n in range(1, 30) for slug in ("libraries", "cex")]
    partnership.certified("RBKC", *rows)
    partnership.certified("WCC", *rows)
    for code in THIRDS:
        partnership.certified(code, *rows, quarter=Q2)
    roll_up_dirty(at=NOW)
    assert [queries(address) for address in addresses] == one
    # Eight are for parts of the promise: the rules, the lines, what falls on no council.
    assert max(one) <= 33


def test_a_promise_that_is_not_divided_is_no_promise_of_0(reader: Client) -> None:
    asked = {"plan": "overall-target-2013"}
    response = reader.get(COMPARISON, asked)
    rows = table_headed(response, "Area")
    assert [row[1] for row in rows] == ["–"] * 6 + ["£40,000,000.00"] * 2
    assert "£40m of the promise is not divided by area." in read(response).words
    assert "The plan does not divide its figure by area." in read(response).words

    response = reader.get("/comparison/childrens/", asked)
    assert stats(response)[0][1] == "No figure"
    assert "The plan has no figure here for 2015/16." in read(response).words
