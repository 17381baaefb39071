"""What the tests of uploads share."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import reverse

from audit.models import Event
from finance.periods import Quarter
from savings.filling.lines import stored_lines
from savings.returns.models import DirtyReturn, Entry, Return
from savings.returns.rows import describe
from savings.uploads.models import Upload
from tests.calling import ROOT, Caller
from tests.partnership import Q1, Partnership

Everything = dict[str, list[dict[str, object]]]
UPLOAD = "returns/WCC/2013-14-Q1/upload/"


def everything() -> Everything:
    """Every row that an upload might write, except the uploads themselves."""
    tables: list[type[models.Model]] = [Return, Entry, DirtyReturn, Event]
    return {table.__name__: list(table._base_manager.order_by("id").values()) for table in tables}


def send(caller: Caller, content: bytes, path: str = UPLOAD, **fields: Any) -> Any:
    """Send a file to the API, as a form with a part named `file`."""
    form = {"file": named(content), **fields}
    return caller.client.post(f"{ROOT}{path}", form, headers=caller.headers)


def named(content: bytes, name: str = "return.xlsx") -> SimpleUploadedFile:
    """A file to send with a form."""
    return SimpleUploadedFile(name, content)


def to_preview(
    client: Client, content: bytes, where: dict[str, str], name: str = "return.xlsx"
) -> Upload:
    """Upload a file on the page; return the upload once it has been checked."""
    before = {upload.id for upload in Upload.objects.all()}
    answer = client.post(reverse("return-upload", kwargs=where), {"file": named(content, name)})
    assert answer.status_code == 302, answer.context["mistake"]
    (upload,) = Upload.objects.exclude(id__in=before)
    assert answer["Location"] == reverse("upload", kwargs={**where, "upload_id": upload.id})
    return upload


def stored(
    partnership: Partnership, code: str = "WCC", quarter: Quarter = Q1
) -> list[dict[str, Any]]:
    """The lines of a council's return, as they would be typed."""
    return [describe(line.row) for line in stored_lines(partnership.parent(code, quarter))]


@pytest.fixture
def finance(partnership: Partnership) -> Caller:
    return Caller(partnership.finance("WCC"))
