"""Reading the rollup: one version at a time, even if another is finished meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from savings.rollup.actions import roll_up_dirty
from savings.rollup.models import Total
from savings.rollup.reports import attributed
from tests.at_once import right_after_reading
from tests.kept import kept
from tests.partnership import NOW, Partnership, a_saving
from tests.savings.rollup.conftest import THIRDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
@kept
def agreed_since(partnership: Partnership) -> Partnership:
    """£9 rolled up as unattributed, which a rule agreed since would split."""
    partnership.certified("WCC", a_saving("youth-offending", "9.00"))
    roll_up_dirty(at=NOW)
    partnership.rule("childrens", THIRDS)
    return partnership


@pytest.mark.parametrize(
    "group_by", [[], ["council"], ["service"], ["period"], ["council", "service", "period"]]
)
def test_all_amounts_of_one_answer_are_of_one_version(
    group_by: Sequence[str], agreed_since: Partnership
) -> None:
    with right_after_reading(Total, lambda: roll_up_dirty(at=NOW).version) as finished:
        before = attributed(kind="saving", group_by=group_by)
    assert finished == [2]
    assert (before.total, before.unattributed, before.rows) == (9_00, 9_00, ())
    after = attributed(kind="saving", group_by=group_by)
    assert (after.total, after.unattributed) == (9_00, 0)
    assert sum(row.amount for row in after.rows) == 9_00
