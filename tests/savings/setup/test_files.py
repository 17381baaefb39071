"""Services, drivers and values from a file: all of it, or every mistake with its row."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from xlsxwriter import Workbook

from audit.models import Event
from finance.periods import Quarter
from savings.arranging.actions import Changes, NewState, change_service
from savings.drivers.models import Driver, DriverValue
from savings.quarters.models import Period
from savings.setup.actions import add_drivers, add_services
from savings.setup.imports import (
    DRIVER_COLUMNS,
    SERVICE_COLUMNS,
    Known,
    drivers_in,
    services_in,
)
from savings.setup.tables import MOST_ROWS, read
from services.models import Participation, Service
from sovereignty.models import Council
from sovereignty.refusals import BadContent, NotAllowed
from tests.partnership import NOW, Partnership
from tests.savings.pages import read as read_page
from tests.savings.pages import refused

KNOWN = Known(
    councils={"edc": "EDC", "easton": "EDC", "wdc": "WDC", "weston": "WDC"},
    services={"waste": "Waste"},
    drivers={"residents": ("Residents", "people")},
    closed=Quarter.parse("2025-26-Q4"),
)
HEAD = "slug,name,parent,councils,from_quarter,source,description\n"
WHOLE = (
    HEAD
    + "recycling,Recycling,rubbish,,,,\n"
    + 'rubbish,Rubbish,,"EDC, Weston",2026-27-Q1,Cabinet of 4 March,What is collected\n'
)


def mistakes_in(text: str) -> list[tuple[int | None, str, str, str]]:
    _, mistakes = services_in(read(text.encode(), SERVICE_COLUMNS), KNOWN)
    return [(each.row, each.field, each.value, each.message) for each in mistakes]


def test_a_service_comes_after_the_one_above_it() -> None:
    rows, mistakes = services_in(read(WHOLE.encode(), SERVICE_COLUMNS), KNOWN)
    assert mistakes == []
    assert [(row.row, row.slug, row.parent, row.councils) for row in rows] == [
        (3, "rubbish", "", ("EDC", "WDC")),
        (2, "recycling", "rubbish", ()),
    ]
    assert (rows[0].first, rows[0].source) == (Quarter.parse("2026-27-Q1"), "Cabinet of 4 March")


def test_every_mistake_is_named_at_once() -> None:
    text = HEAD + (
        ",,,,,,\n"
        ",Bins,,,,,\n"
        "Big Bins,WASTE,nothing,,,,\n"
        "waste,Bins,,,,,\n"
        'twice,Tips,,"EDC, NDC, easton",2026/27,,\n'
        "twice,More tips,,EDC,2025-26-Q4,Cabinet,\n"
        f"{'long-' * 20}x,{'N' * 121},,,2026-27-Q1,{'s' * 201},\n"
    )
    assert mistakes_in(text) == [
        (3, "slug", "", "Give it a short name, such as waste-collection."),
        (
            4,
            "slug",
            "Big Bins",
            "Use small letters, digits and single hyphens, such as waste-collection.",
        ),
        (4, "name", "WASTE", "“waste” is called this already. Choose another name."),
        (
            4,
            "parent",
            "nothing",
            "There is no such service, here or on the site. Use a short name that exists.",
        ),
        (
            5,
            "slug",
            "waste",
            "There is a service of this short name. Choose another, or remove this row.",
        ),
        (5, "name", "Bins", "Row 3 is called this already. Choose another name."),
        (
            6,
            "councils",
            "NDC",
            "There is no such council. Use the codes EDC, WDC, with commas between them.",
        ),
        (6, "councils", "easton", "This council is named twice. Keep one."),
        (6, "from_quarter", "2026/27", "Write the quarter as 2026-27-Q1."),
        (6, "source", "", "Say where it was settled who takes part."),
        (7, "slug", "twice", "Row 6 has this short name too. Keep one."),
        (
            7,
            "from_quarter",
            "2025-26-Q4",
            "2025/26 Q4 is closed. Choose a quarter after 2025/26 Q4.",
        ),
        (8, "slug", f"{'long-' * 20}x", "Shorten this to 80 characters."),
        (8, "name", "N" * 121, "Shorten this to 120 characters."),
        (
            8,
            "from_quarter",
            "2026-27-Q1",
            "Name the councils that take part from then on, or empty this cell.",
        ),
        (8, "source", "s" * 200, "Shorten this to 200 characters."),
    ]


def test_a_circle_is_named_where_it_closes() -> None:
    circle = "slug,name,parent\na,A,b\nb,B,c\nc,C,b\nd,D,d\n"
    assert mistakes_in(circle) == [
        (3, "parent", "c", "This service would be below itself."),
        (5, "parent", "d", "This service would be below itself."),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", (None, "file", "The file is empty")),
        ("slug,name\n", (None, "file", "There is no row below the one that names the columns.")),
        ("slug\nbins\n", (1, "name", "There is no column name. Add it.")),
        ("slug,name,Slug\nbins,Bins,x\n", (1, "slug", "This column is there twice. Keep one.")),
        ("slug;name\nbins;Bins\n", (1, "file", "semicolons")),
        ("slug,name,cost\nbins,Bins,1\n", (1, "cost", "There is no such column.")),
        ("%PDF-1.7 and so on", (None, "file", "This is a PDF.")),
    ],
)
def test_a_file_that_is_not_right_is_refused(text: str, found: tuple[int | None, str, str]) -> None:
    (mistake,) = mistakes_in(text)
    assert mistake[:2] == found[:2]
    assert found[2] in mistake[3]


def test_there_is_a_most_that_a_file_may_hold() -> None:
    text = "slug,name\n" + "".join(f"s{n},S {n}\n" for n in range(MOST_ROWS + 1))
    assert [each[0::3] for each in mistakes_in(text)] == [
        (MOST_ROWS + 2, "Send at most 2,000 rows at a time.")
    ]


def test_formulas_and_merged_cells_of_a_workbook_are_refused() -> None:
    output = io.BytesIO()
    with Workbook(output) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Slug", "Name", "Councils"])
        sheet.write_formula(1, 0, '="bins"', None, "bins")
        sheet.write(1, 1, "Bins")
        sheet.merge_range(2, 0, 2, 1, "tips")
    _, mistakes = services_in(read(output.getvalue(), SERVICE_COLUMNS), KNOWN)
    assert [(each.row, each.field, each.message) for each in mistakes] == [
        (2, "slug", "Enter the value: this cell has a formula."),
        (3, "file", "Unmerge these cells and give each row its own values."),
        (3, "name", "Give the service a name."),
    ]


# --- Drivers --------------------------------------------------------------------------------

VALUES = "driver,name,unit,council,effective_from,value,source\n"


def test_mistakes_in_drivers_are_named_at_once() -> None:
    text = VALUES + (
        "posts,,,EDC,2026-27-Q1,3,Count\n"
        "po sts,Posts,posts,NDC,2026/27,-1,\n"
        "residents,People,,Easton,2026-27-Q1,100,Census\n"
        "residents,,people,EDC,2026-27-Q1,101,Census\n"
    )
    _, mistakes = drivers_in(read(text.encode(), DRIVER_COLUMNS), KNOWN)
    assert [(each.row, each.field) for each in mistakes] == [
        (2, "name"),
        (2, "unit"),
        (3, "driver"),
        (3, "council"),
        (3, "effective_from"),
        (3, "value"),
        (3, "source"),
        (4, "name"),
        (5, "effective_from"),
    ]
    messages = {(each.row, each.field): each.message for each in mistakes}
    assert messages[4, "name"] == "This driver’s name is “Residents”. Use that, or leave it empty."
    assert messages[5, "effective_from"] == (
        "Row 4 gives this driver a value for this council and quarter. Keep one."
    )


# --- What is stored -------------------------------------------------------------------------


@pytest.fixture
def office(partnership: Partnership, client: Client) -> Client:
    client.force_login(partnership.people["programme.office"])
    return client


def sent(client: Client, step: str, text: str) -> Any:
    file = SimpleUploadedFile("ours.csv", text.encode())
    return client.post(f"/set-up/{step}/", {"file": file})


@pytest.mark.django_db
def test_services_are_stored_with_who_takes_part_and_their_events(office: Client) -> None:
    last = max(Service.objects.values_list("position", flat=True))
    text = WHOLE.replace("EDC, Weston", "LBHF, Westminster")
    assert sent(office, "services", text)["Location"] == "/set-up/services/"
    made = Service.objects.filter(slug__in=["recycling", "rubbish"])
    assert [(each.slug, each.parent and each.parent.slug, each.position) for each in made] == [
        ("recycling", "rubbish", last + 1),
        ("rubbish", None, last + 2),
    ]
    assert [
        (each.council.code, each.from_quarter, each.source)
        for each in Participation.objects.filter(service__in=made).order_by("council__code")
    ] == [
        ("LBHF", Quarter.parse("2026-27-Q1"), "Cabinet of 4 March"),
        ("WCC", Quarter.parse("2026-27-Q1"), "Cabinet of 4 March"),
    ]
    event = Event.objects.about("service", "rubbish").get()
    assert (event.by, event.action, event.reason) == (
        "programme.office",
        "service added",
        "From the file ours.csv",
    )
    assert event.after == {
        "name": "Rubbish",
        "parent": None,
        "source": "Cabinet of 4 March",
        "participants": ["LBHF", "WCC"],
        "effective_from": "2026-27-Q1",
    }
    words = read_page(office.get("/set-up/services/")).words
    assert "2 services added." in words
    assert "Recycling Rubbish Hammersmith & Fulham, Westminster, as above" in words
    again = sent(office, "services", text)
    assert again.status_code == 422
    assert Service.objects.filter(slug="rubbish").count() == 1


@pytest.mark.django_db
def test_nothing_is_added_below_a_retired_service(partnership: Partnership, office: Client) -> None:
    change_service(
        service=partnership.services["cex"],
        changes=Changes(state=NewState("retired", Quarter.parse("2013-14-Q1"))),
        by=partnership.people["programme.office"],
        at=NOW,
    )
    answer = sent(office, "services", "slug,name,parent\nbins,Bins,cex\ntips,Tips,libraries\n")
    assert answer.status_code == 422
    assert (
        "2 parent cex This service is retired since 2013/14 Q1. Choose another."
        in read_page(answer).words
    )
    assert not Service.objects.filter(slug="tips").exists()


@pytest.mark.django_db
def test_one_mistake_stores_no_service(office: Client) -> None:
    before = (Service.objects.count(), Event.objects.count())
    answer = sent(office, "services", "slug,name\nbins,Bins\nLIBRARIES,Books\n")
    assert answer.status_code == 422
    words = read_page(answer).words
    assert "Nothing was stored." in words
    assert "3 slug LIBRARIES Use small letters, digits and single hyphens" in words
    assert "<title>Error: " in answer.content.decode()
    assert (Service.objects.count(), Event.objects.count()) == before
    assert "Choose the file to upload." in read_page(office.post("/set-up/services/")).words


@pytest.mark.django_db
def test_drivers_are_named_and_get_their_values(office: Client) -> None:
    text = VALUES + (
        "residents,Residents,people,LBHF,2013-14-Q1,182500,Census of 2011\n"
        "residents,,,Westminster,2013-14-Q1,219400,Census of 2011\n"
        "posts,Posts,posts,WCC,2013-14-Q2,41.5,Count of March\n"
    )
    assert sent(office, "drivers", text)["Location"] == "/set-up/drivers/"
    assert dict(Driver.objects.values_list("code", "unit")) == {
        "residents": "people",
        "posts": "posts",
    }
    assert set(DriverValue.objects.values_list("driver__code", "council__code", "value")) == {
        ("residents", "LBHF", Decimal(182500)),
        ("residents", "WCC", Decimal(219400)),
        ("posts", "WCC", Decimal("41.5")),
    }
    words = read_page(office.get("/set-up/drivers/")).words
    assert "3 values added." in words
    assert "Residents , 2 values" in words
    answer = sent(office, "drivers", text + "posts,,,LBHF,2013-14-Q1,3,Count\n")
    assert answer.status_code == 422
    assert "Residents already has a value for Hammersmith & Fulham" in read_page(answer).words
    assert DriverValue.objects.count() == 3


@pytest.mark.django_db
def test_only_the_programme_office_adds_services(partnership: Partnership, client: Client) -> None:
    client.force_login(partnership.finance("WCC"))
    refused(
        client.get("/set-up/services/"),
        "Only the programme office can add services, rename or move them",
    )
    for person in (partnership.finance("WCC"), partnership.people["auditor"]):
        with pytest.raises(NotAllowed):
            add_services(content=WHOLE.encode(), filename="", by=person, at=NOW)
    with pytest.raises(NotAllowed):
        add_drivers(content=VALUES.encode(), filename="", by=partnership.people["auditor"], at=NOW)


@pytest.mark.django_db
def test_a_finance_officer_gives_only_the_values_of_its_own_council(
    partnership: Partnership,
) -> None:
    rows = "posts,Posts,posts,WCC,2013-14-Q1,1,Count\nposts,,,LBHF,2013-14-Q1,2,Count\n"
    with pytest.raises(BadContent) as refusal:
        add_drivers(
            content=(VALUES + rows).encode(), filename="", by=partnership.finance("WCC"), at=NOW
        )
    assert [(each.row, each.field) for each in refusal.value.errors] == [(3, "council")]
    assert not Driver.objects.exists()


@pytest.mark.django_db
def test_nobody_takes_part_from_a_closed_quarter(partnership: Partnership) -> None:
    Period.objects.filter(quarter=Quarter.parse("2013-14-Q1")).update(status="closed")
    text = HEAD + "bins,Bins,,WCC,2013-14-Q1,Cabinet,\n"
    with pytest.raises(BadContent) as refusal:
        add_services(
            content=text.encode(),
            filename="",
            by=partnership.people["programme.office"],
            at=NOW,
        )
    assert [each.field for each in refusal.value.errors] == ["from_quarter"]
    assert Council.objects.count() == 3
