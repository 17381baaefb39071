"""A return filled in by file, in a real browser: chosen, checked, corrected, stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from savings.uploads.actions import check_upload, start_upload
from savings.uploads.models import Upload
from tests.journeys.examination import Watched, examine
from tests.partnership import NOW, Partnership, a_cost, a_saving
from tests.savings.filling.grids import Opening
from tests.savings.uploads.conftest import stored
from tests.savings.uploads.making import a_csv, a_row, an_xlsx, many_rows, sheet_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]

RETURN, UPLOAD = "/returns/WCC/2013-14-Q1/", "/returns/WCC/2013-14-Q1/upload/"
LONG = "Fewer licences since the three libraries share one catalogue, see the minute of 4 June"


@pytest.fixture
def partnership(partnership: Partnership) -> Partnership:
    partnership.draft(
        "WCC",
        a_saving(amount="100.00", note="Stays"),
        a_saving("childrens", amount="20.00", note="Changes"),
        a_cost(amount="1234567.00", note="Goes"),
    )
    return partnership


def a_file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def choose(page: Page, name: str, content: bytes) -> None:
    """Choose a file and send it, by the keyboard."""
    page.get_by_label("Upload it, and see what it changes").set_input_files(a_file(name, content))
    page.get_by_role("button", name="Upload and check").focus()
    page.keyboard.press("Enter")


def test_a_file_is_chosen_corrected_previewed_and_stored(
    opened: Opening, partnership: Partnership, live_server: Any
) -> None:
    page = opened(address=RETURN).page
    watched = Watched(page.context, live_server.url)
    page.goto(UPLOAD)
    assert examine(page) == []

    page.get_by_role("button", name="Upload and check").click()
    page.get_by_text("Error: Choose the file to upload.").wait_for()
    assert examine(page) == []

    wrong = [a_row(amount="1,50", note=LONG), a_row(service="no-such-service-as-this", kind="x")]
    choose(page, "Libraries and children, quarter 1, as agreed.xlsx", an_xlsx(sheet_of(*wrong)))
    page.get_by_role("heading", name="What to put right").wait_for()
    assert examine(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Download your file with the mistakes marked").click()
    assert download.value.suggested_filename == "to-put-right-WCC-2013-14-Q1.xlsx"

    right = [
        a_row(amount="100.00", evidence="", note="Stays"),
        a_row(service="childrens", amount="25.50", evidence="", note=LONG),
        a_row(service="cex", amount="1234567.89", note=LONG),
    ]
    choose(page, "right.csv", a_csv(*right))
    page.get_by_role("heading", name="What right.csv changes").wait_for()
    assert examine(page) == []
    assert len(stored(partnership)) == 3
    assert stored(partnership)[1]["amount"] == "20.00"

    page.get_by_role("button", name="Store these 3 rows").focus()
    page.keyboard.press("Enter")
    page.get_by_text("is saved as version 2, from right.csv.").wait_for()
    assert [row["amount"] for row in stored(partnership)] == ["100.00", "25.50", "1234567.89"]

    page.goto(UPLOAD)
    choose(page, "right.csv", a_csv(*right))
    page.get_by_role("heading", name="right.csv changes nothing").wait_for()
    assert examine(page) == []
    page.get_by_role("button", name="Discard the file").click()
    page.get_by_text("right.csv has been discarded.").wait_for()
    assert watched.faults() == []


def test_the_progress_bar_moves_and_the_preview_follows_by_itself(
    opened: Opening, partnership: Partnership
) -> None:
    """This test is the worker: it checks the file while the page is open."""
    upload = start_upload(
        return_id=partnership.parent("WCC").id,
        filename="long.csv",
        content=a_csv(*many_rows(3_000)),
        by=partnership.finance("WCC"),
        at=NOW,
    )
    page = opened(address=f"/returns/WCC/2013-14-Q1/uploads/{upload.id}/").page
    page.get_by_text("The file is being read.").wait_for()
    Upload.objects.filter(id=upload.id).update(state="checking", rows=3_000, checked=1_000)
    page.get_by_text("1,000 of 3,000 rows have been checked.").wait_for()
    bar = page.get_by_role("progressbar", name="Rows checked")
    assert (bar.get_attribute("value"), bar.get_attribute("max")) == ("1000", "3000")
    assert examine(page) == []

    check_upload(upload_id=upload.id)

    page.get_by_role("heading", name="What long.csv changes").wait_for()


def test_a_file_can_be_uploaded_without_scripts(
    opened: Opening, partnership: Partnership, tmp_path: Path
) -> None:
    page = opened(address=UPLOAD, java_script_enabled=False).page
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "return.csv")

    text = (tmp_path / "return.csv").read_text(encoding="utf-8-sig").replace("20.00", "21.00")
    choose(page, "return.csv", text.encode())
    page.get_by_role("button", name="Store these 3 rows").click()

    page.get_by_text("is saved as version 2, from return.csv.").wait_for()
    assert [row["amount"] for row in stored(partnership)] == ["100.00", "21.00", "1234567.00"]
