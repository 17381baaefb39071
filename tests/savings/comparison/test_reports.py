"""What the comparison reads: sums from the rollup only, and where each was published."""

import pytest

from finance.periods import FinancialYear, Quarter
from savings.calendar.actions import close_period
from savings.comparison import sources
from savings.comparison.reports import (
    by_council,
    choices,
    compare,
    compare_area,
    delivered_after,
    usual_quarter,
    years_of,
)
from savings.plans.models import Plan
from savings.rollup.actions import roll_up_dirty
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving

pytestmark = pytest.mark.django_db

BY_2014_15 = FinancialYear(2014)
COST = {"service": "libraries", "kind": "transition_cost", "scope": "own", "amount": "30.00"}


@pytest.fixture
@kept
def delivered(partnership: Partnership) -> Plan:
    """Q1 closed: £100 of libraries in thirds, £7 of youth offending unattributed; Q2: £40."""
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    partnership.certified("LBHF", a_saving(amount="100.00"), a_saving("youth-offending", "7.00"))
    partnership.certified("RBKC", COST)
    partnership.certified("WCC")
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    partnership.certified("WCC", a_saving(amount="40.00", scope="own"), quarter=Q2)
    partnership.draft("LBHF", a_saving(amount="999.00"), quarter=Q2)
    roll_up_dirty(at=NOW)
    return Plan.objects.get()


def test_areas_and_what_belongs_to_none_add_up_to_the_total(delivered: Plan) -> None:
    compared = compare(delivered, BY_2014_15, Q1)
    assert [(line.slug, line.planned, line.delivered) for line in compared.lines] == [
        ("childrens", 250_00, 7_00),
        ("libraries", 1_000_00, 100_00),
        ("cex", 0, 0),
        (None, 50_00, 0),
    ]
    assert (compared.planned, compared.delivered) == (1_300_00, 107_00)
    assert compared.transition_costs == 30_00
    assert compared.published == 0
    assert compared.whole.pair.difference is None


def test_delivery_is_counted_to_the_end_of_a_quarter(delivered: Plan) -> None:
    assert compare(delivered, BY_2014_15, Q2).delivered == 147_00
    assert compare(delivered, BY_2014_15, Q1.preceding).delivered == 0
    assert compare(delivered, BY_2014_15, None).delivered == 0


def test_an_area_is_the_sum_of_its_services_and_its_own_entries(delivered: Plan) -> None:
    compared = compare_area(delivered, BY_2014_15, Q1, "libraries")
    assert [(line.slug, line.planned, line.delivered) for line in compared.lines] == [
        ("libraries", 0, 0),
        ("library-service", 1_000_00, 100_00),
    ]
    with pytest.raises(KeyError):
        compare_area(delivered, BY_2014_15, Q1, "no-such-service")


def test_each_council_has_its_pennies_and_the_rest_is_unattributed(delivered: Plan) -> None:
    compared = compare(delivered, BY_2014_15, Q1)
    lines = by_council(compared)
    assert [(line.code, line.delivered, line.transition_costs) for line in lines] == [
        ("LBHF", 33_34, 0),
        ("RBKC", 33_33, 30_00),
        ("WCC", 33_33, 0),
        (None, 7_00, 0),
    ]
    only_libraries = by_council(compared, {"library-service"})
    assert [line.code for line in only_libraries] == ["LBHF", "RBKC", "WCC"]
    assert sum(line.delivered for line in only_libraries) == 100_00


def test_savings_certified_later_are_shown_separately(delivered: Plan) -> None:
    assert [(line.quarter, line.is_open, line.delivered) for line in delivered_after(Q1)] == [
        (Q2, True, 40_00)
    ]
    assert delivered_after(Q2) == []
    assert [line.quarter for line in delivered_after(None)] == [Q1, Q2]
    assert [line.is_open for line in delivered_after(None)] == [False, True]


def test_choices_are_the_plans_with_figures_and_every_period(delivered: Plan) -> None:
    Plan.objects.create(code="empty", name="No line of it")
    found = choices()
    assert [plan.code for plan in found.plans] == ["promise"]
    assert found.years == {"promise": [BY_2014_15]}
    assert years_of(delivered) == [BY_2014_15]
    assert [period.quarter for period in found.periods] == [Q1, Q2]
    assert found.usual == usual_quarter() == Q1
    assert found.plan("promise") == delivered
    assert found.plan("empty") is None


def test_published_savings_are_told_apart_from_reported_ones(record: None) -> None:
    plan = Plan.objects.get(code="proposals-2011")
    end = Quarter.parse("2012-13-Q4")
    compared = compare(plan, BY_2014_15, end)
    assert compared.published == compared.delivered == 9_920_000_00
    assert by_council(compared)[-1].published == 9_920_000_00


def test_sources_name_document_place_and_figures_once(record: None) -> None:
    titles = sources.document_titles()
    plan = Plan.objects.get(code="proposals-2011")
    promised = sources.sources_of_lines(sources.promised_lines(plan, BY_2014_15), titles)
    assert [(source.provenance, source.document, len(source.figures)) for source in promised] == [
        ("published", "proposals-2011", 10),
        ("derived", "proposals-2011", 1),
    ]
    published = sources.published_lines(Quarter.parse("2012-13-Q4"), None, titles)
    assert sum(line.amount for line in published) == 9_920_000_00
    (source,) = sources.sources_of_published(published)
    assert source.place == "Table and chart 'Tri-borough savings to date'"
    assert source.title == "The Tri-borough story: progress report"
    assert sources.published_lines(Quarter.parse("2012-13-Q3"), None, titles) == []
    assert sources.published_lines(None, None, titles) == []
    (libraries,) = sources.published_lines(
        Quarter.parse("2012-13-Q4"), {"libraries", "library-service"}, titles
    )
    assert libraries.amount == 920_000_00


def test_the_later_target_is_read_from_the_record(record: None) -> None:
    target = sources.later_target(sources.document_titles())
    assert target is not None
    assert (target.amount, target.year.label) == (40_000_000_00, "2015/16")
    assert [source.document for source in target.sources] == ["progress-2013"]


def test_without_the_record_there_is_no_later_target(partnership: Partnership) -> None:
    assert sources.later_target({}) is None
