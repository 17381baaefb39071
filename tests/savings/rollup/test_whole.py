"""A rollup is done whole or not at all, for the returns that wait, with few queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg2
import pytest
from django.db import IntegrityError, connection, models
from django.test.utils import CaptureQueriesContext

from savings.returns.models import DirtyReturn
from savings.rollup import actions
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import Fact, RolledReturn, RollupState, Total
from tests.audit.test_events import without_triggers
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.rollup.books import books, books_from_the_entries, parts, waiting
from tests.savings.rollup.conftest import THIRDS

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
#: By the database: Django converts the errors of its cursor, but not in a COPY.
REFUSED = (IntegrityError, psycopg2.IntegrityError)


def test_returns_that_were_rolled_up_leave_the_outbox(certified: Partnership) -> None:
    assert waiting() == ["LBHF", "RBKC", "WCC"]
    roll_up_dirty(at=NOW)
    assert waiting() == []


def test_a_return_that_is_not_waiting_is_left_alone(certified: Partnership) -> None:
    roll_up_dirty(at=NOW)
    ids = dict(Fact.objects.values_list("id", "entry__parent__council__code"))
    DirtyReturn.objects.create(parent=certified.parent("RBKC"), marked_at=NOW)
    DirtyReturn.objects.create(parent=certified.parent("RBKC"), marked_at=NOW)
    roll_up_dirty(at=NOW)
    kept = Fact.objects.filter(id__in=ids).values_list("entry__parent__council__code", flat=True)
    assert set(kept) == {"LBHF", "WCC"}
    assert books() == books_from_the_entries()


@pytest.mark.parametrize("roll_up", [roll_up_dirty, roll_up_everything])
@pytest.mark.parametrize("batch", [1, actions.BATCH])
@pytest.mark.parametrize("table", [Fact, Total, RolledReturn, RollupState])
def test_a_rollup_that_fails_midway_leaves_the_old_version_and_the_outbox(
    roll_up: Callable[..., RollupState],
    batch: int,
    table: type[models.Model],
    certified: Partnership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    roll_up_dirty(at=NOW)
    certified.rule("childrens", THIRDS)
    certified.certified("LBHF", a_saving(amount="5.00"), quarter=Q2)
    before, outbox = books(), waiting()
    assert len(outbox) == 10
    monkeypatch.setattr(actions, "BATCH", batch)
    # The last of the returns to be written is refused by the database.
    column = "version" if table is RollupState else "parent_id"
    limit = 1 if table is RollupState else certified.parent("LBHF", Q2).id - 1
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        name = table._meta.db_table
        cursor.execute(f"ALTER TABLE {name} ADD CONSTRAINT no_more CHECK ({column} <= {limit})")
        with pytest.raises(REFUSED, match="no_more"):
            roll_up(at=LATER)
        assert (books(), waiting()) == (before, outbox)
        cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT no_more")
    assert roll_up(at=LATER).version == 2
    assert waiting() == []
    assert parts()[-3:] == [("LBHF", 167), ("RBKC", 167), ("WCC", 166)]


def test_a_full_rollup_puts_spoilt_figures_right(certified: Partnership) -> None:
    roll_up_dirty(at=NOW)
    right = books()
    Fact.objects.filter(council__code="LBHF").update(pence=1)
    with without_triggers():
        Total.objects.filter(kind="saving").delete()
    RolledReturn.objects.all().delete()
    draft = certified.draft("WCC", a_saving(), quarter=Q2)
    Fact.objects.create(entry=draft.entries.get(), parent=draft, pence=1, illustrative=False)
    roll_up_everything(at=NOW)
    assert books() == right


def test_thirty_entries_or_three_returns_take_as_many_queries_as_three_entries(
    partnership: Partnership,
) -> None:
    partnership.certified("RBKC", a_saving())
    roll_up_dirty(at=NOW)  # creates the one row of its state
    taken = []
    for quarter, codes, rows in (
        (Q1, ["WCC"], 3),
        (Q1, ["LBHF"], 30),
        (Q2, ["LBHF", "RBKC", "WCC"], 10),
    ):
        for code in codes:
            savings = [a_saving(amount=str(row)) for row in range(1, rows + 1)]
            partnership.certified(code, *savings, quarter=quarter)
        with CaptureQueriesContext(connection) as captured:
            roll_up_dirty(at=NOW)
        taken.append(len(captured))
    assert Fact.objects.count() == 3 * (1 + 3 + 30 + 30)
    assert taken == [taken[0]] * 3
