"""A template downloaded, filled in, uploaded and downloaded again has identical figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from savings.returns.models import Entry
from savings.uploads.models import Upload
from tests.calling import Caller
from tests.kept import kept
from tests.partnership import Q2, Partnership, a_claim, a_cost, a_saving
from tests.savings.uploads.conftest import everything, send, stored, to_preview
from tests.savings.uploads.filling import AMOUNT, Row, filled, opened
from tests.savings.uploads.making import HEADER, a_csv, a_row, many_rows

pytestmark = pytest.mark.django_db

RETURN = {"council": "WCC", "period": "2013-14-Q2"}
UPLOAD = "returns/WCC/2013-14-Q2/upload/"

every_format = pytest.mark.parametrize("extension", ["xlsx", "ods", "csv"])

#: Texts that one format or another could change on the way.
AWKWARD = (
    "=1+1",
    "'=1+1",
    "''=1+1",
    "'tis so",
    "+44 20 7641 6000",
    "@home",
    "-5 is less",
    "0012",
    "1e3",
    "TRUE",
    "1 April 2013",
    'two\nlines, “quoted” and "quoted"',
    "a\ttab",
    "two  spaces and   three",
    "<r>no mark-up</r>",
    "&amp; <b> ]]>",
    "_x000D_ as it is",
    "Pflegekosten für £5: 本",
    "\N{PARTY POPPER}",
)


@pytest.fixture
@kept
def partnership(partnership: Partnership) -> Partnership:
    """One in which Westminster's draft has rows of every kind, with words of every sort."""
    partnership.certified("WCC", a_saving(amount="70.00"))
    partnership.approval(ceiling="100000.00")
    certified = Entry.objects.get().id
    partnership.draft(
        "WCC",
        a_saving(amount="99,999,999,999.99"),
        a_saving(amount="-0.01", corrects=str(certified)),
        a_saving("childrens", "£1.2m", scope="own", recurrence="one_off", nature="non_cashable"),
        a_cost(amount="1234567.89", tupe="WCC,LBHF", evidence="Ledger 7"),
        a_claim("45k"),
        a_cost("variance", amount="(300.10)", cause="specification_change", caused_by="RBKC"),
        a_cost("variance", "cex", "-", cause="demand"),
        *(a_saving(amount=f"{number}.07", note=note) for number, note in enumerate(AWKWARD)),
        quarter=Q2,
    )
    return partnership


@pytest.fixture
def officer(partnership: Partnership, client: Client) -> Client:
    client.force_login(partnership.finance("WCC"))
    return client


def download(officer: Client, extension: str) -> bytes:
    answer = officer.get(reverse("return-template", kwargs={**RETURN, "extension": extension}))
    assert answer.status_code == 200
    return bytes(answer.content)


def upload(officer: Client, content: bytes) -> None:
    """Upload a file and store the preview."""
    upload = to_preview(officer, content, RETURN)
    answer = officer.post(reverse("upload-store", kwargs={**RETURN, "upload_id": upload.id}))
    assert (answer.status_code, answer["Location"]) == (302, reverse("return", kwargs=RETURN))


def added_rows() -> Sequence[Row]:
    return [
        a_row(amount="0.10"),
        a_row(kind="variance", amount="-12345.60", recurrence="", nature="", cause="quality"),
        a_row(service="cex", amount="1234567890.12", note="Typed by hand; with commas, too"),
    ]


def as_stored(partnership: Partnership) -> list[dict[str, Any]]:
    return stored(partnership, quarter=Q2)


@every_format
def test_a_template_filled_in_and_uploaded_is_the_same_when_downloaded(
    extension: str, officer: Client, partnership: Partnership
) -> None:
    template = download(officer, extension)
    rows = opened(extension, template)
    assert rows[0] == HEADER
    assert len(rows) == 1 + 7 + len(AWKWARD)
    before = as_stored(partnership)

    sent = filled(extension, template, {2: "5.05", 5: "0.99"}, added_rows())
    upload(officer, sent)

    expected = [list(row) for row in [*rows, *added_rows()]]
    expected[1][AMOUNT], expected[4][AMOUNT] = "5.05", "0.99"
    assert opened(extension, sent) == list(map(tuple, expected))
    assert opened(extension, download(officer, extension)) == list(map(tuple, expected))
    after = as_stored(partnership)
    before[0]["amount"], before[3]["amount"] = "5.05", "0.99"
    assert after[: len(before)] == before
    assert [row["amount"] for row in after[len(before) :]] == [
        "0.10",
        "-12345.60",
        "1234567890.12",
    ]


@every_format
def test_a_template_uploaded_unchanged_changes_nothing(
    extension: str, officer: Client, partnership: Partnership
) -> None:
    before = everything()

    kept = to_preview(officer, download(officer, extension), RETURN)

    assert kept.outcome is not None
    counts = {name: kept.outcome[name] for name in ("added", "changed", "removed", "moved")}
    assert counts == {"added": 0, "changed": 0, "removed": 0, "moved": False}
    assert kept.outcome["before"] == kept.outcome["after"]
    assert everything() == before


@every_format
def test_a_file_uploaded_twice_makes_one_set_of_rows(
    extension: str, officer: Client, partnership: Partnership
) -> None:
    content = filled(extension, download(officer, extension), {}, added_rows())
    upload(officer, content)
    once = everything()

    upload(officer, content)

    assert everything() == once
    assert Upload.objects.filter(state=Upload.State.STORED).count() == 2


@every_format
def test_a_file_sent_twice_to_the_api_makes_one_set_of_rows(
    extension: str, partnership: Partnership, finance: Caller
) -> None:
    template = finance.get(f"returns/WCC/2013-14-Q2/template.{extension}").content
    content = filled(extension, template, {2: "5.05"}, added_rows())
    first = send(finance, content, UPLOAD)
    once = everything()

    again = send(finance, content, UPLOAD)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert first.json()["rows"] == 10 + len(AWKWARD)
    assert everything() == once


def test_the_formats_have_the_same_rows(officer: Client) -> None:
    xlsx, ods, csv = (
        opened(extension, download(officer, extension)) for extension in ("xlsx", "ods", "csv")
    )
    # In CSV, text that a spreadsheet would calculate has an apostrophe before it.
    for row, (note, safe) in enumerate(zip([row[-1] for row in xlsx], csv, strict=True)):
        if note[:1] and note.lstrip("'")[:1] in "=+-@":
            csv[row] = (*safe[:-1], safe[-1].removeprefix("'"))
    assert xlsx == ods == csv


@every_format
def test_a_file_of_one_format_and_then_of_another_changes_nothing(
    extension: str, officer: Client, partnership: Partnership
) -> None:
    """Downloaded and stored in one format, then in each of the others."""
    before = everything()
    for other in {"xlsx", "ods", "csv"} - {extension}:
        upload(officer, download(officer, extension))
        assert everything() == before
        upload(officer, download(officer, other))
        assert everything() == before


def test_two_thousand_rows_are_stored_in_order_with_one_event(
    partnership: Partnership, finance: Caller
) -> None:
    content = a_csv(*many_rows(2_000))
    events = Event.objects.count()

    answer = send(finance, content, UPLOAD)

    assert answer.status_code == 200
    template = finance.get("returns/WCC/2013-14-Q2/template.csv").content
    assert opened("csv", template) == [HEADER, *many_rows(2_000)]
    assert Event.objects.count() == events + 1
    entries = Entry.objects.filter(parent__period__quarter=Q2).order_by("position")
    assert list(entries.values_list("position", flat=True)) == list(range(1, 2_001))


@every_format
def test_an_empty_return_has_a_template_with_only_columns(
    extension: str, partnership: Partnership, client: Client
) -> None:
    client.force_login(partnership.finance("LBHF"))
    address = {"council": "LBHF", "period": "2013-14-Q2", "extension": extension}

    content = client.get(reverse("return-template", kwargs=address)).content

    assert opened(extension, content) == [HEADER]
    before = everything()
    kept = to_preview(client, content, {"council": "LBHF", "period": "2013-14-Q2"})
    assert (kept.state, kept.rows) == (Upload.State.READY, 0)
    assert everything() == before
