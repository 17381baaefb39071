"""The plans of the record by year and council: what the documents say, and nothing between."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from finance.periods import FinancialYear
from savings.plans.models import Plan, PlanLine
from savings.plans.reports import years_by_plan
from savings.record.imports import PlanLineRow, Record, RecordError, read_record
from savings.record.loading import load
from tests.savings.record.conftest import Spoil

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 2, 5, 9, 0, tzinfo=UTC)
RANGE, WHOLE, TEAM = "childrens-range-2011", "All that is foreseeable", "One senior management team"


def lines_of(record: Record, plan: str, year: str = "") -> list[PlanLineRow]:
    return [
        line for line in record.plan_lines if line.plan == plan and year in ("", line.year.code)
    ]


def by_year(record: Record, plan: str, *, net: bool = False) -> dict[str, int]:
    """Pounds that the counted lines come to in each year."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines_of(record, plan):
        if not line.inside:
            sums[line.year.code] += line.middle - (line.cost if net else 0)
    return {year: int(sums[year]) for year in sorted(sums)}


def by_council(record: Record, plan: str, year: str) -> dict[str, int]:
    return {line.council: int(line.middle) for line in lines_of(record, plan, year)}


def test_a_tenth_of_the_overheads_and_then_45_per_cent_twice(record: Record) -> None:
    whole = 8_900_000
    assert by_year(record, "adults-overheads-2011") == {
        "2011-12": whole * 10 // 100,
        "2012-13": whole * (10 + 45) // 100,
        "2013-14": whole,
        "2014-15": whole,
    }
    begun = {
        (line.label, int(line.middle))
        for line in lines_of(record, "adults-overheads-2011")
        if line.phasing == "derived"
    }
    assert begun == {
        ("From 2011/12: a tenth", 890_000),
        ("From 2012/13: 45%", 4_005_000),
        ("From 2013/14: 45%", 4_005_000),
    }
    (first,) = lines_of(record, "adults-overheads-2011", "2011-12")
    assert (first.derivation, first.basis) == ("10% × £8.9m", "in_year")


def test_icts_part_of_the_overheads_is_shown_and_counted_once(record: Record) -> None:
    overheads, ict = lines_of(record, "adults-overheads-2011", "2014-15")
    assert (overheads.middle, overheads.inside, overheads.phasing) == (
        Decimal(8_900_000),
        "",
        "published",
    )
    assert (ict.service, ict.middle, ict.inside) == ("ict", Decimal(2_700_000), "Overheads")
    # The proposals had taken it off: £6.7m less £2.7m.
    (left,) = [x for x in lines_of(record, "proposals-2011", "2014-15") if x.service == "ict"]
    assert left.middle + ict.middle == 6_700_000


def test_ict_by_stream_and_year(record: Record) -> None:
    assert by_year(record, "ict-profile-2011") == {
        "2011-12": 0,
        "2012-13": 2_700_000,
        "2013-14": 5_300_000,
        "2014-15": 8_660_000,
        "2015-16": 9_860_000,
    }
    assert by_year(record, "ict-profile-2011", net=True) == {
        "2011-12": -600_000,
        "2012-13": 700_000,
        "2013-14": 3_300_000,
        "2014-15": 8_660_000,
        "2015-16": 9_860_000,
    }
    costs = [(x.year.code, x.service, int(x.cost)) for x in record.plan_lines if x.cost]
    assert costs == [
        ("2011-12", "ict", 600_000),
        ("2012-13", "ict", 2_000_000),
        ("2013-14", "ict", 2_000_000),
    ]
    # The table leaves shared directories empty in 2011/12: there is no line, and no 0.
    assert [x.service for x in lines_of(record, "ict-profile-2011", "2011-12")] == [
        "unified-communications",
        "datacentres",
        "ict-staff",
        "business-systems",
        "desktops",
        "ict",
    ]


def test_childrens_services_by_council_and_part(record: Record) -> None:
    assert by_council(record, "youth-offending-2011", "2014-15") == {
        "LBHF": 71_000,
        "RBKC": 80_000,
        "WCC": 281_000,
    }
    assert by_council(record, "childrens-targets-2011", "2013-14") == {
        "LBHF": 15_600_000,
        "RBKC": 13_000_000,
        "WCC": 12_300_000,
    }
    assert {x.basis for x in lines_of(record, "childrens-targets-2011")} == {"over_years"}
    assert by_year(record, "safeguarding-board-2011") == {"2011-12": 101_000, "2012-13": 173_000}
    assert [
        (x.label, x.year.code, int(x.middle), x.document, x.phasing)
        for x in lines_of(record, "fostering-2011")
    ] == [
        ("Combined staff costs", "2012-13", 270_000, "proposals-2011", "published"),
        ("Improved productivity", "2012-13", 400_000, "proposals-2011", "published"),
        ("Fostering and adoption", "2014-15", 600_000, "progress-2013", "reported"),
    ]


def test_the_range_of_childrens_services_is_around_the_proposals(record: Record) -> None:
    whole, team, functions = lines_of(record, "childrens-range-2011")
    assert (whole.low, whole.high) == (Decimal(6_000_000), Decimal(12_000_000))
    proposed = [
        x.middle
        for x in lines_of(record, "proposals-2011", "2014-15")
        if record.programme(x.service) == "childrens"
    ]
    assert whole.middle == sum(proposed) == 10_500_000
    assert [tuple(map(int, (x.low, x.middle, x.high))) for x in (team, functions)] == [
        (3_000_000, 3_750_000, 3_750_000),
        (6_000_000, 6_000_000, 6_000_000),
    ]
    assert by_year(record, "childrens-range-2011") == {"2014-15": 10_500_000}


@pytest.mark.parametrize(
    ("option", "amounts"),
    [
        ("1a", [335_000, 335_000, 335_000]),
        ("1b", [525_000, 525_000, 525_000]),
        ("2", [622_000, 1_006_000, 1_515_000]),
        ("3", [622_000, 1_006_000, 1_934_000]),
    ],
)
def test_the_options_are_westminsters(record: Record, option: str, amounts: list[int]) -> None:
    lines = lines_of(record, f"options-2010-{option}")
    assert {line.council for line in lines} == {"WCC"}
    assert list(by_year(record, f"options-2010-{option}").values()) == amounts


@pytest.mark.parametrize(("option", "amount"), [("1a", 335_000), ("1b", 525_000)])
def test_hammersmith_and_fulham_has_as_much_again(record: Record, option: str, amount: int) -> None:
    theirs = lines_of(record, f"options-2010-{option}-lbhf")
    assert [(x.council, x.service, x.year.code, int(x.middle)) for x in theirs] == [
        ("LBHF", "education", year, amount) for year in ("2011-12", "2012-13", "2013-14")
    ]
    assert by_year(record, f"options-2010-{option}-lbhf") == by_year(
        record, f"options-2010-{option}"
    )


def test_the_parts_of_33_8_add_up_and_34_6_holds_them(record: Record) -> None:
    assert by_year(record, "proposals-2011") == {"2011-12": 2_900_000, "2014-15": 33_800_000}
    assert by_year(record, "all-savings-2011") == {"2011-12": 2_900_000, "2014-15": 34_600_000}
    proposed = [replace(x, plan="") for x in lines_of(record, "proposals-2011")]
    everything = [replace(x, plan="") for x in lines_of(record, "all-savings-2011")]
    assert everything[: len(proposed)] == proposed
    assert [(x.service, int(x.middle)) for x in everything[len(proposed) :]] == [
        ("highways", 400_000),
        ("parks-management", 100_000),
        ("parking-back-office", 300_000),
    ]


def test_base_stretch_and_the_later_target(record: Record) -> None:
    assert by_year(record, "base-savings-2011") == {"2014-15": 30_000_000}
    assert by_year(record, "stretch-savings-2011") == {"2014-15": 50_000_000}
    assert by_year(record, "overall-target-2013") == {"2015-16": 40_000_000}


def test_the_first_plan_is_the_proposals_and_no_new_one_asks_for_forecasts(record: Record) -> None:
    assert [(plan.code, plan.kind) for plan in record.plans[:6]] == [
        ("proposals-2011", "proposal"),
        ("overall-target-2013", "target"),
        ("options-2010-1a", "option"),
        ("options-2010-1b", "option"),
        ("options-2010-2", "option"),
        ("options-2010-3", "option"),
    ]
    assert {plan.code for plan in record.plans if plan.adopted} == {
        "proposals-2011",
        "overall-target-2013",
    }


def test_every_line_says_how_it_came_to_its_year(record: Record) -> None:
    for line in record.plan_lines:
        assert (line.phasing == "derived") == bool(line.derivation), line
        assert line.document, line
        assert line.place, line
    # Two documents and an undated table: whatever else has a year has it in print.
    assert {line.plan for line in record.plan_lines if line.phasing != "published"} == {
        "adults-overheads-2011",
        "childrens-range-2011",
        "childrens-targets-2011",
        "fostering-2011",
        "youth-offending-2011",
    }


@pytest.mark.django_db
def test_loaded_with_councils_costs_and_what_is_inside(record: Record) -> None:
    load(record, at=NOW)
    ict = PlanLine.objects.get(label="ICT in adults' overheads")
    assert ict.inside == PlanLine.objects.get(plan=ict.plan, year="2014-15", label="Overheads")
    assert PlanLine.objects.exclude(inside=None).count() == 3
    profile = Plan.objects.get(code="ict-profile-2011")
    assert (profile.kind, profile.source) == ("profile", "proposals-2011")
    assert [(year.year, year.net) for year in years_by_plan([profile])[profile.id]] == [
        ("2011-12", -600_000_00),
        ("2012-13", 700_000_00),
        ("2013-14", 3_300_000_00),
        ("2014-15", 8_660_000_00),
        ("2015-16", 9_860_000_00),
    ]
    youth = PlanLine.objects.filter(plan__code="youth-offending-2011")
    assert dict(youth.values_list("council__code", "middle")) == {
        "LBHF": Decimal(71_000),
        "RBKC": Decimal(80_000),
        "WCC": Decimal(281_000),
    }
    assert PlanLine.objects.by_service(
        Plan.objects.get(code="adults-overheads-2011"), FinancialYear.parse("2014-15")
    ) == {"adult-overheads": 8_900_000_00}


def turned_round(record: Record) -> Record:
    """The whole and one of its parts change places."""
    whole, team = "All that is foreseeable", "One senior management team"
    inside = {whole: team, team: "", "The functions first in scope": whole}
    return replace(
        record,
        plan_lines=tuple(
            replace(x, inside=inside[x.label]) if x.plan == "childrens-range-2011" else x
            for x in record.plan_lines
        ),
    )


@pytest.mark.django_db
def test_what_is_inside_what_is_corrected_in_place(record: Record) -> None:
    def inside() -> dict[str, str | None]:
        found = PlanLine.objects.filter(plan__code="childrens-range-2011")
        return dict(found.values_list("label", "inside__label"))

    load(record, at=NOW)
    ids = set(PlanLine.objects.values_list("pk", flat=True))
    first = inside()
    load(turned_round(record), at=LATER)
    assert inside() == {
        "All that is foreseeable": "One senior management team",
        "One senior management team": None,
        "The functions first in scope": "All that is foreseeable",
    }
    load(record, at=LATER)
    assert inside() == first
    assert set(PlanLine.objects.values_list("pk", flat=True)) == ids
    without = replace(
        record,
        plan_lines=tuple(x for x in record.plan_lines if x.plan != RANGE),
        checks=tuple(x for x in record.checks if f"plan:{RANGE}!" not in x.terms),
    )
    load(without, at=LATER)
    assert inside() == {}


def faults(spoil: Spoil, *changes: tuple[str, str, str, str]) -> list[str]:
    """What is said of the file with these changes, each plan, label, column and value."""

    def spoilt(rows: list[dict[str, str]]) -> None:
        for plan, label, column, value in changes:
            (row,) = [
                row
                for row in rows
                if (row["plan"], row["label"], row["financial_year"]) == (plan, label, "2014-15")
            ]
            row[column] = value

    with pytest.raises(RecordError) as caught:
        read_record(spoil("plan_lines.csv", spoilt))
    return caught.value.errors


def row_of(record: Record, label: str) -> int:
    """The row of the file that a line of the range stands in: the headings are row 1."""
    (at,) = [
        index
        for index, x in enumerate(record.plan_lines, start=2)
        if (x.plan, x.label) == (RANGE, label)
    ]
    return at


def test_a_line_inside_itself_is_a_fault(record: Record, spoil: Spoil) -> None:
    (error,) = faults(spoil, (RANGE, WHOLE, "inside", WHOLE))
    assert error == (
        f"plan_lines.csv, line {row_of(record, WHOLE)}, column inside: “{WHOLE}” is the line "
        "itself. Name another line, or leave it empty."
    )


def test_a_chain_that_leads_back_is_a_fault(record: Record, spoil: Spoil) -> None:
    assert faults(spoil, (RANGE, WHOLE, "inside", TEAM)) == [
        f"plan_lines.csv, line {row_of(record, here)}, column inside: “{there}” is, by way of "
        "others, inside this line again. Leave it empty in one of them."
        for here, there in ((WHOLE, TEAM), (TEAM, WHOLE))
    ]


@pytest.mark.parametrize(
    ("column", "value", "inside", "year"),
    [
        ("inside", "Children's Services", "Children's Services", "2014-15"),
        ("financial_year", "2015-16", WHOLE, "2015-16"),
    ],
)
def test_a_line_of_another_plan_or_year_is_a_fault(
    column: str, value: str, inside: str, year: str, record: Record, spoil: Spoil
) -> None:
    (error,) = faults(spoil, (RANGE, TEAM, column, value))
    assert error == (
        f"plan_lines.csv, line {row_of(record, TEAM)}, column inside: “{inside}” is the label of "
        f"no line of plan {RANGE} for {year}. Name one of the same plan and year."
    )


def test_a_label_of_two_lines_is_a_fault(record: Record, spoil: Spoil) -> None:
    whole, functions = row_of(record, WHOLE), row_of(record, "The functions first in scope")
    (error,) = faults(
        spoil,
        (RANGE, "The functions first in scope", "inside", ""),
        (RANGE, "The functions first in scope", "council", "WCC"),
        (RANGE, "The functions first in scope", "label", WHOLE),
    )
    assert error == (
        f"plan_lines.csv, line {row_of(record, TEAM)}, column inside: “{WHOLE}” is the label of "
        f"lines {whole} and {functions}. Give the one that is meant its own label."
    )


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("middle", "10%", "middle: "),
        ("cost", "-1", "cost “-1” is below 0: give what getting there costs."),
        ("phasing", "guessed", "phasing “guessed” is none of published, derived, reported."),
        ("phasing", "published", "a derived phasing says in derivation how; another doesn't."),
        ("derivation", "", "a derived phasing says in derivation how; another doesn't."),
        ("basis", "some_year", "basis “some_year” is none of full_year, in_year, over_years."),
    ],
)
def test_a_line_that_says_too_little_or_too_much_is_a_fault(
    column: str, value: str, said: str, record: Record, spoil: Spoil
) -> None:
    (error,) = faults(spoil, (RANGE, TEAM, column, value))
    assert error.startswith(f"plan_lines.csv, line {row_of(record, TEAM)}: {said}")


def test_a_council_that_is_not_there_is_a_fault(spoil: Spoil) -> None:
    assert faults(spoil, (RANGE, TEAM, "council", "BRENT")) == [
        "“BRENT” is named, but does not exist."
    ]


def test_a_line_twice_is_a_fault(spoil: Spoil) -> None:
    (twice,) = faults(
        spoil,
        (RANGE, "The functions first in scope", "inside", ""),
        (RANGE, TEAM, "inside", ""),
        (RANGE, "The functions first in scope", "service", "childrens-management"),
        (RANGE, "The functions first in scope", "label", TEAM),
    )
    assert twice.startswith(f"Plan line “{RANGE} 2014-15 {TEAM} childrens-management")
    assert twice.endswith("is given 2 times.")


def test_a_plan_has_a_kind(spoil: Spoil) -> None:
    def blur(rows: list[dict[str, str]]) -> None:
        rows[0]["kind"] = "wish"

    with pytest.raises(RecordError) as caught:
        read_record(spoil("plans.csv", blur))
    assert (
        "plans.csv, line 2: kind “wish” is none of proposal, target, option, profile."
        in caught.value.errors
    )
