"""Every way of writing to a row of a certified return, tried on every kind of row.

In addition to `test_certified`, which has the ways of the return itself. Each way is refused and
leaves everything as it was.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest
from django.contrib import admin
from django.db import DatabaseError, connection, models, transaction
from django.test import Client

from audit.models import Event
from savings.quarters.models import Period
from savings.returns.models import Entry, Forecast, Question, Return
from savings.rollup.actions import roll_up_dirty
from savings.rollup.models import Fact, Total
from sovereignty.models import Appointment, Council, User
from tests.kept import kept
from tests.partnership import NOW, Q2, Partnership, a_saving

KINDS: list[type[models.Model]] = [Entry, Forecast, Question]
EVERYTHING: list[type[models.Model]] = [Period, Return, *KINDS, Event, Fact, Total]


@dataclass
class Case:
    """A certified row, a draft one of the same kind and council, and their table."""

    certified: Any
    draft: Any

    @property
    def model(self) -> Any:
        return type(self.certified)

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    @property
    def columns(self) -> list[str]:
        return [field.column for field in self.model._meta.concrete_fields]

    @property
    def rows(self) -> Any:
        return self.model._base_manager.filter(id=self.certified.id)

    def slipped_in(self) -> str:
        """The draft's row as one of the certified return, to be selected from its table."""
        instead = {"id": "1000000000", "parent_id": str(self.certified.parent_id)}
        if "position" in self.columns:
            instead["position"] = "77"
        return ", ".join(instead.get(column, column) for column in self.columns)


@pytest.fixture
@kept
def partnership(partnership: Partnership) -> Partnership:
    """A certified return of the first quarter and a draft of the second, with all kinds of rows."""
    first = partnership.draft("WCC", a_saving(amount="100"), a_saving("cex", "7"))
    a_forecast(first, partnership, "library-service")
    a_question(first, partnership)
    partnership.certified("WCC", a_saving(amount="100"), a_saving("cex", "7"))
    second = partnership.draft("WCC", a_saving(amount="8"), quarter=Q2)
    a_forecast(second, partnership, "cex")
    a_question(second, partnership)
    roll_up_dirty(at=NOW)
    # Changes that wait for the end of the transaction would be a reason to refuse TRUNCATE.
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    raw("SET CONSTRAINTS ALL DEFERRED")
    return partnership


def a_forecast(parent: Return, partnership: Partnership, slug: str) -> Forecast:
    return Forecast.objects.create(
        parent=parent,
        service=partnership.services[slug],
        this_year=1,
        full_year_effect=2,
        status="on_track",
    )


def a_question(parent: Return, partnership: Partnership) -> Question:
    return Question.objects.create(
        parent=parent,
        entry=parent.entries.first(),
        line={},
        text="Why?",
        asked_by=partnership.s151("WCC"),
        asked_at=NOW,
        answer="It is so.",
        answered_by=partnership.finance("WCC"),
        answered_at=NOW,
    )


def case_of(model: Any, partnership: Partnership) -> Case:
    return Case(
        model._base_manager.filter(parent=partnership.parent("WCC")).earliest("id"),
        model._base_manager.filter(parent=partnership.parent("WCC", Q2)).earliest("id"),
    )


def raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def copied_in(case: Case) -> None:
    """Write the draft's row into the certified return by COPY."""
    names, text = ", ".join(case.columns), io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY (SELECT {case.slipped_in()} FROM {case.table} WHERE id = {case.draft.id})"
            " TO STDOUT",
            text,
        )
        text.seek(0)
        assert text.getvalue().count("\n") == 1
        cursor.copy_expert(f"COPY {case.table} ({names}) FROM STDIN", text)


def conflicting(case: Case) -> None:
    case.model._base_manager.bulk_create(
        [case.certified], update_conflicts=True, update_fields=["parent"], unique_fields=["id"]
    )


def bulk_updated(case: Case) -> None:
    case.certified.parent = case.draft.parent
    case.model._base_manager.bulk_update([case.certified], ["parent"])


WAYS: dict[str, Callable[[Case], object]] = {
    "save": lambda c: c.certified.save(),
    "update": lambda c: c.rows.update(parent=c.draft.parent),
    "update_or_create": lambda c: c.model._base_manager.update_or_create(
        id=c.certified.id, defaults={"parent": c.draft.parent}
    ),
    "bulk_update": bulk_updated,
    "bulk_create that updates": conflicting,
    "delete": lambda c: c.certified.delete(),
    "queryset.delete": lambda c: c.rows.delete(),
    "_raw_delete": lambda c: c.rows._raw_delete("default"),
    "moved in": lambda c: c.model._base_manager.filter(id=c.draft.id).update(
        parent=c.certified.parent
    ),
    "UPDATE to the same": lambda c: raw(
        f"UPDATE {c.table} SET id = id WHERE id = {c.certified.id}"
    ),
    "UPDATE FROM": lambda c: raw(
        f"UPDATE {c.table} t SET parent_id = d.parent_id FROM {c.table} d"
        f" WHERE t.id = {c.certified.id} AND d.id = {c.draft.id}"
    ),
    "UPDATE of its number": lambda c: raw(
        f"UPDATE {c.table} SET id = 1000000000 WHERE id = {c.certified.id}"
    ),
    "DELETE": lambda c: raw(f"DELETE FROM {c.table} WHERE id = {c.certified.id}"),
    "DELETE USING": lambda c: raw(
        f"DELETE FROM {c.table} t USING savings_return r"
        f" WHERE t.parent_id = r.id AND r.id = {c.certified.parent_id}"
    ),
    "DELETE in a WITH": lambda c: raw(
        f"WITH gone AS (DELETE FROM {c.table} RETURNING id) SELECT count(*) FROM gone"
    ),
    "INSERT": lambda c: raw(
        f"INSERT INTO {c.table} ({', '.join(c.columns)})"
        f" SELECT {c.slipped_in()} FROM {c.table} WHERE id = {c.draft.id}"
    ),
    "INSERT ON CONFLICT DO UPDATE": lambda c: raw(
        f"INSERT INTO {c.table} SELECT * FROM {c.table} WHERE id = {c.certified.id}"
        f" ON CONFLICT (id) DO UPDATE SET parent_id = {c.draft.parent_id}"
    ),
    "MERGE that updates": lambda c: raw(
        f"MERGE INTO {c.table} t USING (SELECT {c.certified.id} AS id) s ON t.id = s.id"
        f" WHEN MATCHED THEN UPDATE SET parent_id = {c.draft.parent_id}"
    ),
    "MERGE that deletes": lambda c: raw(
        f"MERGE INTO {c.table} t USING (SELECT {c.certified.id} AS id) s ON t.id = s.id"
        " WHEN MATCHED THEN DELETE"
    ),
    "MERGE that inserts": lambda c: raw(
        f"MERGE INTO {c.table} t USING"
        f" (SELECT {c.slipped_in()} FROM {c.table} WHERE id = {c.draft.id})"
        f" s ({', '.join(c.columns)}) ON t.id = s.id WHEN NOT MATCHED THEN"
        f" INSERT ({', '.join(c.columns)}) VALUES (s.{', s.'.join(c.columns)})"
    ),
    "COPY": copied_in,
    "TRUNCATE": lambda c: raw(f"TRUNCATE {c.table} CASCADE"),
    "TRUNCATE with others": lambda c: raw(
        "TRUNCATE savings_question, savings_forecast, savings_entry, savings_return CASCADE"
    ),
    "its return deleted": lambda c: c.certified.parent.delete(),
    "its return MERGEd away": lambda c: raw(
        f"MERGE INTO savings_return t USING (SELECT {c.certified.parent_id} AS id) s"
        " ON t.id = s.id WHEN MATCHED THEN DELETE"
    ),
    "its return opened again": lambda c: raw(
        "INSERT INTO savings_return SELECT * FROM savings_return"
        " ON CONFLICT (id) DO UPDATE SET status = 'draft', submitted_by_id = NULL,"
        " submitted_at = NULL, certified_by_id = NULL, certified_at = NULL"
    ),
}


REFUSED = (
    "a certified return is corrected by an adjusting entry|may not be emptied"
    "|Cannot update or delete rows from savings_return"
)


def everything() -> list[list[dict[str, object]]]:
    return [list(table._base_manager.order_by("id").values()) for table in EVERYTHING]


@transaction.atomic
def to_the_end(act: Callable[[], object]) -> None:
    """Act, and check what a transaction of its own would check when it ends."""
    act()
    raw("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("model", KINDS)
def test_certified_rows_never_change(
    model: type[models.Model], way: str, partnership: Partnership
) -> None:
    case, before = case_of(model, partnership), everything()
    with pytest.raises((DatabaseError, psycopg2.DatabaseError), match=REFUSED):
        to_the_end(lambda: WAYS[way](case))
    assert everything() == before


#: Ways that are refused for a draft as well: a table is never emptied at once, a return with rows
#: is never deleted without them, and the last two affect certified returns too.
OF_ANY_RETURN = {
    "TRUNCATE",
    "TRUNCATE with others",
    "its return MERGEd away",
    "its return opened again",
    "DELETE in a WITH",
}


#: They write a row, and in it what it held.
WRITES_THE_SAME = {"UPDATE to the same", "bulk_create that updates", "save"}


@pytest.mark.parametrize("way", sorted(WAYS.keys() - OF_ANY_RETURN))
@pytest.mark.parametrize("model", KINDS)
def test_each_way_works_on_a_draft(
    model: type[models.Model], way: str, partnership: Partnership
) -> None:
    """So none of them is refused only because it would be wrong anywhere."""
    third = partnership.draft("LBHF", a_saving(amount="8"))
    a_forecast(third, partnership, "libraries")
    a_question(third, partnership)
    fourth = partnership.draft("LBHF", a_saving(amount="9"), quarter=Q2)
    a_forecast(fourth, partnership, "cex")
    a_question(fourth, partnership)
    case = Case(
        model._base_manager.filter(parent=third).earliest("id"),
        model._base_manager.filter(parent=fourth).earliest("id"),
    )
    Question.objects.filter(parent__in=[third, fourth]).update(entry=None)
    if model is Entry:
        Entry.objects.filter(id=case.draft.id).update(position=5)
    before, places = everything(), rows_of(model)
    to_the_end(lambda: WAYS[way](case))
    assert rows_of(model) != places
    assert way in WRITES_THE_SAME or everything() != before


def rows_of(model: type[models.Model]) -> list[tuple[int, str]]:
    """The id of each row and where it lies: a row that is written again lies elsewhere."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, ctid::text FROM {model._meta.db_table} ORDER BY id")
        return list(cursor.fetchall())


def test_the_admin_has_no_page_for_returns(partnership: Partnership) -> None:
    """An administrator opens accounts and appoints people; figures are not registered."""
    root = User.objects.create_superuser("root")
    client = Client()
    client.force_login(root)
    entry, before = case_of(Entry, partnership).certified, everything()
    for model in ("entry", "return", "forecast", "question", "period", "total", "fact"):
        for address in ("", "add/", f"{entry.id}/change/", f"{entry.id}/delete/"):
            for send in (client.get, client.post):
                answer = send(f"/admin/savings/{model}/{address}", {"post": "yes", "amount": "1"})
                assert answer.status_code == 404, (model, address)
    assert client.get("/admin/audit/event/").status_code == 404
    assert set(admin.site._registry) == {Council, User, Appointment}
    wcc, person = partnership.councils["WCC"], partnership.s151("WCC")
    for address in (f"council/{wcc.id}", f"user/{person.id}"):
        answer = client.post(f"/admin/sovereignty/{address}/delete/", {"post": "yes"})
        assert answer.status_code == 403
    client.post(
        f"/admin/sovereignty/council/{wcc.id}/change/",
        {"code": "WEST", "name": "Westminster", "full_name": "Westminster City Council"},
    )
    assert Council.objects.get(id=wcc.id).code == "WCC"
    assert everything()[: EVERYTHING.index(Event)] == before[: EVERYTHING.index(Event)]
