"""A borough's figures are of the version that they name, even if there is a rollup meanwhile."""

from __future__ import annotations

import pytest

from savings.boroughs.reports import figures_of
from savings.returns.models import Entry
from savings.rollup.actions import roll_up_dirty
from savings.rollup.models import RollupState, Total
from services.models import Service
from tests.at_once import right_after_reading
from tests.kept import kept
from tests.partnership import NOW, Q1, Partnership, a_saving, build

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


@pytest.fixture
@kept
def partnership() -> Partnership:
    """£9 rolled up as unattributed, which a rule agreed since would split."""
    partnership = build()
    partnership.certified("WCC", a_saving("youth-offending", "9.00"))
    roll_up_dirty(at=NOW)
    partnership.rule("childrens", THIRDS)
    return partnership


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", [Service, RollupState, Total])
def test_figures_are_of_the_version_they_name(table, partnership: Partnership) -> None:
    council = partnership.councils["WCC"]
    with right_after_reading(table, lambda: roll_up_dirty(at=NOW).version) as finished:
        before = figures_of(council, Q1)
    after = figures_of(council, Q1)
    assert finished == [2]
    assert [
        (
            found.version,
            found.total(Entry.Kind.SAVING).quarter,
            len(found.entries),
            unattributed(found),
        )
        for found in (before, after)
    ] == [(1, 0, 0, 9_00), (2, 3_00, 1, 0)]
    assert before.digest != after.digest


def unattributed(found) -> int:
    return sum(line.reported for line in found.undivided)
