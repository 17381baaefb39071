"""Forecasts beside plan and delivery, of one council and of all, for those who may see them."""

from __future__ import annotations

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from finance.money import json_money
from finance.periods import Quarter
from savings.calendar.actions import reopen_period
from savings.forecasts.overview import first_choice, overview_of, quarters_to_choose
from savings.forecasts.reports import ForecastsOfReturn, forecasts_of, initiatives_of
from savings.kit.provenance import Provenance
from savings.plans.models import Plan
from savings.quarters.models import Period
from savings.returns.models import DirtyReturn, Entry, Forecast, Return
from savings.rollup.models import Total
from savings.rollup.tasks import roll_up
from sovereignty.models import User
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.forecasts.conftest import OWED, a_forecast, at_risk, forecast, plan_line

pytestmark = pytest.mark.django_db

TODAY = date(2013, 11, 5)


def standing(planned: Partnership, code: str = "WCC", quarter: Quarter = Q1) -> ForecastsOfReturn:
    return forecasts_of(planned.finance(code), planned.parent(code, quarter), TODAY)


def saved(found: ForecastsOfReturn) -> dict[str, tuple[str, str, str]]:
    return {
        line.initiative.service: (
            json_money(line.saved.entered),
            json_money(line.saved.delivered),
            json_money(line.saved.this_year),
        )
        for line in found.lines
    }


@pytest.mark.parametrize("code", OWED)
def test_a_council_owes_a_forecast_for_each_initiative(code: str, planned: Partnership) -> None:
    assert [one.service for one in initiatives_of(planned.parent(code))] == OWED[code]
    found = standing(planned, code)
    assert found.owed == OWED[code]
    assert [(line.initiative.planned, line.status) for line in found.lines][:2] == [
        (9_500_000_00, "missing"),
        (100_000_00, "missing"),
    ]


def test_a_plan_adopted_later_asks_for_forecasts_from_then_on(planned: Partnership) -> None:
    Plan.objects.update(adopted=True)
    assert standing(planned).owed == ["childrens-services", "youth-offending", "library-service"]


def test_forecasts_are_shown_beside_those_of_last_quarter(planned: Partnership) -> None:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services"))
    forecast(planned, "WCC", a_forecast(this_year="1"), quarter=Q2)
    forecast(planned, "RBKC", a_forecast(this_year="2"))

    found = standing(planned, quarter=Q2)

    assert [
        (line.forecast and line.forecast.this_year_pence, line.last and line.last.this_year_pence)
        for line in found.lines
    ] == [(None, 90_000_00), (1_00, 90_000_00)]
    assert [remark.kind.value for remark in found.remarks] == ["missing"]
    assert (found.this_year, found.full_year_effect) == (1_00, 120_000_00)
    assert found.counts == {"missing": 1, "on_track": 1}


def test_savings_include_services_below_and_are_delivered_once_certified(
    planned: Partnership,
) -> None:
    earlier = Period.objects.create(quarter=Q1.preceding)
    Return.objects.create(period=earlier, council=planned.councils["WCC"])
    planned.certified("WCC", a_saving("youth-offending", "40.00"), quarter=Q1.preceding)
    planned.certified(
        "WCC",
        a_saving("childrens-services", "2.00"),
        a_saving("youth-offending", "1.00", scope="own"),
        a_saving("childrens", "500.00"),
        {"service": "youth-offending", "kind": "ongoing_cost", "scope": "own", "amount": "7"},
    )
    planned.draft("WCC", a_saving("youth-offending", "0.50"), quarter=Q2)
    planned.certified("RBKC", a_saving("childrens-services", "1000.00"))
    nil = ("0.00", "0.00", "0.00")

    # Certified and not rolled up yet: entered, and a moment later delivered.
    before = saved(standing(planned, quarter=Q2))
    assert before == {"childrens-services": ("43.50", "0.00", "0.00"), "library-service": nil}
    roll_up()
    assert saved(standing(planned, quarter=Q2)) == {
        "childrens-services": ("43.50", "43.00", "3.00"),
        "library-service": nil,
    }
    # Later entries do not concern this quarter's return.
    assert saved(standing(planned, quarter=Q1)) == {
        "childrens-services": ("43.00", "43.00", "3.00"),
        "library-service": nil,
    }


def test_a_total_that_was_replaced_no_longer_counts(planned: Partnership) -> None:
    """A saving split again by a rule agreed later keeps its amount."""
    planned.certified("WCC", a_saving("library-service", "9.00"))
    roll_up()
    planned.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    roll_up()
    assert Total.objects.filter(until__isnull=False).exists()
    assert saved(standing(planned))["library-service"] == ("9.00", "9.00", "9.00")
    found = overview_of(planned.people["auditor"], Q1, TODAY)
    assert found.delivered == 9_00


def test_a_saving_in_a_draft_is_enough_to_have_started(planned: Partnership) -> None:
    forecast(planned, "WCC", a_forecast(starts_on="1/5/2013"))
    kinds = [remark.kind.value for remark in standing(planned).remarks]
    assert kinds == ["nothing_delivered", "missing"]
    planned.draft("WCC", a_saving("library-service", "1.00"))
    assert [remark.kind.value for remark in standing(planned).remarks] == ["missing"]
    # Another council's saving, or one in a later quarter, is not.
    planned.draft("WCC")
    planned.draft("RBKC", a_saving("library-service", "1.00"))
    planned.draft("WCC", a_saving("library-service", "1.00"), quarter=Q2)
    kinds = [remark.kind.value for remark in standing(planned).remarks]
    assert kinds == ["nothing_delivered", "missing"]


def test_remarks_depend_on_the_day_given(planned: Partnership) -> None:
    forecast(planned, "WCC", a_forecast(starts_on="1/5/2013"))
    on_the_day = forecasts_of(planned.finance("WCC"), planned.parent("WCC"), date(2013, 5, 1))
    assert [remark.kind.value for remark in on_the_day.remarks] == ["missing"]


def test_a_forecast_that_no_plan_asks_for_any_more_is_shown_separately(
    planned: Partnership,
) -> None:
    forecast(planned, "WCC", a_forecast(), a_forecast("childrens-services", this_year="1"))
    Plan.objects.get(code="proposals").lines.filter(service__slug="library-service").delete()
    found = standing(planned)
    assert found.owed == ["childrens-services"]
    assert [other.service.slug for other in found.others] == ["library-service"]
    assert found.this_year == 90_001_00


def test_the_partnerships_own_return_has_none(planned: Partnership) -> None:
    own = Return.objects.create(period=Period.objects.get(quarter=Q1))
    found = forecasts_of(planned.people["auditor"], own, TODAY)
    assert (found.lines, found.others, found.remarks) == ((), (), ())
    assert initiatives_of(own) == []


def test_a_return_with_three_forecasts_takes_as_many_queries_as_with_one(
    planned: Partnership, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user, parent = planned.finance("LBHF"), planned.parent("LBHF")
    assert user.council  # read once a request
    for rows in (OWED["LBHF"][:1], OWED["LBHF"]):
        forecast(planned, "LBHF", *(at_risk(slug) for slug in rows))
        with django_assert_num_queries(8):
            assert len(forecasts_of(user, parent, TODAY).forecasts) == len(rows)


# --- Who sees what ------------------------------------------------------------------


@pytest.fixture
def figures(planned: Partnership) -> Partnership:
    """A certified Q1 of Westminster, drafts of the others, and a draft Q2 of Westminster."""
    for code in planned.councils:
        forecast(planned, code, a_forecast())
    planned.certified("WCC", a_saving("library-service", "10.00"))
    forecast(planned, "WCC", at_risk(), quarter=Q2)
    roll_up()
    return planned


EVERY = {"LBHF Q1", "RBKC Q1", "WCC Q1", "WCC Q2"}
SEES = {
    "finance.wcc": {"WCC Q1", "WCC Q2"},
    "s151.wcc": {"WCC Q1", "WCC Q2"},
    "councillor.wcc": {"WCC Q1"},
    "finance.rbkc": {"RBKC Q1"},
    "s151.rbkc": {"RBKC Q1"},
    "councillor.rbkc": set(),
    "finance.lbhf": {"LBHF Q1"},
    "s151.lbhf": {"LBHF Q1"},
    "councillor.lbhf": set(),
    "programme.office": EVERY,
    "auditor": EVERY,
    "nobody": set(),
    "administrator": set(),
}


@pytest.mark.parametrize("username", SEES)
def test_each_person_sees_the_forecasts_that_exist_for_them(
    username: str, figures: Partnership
) -> None:
    person = figures.people.get(username) or User.objects.create_user(
        username, is_superuser=username == "administrator"
    )
    visible = Forecast.objects.visible_to(person).select_related(
        "parent__council", "parent__period"
    )
    assert {
        f"{found.parent.council_code} {found.parent.period.code[-2:]}" for found in visible
    } == SEES[username]
    shown = {
        f"{line.council.code} {quarter.code[-2:]}"
        for quarter in (Q1, Q2)
        for line in overview_of(person, quarter, TODAY).lines
        if line.forecast
    }
    assert shown == SEES[username]


def test_the_table_names_everybody(partnership: Partnership) -> None:
    assert set(SEES) == {*partnership.people, "nobody", "administrator"}


def test_a_councillor_sees_nothing_that_is_not_certified(figures: Partnership) -> None:
    councillor = figures.people["councillor.wcc"]
    assert [period.quarter for period in quarters_to_choose(councillor)] == [Q1]
    assert overview_of(councillor, Q2, TODAY).rows == ()


# --- All councils -------------------------------------------------------------------


def rows(planned: Partnership, username: str = "programme.office", **asked: str) -> dict:
    found = overview_of(planned.people[username], Q1, TODAY, **asked)
    return {
        row.initiative.service: (
            [f"{line.council.code} {line.status}" for line in row.lines],
            json_money(row.this_year),
            json_money(row.full_year_effect),
            json_money(row.delivered),
        )
        for row in found.rows
    }


@pytest.fixture
@kept
def overseen(planned: Partnership) -> Partnership:
    forecast(planned, "WCC", a_forecast(), at_risk("childrens-services", this_year="1"))
    forecast(planned, "LBHF", at_risk(this_year="5", full_year_effect="6"))
    forecast(planned, "RBKC", a_forecast("chief-executive-leadership"))
    planned.certified("WCC", a_saving("library-service", "10.00"))
    roll_up()
    return planned


def test_the_programme_office_sees_every_initiative_of_every_council(
    overseen: Partnership,
) -> None:
    assert rows(overseen) == {
        "childrens-services": (
            ["LBHF missing", "RBKC missing", "WCC at_risk"],
            "1.00",
            "120000.00",
            "0.00",
        ),
        "library-service": (
            ["LBHF at_risk", "RBKC missing", "WCC on_track"],
            "90005.00",
            "120006.00",
            "10.00",
        ),
        "chief-executive-leadership": (
            ["LBHF missing", "RBKC on_track"],
            "90000.00",
            "120000.00",
            "0.00",
        ),
    }
    found = overview_of(overseen.people["auditor"], Q1, TODAY)
    assert found.beside_plan
    assert (found.planned, found.delivered) == (9_800_000_00, 10_00)
    # Where a plan has only an amount for the year, the year's forecast is shown beside it.
    assert [(row.planned, row.expected) for row in found.rows] == [
        (9_500_000_00, 120_000_00),
        (100_000_00, 90_005_00),
        (200_000_00, 120_000_00),
    ]
    assert found.counts == found.all_counts == {"missing": 4, "at_risk": 2, "on_track": 2}


def test_a_council_sees_only_its_own(overseen: Partnership) -> None:
    assert rows(overseen, "finance.lbhf") == {
        "childrens-services": (["LBHF missing"], "0.00", "0.00", "0.00"),
        "library-service": (["LBHF at_risk"], "5.00", "6.00", "0.00"),
        "chief-executive-leadership": (["LBHF missing"], "0.00", "0.00", "0.00"),
    }
    assert rows(overseen, "finance.lbhf", council="WCC") == {}
    assert not overview_of(overseen.finance("LBHF"), Q1, TODAY).beside_plan


def test_forecasts_are_narrowed_by_council_and_by_status(overseen: Partnership) -> None:
    assert rows(overseen, council="RBKC", status="on_track") == {
        "chief-executive-leadership": (["RBKC on_track"], "90000.00", "120000.00", "0.00")
    }
    assert rows(overseen, status="missing") == {
        "childrens-services": (["LBHF missing", "RBKC missing"], "0.00", "0.00", "0.00"),
        "library-service": (["RBKC missing"], "0.00", "0.00", "0.00"),
        "chief-executive-leadership": (["LBHF missing"], "0.00", "0.00", "0.00"),
    }
    found = overview_of(overseen.people["auditor"], Q1, TODAY, status="at_risk")
    assert [line.council.code for line in found.in_doubt] == ["WCC", "LBHF"]
    assert {remark.kind.value for _, remark in found.remarks} == {"in_doubt"}
    assert not found.beside_plan
    assert found.all_counts == {"missing": 4, "at_risk": 2, "on_track": 2}


def test_remarks_come_by_kind_and_council(overseen: Partnership) -> None:
    found = overview_of(overseen.people["auditor"], Q1, TODAY)
    assert [(c.code, r.kind.value, r.service) for c, r in found.remarks] == [
        ("LBHF", "in_doubt", "library-service"),
        ("WCC", "in_doubt", "childrens-services"),
        ("LBHF", "missing", "childrens-services"),
        ("LBHF", "missing", "chief-executive-leadership"),
        ("RBKC", "missing", "childrens-services"),
        ("RBKC", "missing", "library-service"),
    ]


def test_published_savings_count_in_the_sum_of_all_councils(
    overseen: Partnership,
) -> None:
    own = Return.objects.create(period=Period.objects.get(quarter=Q1))
    Entry.objects.create(
        parent=own,
        position=1,
        service=overseen.services["library-service"],
        kind="saving",
        scope="shared",
        amount="1000.00",
        recurrence="recurring",
        nature="cashable",
        provenance=Provenance.PUBLISHED,
    )
    own.status, own.certified_at, own.published_in = "certified", NOW, "report"
    own.save()
    DirtyReturn.objects.create(parent=own, marked_at=NOW)
    roll_up()
    assert rows(overseen)["library-service"][3] == "1010.00"
    assert rows(overseen, council="WCC")["library-service"][3] == "10.00"
    assert rows(overseen, status="on_track")["library-service"][3] == "10.00"
    assert rows(overseen, "councillor.wcc")["library-service"][3] == "10.00"


def test_an_initiative_below_another_is_not_counted_twice(overseen: Partnership) -> None:
    plan_line(Plan.objects.get(code="proposals"), "libraries", "1.00", "2014-15")
    found = overview_of(overseen.people["auditor"], Q1, TODAY)
    assert [
        json_money(row.delivered) for row in found.rows if row.initiative.service.startswith("libr")
    ] == ["10.00", "10.00"]
    assert found.delivered == 10_00
    assert standing(overseen).delivered == 10_00
    # With the upper one left out the lower one counts.
    only = overview_of(overseen.people["auditor"], Q1, TODAY, status="on_track")
    assert [row.initiative.service for row in only.rows] == [
        "library-service",
        "chief-executive-leadership",
    ]
    assert only.delivered == 10_00


def test_three_councils_take_as_many_queries_as_one(
    planned: Partnership, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office = planned.people["programme.office"]
    assert office.sees_every_council
    for code in ("WCC", "LBHF", "RBKC"):
        forecast(planned, code, a_forecast(), at_risk("childrens-services"))
        planned.draft(code, a_saving())
        with django_assert_num_queries(12):
            overview_of(office, Q1, TODAY)


def test_the_quarter_shown_first_is_the_latest_with_forecasts_or_the_earliest_open(
    planned: Partnership,
) -> None:
    office = planned.people["programme.office"]
    periods = quarters_to_choose(office)
    assert [period.quarter for period in periods] == [Q2, Q1]
    # Without a forecast the earliest open one, which is filled first.
    assert first_choice(office, periods) == Q1
    Period.objects.update(status="closed")
    assert first_choice(office, quarters_to_choose(office)) == Q2
    assert first_choice(office, []) is None
    for quarter in (Q2, Q1):
        reopen_period(quarter=quarter, reason="A slip.", by=office, at=NOW)
    forecast(planned, "WCC", a_forecast(), quarter=Q2)
    forecast(planned, "LBHF", a_forecast(), quarter=Q1)
    assert first_choice(office, periods) == Q2
    assert first_choice(planned.finance("LBHF"), periods) == Q1
