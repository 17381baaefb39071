"""What is certified and not added up yet is said to be so in every form, and is never a 0."""

import csv
import io

import openpyxl
import pytest
from django.test import Client

from savings.rollup.actions import roll_up_dirty
from tests.calling import Caller
from tests.kept import kept
from tests.partnership import NOW, Q2, Partnership, a_saving, build

pytestmark = pytest.mark.django_db

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
SINCE = "2013-07-01T09:30:00Z"
WHY = (
    "Hammersmith & Fulham’s return for 2013/14 Q2 was certified at 10:30 on 1 July 2013, and its "
    "figures are being added."
)


@pytest.fixture
@kept
def partnership() -> Partnership:
    """2013/14 Q1 is added up; of Q2 one return is certified, and is not added yet."""
    made = build()
    made.rule("libraries", THIRDS)
    made.certified("LBHF", a_saving(amount="100.00"))
    roll_up_dirty(at=NOW)
    made.certified("LBHF", a_saving("childrens", "9.00", scope="own"), quarter=Q2)
    return made


def as_json(partnership: Partnership, path: str) -> dict:
    answer = Caller(partnership.people["auditor"]).get(f"reports/{path}.json")
    assert answer.status_code == 200
    found: dict = answer.json()
    return found


def as_csv(partnership: Partnership, path: str) -> list[dict[str, str]]:
    answer = Caller(partnership.people["auditor"]).get(f"reports/{path}.csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def page(partnership: Partnership, address: str) -> str:
    client = Client()
    client.force_login(partnership.people["auditor"])
    return client.get(address).content.decode()


UNKNOWN = {"quarter": None, "year_to_date": None, "to_date": None}


def test_json_has_no_figure_for_it_and_says_why(partnership: Partnership) -> None:
    found = as_json(partnership, "LBHF/2013-14-Q2")

    assert found["certified"] is True
    assert (found["pending_since"], found["why"]) == (SINCE, WHY)
    assert found["totals"] == [{"kind": "saving", **UNKNOWN}]
    assert [{name: line[name] for name in UNKNOWN} for line in found["lines"]] == [UNKNOWN]


def test_a_quarter_that_is_added_up_stands(partnership: Partnership) -> None:
    found = as_json(partnership, "LBHF/2013-14-Q1")

    assert (found["pending_since"], found["why"]) == (None, "")
    assert found["totals"][0]["quarter"] == "33.34"


def test_csv_has_no_figure_and_says_since_when(partnership: Partnership) -> None:
    (row,) = as_csv(partnership, "LBHF/2013-14-Q2")

    assert [row[name] for name in UNKNOWN] == ["", "", ""]
    assert row["pending_since"] == SINCE


def test_csv_has_a_row_to_say_it_where_there_is_none_else() -> None:
    made = build()
    made.certified("LBHF", a_saving(amount="9.00", scope="own"))

    (row,) = as_csv(made, "LBHF/2013-14-Q1")

    assert {name: text for name, text in row.items() if text} == {
        "council": "LBHF",
        "period": "2013-14-Q1",
        "pending_since": SINCE,
    }
    (row,) = as_csv(made, "LBHF/2013-14-Q1-annex")
    assert {name: text for name, text in row.items() if text} == {
        "council": "LBHF",
        "period": "2013-14-Q1",
        "pending_since": SINCE,
    }


def test_the_workbook_says_so_and_has_no_number(partnership: Partnership) -> None:
    answer = Caller(partnership.people["auditor"]).get("reports/LBHF/2013-14-Q2.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))

    for name in ("Summary", "Figures"):
        cells = [cell.value for row in book[name].iter_rows() for cell in row]
        assert [cell for cell in cells if isinstance(cell, int | float)] == []
        assert "being added" in cells
    assert WHY in [cell.value for cell in book["Summary"]["A"]]
    assert "No certified entry" not in str(book["Entries"]["A5"].value)


def test_the_page_says_since_when_and_shows_no_figure(partnership: Partnership) -> None:
    shown = page(partnership, "/boroughs/LBHF/?period=2013-14-Q2")

    assert "Hammersmith &amp; Fulham’s return for 2013/14 Q2 was certified" in shown
    assert "being added" in shown
    assert " days ago" in shown
    assert "£0" not in shown
    assert "is in these figures" not in shown
    assert "Nothing certified yet" not in shown


def test_the_list_says_it_of_the_council(partnership: Partnership) -> None:
    shown = page(partnership, "/boroughs/?period=2013-14-Q2")
    of_lbhf, _, others = shown.partition("Kensington &amp; Chelsea</a>")

    assert "being added" in of_lbhf
    assert "£" not in of_lbhf
    assert "is in these figures" not in of_lbhf
    assert "being added" not in others
    assert "£33.33" in others


def test_anothers_return_that_bears_on_it_is_named(partnership: Partnership) -> None:
    roll_up_dirty(at=NOW)
    partnership.certified("RBKC", a_saving(amount="30.00"), quarter=Q2)

    found = as_json(partnership, "LBHF/2013-14-Q2")

    assert found["totals"][0]["quarter"] == "9.00"
    assert found["pending_since"] == SINCE
    assert found["why"] == (
        "Not in these figures yet, but being added: Kensington & Chelsea’s return for 2013/14 Q2, "
        "certified at 10:30 on 1 July 2013."
    )
    lines = {line["service"]: line["quarter"] for line in found["lines"]}
    assert lines == {"childrens": "9.00", "library-service": None}
    shown = page(partnership, "/boroughs/LBHF/?period=2013-14-Q2")
    assert "Not in these figures yet" in shown
    assert "£0.00" not in shown


@pytest.mark.parametrize(
    "row", [a_saving(amount="30.00", scope="own"), a_saving("cex", amount="30.00")]
)
def test_what_cannot_fall_on_the_council_is_not_waited_for(row, partnership: Partnership) -> None:
    roll_up_dirty(at=NOW)
    partnership.certified("RBKC", row, quarter=Q2)

    found = as_json(partnership, "WCC/2013-14-Q2")

    assert (found["pending_since"], found["why"]) == (None, "")
    assert found["totals"][0]["quarter"] == "0.00"


def test_once_added_up_it_is_a_figure_like_any_other(partnership: Partnership) -> None:
    roll_up_dirty(at=NOW)

    found = as_json(partnership, "LBHF/2013-14-Q2")

    assert (found["pending_since"], found["why"]) == (None, "")
    assert found["totals"][0]["quarter"] == "9.00"
    assert as_csv(partnership, "LBHF/2013-14-Q2")[0]["pending_since"] == ""
