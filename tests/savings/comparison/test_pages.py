"""The comparison's pages: figures by equality, one honest sentence, and who may read them."""

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
from savings.plans.models import Plan, PlanLine
from savings.rollup.actions import roll_up_dirty
from sovereignty.models import User
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.comparison.conftest import SignIn, promise
from tests.savings.pages import Reading, read
from tests.savings.tables import table_headed

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


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_stranger_signs_in_first(address: str, partnership: Partnership) -> None:
    response = Client().get(address)
    assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={address}")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_person_without_an_appointment_is_refused(
    address: str, client: Client, partnership: Partnership
) -> None:
    client.force_login(User.objects.create_user("nobody", is_superuser=True))
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("username", ["councillor.wcc", "finance.lbhf", "s151.rbkc", "auditor"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_everybody_with_an_appointment_sees_the_same_sums(
    address: str, username: str, signed_in: SignIn
) -> None:
    assert signed_in(username).get(address).status_code == 200


def test_the_home_page_is_the_comparison(signed_in: SignIn) -> None:
    response = signed_in("auditor").get(reverse("home"))
    assert (response.status_code, response["Location"]) == (302, COMPARISON)


# --- The published record -------------------------------------------------------------


def test_the_two_figures_of_the_record(reader: Client) -> None:
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


def test_what_is_compared_is_said_in_one_sentence(reader: Client) -> None:
    assert (
        "The £33.8m is an annual saving to be reached by 2014/15 and the £9.92m is what had "
        "been achieved by the end of 2012/13, two years earlier, so the difference is not a "
        "shortfall."
    ) in read(reader.get(COMPARISON)).words


def test_the_later_target_stands_beside_from_the_record(reader: Client) -> None:
    assert "£40m a year from 2015/16" in read(reader.get(COMPARISON)).words
    PlanLine.objects.filter(plan__code="overall-target-2013").update(
        low="41500000", middle="41500000", high="41500000"
    )
    assert "£41.5m a year from 2015/16" in read(reader.get(COMPARISON)).words


def test_all_six_areas_to_the_penny(reader: Client) -> None:
    assert table_headed(reader.get(COMPARISON), "Area") == [
        ["Children's", "£10,500,000.00", "£4,540,000.00", "£5,960,000.00 less", "43.2%"],
        ["Adults", "£9,900,000.00", "£2,850,000.00", "£7,050,000.00 less", "28.8%"],
        ["Libraries", "£1,600,000.00", "£920,000.00", "£680,000.00 less", "57.5%"],
        ["CEX", "£200,000.00", "£260,000.00", "£60,000.00 more", "130.0%"],
        ["Corporate Services", "£10,000,000.00", "£480,000.00", "£9,520,000.00 less", "4.8%"],
        ["Environmental Services", "£1,600,000.00", "£870,000.00", "£730,000.00 less", "54.4%"],
        ["All areas", "£33,800,000.00", "£9,920,000.00", "£23,880,000.00 less", "29.3%"],
    ]


def test_nothing_published_for_all_is_given_to_a_borough(reader: Client) -> None:
    response = reader.get(COMPARISON)
    assert table_headed(response, "Borough") == [
        ["Hammersmith & Fulham", "£0.00"],
        ["Kensington & Chelsea", "£0.00"],
        ["Westminster", "£0.00"],
        ["Not attributed to a council", "£9,920,000.00"],
        ["All areas", "£9,920,000.00"],
    ]
    assert "not by borough, so none of it falls on any one borough." in read(response).words


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


def test_another_plan_is_said_to_be_what_it_is(reader: Client) -> None:
    response = reader.get(COMPARISON, {"plan": "options-2010-2", "year": "2013-14"})
    assert stats(response)[0] == [
        "Promised a year by 2013/14",
        "£1.52m",
        "£1,515,000.00 Published",
        "Option 2 of July 2010: most children's services with one partner",
    ]
    assert "Westminster's share alone" in read(response).words


def test_the_target_beside_itself_is_not_shown_twice(reader: Client) -> None:
    response = reader.get(COMPARISON, {"plan": "overall-target-2013"})
    assert stats(response)[0][:2] == ["Promised a year by 2015/16", "£40m"]
    assert "The later target" not in read(response).words
    assert table_headed(response, "Area")[-2] == [
        "Not divided by area",
        "£40,000,000.00",
        "£0.00",
        "£40,000,000.00 less",
        "0.0%",
    ]


def test_a_promise_that_is_not_divided_is_no_promise_of_0(reader: Client) -> None:
    asked = {"plan": "overall-target-2013"}
    response = reader.get(COMPARISON, asked)
    rows = table_headed(response, "Area")
    assert rows[0] == [
        "Children's",
        "not divided by area",
        "£4,540,000.00",
        "–",
        "–",
    ]
    assert {row[1] for row in rows[:-2]} == {"not divided by area"}
    assert "£40m of the promise is not divided by area." in read(response).words
    promised, _ = response.context["figure"]["data"]
    assert set(promised["text"]) == {"not divided by area"}

    response = reader.get("/comparison/childrens/", asked)
    assert stats(response)[0][1:3] == [
        "not divided",
        "The plan is for all areas together, not divided by area",
    ]
    words = read(response).words
    assert "What the plan promises for 2015/16 is not divided by area" in words
    assert "promises nothing" not in words
    assert "Nothing was promised" not in words


def test_what_is_promised_for_an_area_is_no_0_for_its_services(
    partnership: Partnership, signed_in: SignIn
) -> None:
    plan = Plan.objects.create(code="whole", name="By area")
    promise(plan, partnership.services["libraries"], "1000.00")
    partnership.certified("WCC", a_saving(amount="12.00", scope="own"))
    roll_up_dirty(at=NOW)
    asked = {"plan": "whole", "to": "2013-14-Q1"}

    rows = table_headed(signed_in("auditor").get("/comparison/libraries/", asked), "Service")

    assert [row[:2] for row in rows] == [
        ["Library service", "not divided by service"],
        ["Not divided by service", "£1,000.00"],
        ["Libraries", "£1,000.00"],
    ]
    areas = table_headed(signed_in("auditor").get(COMPARISON, asked), "Area")
    assert [row[:2] for row in areas][-2:] == [["Cex", "£0.00"], ["All areas", "£1,000.00"]]


def test_a_promise_for_one_year_alone(reader: Client) -> None:
    response = reader.get(COMPARISON, {"year": "2011-12"})
    assert stats(response)[0][:2] == ["Promised in 2011/12 alone", "£2.9m"]


def test_an_area_with_the_lines_that_promised_it(reader: Client) -> None:
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


def test_what_an_area_delivered_as_a_whole_is_no_services(reader: Client) -> None:
    assert table_headed(reader.get("/comparison/childrens/"), "Service") == [
        ["Education Services", "£1,000,000.00", "–"],
        ["Children's Services", "£9,500,000.00", "–"],
        ["Not divided by service", "£0.00", "£4,540,000.00"],
        ["Children's", "£10,500,000.00", "£4,540,000.00"],
    ]


def test_services_without_figures_are_named_with_what_the_record_says(reader: Client) -> None:
    words = read(reader.get("/comparison/environmental/")).words
    assert "Highways : Still under consideration in February 2011." in words
    assert "Planning : Not recommended for sharing in February 2011." in words


# --- What councils certify ---------------------------------------------------------------


@pytest.fixture
@kept
def delivering(partnership: Partnership) -> Partnership:
    """Q1 closed with 100.00 in thirds; 40.00 certified in Q2."""
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


def test_open_quarters_and_transition_costs_stand_apart(
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
    assert table_headed(signed_in("auditor").get(COMPARISON), "Borough") == [
        ["Hammersmith & Fulham", "£33.34", "£30.00"],
        ["Kensington & Chelsea", "£33.33", "£0.00"],
        ["Westminster", "£33.33", "£0.00"],
        ["Not attributed to a council", "£7.00", "£0.00"],
        ["All areas", "£107.00", "£30.00"],
    ]


def test_figures_lead_to_their_entries(delivering: Partnership, signed_in: SignIn) -> None:
    client = signed_in("auditor")
    page = read(client.get(COMPARISON))
    assert "/entries/?service=libraries&kind=saving&to=2013-14-Q1" in page.hrefs
    assert "/entries/?council=LBHF&kind=saving&to=2013-14-Q1" in page.hrefs
    assert "/entries/?council=unattributed&kind=saving&to=2013-14-Q1" in page.hrefs
    assert "/entries/?kind=saving&from=2013-14-Q2&to=2013-14-Q2" in page.hrefs
    assert "/comparison/libraries/?plan=promise&year=2014-15&to=2013-14-Q1" in page.hrefs
    for href in page.hrefs:
        if href.startswith(("/entries/", "/comparison/")):
            assert client.get(href).status_code == 200, href


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    ("username", "codes"),
    [("councillor.wcc", ["WCC"]), ("finance.lbhf", ["LBHF"]), ("auditor", ["LBHF", "RBKC", "WCC"])],
)
def test_a_borough_leads_to_its_page_for_those_who_may_open_it(
    address: str, username: str, codes: list[str], delivering: Partnership, signed_in: SignIn
) -> None:
    client = signed_in(username)
    page = read(client.get(address, {"to": "2013-14-Q1"}))
    hrefs = [href for href in page.hrefs if href.startswith("/boroughs/") and "?" in href]
    assert hrefs == [f"/boroughs/{code}/?period=2013-14-Q1" for code in codes]
    assert [client.get(href).status_code for href in hrefs] == [200] * len(codes)


def test_a_quarter_that_is_open_can_be_counted_to_when_asked(
    delivering: Partnership, signed_in: SignIn
) -> None:
    response = signed_in("auditor").get(COMPARISON, {"to": "2013-14-Q2"})
    assert stats(response)[1][:2] == ["Delivered by the end of September 2013", "£147.00"]
    assert "Nothing since the end of September 2013." in read(response).words


@pytest.mark.django_db(transaction=True)  # the rollup holds its lock to the transaction's end
def test_figures_certified_a_moment_ago_are_said_to_be_on_their_way(
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


def test_what_rests_on_an_illustrative_rule_says_so(
    partnership: Partnership, signed_in: SignIn
) -> None:
    client = signed_in("auditor")
    partnership.certified("WCC", a_saving(amount="12.00"))
    roll_up_dirty(at=NOW)
    to = {"to": "2013-14-Q1"}
    assert (
        "they fall on the boroughs by an illustrative rule"
        not in read(client.get(COMPARISON, to)).words
    )
    illustrative_rule(partnership)
    response = client.get(COMPARISON, to)
    assert table_headed(response, "Borough")[0] == [
        "Hammersmith & Fulham",
        "£4.00 Illustrative",
    ]
    assert "they fall on the boroughs by an illustrative rule" in read(response).words


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


def test_before_any_quarter_is_closed(partnership: Partnership, signed_in: SignIn) -> None:
    response = signed_in("auditor").get(COMPARISON)
    assert stats(response)[1] == [
        "Delivered",
        "£0",
        "£0.00",
        "No quarter has been closed yet",
    ]
    assert "no quarter has been closed yet, so nothing counts as delivered." in (
        read(response).words
    )


@pytest.mark.parametrize("address", ADDRESSES)
def test_before_any_plan_is_loaded(
    address: str, partnership: Partnership, signed_in: SignIn
) -> None:
    PlanLine.objects.all().delete()
    response = signed_in("auditor").get(address)
    assert response.status_code == 200
    assert "No plan has been loaded yet" in read(response).words


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
            {"plan": "proposals-2011", "year": "2013-14"},
            "#id_year",
            (
                "“Proposals of February 2011” has figures for 2011/12 and 2014/15 only. Choose one "
                "of those years or another plan."
            ),
            {"plan": "proposals-2011", "year": "2013-14"},
        ),
        (
            {"plan": "overall-target-2013", "year": "nonsense"},
            "#id_year",
            (
                "“Overall target of early 2013” has figures for 2015/16 only. Choose that year or "
                "another plan."
            ),
            {"plan": "overall-target-2013", "year": "nonsense"},
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
def test_a_bad_address_names_the_field_and_keeps_what_was_given(
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


def test_what_is_given_at_length_is_shown_cut_short(reader: Client) -> None:
    response = reader.get(COMPARISON, {"plan": "x" * 5000})
    assert response.status_code == 422
    assert f"“{'x' * 40}…”" in read(response).words


def test_an_area_that_does_not_exist(reader: Client) -> None:
    assert reader.get("/comparison/no-such/").status_code == 404


@pytest.mark.parametrize("address", ADDRESSES)
def test_pages_are_only_read(address: str, signed_in: SignIn) -> None:
    assert signed_in("auditor").post(address).status_code == 405


# --- The page itself --------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_inline_that_the_policy_would_refuse(address: str, reader: Client) -> None:
    page = read(reader.get(address))
    assert [part for part in page.inline if not part.startswith("script")] == []
    html = reader.get(address).content.decode()
    for attributes in re.findall(r"<script([^>]*)>", html):
        assert "src=" in attributes or 'type="application/json"' in attributes
    assert len(page.ids) == len(set(page.ids))


def test_the_same_queries_for_one_entry_as_for_many(
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
    assert max(one) <= 25
