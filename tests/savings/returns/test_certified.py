"""What is certified never changes, however somebody writes; and the tables' constraints."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import DecimalField, F, Value
from django.db.models.functions import Cast

from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.conftest import Everything


def raw(statement: str, *parameters: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def saved(row: Return | Entry, **values: object) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def in_bulk(row: Entry, field: str, value: object) -> None:
    setattr(row, field, value)
    Entry.objects.bulk_update([row], [field])


def another(parent: Return) -> Entry:
    return Entry(
        parent=parent,
        position=99,
        service_id=Entry.objects.values_list("service_id", flat=True)[0],
        kind="ongoing_cost",
        scope="own",
        amount=1,
    )


WAYS: dict[str, Callable[[Return, Entry, Entry], object]] = {
    # Changing a certified entry,
    "entry.save": lambda r, e, d: saved(e, amount=1),
    "entry.save of a word": lambda r, e, d: saved(e, note="Later."),
    "entry.save as before": lambda r, e, d: e.save(),
    "entries.update": lambda r, e, d: r.entries.update(amount=1),
    "entries.bulk_update": lambda r, e, d: in_bulk(e, "amount", 1),
    "UPDATE entry": lambda r, e, d: raw("UPDATE savings_entry SET amount = 1 WHERE id = %s", e.id),
    # losing one,
    "entry.delete": lambda r, e, d: e.delete(),
    "entries.delete": lambda r, e, d: r.entries.all().delete(),
    "entries._raw_delete": lambda r, e, d: r.entries.all()._raw_delete("default"),
    "DELETE entry": lambda r, e, d: raw("DELETE FROM savings_entry"),
    "TRUNCATE entry": lambda r, e, d: raw("TRUNCATE savings_entry CASCADE"),
    # getting one in or out,
    "entry.create": lambda r, e, d: another(r).save(),
    "entries.bulk_create": lambda r, e, d: Entry.objects.bulk_create([another(r)]),
    "bulk_create that updates": lambda r, e, d: Entry.objects.bulk_create(
        [e], update_conflicts=True, update_fields=["amount"], unique_fields=["id"]
    ),
    "INSERT entry": lambda r, e, d: raw(
        "INSERT INTO savings_entry (parent_id, position, service_id, kind, scope, amount,"
        " recurrence, nature, cause, tupe, approval, evidence, note, provenance)"
        " SELECT parent_id, 9, service_id, kind, scope, amount, recurrence, nature, cause, tupe,"
        " approval, evidence, note, provenance FROM savings_entry WHERE id = %s",
        e.id,
    ),
    "moved out": lambda r, e, d: Entry.objects.filter(id=e.id).update(parent=d.parent, position=50),
    "moved in": lambda r, e, d: Entry.objects.filter(id=d.id).update(parent=r, position=50),
    # and touching the return itself.
    "return.save": lambda r, e, d: saved(r, status="draft"),
    "return.save as before": lambda r, e, d: r.save(),
    "returns.update": lambda r, e, d: Return.objects.update(version=9),
    "returns.bulk_update": lambda r, e, d: Return.objects.bulk_update([r], ["certified_by"]),
    "UPDATE return": lambda r, e, d: raw(
        "UPDATE savings_return SET status = 'draft', submitted_by_id = NULL, submitted_at = NULL,"
        " certified_by_id = NULL, certified_at = NULL WHERE id = %s",
        r.id,
    ),
    "return to another quarter": lambda r, e, d: Return.objects.filter(id=r.id).update(
        period=d.parent.period_id
    ),
    "return.delete": lambda r, e, d: r.delete(),
    "returns.delete": lambda r, e, d: Return.objects.filter(id=r.id).delete(),
    "DELETE return": lambda r, e, d: raw("DELETE FROM savings_return"),
    "TRUNCATE return": lambda r, e, d: raw("TRUNCATE savings_return CASCADE"),
    "TRUNCATE period": lambda r, e, d: raw("TRUNCATE savings_period CASCADE"),
    "TRUNCATE councils": lambda r, e, d: raw("TRUNCATE sovereignty_council CASCADE"),
    "TRUNCATE services": lambda r, e, d: raw("TRUNCATE services_service CASCADE"),
}


@pytest.mark.parametrize("way", WAYS)
def test_certified_rows_never_change(
    way: str, partnership: Partnership, everything: Callable[[], Everything]
) -> None:
    partnership.certified("WCC", a_saving(amount="100"), a_saving("cex", "7"))
    draft = partnership.draft("WCC", a_saving(amount="8"), quarter=Q2).entries.get()
    certified = partnership.parent("WCC")
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic():
        WAYS[way](certified, certified.entries.earliest("position"), draft)
    assert everything() == before


def test_a_draft_may_be_changed_by_any_of_these_means(partnership: Partnership) -> None:
    parent = partnership.draft("WCC", a_saving(amount="1"), a_saving(amount="2"))
    first, second = parent.entries.order_by("position")
    saved(first, amount=3)
    in_bulk(second, "amount", 4)
    Entry.objects.bulk_create([another(parent)])
    raw("UPDATE savings_entry SET amount = amount + 10")
    assert sorted(parent.entries.values_list("amount", flat=True)) == [11, 13, 14]
    first.delete()
    parent.entries.all().delete()
    parent.delete()
    assert not Return.objects.filter(id=parent.id).exists()


def test_the_partnerships_own_return_never_changes_once_certified(
    partnership: Partnership,
) -> None:
    own = Return.objects.create(period=Period.objects.get(quarter=Q1))
    service = partnership.services["cex"]
    Entry.objects.create(
        parent=own,
        position=1,
        service=service,
        kind="ongoing_cost",
        scope="shared",
        amount=5,
        provenance="published",
    )
    saved(own, status="certified", certified_at=NOW, published_in="a-document")
    with pytest.raises(DatabaseError), transaction.atomic():
        own.entries.update(amount=6)
    with pytest.raises(DatabaseError), transaction.atomic():
        own.delete()


def test_a_period_never_changes_its_quarter(partnership: Partnership) -> None:
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Period.objects.filter(quarter=Q1).update(quarter=Q1.preceding)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        raw("UPDATE savings_period SET quarter = quarter - 1")
    assert sorted(Period.objects.values_list("quarter", flat=True)) == [Q1, Q2]


# --- Constraints of the tables -----------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        # Each status with its people and times, all or none of them.
        {"status": "sealed"},
        {"status": "submitted"},
        {"status": "submitted", "submitted_by": "finance.wcc"},
        {"status": "submitted", "submitted_at": NOW},
        {"status": "draft", "submitted_by": "finance.wcc", "submitted_at": NOW},
        {"status": "certified", "certified_by": "s151.wcc", "certified_at": NOW},
        {"status": "certified", "submitted_by": "finance.wcc", "submitted_at": NOW},
        {
            "status": "certified",
            "submitted_by": "finance.wcc",
            "submitted_at": NOW,
            "certified_by": "s151.wcc",
        },
        # Two people.
        {
            "status": "certified",
            "submitted_by": "s151.wcc",
            "submitted_at": NOW,
            "certified_by": "s151.wcc",
            "certified_at": NOW,
        },
        # Sent back by somebody at a time for a reason.
        {"sent_back_reason": "Because."},
        {"sent_back_by": "s151.wcc", "sent_back_at": NOW},
        {"sent_back_at": NOW, "sent_back_reason": "Because."},
        # The partnership's own: never submitted, and certified by a document.
        {"council": None, "status": "certified", "certified_at": NOW},
        {"council": None, "status": "certified", "published_in": "a-document"},
        {
            "council": None,
            "status": "submitted",
            "submitted_by": "finance.wcc",
            "submitted_at": NOW,
        },
    ],
)
def test_a_return_has_what_its_status_needs(
    values: dict[str, object], partnership: Partnership
) -> None:
    parent = partnership.parent("WCC")
    named = {
        name: partnership.people[value] if name.endswith("_by") else value  # type: ignore[index]
        for name, value in values.items()
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Return.objects.filter(id=parent.id).update(**named)


def test_there_is_one_return_for_each_council_and_quarter(partnership: Partnership) -> None:
    period = Period.objects.get(quarter=Q1)
    Return.objects.create(period=period)
    for council in (partnership.councils["WCC"], None):
        with pytest.raises(IntegrityError), transaction.atomic():
            Return.objects.create(period=period, council=council)
    with pytest.raises(IntegrityError), transaction.atomic():
        Period.objects.create(quarter=Q1)


BY_COUNCIL = "entry_specification_has_council"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"recurrence": ""}, "entry_saving_is_described"),
        ({"nature": ""}, "entry_saving_is_described"),
        ({"cause": "demand"}, "entry_variance_has_cause"),
        ({"kind": "variance"}, "entry_variance_has_cause"),
        ({"kind": "variance", "cause": "specification_change"}, BY_COUNCIL),
        (
            {"kind": "variance", "cause": "demand", "caused_by": "WCC"},
            BY_COUNCIL,
        ),
        ({"caused_by": "WCC"}, BY_COUNCIL),
        ({"amount": 100_000_000_000}, "entry_amount_in_bounds"),
        ({"amount": -100_000_000_000}, "entry_amount_in_bounds"),
        (
            {"amount": Cast(Value("NaN"), DecimalField(max_digits=16, decimal_places=2))},
            "entry_amount_in_bounds",
        ),
    ],
)
def test_an_entry_has_what_its_kind_needs(
    values: dict[str, object], constraint: str, partnership: Partnership
) -> None:
    entry = partnership.draft("WCC", a_saving()).entries.get()
    if "caused_by" in values:
        values = {**values, "caused_by": partnership.councils["WCC"]}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Entry.objects.filter(id=entry.id).update(**values)


def test_two_entries_can_not_have_one_position(partnership: Partnership) -> None:
    partnership.draft("WCC", a_saving(), a_saving())
    Entry.objects.update(position=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        raw("SET CONSTRAINTS ALL IMMEDIATE")
    Entry.objects.update(position=F("id"))
