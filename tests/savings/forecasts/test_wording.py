"""What is said about forecasts, and what is drawn."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from finance.money import to_pence
from savings.forecasts import charts, wording
from savings.forecasts.exports import COLUMNS, as_csv, file_name
from savings.forecasts.overview import overview_of
from savings.kit.provenance import Provenance
from savings.rollup.tasks import roll_up
from tests.partnership import Q1, Partnership, a_saving
from tests.savings.forecasts.conftest import a_forecast, at_risk, forecast

TODAY = date(2013, 11, 5)
NIL = 0


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, "No initiative needs a forecast."),
        ({"missing": 1}, "The one initiative has no forecast yet."),
        ({"missing": 3}, "None of the 3 initiatives has a forecast yet."),
        ({"at_risk": 1}, "The one initiative has a forecast: 1 at risk."),
        ({"on_track": 1, "missing": 2}, "1 of 3 initiatives has a forecast: 1 on track."),
        (
            {"not_achievable": 1, "delivered": 2, "at_risk": 1, "on_track": 3},
            (
                "All 7 initiatives have a forecast: 2 delivered, 3 on track, 1 at risk, "
                "1 not achievable."
            ),
        ),
    ],
)
def test_the_sentence_says_how_many_have_a_forecast(counts: dict[str, int], sentence: str) -> None:
    assert wording.standing(counts) == sentence


@pytest.mark.parametrize(
    ("counts", "planned", "delivered", "sentence"),
    [
        ({}, None, "0", "Nothing here needs a forecast for 2013/14 Q1."),
        ({"missing": 2}, None, "0", "No forecast has been entered for 2013/14 Q1 yet."),
        (
            {"on_track": 1},
            None,
            "0",
            (
                "£2.1m is forecast, and nothing is certified as delivered by the end of June 2013; "
                "the one forecast is not in doubt."
            ),
        ),
        (
            {"at_risk": 1, "missing": 1},
            "9900000",
            "480000",
            (
                "£2.1m is forecast, compared with £9.9m planned, and £0.48m is certified as "
                "delivered by "
                "the end of June 2013; the one forecast is in doubt; 1 is still to come."
            ),
        ),
        (
            {"on_track": 3, "missing": 2},
            None,
            "0",
            (
                "£2.1m is forecast, and nothing is certified as delivered by the end of June 2013; "
                "none of the 3 forecasts is in doubt; 2 are still to come."
            ),
        ),
        (
            {"at_risk": 1, "not_achievable": 1},
            None,
            "0",
            (
                "£2.1m is forecast, and nothing is certified as delivered by the end of June 2013; "
                "both forecasts are in doubt."
            ),
        ),
        (
            {"on_track": 3, "not_achievable": 1},
            None,
            "0",
            (
                "£2.1m is forecast, and nothing is certified as delivered by the end of June 2013; "
                "1 of the 4 forecasts is in doubt."
            ),
        ),
    ],
)
def test_the_picture_is_described_in_a_sentence(
    counts: dict[str, int], planned: str | None, delivered: str, sentence: str
) -> None:
    assert (
        wording.reading(
            counts,
            quarter=Q1,
            planned=to_pence(Decimal(planned)) if planned else None,
            expected=2_100_000_00,
            delivered=to_pence(Decimal(delivered)),
        )
        == sentence
    )


@pytest.fixture
def overseen(planned: Partnership) -> Partnership:
    forecast(
        planned,
        "WCC",
        a_forecast(this_year="-5", starts_on="1/9/2013"),
        at_risk("childrens-services", reason="=cmd()", replacement="One\n“two”, three"),
    )
    forecast(planned, "LBHF", a_forecast(), provenance=Provenance.ILLUSTRATIVE)
    planned.draft("WCC", a_saving())
    planned.certified("RBKC", a_saving("library-service", "10.10"))
    roll_up()
    return planned


@pytest.mark.django_db
def test_the_picture_has_a_bar_for_each_amount(overseen: Partnership) -> None:
    found = overview_of(overseen.people["auditor"], Q1, TODAY)
    figure = charts.beside_each_other(found.rows, beside_plan=True)
    names = ["Childrens services", "Library service", "Chief executive leadership"]
    assert [(bar["name"], bar["y"], bar["x"], bar["text"]) for bar in figure["data"]] == [
        (
            "Planned",
            names,
            [950000000, 10000000, 20000000],
            ["£9.5m", "£0.1m", "£0.2m"],
        ),
        (
            "Forecast (illustrative)",
            names,
            [12000000, 8999500, 0],
            ["£0.12m", "£90k", "none yet"],
        ),
        ("Delivered to date", names, [0, 1010, 0], ["nil", "£10.10", "nil"]),
    ]
    assert figure["layout"]["xaxis"]["range"] == [0, 1235000000]
    alone = charts.beside_each_other(found.rows[1:], beside_plan=False)
    assert [bar["name"] for bar in alone["data"]] == [
        "Forecast (illustrative)",
        "Delivered to date",
    ]
    of_one = overview_of(overseen.finance("WCC"), Q1, TODAY)
    figure = charts.beside_each_other(of_one.rows, beside_plan=False)
    assert [bar["name"] for bar in figure["data"]] == ["Forecast", "Delivered to date"]
    # A negative forecast has room for its label too.
    assert figure["layout"]["xaxis"]["range"] == [-650, 15600000]


@pytest.mark.django_db
def test_the_file_has_a_row_for_each_council_and_initiative(overseen: Partnership) -> None:
    found = overview_of(overseen.people["auditor"], Q1, TODAY)
    content = as_csv(found)
    assert file_name(found) == "tri-borough-forecasts-2013-14-Q1.csv"
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 9
    read = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert list(read[0]) == list(COLUMNS)
    assert [(row["council"], row["service"], row["status"]) for row in read] == [
        ("LBHF", "childrens-services", "missing"),
        ("RBKC", "childrens-services", "missing"),
        ("WCC", "childrens-services", "at_risk"),
        ("LBHF", "library-service", "on_track"),
        ("RBKC", "library-service", "missing"),
        ("WCC", "library-service", "on_track"),
        ("LBHF", "chief-executive-leadership", "missing"),
        ("RBKC", "chief-executive-leadership", "missing"),
    ]
    assert read[2] == {
        "council": "WCC",
        "period": "2013-14-Q1",
        "service": "childrens-services",
        "service_name": "Childrens services",
        "status": "at_risk",
        "planned_in_year": "",
        "planned_full_year": "9500000.00",
        "planned_by": "2014-15",
        "this_year": "90000.00",
        "full_year_effect": "120000.00",
        "delivered_this_year": "0.00",
        "delivered_to_date": "0.00",
        "starts_on": "",
        # No spreadsheet takes typed text for a formula.
        "reason": "'=cmd()",
        "replacement": "One\n“two”, three",
        "illustrative": "false",
        "pointed_out": "Childrens services: at risk, with £90,000.00 forecast for 2013/14.",
    }
    assert read[3]["illustrative"] == "true"
    assert (read[4]["this_year"], read[4]["delivered_to_date"]) == ("", "10.10")
    assert (read[5]["this_year"], read[5]["planned_in_year"], read[5]["starts_on"]) == (
        "-5.00",
        "100000.00",
        "2013-09-01",
    )
