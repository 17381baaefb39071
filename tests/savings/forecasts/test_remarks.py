"""What is pointed out about forecasts, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from finance.money import to_pence
from finance.periods import Quarter
from savings.forecasts.initiatives import Initiative
from savings.forecasts.remarks import Remark, RemarkKind, remarks
from savings.forecasts.rows import ForecastRow

Q2 = Quarter.parse("2013-14-Q2")
LATER = date(2013, 12, 1)
ICT = Initiative("ict", "ICT", (), (), None, 4_000_000_00, None)
HR = replace(ICT, service="hr", name="HR")
ROW = ForecastRow("ict", 100_00, 200_00, "on_track")
DOUBTFUL = replace(ROW, status="at_risk", reason="Late.", replacement="Held posts.")
STARTED = replace(ROW, starts_on=date(2013, 7, 1))
NOTHING: dict[str, int] = {}


def found(
    now: ForecastRow | None,
    last: ForecastRow | None = None,
    *,
    saved: str = "0",
    today: date = LATER,
    quarter: Quarter = Q2,
) -> list[Remark]:
    return remarks(
        quarter=quarter,
        today=today,
        initiatives=[ICT],
        now={"ict": now} if now else {},
        last={"ict": last} if last else {},
        saved={"ict": to_pence(Decimal(saved))},
        fell=NOTHING,
    )


def kinds(*args: ForecastRow | None, **more: object) -> list[str]:
    return [remark.kind.value for remark in found(*args, **more)]  # type: ignore[arg-type]


def test_there_is_no_remark_on_a_new_undated_forecast_that_is_on_track() -> None:
    assert found(ROW) == []


def test_an_initiative_without_a_forecast_has_a_remark() -> None:
    assert found(None, ROW) == [
        Remark(
            RemarkKind.MISSING,
            "ict",
            "ICT: no forecast for 2013/14.",
            "Enter what it is expected to bring, and its status.",
        )
    ]


def test_a_forecast_in_doubt_has_a_remark() -> None:
    assert found(DOUBTFUL) == [
        Remark(
            RemarkKind.IN_DOUBT,
            "ict",
            "ICT: at risk, with £100.00 forecast for 2013/14.",
            "Check that the reason is still true, and that what replaces the saving is certain "
            "enough.",
        )
    ]
    (remark,) = found(replace(DOUBTFUL, status="not_achievable", this_year=0))
    assert remark.sentence == "ICT: not achievable, with £0.00 forecast for 2013/14."


def test_a_forecast_unchanged_for_two_quarters_has_a_remark() -> None:
    assert found(ROW, ROW) == [
        Remark(
            RemarkKind.UNCHANGED,
            "ict",
            "ICT: the same forecast for two quarters, 2013/14 Q1 and 2013/14 Q2.",
            "Check it against the latest figures. If it is right, leave it.",
        )
    ]
    across = found(ROW, ROW, quarter=Quarter.parse("2013-14-Q1"))
    assert across[0].sentence == (
        "ICT: the same forecast for two quarters, 2012/13 Q4 and 2013/14 Q1."
    )


@pytest.mark.parametrize(
    "last",
    [
        None,
        replace(ROW, this_year=100_01),
        replace(ROW, full_year_effect=200_01),
        replace(ROW, status="delivered"),
        replace(ROW, starts_on=date(2014, 1, 1)),
        DOUBTFUL,
    ],
)
def test_a_forecast_that_differs_from_last_quarter_has_no_remark(last: ForecastRow | None) -> None:
    assert kinds(ROW, last) == []


def test_a_forecast_with_another_reason_has_changed_too() -> None:
    assert kinds(DOUBTFUL, replace(DOUBTFUL, reason="Later still.")) == ["in_doubt"]
    assert kinds(DOUBTFUL, DOUBTFUL) == ["in_doubt", "unchanged"]


def test_a_delivered_forecast_may_stay_unchanged() -> None:
    delivered = replace(ROW, status="delivered")
    assert kinds(delivered, delivered) == []


def test_a_start_date_that_has_passed_without_delivery_has_a_remark() -> None:
    assert found(STARTED) == [
        Remark(
            RemarkKind.NOTHING_DELIVERED,
            "ict",
            "ICT: due to start on 1 July 2013, but this council has entered no saving for it.",
            "Enter what has been saved, or change the start date.",
        )
    ]


LATE = ["nothing_delivered"]


@pytest.mark.parametrize(
    ("starts_on", "today", "remarks"),
    [
        (date(2013, 9, 29), date(2013, 9, 30), LATE),
        # The day itself has not passed until it ends.
        (date(2013, 9, 30), date(2013, 9, 30), []),
        (date(2013, 9, 30), date(2013, 10, 1), LATE),
        # A start after the quarter does not concern its return, however late it is read.
        (date(2013, 10, 1), date(2026, 1, 1), []),
        (date(2012, 2, 29), date(2013, 7, 1), LATE),
    ],
)
def test_a_date_passes_when_its_day_is_over(
    starts_on: date, today: date, remarks: list[str]
) -> None:
    row = replace(ROW, starts_on=starts_on)
    assert kinds(row, today=today) == remarks


@pytest.mark.parametrize(("saved", "remarks"), [("0.01", []), ("0.00", LATE), ("-5", LATE)])
def test_any_saving_counts_as_delivery_unless_it_was_taken_back(
    saved: str, remarks: list[str]
) -> None:
    assert kinds(STARTED, saved=saved) == remarks


def test_a_delivered_forecast_without_a_saving_has_a_remark() -> None:
    assert kinds(replace(STARTED, status="delivered")) == ["nothing_delivered"]


def test_remarks_come_by_kind_and_then_by_initiative() -> None:
    hr = replace(DOUBTFUL, service="hr", starts_on=date(2013, 7, 1))
    both = remarks(
        quarter=Q2,
        today=LATER,
        initiatives=[ICT, HR],
        now={"ict": STARTED, "hr": hr},
        last={"ict": STARTED, "hr": hr},
        saved=NOTHING,
        fell=NOTHING,
    )
    assert [(remark.kind.value, remark.service) for remark in both] == [
        ("in_doubt", "hr"),
        ("nothing_delivered", "ict"),
        ("nothing_delivered", "hr"),
        ("unchanged", "ict"),
        ("unchanged", "hr"),
    ]


def test_there_is_no_remark_on_a_forecast_that_is_not_owed() -> None:
    assert (
        remarks(
            quarter=Q2,
            today=LATER,
            initiatives=[],
            now={"ict": DOUBTFUL},
            last={},
            saved=NOTHING,
            fell=NOTHING,
        )
        == []
    )


def test_every_kind_has_a_heading() -> None:
    assert [kind.label for kind in RemarkKind] == [
        "In doubt",
        "Start date passed, no saving entered",
        "No forecast yet",
        "Unchanged for two quarters",
    ]
