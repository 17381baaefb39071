"""For the measurements: a file of any size, and a council's draft to upload it to."""

from __future__ import annotations

import io
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import openpyxl
from django.db import connection, transaction
from django.utils import timezone

from bench.measuring import tidy
from finance.money import read_json_money
from savings.kit.opendocument import Cell, Column, Sheet, as_ods
from savings.returns.models import Return
from savings.uploads.actions import (
    check_upload,
    look_again,
    start_upload,
    store_file,
    store_upload,
)
from savings.uploads.marking import marked_workbook
from savings.uploads.models import Upload
from sovereignty.models import User
from sovereignty.refusals import BadContent
from tests.savings.uploads.filling import AMOUNT
from tests.savings.uploads.making import HEADER, a_csv, many_rows

_COLUMNS = (
    "id, parent_id, position, service_id, kind, scope, amount, recurrence, nature, cause, "
    "caused_by_id, tupe, approval, corrects_id, evidence, note, provenance"
)


def a_file(extension: str, size: int) -> bytes:
    """A return with `size` rows as a spreadsheet program saves it; the same every time."""
    rows = list(many_rows(size))
    if extension == "csv":
        return a_csv(*rows)
    if extension == "ods":
        columns = [Column(name, 20, "money" if name == "amount" else "text") for name in HEADER]
        cells: list[list[Cell]] = [
            [read_json_money(text) if place == AMOUNT else text for place, text in enumerate(row)]
            for row in rows
        ]
        return as_ods([Sheet("Return", columns, cells)], title="Return")
    typed: list[list[Decimal | str]] = [
        [Decimal(text) if place == AMOUNT else text for place, text in enumerate(row)]
        for row in rows
    ]
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("Return")
    page.append(HEADER)
    for row in typed:
        page.append([None if value == "" else value for value in row])
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


class Uploading:
    """A council's draft, which its finance officer fills in again and again."""

    def __init__(self, code: str) -> None:

        self.parent = Return.objects.filter(council__code=code).earliest("period__quarter")
        self.officer = User.objects.get(username=f"finance.{code.lower()}")

    def by_api(self, content: bytes) -> None:
        """Store a file as an API call does."""
        store_file(
            return_id=self.parent.id,
            version=None,
            content=content,
            filename="return",
            by=self.officer,
            at=timezone.now(),
        )

    def keep(self, content: bytes) -> None:
        """Keep and check a file as the pages do."""
        upload = start_upload(
            return_id=self.parent.id,
            filename="return",
            content=content,
            by=self.officer,
            at=timezone.now(),
        )
        check_upload(upload_id=upload.id)

    def store(self) -> None:
        """Store what was kept, checked and previewed."""
        kept = Upload.objects.unfinished().get(parent=self.parent)
        store_upload(upload_id=kept.id, by=self.officer, at=timezone.now())

    def every_way(self, path: Path) -> None:
        """Store a file through the API and on the pages. If it is refused, mark it."""
        for way in (self.by_api, self.keep):
            with suppress(BadContent):
                way(path.read_bytes())
        for kept in Upload.objects.unfinished().defer("content"):
            if kept.state == Upload.State.REFUSED:
                marked_workbook(*look_again(upload_id=kept.id))
            else:
                self.store()
        Upload.objects.all().delete()

    def as_text(self) -> bytes:
        """The rows of the draft as COPY writes and reads them."""
        out = io.BytesIO()
        with connection.cursor() as cursor:
            # In order, since a table may be read from any place.
            rows = f"SELECT {_COLUMNS} FROM savings_entry ORDER BY id"
            cursor.copy_expert(f"COPY ({rows}) TO STDOUT", out)
        return out.getvalue()

    def by_copy(self, rows: bytes) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.copy_expert(f"COPY savings_entry ({_COLUMNS}) FROM STDIN", io.BytesIO(rows))

    def count(self) -> int:
        return self.parent.entries.count()

    def clear(self) -> None:
        """Empty the draft, and have the server remove the dead rows."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM savings_entry WHERE parent_id = %s", [self.parent.id])
        tidy()
