"""Totals keep their past: changed ones are retired, new ones added, the others left alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

import savings
from finance.money import json_money
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import RollupState, Total
from savings.rollup.reports import attributed
from tests.partnership import NOW, Q1, Partnership, a_saving, build
from tests.savings.rollup.conftest import THIRDS

DAY = timedelta(days=1)


@pytest.fixture
def partnership(db: None) -> Partnership:
    """No rule is agreed yet, so agreeing to one changes something."""
    return build()


def said(totals: Any) -> list[tuple[object, ...]]:
    """The figures of totals, without their times."""
    return sorted(
        totals.values_list(
            "parent",
            "quarter",
            "service__slug",
            "council__code",
            "kind",
            "pence",
            "entries",
            "illustrative",
        ),
        key=str,
    )


def rows() -> list[tuple[object, ...]]:
    """Every total there is, with the time for which it was in force."""
    return list(
        Total.objects.order_by("id").values_list(
            "id", "council__code", "service__slug", "pence", "since", "until"
        )
    )


def test_a_total_is_in_force_from_its_rollup_on(partnership: Partnership) -> None:
    partnership.certified("WCC", a_saving(amount="3.00", scope="own"))
    roll_up_dirty(at=NOW)
    (total,) = Total.objects.all()
    assert (total.pence, total.since, total.until) == (300, NOW, None)


def test_changed_totals_are_retired_and_others_left_alone(partnership: Partnership) -> None:
    partnership.certified(
        "WCC", a_saving(amount="3.00"), a_saving("cex", amount="7.00", scope="own")
    )
    partnership.certified("LBHF", a_saving(amount="6.00"))
    roll_up_dirty(at=NOW)
    before = {row[0]: row for row in rows()}
    assert sorted((row[1] or "", row[3]) for row in before.values()) == [
        ("", 300),
        ("", 600),
        ("WCC", 700),
    ]

    partnership.rule("libraries", THIRDS)
    roll_up_dirty(at=NOW + DAY)

    after = {row[0]: row for row in rows()}
    for number, row in before.items():
        until = NOW + DAY if row[1] is None else None
        assert after.pop(number) == (*row[:5], until)
    assert sorted(row[1:] for row in after.values()) == sorted(
        (code, "library-service", pence, NOW + DAY, None) for code in THIRDS for pence in (100, 200)
    )


def test_a_second_rollup_adds_no_rows_full_or_incremental(partnership: Partnership) -> None:
    partnership.rule("libraries", THIRDS)
    partnership.certified("WCC", a_saving(amount="1.00"), a_saving("cex", "2.00", scope="own"))
    partnership.certified("LBHF", a_saving(amount="-5.55"))
    first = roll_up_dirty(at=NOW)
    before = rows()
    assert len(before) == 7
    for again in (roll_up_everything, roll_up_everything, roll_up_dirty):
        assert again(at=NOW + DAY).digest == first.digest
        assert rows() == before


def test_as_at_gives_the_totals_of_each_rollup(partnership: Partnership) -> None:
    """After each of many changes, and at any later time."""
    moments: list[tuple[datetime, list[tuple[object, ...]]]] = []

    def then(change: Callable[[], object], *, everything: bool = False) -> None:
        change()
        at = NOW + DAY * (1 + len(moments))
        (roll_up_everything if everything else roll_up_dirty)(at=at)
        moments.append((at, said(Total.objects.current())))

    then(lambda: partnership.certified("WCC", a_saving(amount="1.00"), a_saving("cex", "2.00")))
    then(lambda: partnership.rule("libraries", THIRDS))
    then(lambda: partnership.certified("LBHF", a_saving(amount="8.00")), everything=True)
    then(lambda: partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"}))
    then(lambda: partnership.rule("libraries", {"LBHF": "1/5", "RBKC": "2/5", "WCC": "2/5"}))
    then(lambda: partnership.certified("RBKC"))

    assert len({str(totals) for _, totals in moments}) == 5
    for at, totals in moments:
        assert said(Total.objects.as_at(at)) == totals
        assert said(Total.objects.as_at(at + DAY / 2)) == totals
    assert said(Total.objects.as_at(NOW)) == []
    assert said(Total.objects.as_at(None)) == moments[-1][1]


def test_amounts_are_given_as_they_were_at_a_moment(partnership: Partnership) -> None:
    partnership.certified("WCC", a_saving(amount="3.00"))
    roll_up_dirty(at=NOW)
    partnership.rule("libraries", THIRDS)
    roll_up_dirty(at=NOW + DAY)
    asked: dict[str, Any] = {"kind": "saving", "group_by": ["council"]}
    then, now = attributed(as_at=NOW, **asked), attributed(**asked)
    assert [(row.council, json_money(row.amount)) for row in then.rows] == []
    assert (json_money(then.total), json_money(then.unattributed)) == ("3.00", "3.00")
    assert [(row.council, json_money(row.amount)) for row in now.rows] == [
        (code, "1.00") for code in THIRDS
    ]
    assert (json_money(now.total), json_money(now.unattributed)) == ("3.00", "0.00")


def test_a_clock_that_goes_back_does_not_change_the_past(partnership: Partnership) -> None:
    partnership.certified("WCC", a_saving(amount="3.00"))
    roll_up_dirty(at=NOW)
    partnership.rule("libraries", THIRDS)
    state = roll_up_dirty(at=NOW - DAY)
    assert state.finished_at == NOW
    assert said(Total.objects.as_at(NOW - DAY / 2)) == []
    assert said(Total.objects.as_at(NOW)) == said(Total.objects.current())
    assert Total.objects.filter(until__isnull=False).get().until == NOW


def raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


WAYS: dict[str, Callable[[], object]] = {
    "another amount": lambda: Total.objects.update(pence=1),
    "another beginning": lambda: Total.objects.update(since=NOW - DAY),
    "retired with another amount": lambda: Total.objects.update(until=NOW + DAY, pence=1),
    "nothing at all": lambda: raw("UPDATE savings_total SET pence = pence"),
    "retired again": lambda: Total.objects.filter(until__isnull=False).update(until=NOW + 9 * DAY),
    "brought back": lambda: Total.objects.filter(until__isnull=False).update(until=None),
    "ended before it began": lambda: Total.objects.current().update(until=NOW - 9 * DAY),
    "deleted": lambda: Total.objects.all().delete(),
    "deleted, retired": lambda: Total.objects.filter(until__isnull=False).delete(),
    "deleted past the ORM": lambda: Total.objects.all()._raw_delete("default"),
    "DELETE": lambda: raw("DELETE FROM savings_total"),
    "TRUNCATE": lambda: raw("TRUNCATE savings_total"),
    "TRUNCATE CASCADE": lambda: raw("TRUNCATE savings_total CASCADE"),
}


REFUSED = "a total is retired once|may not be emptied|Cannot delete rows|total_ends_after_it_begins"


@pytest.mark.parametrize("way", WAYS)
def test_the_database_refuses_any_other_change_to_totals(
    way: str, partnership: Partnership
) -> None:
    partnership.certified("WCC", a_saving(amount="3.00"))
    roll_up_dirty(at=NOW)
    partnership.rule("libraries", THIRDS)
    roll_up_dirty(at=NOW + DAY)
    before = rows()
    assert [row[5] for row in before] == [NOW + DAY, None, None, None]
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        WAYS[way]()
    assert rows() == before


def test_only_one_total_is_in_force_at_a_time(partnership: Partnership) -> None:
    parent = partnership.certified("WCC", a_saving(amount="3.00"))
    roll_up_dirty(at=NOW)
    another = {
        "parent": parent,
        "quarter": Q1,
        "service": partnership.services["library-service"],
        "kind": "saving",
        "recurrence": "recurring",
        "nature": "cashable",
        "pence": 5,
        "entries": 1,
        "illustrative": False,
        "since": NOW,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Total.objects.create(**another)
    Total.objects.create(**another, until=NOW)
    assert [total.pence for total in Total.objects.current()] == [300]


def test_a_rollup_that_fails_leaves_the_totals_in_force(
    partnership: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    partnership.certified("WCC", a_saving(amount="3.00"))
    roll_up_dirty(at=NOW)
    before, state = rows(), RollupState.objects.get()
    partnership.rule("libraries", THIRDS)

    def broken(*_: object) -> None:
        raise DatabaseError("the connection is lost")

    monkeypatch.setattr("savings.rollup.actions._switch", broken)
    with pytest.raises(DatabaseError):
        roll_up_dirty(at=NOW + DAY)
    assert (rows(), RollupState.objects.get().digest) == (before, state.digest)


def test_every_reader_of_totals_asks_for_one_moment() -> None:
    """A reader of all totals would add past ones to present ones."""
    readers = {
        str(path): found
        for path in Path(savings.__file__).parent.rglob("*.py")
        if (found := re.findall(r"\bTotal\.objects\b\s*(\.\w+)?", path.read_text()))
    }
    assert readers
    assert {way for found in readers.values() for way in found} == {".current", ".as_at"}
