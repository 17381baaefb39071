"""What the form shows beside its rows, and what its script asks the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from savings.plans.models import Plan, PlanLine
from savings.returns.models import Entry
from services.models import Service
from tests.partnership import Q2, Partnership, a_saving
from tests.savings.conftest import Everything
from tests.savings.filling.grids import EDIT, saves, stored
from tests.savings.pages import read

pytestmark = pytest.mark.django_db

SAVE = f"{EDIT}save/"
PASTE = f"{EDIT}paste/"


@pytest.fixture
def officer(partnership: Partnership, client: Client) -> Client:
    client.force_login(partnership.finance("WCC"))
    return client


def opened(client: Client, address: str = EDIT) -> dict[str, Any]:
    return read(client.get(address)).form("edit/").sent


def row(number: int, columns: dict[str, Any]) -> dict[str, Any]:
    return {f"row-{number}-{column}": value for column, value in columns.items()}


# --- Beside the rows -----------------------------------------------------------------


def test_plan_last_quarter_year_to_date_and_this_quarter_are_shown_beside(
    partnership: Partnership, officer: Client
) -> None:
    partnership.certified("WCC", a_saving("youth-offending", "100.10"))
    partnership.draft("WCC", a_saving("childrens", "0.10"), quarter=Q2)
    PlanLine.objects.create(
        plan=Plan.objects.create(code="proposals", name="Proposals", adopted=True),
        label="Children",
        service=partnership.services["childrens"],
        year="2014-15",
        low=5,
        middle=5,
        high=5,
        basis="full_year",
        provenance="illustrative",
        document="a-document",
        place="Page 1",
    )

    page = read(officer.get(EDIT.replace("Q1", "Q2")))

    assert (
        "Service Plan, all councils 2013/14 Q1 Year to date This quarter "
        "Childrens £5.00 illustrative a year by 2014/15 £100.10 £100.20 £0.10 "
        "Childrens services – none £100.10 £100.10 – none"
    ) in page.words
    assert "Year to date is what is certified for 2013/14 Q1, and the rows of this draft." in (
        page.words
    )
    assert page.words.count("not certified") == 0


def test_the_page_says_which_quarters_are_not_certified(
    partnership: Partnership, officer: Client
) -> None:
    partnership.submitted("WCC", a_saving("youth-offending", "100.10"))

    page = read(officer.get(EDIT.replace("Q1", "Q2")))

    assert "Plan, all councils 2013/14 Q1 not certified Year to date" in page.words
    assert "Year to date is the rows of this draft; 2013/14 Q1 is not certified." in page.words


def test_a_service_starts_a_row_and_nothing_typed_is_lost(
    partnership: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    sent = opened(officer) | row(1, {"amount": "half an amo"})
    before = everything()

    page = read(officer.post(EDIT, {**sent, "add": "libraries"}))
    assert page.form("edit/").sent == sent | row(2, {"service": "libraries"})
    assert everything() == before

    assert opened(officer, f"{EDIT}?service=libraries")["row-1-service"] == "libraries"
    assert opened(officer, f"{EDIT}?service=nothing")["row-1-service"] == ""
    full = sent | {f"row-{n}-amount": "1" for n in range(1, 6)}
    added = read(officer.post(EDIT, {**full, "add": "cex"})).form("edit/").sent
    assert (added["rows"], added["row-6-service"]) == ("6", "cex")


def test_forty_rows_take_as_many_queries_as_one(partnership: Partnership, officer: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert officer.get(EDIT).status_code == 200
        return len(captured)

    partnership.draft("WCC", a_saving())
    one = queries()
    partnership.draft("WCC", *(a_saving(amount=str(n), caused_by="") for n in range(1, 41)))
    assert queries() == one


# --- Automatic saves ------------------------------------------------------------------


def test_an_automatic_save_answers_with_the_version_the_time_and_the_lines(
    partnership: Partnership, officer: Client
) -> None:
    partnership.draft("WCC", a_saving(amount="1"), a_saving(amount="2"))
    sent = opened(officer) | {"row-1-remove": "on"} | row(4, a_saving(amount="4"))
    kept = Entry.objects.get(amount=2).id

    before = timezone.localtime()
    response = officer.post(SAVE, sent)
    after = timezone.localtime()

    said = response.json()
    assert response.status_code == 200
    assert said.pop("time") in {f"{when:%H:%M}" for when in (before, after)}
    assert said == {"version": 2, "lines": {"2": kept, "4": Entry.objects.get(amount=4).id}}
    assert [line["amount"] for line in stored()] == ["2.00", "4.00"]
    # An unchanged save makes no new version.
    lines = {f"row-{number}-id": str(line) for number, line in said["lines"].items()}
    again = officer.post(SAVE, sent | {"version": "2"} | lines).json()
    assert (again["version"], again["lines"]) == (2, said["lines"])
    assert saves() == 2


def test_an_automatic_save_names_every_mistake(
    partnership: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    sent = opened(officer) | row(2, {"kind": "variance", "amount": "1.005"})
    before = everything()

    response = officer.post(SAVE, sent)

    assert response.status_code == 422
    assert response.json() == {
        "problem": "Nothing was saved. There are 4 mistakes to put right.",
        "mistakes": [
            {"row": 2, "column": "service", "said": "Choose the service."},
            {
                "row": 2,
                "column": "scope",
                "said": "Choose whether it falls on your council alone or is shared.",
            },
            {
                "row": 2,
                "column": "amount",
                "said": "Enter an amount in whole pence, such as 1,234.50.",
            },
            {"row": 2, "column": "cause", "said": "Choose the cause of the variance."},
        ],
    }
    assert everything() == before


def test_a_stale_automatic_save_says_so_and_changes_nothing(
    partnership: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    sent = opened(officer) | row(1, a_saving())
    partnership.draft("WCC", a_saving(amount="9"))
    before = everything()

    response = officer.post(SAVE, sent)

    assert (response.status_code, response.json()["stale"]) == (409, True)
    assert everything() == before
    assert response.json()["problem"] == "This return has changed since you opened it."


def test_a_save_of_a_closed_return_or_of_an_incomplete_form_is_refused(
    partnership: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    sent = opened(officer) | row(1, a_saving())
    parent = partnership.parent("WCC")
    parent.period.status = "closed"
    parent.period.save()
    before = everything()

    response = officer.post(SAVE, sent)
    assert (response.status_code, response.json()["stale"]) == (409, False)
    assert response.json()["problem"].startswith("2013/14 Q1 is closed.")
    del sent["row-3-note"]
    for address in (SAVE, PASTE):
        response = officer.post(address, sent)
        assert response.status_code == 422
        assert "The form did not arrive complete" in response.json()["problem"]
    assert everything() == before
    assert officer.get(SAVE).status_code == 405


# --- A block that is pasted -------------------------------------------------------------


def pasted(
    client: Client,
    block: str,
    at_row: int = 1,
    column: str = "service",
    more: dict[str, str] | None = None,
) -> Any:
    sent = opened(client) | {"block": block, "at_row": str(at_row), "at_column": column}
    sent |= more or {}
    return client.post(PASTE, sent)


def test_names_and_labels_come_back_as_codes_and_nothing_is_stored(
    partnership: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    before = everything()
    block = (
        "Youth offending\tONGOING COST\tThis council alone\t(1,234)\t\t\t\t\t"
        "Westminster, Hammersmith & Fulham Council\n"
        "childrens\tvariance\tshared\t45k\t\t\tDemand\t\t\n"
    )

    response = pasted(officer, block, at_row=5)

    assert response.status_code == 200
    assert response.json() == {
        "rows": [
            {
                "row": 5,
                "values": {
                    "service": "youth-offending",
                    "kind": "ongoing_cost",
                    "scope": "own",
                    "amount": "(1,234)",
                    "recurrence": "",
                    "nature": "",
                    "cause": "",
                    "caused_by": "",
                    "tupe": ["LBHF", "WCC"],
                },
            },
            {
                "row": 6,
                "values": {
                    "service": "childrens",
                    "kind": "variance",
                    "scope": "shared",
                    "amount": "45k",
                    "recurrence": "",
                    "nature": "",
                    "cause": "demand",
                    "caused_by": "",
                    "tupe": [],
                },
            },
        ]
    }
    assert everything() == before


def test_wrong_cells_come_back_in_a_table_with_what_to_do(
    partnership: Partnership, officer: Client
) -> None:
    shared = partnership.services["libraries"]
    Service.objects.create(slug="parks", name="Open spaces", parent=shared, position=90)
    Service.objects.create(slug="squares", name="Open spaces", position=91)
    block = "Open spaces\tsaving\tshared\t1,50\nlibraries\t<b>\town\t7\n"

    response = pasted(officer, block)

    said = response.json()
    assert (response.status_code, said["count"]) == (422, 3)
    for name, value in (("fix-1-service", "Open spaces"), ("fix-1-amount", "1,50")):
        assert f'name="{name}" value="{value}"' in said["table"]
    assert "“Open spaces” can mean more than one thing: use parks or squares." in said["table"]
    assert 'value="&lt;b&gt;"' in said["table"]
    assert "<b>" not in said["table"]
    right = {"fix-1-service": "parks", "fix-1-amount": "150", "fix-2-kind": "Variance"}
    rows = pasted(officer, block, more=right).json()["rows"]
    assert [list(line["values"].values()) for line in rows] == [
        ["parks", "saving", "shared", "150"],
        ["libraries", "variance", "own", "7"],
    ]


def test_only_the_cells_of_a_block_are_checked_in_partly_filled_rows(
    partnership: Partnership, officer: Client
) -> None:
    assert pasted(officer, "5\n6\n", column="amount").status_code == 200
    # With a header, the block has the whole of each row.
    response = pasted(officer, "amount\tservice\n5\tlibraries\n")
    assert response.status_code == 422
    assert 'name="fix-1-kind"' in response.json()["table"]
    right = {"fix-1-kind": "transition cost", "fix-1-scope": "own"}
    assert pasted(officer, "amount\tservice\n5\tlibraries\n", more=right).json() == {
        "rows": [
            {
                "row": 1,
                "values": {
                    "amount": "5",
                    "service": "libraries",
                    "kind": "transition_cost",
                    "scope": "own",
                },
            }
        ]
    }


def test_a_block_goes_past_removed_rows_and_no_further_than_there_is_room(
    partnership: Partnership, officer: Client, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10 + 17 * 8
    rows = pasted(officer, "1\n2\n3", 4, "amount", {"row-5-remove": "on"}).json()["rows"]
    assert [line["row"] for line in rows] == [4, 6, 7]

    response = pasted(officer, "1\n" * 6, 4, "amount")
    assert response.status_code == 422
    assert response.json()["problem"].startswith(
        "The block has 6 rows, and the form can have at most 8."
    )


@pytest.mark.parametrize(
    ("block", "column", "said"),
    [
        ("kind\tcolour\nsaving\tred", "service", "There is no such column"),
        ("a\tb\tc", "evidence", "The block is wider than the columns from here"),
        ("kind\tservice\n", "service", "There are no rows below the names of the columns."),
    ],
)
def test_a_block_that_does_not_fit_is_refused(
    block: str, column: str, said: str, partnership: Partnership, officer: Client
) -> None:
    response = pasted(officer, block, column=column)

    assert response.status_code == 422
    assert said in str(response.json())


@pytest.mark.parametrize("at", [{"at_row": "x"}, {"at_row": ""}, {"at_column": "colour"}])
def test_a_block_without_a_known_cell_is_pasted_from_the_first_one_on(
    at: dict[str, str], partnership: Partnership, officer: Client
) -> None:
    response = pasted(officer, "libraries", more=at)
    assert response.status_code == 200
    assert response.json() == {"rows": [{"row": 1, "values": {"service": "libraries"}}]}
