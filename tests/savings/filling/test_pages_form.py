"""The form of a return: what it saves, what it refuses, and that nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from audit.models import Event
from savings.certification.actions import submit
from savings.filling.actions import replace_entries
from savings.kit.provenance import Provenance
from savings.returns.models import Entry, Return
from savings.returns.reports import row_of
from savings.returns.rows import describe
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.conftest import Everything
from tests.savings.pages import Reading, read

pytestmark = pytest.mark.django_db

EDIT = "/returns/WCC/2013-14-Q1/edit/"

A_VARIANCE = {
    "service": "childrens",
    "kind": "variance",
    "scope": "shared",
    "amount": "-1,234.50",
    "cause": "specification_change",
    "caused_by": "LBHF",
}
A_COST = {
    "service": "cex",
    "kind": "ongoing_cost",
    "scope": "shared",
    "amount": "12.00",
    "tupe": ["LBHF", "RBKC"],
    "evidence": "Ledger 7",
    "note": "<b>“Two”\nlines</b> & more",
}


@pytest.fixture
def officer(partnership: Partnership, client: Client) -> Client:
    client.force_login(partnership.finance("WCC"))
    return client


def opened(client: Client) -> dict[str, Any]:
    """What a browser would send if the form were saved as it was opened."""
    return read(client.get(EDIT)).form("edit/").sent


def type_in(sent: dict[str, Any], row: int, columns: dict[str, Any]) -> None:
    """Change a row's controls, as a browser sends what was typed into them."""
    for column, value in columns.items():
        assert f"row-{row}-{column}" in sent or column in ("tupe", "remove")
        is_text = isinstance(value, str)
        sent[f"row-{row}-{column}"] = value.replace("\n", "\r\n") if is_text else value


def stored(code: str = "WCC") -> list[dict[str, object]]:
    entries = Entry.objects.filter(parent__council__code=code, parent__period__quarter=Q1)
    return [describe(row_of(entry)) for entry in entries.select_related("service", "caused_by")]


def summary(page: Reading) -> list[str]:
    return [href for href in page.hrefs if href.startswith("#id_")]


def test_rows_are_saved_as_typed_and_the_empty_ones_left_out(
    partnership: Partnership, officer: Client
) -> None:
    sent = opened(officer)
    type_in(sent, 1, a_saving("libraries", "£45k"))
    type_in(sent, 4, A_VARIANCE)
    type_in(sent, 3, A_COST)

    response = officer.post(EDIT, sent, follow=True)

    assert response.redirect_chain == [("/returns/WCC/2013-14-Q1/", 302)]
    assert "2013/14 Q1 is saved as version 1." in read(response).words
    assert stored() == [
        a_saving("libraries", "45000.00"),
        A_COST,
        {**A_VARIANCE, "amount": "-1234.50"},
    ]
    event = Event.objects.about("return", "WCC/2013-14-Q1").get()
    assert (event.by, event.action) == ("finance.wcc", "saved")


def test_opening_and_saving_changes_nothing(partnership: Partnership, officer: Client) -> None:
    earlier = partnership.certified("WCC", a_saving())
    corrected = earlier.entries.get().id
    rows = (a_saving(corrects=str(corrected)), A_COST, A_VARIANCE)
    parent = partnership.draft("WCC", *rows, quarter=Q2)
    entries = parent.entries.select_related("service", "caused_by")
    before = [describe(row_of(entry)) for entry in entries.all()]
    edit = EDIT.replace("Q1", "Q2")

    response = officer.post(edit, read(officer.get(edit)).form("edit/").sent)

    assert response.status_code == 302
    assert [describe(row_of(entry)) for entry in entries.all()] == before
    assert before[0]["corrects"] == corrected


def test_some_or_all_rows_can_be_removed(partnership: Partnership, officer: Client) -> None:
    partnership.draft("WCC", a_saving(amount="1"), a_saving(amount="2"), a_saving(amount="3"))
    sent = opened(officer)
    type_in(sent, 2, {"remove": "on", "amount": "no amount, but it goes"})
    officer.post(EDIT, sent)
    assert [row["amount"] for row in stored()] == ["1.00", "3.00"]

    sent = opened(officer)
    type_in(sent, 1, {"remove": "on"})
    type_in(sent, 2, {"remove": "on"})
    officer.post(EDIT, sent)
    assert stored() == []


@pytest.mark.parametrize(
    ("typed", "column", "message"),
    [
        (
            a_saving(amount="1,50"),
            "amount",
            "Row 3, amount in pounds: Put commas only between groups of three digits",
        ),
        (a_saving(""), "service", "Row 3: Choose the service."),
        (a_saving(kind=""), "kind", "Row 3: Choose the kind of entry."),
        (
            a_saving(scope=""),
            "scope",
            "Row 3: Choose whether it falls on your council alone or is shared.",
        ),
        (
            a_saving(recurrence=""),
            "recurrence",
            "Row 3: Choose whether the saving recurs.",
        ),
        (a_saving(nature=""), "nature", "Row 3: Choose the nature of the saving."),
        (
            {**A_VARIANCE, "cause": "", "caused_by": ""},
            "cause",
            "Row 3: Choose the cause of the variance.",
        ),
        (
            {**A_VARIANCE, "caused_by": ""},
            "caused_by",
            "Row 3: Choose the council that changed its specification.",
        ),
        (
            a_saving(caused_by="LBHF"),
            "caused_by",
            "the cause “One council's changed specification” has this: leave it empty.",
        ),
        (
            a_saving(tupe=["RBKC"]),
            "tupe",
            "Row 3, staff transferred (TUPE): Only an ongoing cost has this: leave it empty.",
        ),
        (
            {
                **A_VARIANCE,
                "kind": "transition_cost",
                "cause": "",
                "caused_by": "",
                "approval": "T-1",
            },
            "approval",
            "Row 3, transition budget: There is no transition budget “T-1”: use the code of one",
        ),
        (
            a_saving(corrects="999999"),
            "corrects",
            "Row 3, corrects entry: Enter the number of one of this council's certified entries",
        ),
        (
            a_saving(note="x" * 2001),
            "note",
            "Row 3, note: Shorten this to 2,000 characters.",
        ),
        (
            a_saving("no-such-service"),
            "service",
            "Row 3, service: There is no service “no-such-service”",
        ),
    ],
)
def test_a_mistake_is_named_by_its_row_and_nothing_is_lost_or_saved(
    typed: dict[str, object],
    column: str,
    message: str,
    partnership: Partnership,
    officer: Client,
    everything: Callable[[], Everything],
) -> None:
    partnership.draft("WCC", a_saving(amount="1"))
    sent = opened(officer)
    type_in(sent, 1, {"amount": "7"})
    type_in(sent, 3, typed)
    before = everything()

    response = officer.post(EDIT, sent)

    page = read(response)
    anchor = "tupe_0" if column == "tupe" else column
    assert response.status_code == 422
    assert everything() == before
    assert page.form("edit/").sent == sent
    assert summary(page) == [f"#id_row-3-{anchor}"]
    assert f"id_row-3-{anchor}" in page.ids
    assert page.words.startswith("Error: Fill in Westminster, 2013/14 Q1")
    assert message in page.words
    control = next(c for c in page.controls if c.get("name") == f"row-3-{column}")
    assert column == "tupe" or control["aria-invalid"] == "true"


def test_every_mistake_of_every_row_comes_back_at_once(
    partnership: Partnership, officer: Client
) -> None:
    sent = opened(officer)
    type_in(sent, 2, a_saving("", "x"))
    type_in(sent, 5, {"kind": "variance", "amount": "1.005"})

    page = read(officer.post(EDIT, sent))

    assert summary(page) == [
        "#id_row-2-service",
        "#id_row-2-amount",
        "#id_row-5-service",
        "#id_row-5-scope",
        "#id_row-5-amount",
        "#id_row-5-cause",
    ]
    assert stored() == []


def test_adding_rows_keeps_everything_and_saves_nothing(
    partnership: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    sent = opened(officer)
    type_in(sent, 2, {"amount": "half an amo", "note": "a\nb"})
    type_in(sent, 4, {**A_COST, "note": "", "remove": ["on"]})
    before = everything()

    response = officer.post(EDIT, {**sent, "more": "1"})

    after = read(response).form("edit/").sent
    assert response.status_code == 200
    assert everything() == before
    assert after["rows"] == "10"
    assert {name: after[name] for name in sent if name != "rows"} == {
        name: value for name, value in sent.items() if name != "rows"
    }
    type_in(after, 10, a_saving())
    type_in(after, 2, {"amount": "", "note": ""})
    assert officer.post(EDIT, after).status_code == 302
    assert stored() == [a_saving()]


@pytest.mark.parametrize("closed", [False, True])
def test_a_return_submitted_or_closed_meanwhile_is_not_changed(
    closed: bool, partnership: Partnership, officer: Client, everything: Callable[[], Everything]
) -> None:
    parent = partnership.draft("WCC", a_saving())
    sent = opened(officer)
    if closed:
        parent.period.status = "closed"
        parent.period.save()
    else:
        submit(return_id=parent.id, version=parent.version, by=partnership.finance("WCC"), at=NOW)
    before = everything()

    response = officer.post(EDIT, {**sent, "row-1-amount": "7"})

    page = read(response)
    assert response.status_code == 409
    assert everything() == before
    assert page.form("edit/").sent["row-1-amount"] == "7"
    said = "2013/14 Q1 is closed." if closed else "It is now version 2 and submitted."
    assert said in page.words
    assert officer.get(EDIT).status_code == 409


@pytest.mark.parametrize(
    "lost",
    [
        {"version": None},
        {"version": "x"},
        {"rows": None},
        {"rows": "9"},
        {"rows": "1000000"},
        {"row-4-note": None},
    ],
)
def test_a_form_that_arrives_incomplete_is_not_saved(
    lost: dict[str, str | None],
    partnership: Partnership,
    officer: Client,
    everything: Callable[[], Everything],
) -> None:
    partnership.draft("WCC", a_saving(), a_saving())
    sent = {**opened(officer), **lost}
    before = everything()

    response = officer.post(EDIT, {name: v for name, v in sent.items() if v is not None})

    assert response.status_code == 422
    assert everything() == before
    assert "The form did not arrive complete, so nothing was saved." in read(response).words


def test_an_illustrative_row_says_so_until_it_is_changed(
    partnership: Partnership, officer: Client
) -> None:
    parent = partnership.parent("WCC")
    replace_entries(
        return_id=parent.id,
        version=parent.version,
        rows=[(1, a_saving(note="made\nup")), (2, A_COST)],
        by=partnership.finance("WCC"),
        at=NOW,
        provenance=Provenance.ILLUSTRATIVE,
    )
    sent = opened(officer)
    assert read(officer.get(EDIT)).texts.count("Illustrative") == 2
    type_in(sent, 1, {"amount": "x"})
    assert read(officer.post(EDIT, sent)).texts.count("Illustrative") == 1
    type_in(sent, 1, {"amount": "99"})
    officer.post(EDIT, sent)

    assert [entry.provenance for entry in Return.objects.get(pk=parent.pk).entries.all()] == [
        Provenance.REPORTED,
        Provenance.ILLUSTRATIVE,
    ]


def test_a_control_character_is_refused_beside_its_control(
    partnership: Partnership, officer: Client
) -> None:
    sent = opened(officer)
    type_in(sent, 1, a_saving(note="a\x00b"))

    response = officer.post(EDIT, sent)

    assert response.status_code == 422
    assert summary(read(response)) == ["#id_row-1-note"]


def test_anything_typed_is_shown_as_text(partnership: Partnership, officer: Client) -> None:
    nasty = '"><script>alert(1)</script>'
    sent = opened(officer)
    for column in ("service", "kind", "amount", "caused_by", "evidence", "note"):
        sent[f"row-1-{column}"] = nasty

    response = officer.post(EDIT, sent)

    assert response.status_code == 422
    assert b"<script>alert" not in response.content
    assert read(response).form("edit/").sent == sent


def test_the_form_never_has_more_rows_than_can_be_sent(
    partnership: Partnership, officer: Client, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10 + 17 * 6
    sent = opened(officer)
    for row in range(1, 6):
        type_in(sent, row, a_saving(amount=str(row)))
    more = read(officer.post(EDIT, {**sent, "more": "1"}))
    assert more.form("edit/").sent["rows"] == "6"
    assert "This form can hold only 6 rows." in more.words
    every_tick = {f"row-{row}-tupe": ["LBHF", "RBKC", "WCC"] for row in range(1, 7)}
    every_removal = {f"row-{row}-remove": "on" for row in range(1, 7)}
    full = {**more.form("edit/").sent, **every_tick, **every_removal}
    assert officer.post(EDIT, full).status_code == 302

    partnership.draft("WCC", *(a_saving() for _ in range(7)))
    response = officer.get(EDIT)
    assert response.status_code == 409
    assert "This return has 7 entries, more than the form can hold (6)" in read(response).words


def test_forty_rows_are_saved_as_a_whole(partnership: Partnership, officer: Client) -> None:
    partnership.draft("WCC", *(a_saving(amount=f"{n}.10") for n in range(40)))
    sent = opened(officer)
    type_in(sent, 40, {"amount": "(1,000.99)"})

    assert officer.post(EDIT, sent).status_code == 302
    amounts = [Decimal(str(row["amount"])) for row in stored()]
    assert amounts == [*(Decimal(f"{n}.10") for n in range(39)), Decimal("-1000.99")]


def test_services_are_listed_under_their_programmes(
    partnership: Partnership, officer: Client
) -> None:
    html = officer.get(EDIT).content.decode()

    assert (
        '<optgroup label="Childrens">'
        '<option value="childrens">Childrens (all of it)</option>'
        '<option value="childrens-services">Childrens services</option>'
        '<option value="youth-offending">\N{EM SPACE}Youth offending</option>'
        '</optgroup><optgroup label="Libraries">'
    ) in html
