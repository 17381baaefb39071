"""An upload on the pages: nothing is replaced before its preview has been seen and confirmed."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Event
from savings.uploads.actions import MOST_SHOWN
from savings.uploads.guards import EMPTY, TOO_LARGE
from savings.uploads.models import Upload
from savings.uploads.parts import LONGEST_FORM
from savings.uploads.reports import LINES_SHOWN, MISTAKES_SHOWN, mistakes_of, preview_of
from tests.partnership import Partnership, a_claim, a_cost, a_saving
from tests.savings.pages import not_found, read
from tests.savings.uploads.conftest import everything, named, stored, to_preview
from tests.savings.uploads.making import (
    HEADER,
    a_csv,
    a_row,
    a_sheet,
    an_xlsx,
    relationships,
    sheet_entry,
    sheet_of,
    sheet_row,
    workbook_xml,
)
from tests.savings.uploads.making import RELATIONSHIPS as KIND

pytestmark = pytest.mark.django_db

RETURN = {"council": "WCC", "period": "2013-14-Q1"}


@pytest.fixture
def partnership(partnership: Partnership) -> Partnership:
    partnership.draft(
        "WCC",
        a_saving(amount="100.00", note="Stays"),
        a_saving("childrens", amount="20.00", note="Changes"),
        a_cost(amount="3.00", note="Goes"),
    )
    return partnership


@pytest.fixture
def officer(partnership: Partnership, client: Client) -> Client:
    client.force_login(partnership.finance("WCC"))
    return client


def a_change() -> bytes:
    """One line stays, one changes, one goes, two are new."""
    return a_csv(
        a_row(amount="100.00", evidence="", note="Stays"),
        a_row(service="childrens", amount="25.50", evidence="", note="Changed"),
        a_row(service="cex", amount="7.00"),
        a_row(
            service="cex", amount="8.00", kind="variance", recurrence="", nature="", cause="demand"
        ),
    )


def address(name: str, upload: Upload) -> str:
    return reverse(name, kwargs={**RETURN, "upload_id": upload.id})


def now(upload: Upload) -> Upload:
    return Upload.objects.get(id=upload.id)


# --- The preview -----------------------------------------------------------------------


def test_the_preview_has_the_changes_and_the_totals_before_and_after(officer: Client) -> None:
    upload = to_preview(officer, a_change(), RETURN)

    preview = preview_of(upload)

    assert (preview.added, preview.changed, preview.removed, preview.moved) == (2, 1, 1, False)
    assert [(kind.label, kind.before, kind.after) for kind in preview.kinds] == [
        ("Savings", 120_00, 132_50),
        ("Ongoing costs", 3_00, 0),
        ("Transition costs", 0, 0),
        ("Variances", 0, 8_00),
    ]
    assert [(line.row, line.service, line.after) for line in preview.added_lines] == [
        (4, "Cex", 7_00),
        (5, "Cex", 8_00),
    ]
    (changed,) = preview.changed_lines
    assert (changed.row, changed.before, changed.after) == (3, 20_00, 25_50)
    assert changed.others == [("note", "Changes", "Changed")]
    (removed,) = preview.removed_lines
    assert (removed.row, removed.words, removed.before) == (None, "Goes", 3_00)


def test_the_page_of_the_preview_shows_all_of_it(officer: Client) -> None:
    page = read(officer.get(address("upload", to_preview(officer, a_change(), RETURN))))

    words = " ".join(page.words.split())
    assert "The file has 4 rows and no mistakes. Nothing is stored yet." in words
    for said in (
        "Lines added 2",
        "Lines changed 1",
        "Lines removed 1",
        "Savings £120.00 £132.50 £12.50",
        "Ongoing costs £3.00 £0.00 -£3.00",
        "note: Changes to Changed",
    ):
        assert said.replace("-", "") in words.replace("-", "").replace("\N{MINUS SIGN}", "")
    assert [form.action for form in page.forms][-2:] == [
        reverse("upload-store", kwargs={**RETURN, "upload_id": Upload.objects.get().id}),
        reverse("upload-discard", kwargs={**RETURN, "upload_id": Upload.objects.get().id}),
    ]


def test_nothing_is_replaced_before_it_is_confirmed(officer: Client) -> None:
    before = everything()

    upload = to_preview(officer, a_change(), RETURN)
    for name in ("upload", "upload-store", "upload-discard"):
        officer.get(address(name, upload), follow=True)

    assert everything() == before


def test_confirming_stores_the_file_and_the_event_names_it(
    officer: Client, partnership: Partnership
) -> None:
    upload = to_preview(officer, a_change(), RETURN, "October \N{EN DASH} libraries.csv")

    answer = officer.post(address("upload-store", upload), follow=True)

    assert [str(message) for message in answer.context["messages"]] == [
        "2013/14 Q1 is saved as version 2, from October \N{EN DASH} libraries.csv."
    ]
    assert [(row["service"], row["amount"]) for row in stored(partnership)] == [
        ("library-service", "100.00"),
        ("childrens", "25.50"),
        ("cex", "7.00"),
        ("cex", "8.00"),
    ]
    event = Event.objects.order_by("id").last()
    assert event is not None
    assert (event.action, event.by, event.reason) == (
        "saved",
        "finance.wcc",
        "From the file October \N{EN DASH} libraries.csv.",
    )
    assert (now(upload).state, bytes(now(upload).content)) == (Upload.State.STORED, b"")


def test_confirming_twice_does_no_more_than_once(officer: Client) -> None:
    upload = to_preview(officer, a_change(), RETURN)
    officer.post(address("upload-store", upload))
    once = everything()

    assert officer.post(address("upload-store", upload)).status_code == 302

    assert everything() == once
    assert "is stored" in read(officer.get(address("upload", upload))).words


def test_discarding_leaves_the_return_as_it_was(officer: Client) -> None:
    before = everything()
    upload = to_preview(officer, a_change(), RETURN)

    answer = officer.post(address("upload-discard", upload), follow=True)

    assert [str(message) for message in answer.context["messages"]] == [
        "return.xlsx has been discarded. The return has not changed."
    ]
    assert (list(Upload.objects.all()), everything()) == ([], before)
    assert officer.get(address("upload", upload)).status_code == 404


def test_a_stored_file_cannot_be_discarded(officer: Client) -> None:
    upload = to_preview(officer, a_change(), RETURN)
    officer.post(address("upload-store", upload))

    assert officer.post(address("upload-discard", upload)).status_code == 409
    assert now(upload).state == Upload.State.STORED


def test_a_second_file_replaces_the_first(officer: Client, partnership: Partnership) -> None:
    first = to_preview(officer, a_change(), RETURN)
    second = to_preview(officer, a_csv(a_row()), RETURN)

    assert list(Upload.objects.all()) == [second]
    assert officer.post(address("upload-store", first)).status_code == 404
    assert len(stored(partnership)) == 3


def test_a_file_is_compared_again_if_the_return_changed_meanwhile(
    officer: Client, partnership: Partnership
) -> None:
    upload = to_preview(officer, a_change(), RETURN)
    partnership.draft("WCC", a_saving(amount="55.00", note="Somebody else's"))
    before = everything()
    assert (
        "has changed since the file was compared"
        in officer.get(address("upload", upload)).content.decode()
    )

    answer = officer.post(address("upload-store", upload), follow=True)

    assert everything() == before
    assert [str(message) for message in answer.context["messages"]] == [
        (
            "The return was changed after the file was compared with it, so nothing was "
            "stored. Here is the file compared with the return as it is now."
        )
    ]
    assert preview_of(now(upload)).kinds[0].before == 55_00
    assert (now(upload).version, now(upload).state) == (2, Upload.State.READY)
    officer.post(address("upload-store", upload))
    assert len(stored(partnership)) == 4


def test_a_file_is_checked_again_if_what_it_refers_to_changed_meanwhile(
    officer: Client, partnership: Partnership
) -> None:
    """It was right; then its budget was used up, so it is checked again and says so."""
    partnership.approval(ceiling="100.00")
    claim = {"kind": "transition_cost", "recurrence": "", "nature": "", "approval": "moves"}
    upload = to_preview(officer, a_csv(a_row(**claim, amount="80.00")), RETURN)
    assert upload.state == Upload.State.READY
    partnership.submitted("LBHF", a_claim("30.00"))
    before = everything()

    answer = officer.post(address("upload-store", upload), follow=True)

    assert everything() == before
    assert answer.status_code == 200
    assert now(upload).state == Upload.State.REFUSED
    (error,) = mistakes_of(now(upload)).shown
    assert (error["row"], error["column"]) == (2, "amount")


def test_long_changes_are_shown_in_part_and_counted_in_full(officer: Client) -> None:
    rows = [a_row(amount=f"{number}.00") for number in range(MOST_SHOWN + 5)]

    upload = to_preview(officer, a_csv(*rows), RETURN)

    assert upload.outcome is not None
    preview = preview_of(upload)
    # One continues the line of libraries, two of the others go.
    assert (preview.added, preview.changed, preview.removed) == (MOST_SHOWN + 4, 1, 2)
    assert len(upload.outcome["lines"]["added"]) == MOST_SHOWN
    assert len(preview.added_lines) == LINES_SHOWN
    words = " ".join(read(officer.get(address("upload", upload))).words.split())
    assert f"The first {LINES_SHOWN} of {MOST_SHOWN + 4:,} are shown." in words


# --- Mistakes --------------------------------------------------------------------------


def test_mistakes_are_listed_in_a_table_and_nothing_is_stored(officer: Client) -> None:
    before = everything()

    upload = to_preview(officer, a_csv(a_row(), a_row(amount="1e3", kind="savings")), RETURN)

    page = read(officer.get(address("upload", upload)))
    words = " ".join(page.words.split())
    assert "Nothing was stored. There are 2 mistakes in the file to put right." in words
    assert (
        "3 kind savings “savings” is not known here: use saving, ongoing_cost, transition_cost or "
        "variance." in words
    )
    assert "3 amount 1e3 Enter an amount of money in digits" in words
    assert address("upload-marked", upload) in page.hrefs
    assert officer.post(address("upload-store", upload)).status_code == 409
    assert everything() == before


def test_many_mistakes_are_counted_and_the_first_are_shown(officer: Client) -> None:
    upload = to_preview(officer, a_csv(*[a_row(amount="?")] * (MISTAKES_SHOWN + 50)), RETURN)

    words = " ".join(read(officer.get(address("upload", upload))).words.split())
    assert f"The first {MISTAKES_SHOWN} of {MISTAKES_SHOWN + 50} are shown." in words


def test_the_persons_own_workbook_comes_back_with_wrong_cells_marked(officer: Client) -> None:
    """With its other sheets and everything else in it; only the wrong cells are changed."""
    parts: dict[str, Any] = {
        "xl/workbook.xml": workbook_xml(sheet_entry(1), sheet_entry(2)),
        "xl/worksheets/sheet2.xml": a_sheet(sheet_row(1, ["My own notes"])),
        "xl/_rels/workbook.xml.rels": relationships(
            ("rId1", f"{KIND}/worksheet", "worksheets/sheet1.xml"),
            ("rId2", f"{KIND}/worksheet", "worksheets/sheet2.xml"),
            ("rId8", f"{KIND}/styles", "styles.xml"),
            ("rId9", f"{KIND}/sharedStrings", "sharedStrings.xml"),
        ),
    }
    sheet = sheet_of(a_row(), a_row(amount="1,50"))
    upload = to_preview(officer, an_xlsx(sheet, parts), RETURN, "mine.xlsx")

    answer = officer.get(address("upload-marked", upload))

    assert answer["Content-Disposition"] == (
        'attachment; filename="to-put-right-WCC-2013-14-Q1.xlsx"'
    )
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["Sheet1", "Sheet2", "To put right"]
    assert book["Sheet2"]["A1"].value == "My own notes"
    page = book["Sheet1"]
    assert [cell.value for cell in page[1]] == list(HEADER)
    commented = [cell for row in page.iter_rows() for cell in row if cell.comment]
    filled = [cell for row in page.iter_rows() for cell in row if cell.fill.fill_type]
    assert [cell.coordinate for cell in commented] == ["D3"]
    assert [cell.coordinate for cell in filled] == ["D3"]
    assert page["D3"].value == "1,50"
    assert page["D3"].comment.text.startswith("Put commas only between groups")
    assert [cell.value for cell in book["To put right"][2]][:3] == ["3", "amount", "1,50"]


def test_a_marked_workbook_can_be_corrected_and_uploaded_again(
    officer: Client, partnership: Partnership
) -> None:
    """The marks do not prevent uploading it again."""
    content = an_xlsx(sheet_of(a_row(amount="1.00"), a_row(amount="1,50")))
    refused = to_preview(officer, content, RETURN)
    book = openpyxl.load_workbook(
        io.BytesIO(officer.get(address("upload-marked", refused)).content)
    )
    book.worksheets[0]["D3"].value = "1.50"
    output = io.BytesIO()
    book.save(output)

    upload = to_preview(officer, output.getvalue(), RETURN)
    officer.post(address("upload-store", upload))

    assert [row["amount"] for row in stored(partnership)] == ["1.00", "1.50"]


def test_a_file_without_mistakes_has_no_marked_workbook(officer: Client) -> None:
    upload = to_preview(officer, a_change(), RETURN)

    not_found(officer.get(address("upload-marked", upload)))


def test_a_file_name_is_shown_as_text(officer: Client) -> None:
    name = "<script>alert(1)<\N{DIVISION SLASH}script>.csv"
    upload = to_preview(officer, a_change(), RETURN, name)

    page = officer.get(address("upload", upload)).content.decode()

    assert upload.filename == name
    assert "<script>alert" not in page


# --- Choosing --------------------------------------------------------------------------


def test_the_page_offers_a_file_field_and_templates(officer: Client) -> None:
    page = read(officer.get(reverse("return-upload", kwargs=RETURN)))

    for extension in ("xlsx", "ods", "csv"):
        assert reverse("return-template", kwargs={**RETURN, "extension": extension}) in page.hrefs
    assert reverse("return-upload", kwargs=RETURN) in [form.action for form in page.forms]


@pytest.mark.parametrize(
    ("content", "said"),
    [(a_change(), "is not stored yet"), (a_csv(a_row(amount="?")), "has mistakes to put right")],
)
def test_the_page_leads_back_to_a_file_that_waits(
    content: bytes, said: str, officer: Client, partnership: Partnership
) -> None:
    upload = to_preview(officer, content, RETURN)

    page = read(officer.get(reverse("return-upload", kwargs=RETURN)))

    assert said in page.words
    assert address("upload", upload) in page.hrefs
    # Once the file is gone, the page no longer leads to it.
    upload.delete()
    assert said not in read(officer.get(reverse("return-upload", kwargs=RETURN))).words


def test_sending_no_file_is_refused(officer: Client) -> None:
    answer = officer.post(reverse("return-upload", kwargs=RETURN))

    assert (answer.status_code, answer.context["mistake"]) == (422, "Choose the file to upload.")


def test_an_empty_file_is_refused(officer: Client) -> None:
    answer = officer.post(reverse("return-upload", kwargs=RETURN), {"file": named(b" \n")})

    assert (answer.status_code, answer.context["mistake"]) == (422, EMPTY)


def test_a_form_that_is_too_long_is_refused(officer: Client) -> None:
    """It is read to its end and stored nowhere."""
    content = b"service,kind\n" + b"x" * LONGEST_FORM

    answer = officer.post(reverse("return-upload", kwargs=RETURN), {"file": named(content)})

    assert (answer.status_code, answer.context["mistake"]) == (422, TOO_LARGE)
    assert not Upload.objects.exists()
