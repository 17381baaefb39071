"""What the tests of uploads share."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models

from audit.models import Event
from savings.returns.actions import describe
from savings.returns.lines import stored_lines
from savings.returns.models import Entry, Return
from savings.rollup.models import DirtyReturn
from savings.uploads.models import Upload
from tests.calling import ROOT, Caller
from tests.partnership import Partnership

Everything = dict[str, list[dict[str, object]]]
UPLOAD = "returns/WCC/2013-14-Q1/upload/"


def everything() -> Everything:
    """Every row that an upload might write, but for the uploads themselves."""
    tables: list[type[models.Model]] = [Return, Entry, DirtyReturn, Event]
    return {table.__name__: list(table._base_manager.order_by("id").values()) for table in tables}


def send(caller: Caller, content: bytes, path: str = UPLOAD, **fields: Any) -> Any:
    """Send a file to the API, as a form with a part named file."""
    file = SimpleUploadedFile("return.xlsx", content)
    return caller.client.post(f"{ROOT}{path}", {"file": file, **fields}, headers=caller.headers)


def stored(partnership: Partnership, code: str = "WCC") -> list[dict[str, object]]:
    """The lines of a council's return, as they would be typed."""
    return [describe(line.row) for line in stored_lines(partnership.parent(code))]


@pytest.fixture
def finance(partnership: Partnership) -> Caller:
    return Caller(partnership.finance("WCC"))


def uploads() -> list[Upload]:
    return list(Upload.objects.order_by("id"))
