"""What a figure is made of, even if there is a rollup meanwhile."""

from __future__ import annotations

import pytest

from savings.attribution.reports import FigureAsked, entries_behind
from savings.returns.models import Entry
from savings.rollup.actions import roll_up_dirty
from tests.at_once import right_after_reading
from tests.partnership import NOW, a_saving, build


@pytest.mark.django_db(transaction=True)
def test_visible_and_hidden_entries_are_of_one_version():
    partnership = build()
    partnership.certified("WCC", a_saving("youth-offending", "9.00"))
    asked = FigureAsked(kind=Entry.Kind.SAVING)
    auditor = partnership.people["auditor"]

    with right_after_reading(Entry, lambda: roll_up_dirty(at=NOW).version) as finished:
        before = entries_behind(asked, auditor)
    after = entries_behind(asked, auditor)

    assert finished == [1]
    assert [
        (found.count, found.amount, found.hidden_count, found.hidden_amount)
        for found in (before, after)
    ] == [(0, 0, 0, 0), (1, 9_00, 0, 0)]
