"""The record's files: every figure has a document and a place, and they agree with the plans."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from finance.periods import FinancialYear
from savings.record.imports import Record, RecordError, read_record
from tests.savings.record.conftest import Spoil


def planned(record: Record, plan: str, year: str) -> dict[str, Decimal]:
    """What a plan says for a year, by programme."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in record.plan_lines:
        if line.plan == plan and line.year == FinancialYear.parse(year):
            sums[record.programme(line.service)] += line.middle
    return dict(sums)


def test_the_record_has_five_documents(record: Record) -> None:
    assert [(document.code, document.published) for document in record.documents] == [
        ("options-2010", "2010-07-06"),
        ("proposals-2011", "2011-02"),
        ("column-2011", "2011"),
        ("community-budget-2012", "2012"),
        ("progress-2013", "2013"),
    ]


def test_every_figure_has_document_place_and_provenance(record: Record) -> None:
    documents = {document.code for document in record.documents}
    assert {figure.document for figure in record.figures} == documents
    assert {figure.provenance for figure in record.figures} == {"published", "derived"}
    assert [figure for figure in record.figures if not figure.place] == []
    assert [f for f in record.figures if (f.provenance == "derived") != bool(f.derivation)] == []


def test_no_figure_occurs_twice(record: Record) -> None:
    keys = Counter(
        (f.cell.table, f.cell.section, f.cell.row, f.cell.column) for f in record.figures
    )
    assert keys.most_common(1)[0][1] == 1


def test_the_proposals_have_amounts_by_delivery_area(record: Record) -> None:
    assert planned(record, "proposals-2011", "2014-15") == {
        "childrens": Decimal("10500000.00"),
        "adults": Decimal("9900000.00"),
        "libraries": Decimal("1600000.00"),
        "cex": Decimal("200000.00"),
        "corporate": Decimal("10000000.00"),
        "environmental": Decimal("1600000.00"),
    }


@pytest.mark.parametrize(
    ("plan", "year", "total"),
    [
        ("proposals-2011", "2011-12", "2900000.00"),
        ("proposals-2011", "2014-15", "33800000.00"),
        ("overall-target-2013", "2015-16", "40000000.00"),
        ("options-2010-1a", "2013-14", "335000.00"),
        ("options-2010-1b", "2013-14", "525000.00"),
        ("options-2010-2", "2011-12", "622000.00"),
        ("options-2010-2", "2012-13", "1006000.00"),
        ("options-2010-2", "2013-14", "1515000.00"),
        ("options-2010-3", "2013-14", "1934000.00"),
    ],
)
def test_each_plan_has_its_total(record: Record, plan: str, year: str, total: str) -> None:
    assert sum(planned(record, plan, year).values()) == Decimal(total)


def test_some_plans_were_adopted(record: Record) -> None:
    assert {plan.code: plan.adopted for plan in record.plans} == {
        "proposals-2011": True,
        "overall-target-2013": True,
        "options-2010-1a": False,
        "options-2010-1b": False,
        "options-2010-2": False,
        "options-2010-3": False,
        "options-2010-1a-lbhf": False,
        "options-2010-1b-lbhf": False,
        "all-savings-2011": False,
        "adults-overheads-2011": False,
        "ict-profile-2011": False,
        "childrens-range-2011": False,
        "childrens-targets-2011": False,
        "youth-offending-2011": False,
        "safeguarding-board-2011": False,
        "fostering-2011": False,
        "base-savings-2011": False,
        "stretch-savings-2011": False,
    }


@pytest.mark.parametrize("said", ["", "Yes", "true", "1"])
def test_a_plan_is_either_adopted_or_not(spoil: Spoil, said: str) -> None:
    def blur(rows: list[dict[str, str]]) -> None:
        rows[1]["adopted"] = said

    with pytest.raises(RecordError) as caught:
        read_record(spoil("plans.csv", blur))
    assert "plans.csv, line 3: adopted is neither yes nor no." in caught.value.errors


def test_the_overheads_line_is_split_and_says_why(record: Record) -> None:
    lines = [
        (line.service, line.middle, line.provenance)
        for line in record.plan_lines
        if line.label == "Corporate and other management overheads"
        and line.plan == "proposals-2011"
    ]
    assert lines == [
        ("corporate-overheads-property", Decimal("1000000.00"), "derived"),
        ("environment-management", Decimal("1500000.00"), "derived"),
    ]


def test_the_delivered_amounts_are_those_published(record: Record) -> None:
    assert {row.service: row.amount for row in record.delivery} == {
        "libraries": Decimal("920000.00"),
        "adults": Decimal("2850000.00"),
        "cex": Decimal("260000.00"),
        "corporate": Decimal("480000.00"),
        "environmental": Decimal("870000.00"),
        "childrens": Decimal("4540000.00"),
    }
    assert {
        (row.period.code, row.kind, row.scope, row.recurrence, row.nature)
        for row in record.delivery
    } == {("2012-13-Q4", "saving", "shared", "recurring", "cashable")}


def test_the_tree_has_the_six_delivery_areas_as_roots(record: Record) -> None:
    assert [service.slug for service in record.services if not service.parent] == [
        "childrens",
        "adults",
        "libraries",
        "cex",
        "corporate",
        "environmental",
    ]
    assert Counter(service.category for service in record.services if service.category) == {
        "tri-borough": 12,
        "under-consideration": 6,
        "joint-procurement-later": 1,
        "two-borough-first": 2,
        "not-recommended": 7,
    }


def test_the_participants_are_those_of_the_record(record: Record) -> None:
    taking_part: dict[str, set[str]] = defaultdict(set)
    for row in record.participation:
        taking_part[row.service].add(row.council)
    three, two = {"LBHF", "RBKC", "WCC"}, {"LBHF", "RBKC"}
    assert taking_part == {
        "childrens": three,
        "adults": three,
        "libraries": three,
        "corporate": three,
        "cex": two,
        "environmental": two,
        "legal-services": two,
        "parking-back-office": two,
        "education": three,
        "building-control": three,
        "public-health": three,
    }
    begins = {row.service: row.from_quarter for row in record.participation}
    # September 2011, when education began, is in the second quarter of the year.
    assert begins["education"].first_day <= date(2011, 9, 1) <= begins["education"].last_day
    assert begins["public-health"].first_day == date(2013, 4, 1)


def test_what_the_documents_keep_apart(record: Record) -> None:
    """Each since the proposals of February 2011, with who settled it and where."""
    states: dict[str, set[str]] = defaultdict(set)
    for row in record.states:
        states[row.state].add(row.service)
        assert row.from_quarter.first_day <= date(2011, 2, 28) <= row.from_quarter.last_day
        assert (row.to_quarter, row.document) == (None, "proposals-2011")
        assert row.settled_by == "The chief executives of the three councils"
    assert states == {
        "not_recommended": {
            "planning",
            "licensing",
            "housing-and-regeneration",
            "culture",
            "policy-and-communications",
            "committee-services",
            "governance",
            "housing-benefit",
        },
        "under_consideration": {
            "customer-services",
            "highways",
            "emergency-planning",
            "environmental-health",
            "community-safety",
            "parks-management",
            "leisure-client-side",
            "waste-and-street-cleansing",
            "procurement",
        },
        "single": {"elections"},
    }
    # Whatever the table of the proposals puts there is kept apart, and no plan counts on it.
    apart = {"not-recommended", "under-consideration", "joint-procurement-later"}
    listed = {service.slug for service in record.services if service.category in apart}
    assert listed <= set().union(*states.values())
    counted = {line.service for line in record.plan_lines if line.category not in apart}
    assert not counted & set().union(*states.values())


def test_a_state_says_what_it_is_and_who_settled_it(spoil: Spoil) -> None:
    def wreck(rows: list[dict[str, str]]) -> None:
        rows[0]["state"] = "alone"
        rows[1]["settled_by"] = ""
        rows[2]["from_quarter"] = "2011"

    with pytest.raises(RecordError) as refusal:
        read_record(spoil("states.csv", wreck))
    errors = refusal.value.errors
    assert [error.split(":")[0] for error in errors] == [
        "states.csv, line 2",
        "states.csv, line 3",
        "states.csv, line 4",
    ]
    assert "none of single, shared, under_consideration, not_recommended" in errors[0]


def test_a_state_is_of_a_service_that_there_is(spoil: Spoil) -> None:
    with pytest.raises(RecordError, match="“choirs” is named, but does not exist"):
        read_record(spoil("states.csv", lambda rows: rows[0].update(service="choirs")))


def test_every_fault_comes_back_at_once(spoil: Spoil) -> None:
    def wreck(rows: list[dict[str, str]]) -> None:
        rows[0]["low"] = "1,50"
        rows[1]["financial_year"] = "2014"
        rows[2]["high"] = "1.00"

    folder = spoil("plan_lines.csv", wreck)
    (folder / "councils.csv").unlink()
    with pytest.raises(RecordError) as caught:
        read_record(folder)
    assert [error.split(":")[0] for error in caught.value.errors] == [
        "councils.csv",
        "plan_lines.csv, line 2",
        "plan_lines.csv, line 3",
        "plan_lines.csv, line 4",
    ]


def test_names_that_refer_to_nothing_are_faults(spoil: Spoil) -> None:
    def rename(rows: list[dict[str, str]]) -> None:
        rows[0]["service"] = "choirs"
        rows[0]["document"] = "minutes"

    with pytest.raises(RecordError) as caught:
        read_record(spoil("delivery.csv", rename))
    assert caught.value.errors == [
        "“choirs” is named, but does not exist.",
        "“minutes” is named, but does not exist.",
    ]


def test_a_figure_given_twice_is_a_fault(spoil: Spoil) -> None:
    folder = spoil("figures/progress-2013.csv", lambda rows: rows.append(rows[0]))
    with pytest.raises(RecordError) as caught:
        read_record(folder)
    assert caught.value.errors == [
        "Figure “progress-2013-delivered:  > Libraries | Amount” is given 2 times."
    ]


def test_a_file_of_an_unknown_document_is_a_fault(spoil: Spoil) -> None:
    folder = spoil("delivery.csv", lambda rows: None)
    stray: Path = folder / "figures" / "budget-2014.csv"
    stray.write_text("document\n")
    with pytest.raises(RecordError) as caught:
        read_record(folder)
    assert caught.value.errors == ["figures/budget-2014.csv: documents.csv names no such document."]


def test_services_in_a_circle_are_faults(spoil: Spoil) -> None:
    def turn(rows: list[dict[str, str]]) -> None:
        (root,) = [row for row in rows if row["slug"] == "cex"]
        root["parent"] = "chief-executive-leadership"

    with pytest.raises(RecordError) as caught:
        read_record(spoil("services.csv", turn))
    assert caught.value.errors == [
        "Service “cex” must come after “chief-executive-leadership”, which it is below."
    ]


def test_a_driver_is_a_figure_of_the_record_once_for_each_council_and_year(spoil: Spoil) -> None:
    def confuse(rows: list[dict[str, str]]) -> None:
        rows[0]["row"] = "Hackney"
        rows[1]["unit"] = "people"
        rows[4] |= {"council": "LBHF"}

    with pytest.raises(RecordError) as caught:
        read_record(spoil("drivers.csv", confuse))
    assert caught.value.errors == [
        "Driver value “fostering-expenditure LBHF 2010-11-Q1” is given 2 times.",
        (
            "drivers.csv: children-in-system for LBHF: there is no figure with a value in table "
            "“proposals-2011-childrens-demand”, section “”, row “Hackney”, column “Children in "
            "system”."
        ),
        "drivers.csv: “children-in-system” has two names or units: keep one.",
    ]


@pytest.mark.parametrize(
    ("column", "value", "mistake"),
    [
        ("effective_from", "2010/11", "“2010/11” is not a quarter"),
        ("name", "", "give the driver's name and unit."),
    ],
)
def test_a_bad_driver_is_named_with_its_line(
    column: str, value: str, mistake: str, spoil: Spoil
) -> None:
    def spoil_it(rows: list[dict[str, str]]) -> None:
        rows[1][column] = value

    with pytest.raises(RecordError) as caught:
        read_record(spoil("drivers.csv", spoil_it))
    assert caught.value.errors[0].startswith("drivers.csv, line 3: ")
    assert mistake in caught.value.errors[0]
