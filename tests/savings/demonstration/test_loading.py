"""The demonstration: loaded once or twice it is the same, and nothing in it counts."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import Event
from finance.periods import FinancialYear, Quarter
from savings.attribution.explaining import explain
from savings.budgets.models import TransitionApproval
from savings.certification.actions import certify
from savings.comparison.reports import compare, usual_quarter
from savings.drivers.models import Driver, DriverValue
from savings.fairness.models import FairnessTest
from savings.forecasts.overview import overview_of
from savings.formulas.models import AttributionRule
from savings.formulas.reports import current_attribution
from savings.kit.provenance import Provenance
from savings.plans.models import Plan
from savings.quarters.models import Period
from savings.returns.models import Entry, Forecast, Question, Return
from savings.rollup.models import RollupState
from services.models import Hosting
from sovereignty.models import Appointment, Consent, User
from sovereignty.refusals import WrongState
from tests.kept import kept
from tests.partnership import NOW, Q1

pytestmark = pytest.mark.django_db

CODES = ("lbhf", "rbkc", "wcc")
USERNAMES = {
    *(f"{name}.{code}" for name in ("finance", "s151", "councillor") for code in CODES),
    "programme.office",
    "auditor",
}


@kept
def load_both() -> None:
    call_command("load_record")
    call_command("load_demonstration")


@pytest.fixture
def demonstration(settings) -> None:
    settings.DEBUG = True
    load_both()


@pytest.mark.usefixtures("demonstration")
def test_people_of_the_contract_with_one_password() -> None:
    assert set(User.objects.values_list("username", flat=True)) == USERNAMES
    assert all(user.check_password("triborough-demo") for user in User.objects.all())
    assert Appointment.objects.count() == len(USERNAMES)
    # A domain that nobody can own, so that no reminder reaches anybody.
    assert all(user.email == f"{user.username}@example.com" for user in User.objects.all())


@pytest.mark.usefixtures("demonstration")
def test_twice_is_the_same_as_once() -> None:
    def everything() -> list[object]:
        return [
            [list(model._default_manager.order_by("pk").values()) for model in models]
            for models in [
                (User, Appointment, Consent, Driver, DriverValue),
                (AttributionRule, TransitionApproval, Hosting, Entry, Forecast, Return, Period),
                (Question, Event, FairnessTest),
            ]
        ]

    before = everything()
    version = RollupState.objects.get().version
    call_command("load_record")
    call_command("load_demonstration")
    assert everything() == before
    assert RollupState.objects.get().version == version


@pytest.mark.usefixtures("demonstration")
def test_nothing_illustrative_counts_as_delivered() -> None:
    plan = Plan.objects.get(code="proposals-2011")
    comparison = compare(plan, FinancialYear(2014), usual_quarter())
    assert (comparison.planned, comparison.delivered) == (
        33_800_000_00,
        9_920_000_00,
    )
    assert not comparison.illustrative
    to_the_end = compare(plan, FinancialYear(2014), Quarter.parse("2013-14-Q4"))
    assert to_the_end.delivered == 9_920_000_00
    assert not Entry.objects.illustrative().filter(parent__status="certified").exists()


@pytest.mark.usefixtures("demonstration")
def test_every_rule_is_illustrative_in_force_and_splits_something() -> None:
    rules = list(AttributionRule.objects.select_related("service"))
    assert {rule.provenance for rule in rules} == {Provenance.ILLUSTRATIVE}
    attribution = current_attribution()
    for rule in rules:
        found = attribution.rule_in_force(rule.service.slug, rule.kind, Q1)
        assert found is not None
        assert found.id == rule.id


@pytest.mark.usefixtures("demonstration")
def test_the_test_of_fairness_is_illustrative_and_in_force() -> None:
    test = FairnessTest.objects.with_consents().get()
    assert (test.below, test.quarters, test.provenance) == ("1/2", 4, "illustrative")
    assert test.is_agreed(["LBHF", "RBKC", "WCC"])


@pytest.mark.usefixtures("demonstration")
def test_hosts_and_budgets_are_illustrative_and_hold() -> None:
    hosts = list(Hosting.objects.values_list("service__slug", "council__code", "provenance"))
    assert sorted(hosts) == [
        ("adults", "RBKC", "illustrative"),
        ("childrens", "LBHF", "illustrative"),
        ("libraries", "WCC", "illustrative"),
    ]
    approval = TransitionApproval.objects.get()
    assert (approval.code, approval.provenance) == ("library-systems", "illustrative")
    found = current_attribution().budget_in_force("library-systems", "library-management", Q1)
    assert found == approval.as_budget()
    (claim,) = Entry.objects.exclude(approval="")
    explanation = explain(claim)
    assert explanation.illustrative_basis
    # Nothing is certified yet, so no council's spending has fallen: it goes as savings go.
    assert explanation.because == "no_reduction"


@pytest.mark.usefixtures("demonstration")
def test_driver_values_lead_back_to_the_record() -> None:
    values = DriverValue.objects.filter(driver__code="children-in-system")
    assert {value.council.code: value.value for value in values} == {
        "LBHF": Decimal("1500"),
        "RBKC": Decimal("1219"),
        "WCC": Decimal("2289"),
    }
    assert {value.provenance for value in values} == {Provenance.PUBLISHED}
    assert all(value.source for value in DriverValue.objects.all())


@pytest.mark.usefixtures("demonstration")
def test_what_came_back_has_an_open_question_that_says_it_is_illustrative() -> None:
    question = Question.objects.select_related("parent__council", "entry__service").get()
    assert question.entry is not None
    assert (question.parent.council_code, question.parent.quarter) == ("WCC", Q1)
    assert (question.entry.service.slug, question.asked_by.username) == ("hr", "s151.wcc")
    assert question.text.startswith("Illustrative: ")
    assert not question.is_answered
    assert question.entry.provenance == Provenance.ILLUSTRATIVE


@pytest.mark.usefixtures("demonstration")
def test_due_dates_count_from_the_day_of_loading() -> None:
    found = Period.objects.filter(status="open").order_by("quarter")
    assert [
        (
            _days(period.opens_on),
            _days(period.due_on),
            _days(period.closes_on),
        )
        for period in found
    ] == [(0, 5, 20), (0, 33, 48), (0, 61, 76), (0, 89, 104)]


def test_a_demonstration_of_before_there_were_dates_gets_them(settings) -> None:
    settings.DEBUG = True
    call_command("load_record")
    call_command("load_demonstration")
    open_ones = Period.objects.filter(status="open")
    open_ones.update(opens_on=None, due_on=None, closes_on=None)
    call_command("load_demonstration")
    assert not open_ones.filter(due_on=None).exists()
    event = Event.objects.about("period", "2013-14-Q1").last()
    assert event is not None
    assert (event.action, event.reason.split(":")[0]) == ("dates changed", "Illustrative")


@pytest.mark.usefixtures("demonstration")
def test_drafts_in_three_states_that_can_not_be_certified() -> None:
    returns = {
        parent.council_code: parent
        for parent in Return.objects.filter(period__quarter=Q1).select_related("council", "period")
    }
    assert {code: (parent.status, parent.was_sent_back) for code, parent in returns.items()} == {
        "LBHF": ("draft", False),
        "RBKC": ("submitted", False),
        "WCC": ("draft", True),
    }
    submitted = returns["RBKC"]
    with pytest.raises(WrongState, match="5 illustrative entries and 4 illustrative forecasts"):
        certify(
            return_id=submitted.id,
            version=submitted.version,
            by=User.objects.get(username="s151.rbkc"),
            at=NOW,
        )


@pytest.mark.usefixtures("demonstration")
def test_forecasts_in_every_state_are_marked_and_explained() -> None:
    found = list(Forecast.objects.select_related("parent__period", "parent__council"))
    assert {forecast.provenance for forecast in found} == {Provenance.ILLUSTRATIVE}
    assert {forecast.parent.period.quarter for forecast in found} == {Q1}
    assert Counter(forecast.status for forecast in found) == {
        "delivered": 2,
        "on_track": 7,
        "at_risk": 4,
        "not_achievable": 1,
    }
    assert Counter(forecast.parent.council_code for forecast in found) == {
        "LBHF": 6,
        "RBKC": 4,
        "WCC": 4,
    }
    doubtful = [forecast for forecast in found if forecast.status in Forecast.IN_DOUBT]
    assert all(forecast.reason.startswith("Made up: ") for forecast in doubtful)
    assert all(forecast.replacement.startswith("Made up: ") for forecast in doubtful)


@pytest.mark.usefixtures("demonstration")
def test_the_demonstration_shows_what_is_pointed_out() -> None:
    office = User.objects.get(username="programme.office")
    overview = overview_of(office, Q1, date(2013, 7, 31))
    assert Counter(remark.kind.value for _, remark in overview.remarks) == {
        "in_doubt": 5,
        "nothing_delivered": 4,
        "missing": 20,
    }


@pytest.mark.usefixtures("demonstration")
def test_what_a_person_has_changed_is_left_alone() -> None:
    submitted = Return.objects.get(council__code="RBKC", period__quarter=Q1)
    Entry.objects.filter(parent=submitted).update(note="Looked into.")
    call_command("load_demonstration")
    notes = Entry.objects.filter(parent=submitted).values_list("note", flat=True)
    assert set(notes) == {"Looked into."}


def test_refused_where_debug_is_off(settings) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command("load_demonstration")
    assert not User.objects.exists()


def test_says_what_it_stands_on(settings) -> None:
    settings.DEBUG = True
    with pytest.raises(CommandError, match="load_record"):
        call_command("load_demonstration")
    assert not User.objects.exists()


def _days(day: date | None) -> int:
    """How many days it is from today."""
    assert day is not None
    return (day - timezone.localdate()).days
