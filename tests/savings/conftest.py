"""What the tests of returns, their questions and their calendar share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import models

from audit.models import Event
from savings.calendar.models import Reminder
from savings.questions.models import Question
from savings.returns.models import Entry, Period, Return
from savings.rollup.models import DirtyReturn

Everything = dict[str, list[dict[str, object]]]


@pytest.fixture
def everything(db: None) -> Callable[[], Everything]:
    """Call it to have every row that an action on returns might write."""
    tables: list[type[models.Model]] = [
        Period,
        Return,
        Entry,
        Question,
        Reminder,
        DirtyReturn,
        Event,
    ]
    return lambda: {
        table.__name__: list(table._base_manager.order_by("id").values()) for table in tables
    }
