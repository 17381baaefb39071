"""Events in the database: written with what they record, and never changed again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError

from audit.actions import record
from audit.chain import BEGINNING
from audit.models import Event
from tests.partnership import NOW


@contextmanager
def without_triggers() -> Iterator[None]:
    """Work as a superuser of the database may: nobody else gets around the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def write(subject_id: object = 1, **more: object) -> Event:
    with transaction.atomic():
        return record(
            **{  # type: ignore[arg-type]
                "by": "finance.wcc",
                "at": NOW,
                "action": "saved",
                "subject": "return",
                "subject_id": subject_id,
                "chain": "WCC",
                **more,
            }
        )


@pytest.fixture
def events(db: None) -> list[Event]:
    """Three events of one chain, with two of another in between."""
    first = write(1, before=None, after={"amount": "1.00"}, reason="Why not: £5, “so”.")
    write(7, chain="LBHF")
    second = write(2, before={"amount": "1.00"}, after={"amount": "2.00", "tupe": ["WCC"]})
    write(8, chain="LBHF")
    return [first, second, write(3)]


def test_an_event_says_who_did_what_to_which_record_and_why(db: None) -> None:
    event = write("WCC/2013-14-Q1", before={"a": 1}, after={"b": [2]}, reason="A slip.")
    stored = Event.objects.get()
    assert (
        stored.content()
        == event.content()
        == {
            "chain": "WCC",
            "at": "2013-07-01T09:30:00+00:00",
            "by": "finance.wcc",
            "action": "saved",
            "subject": "return",
            "subject_id": "WCC/2013-14-Q1",
            "before": {"a": 1},
            "after": {"b": [2]},
            "reason": "A slip.",
        }
    )
    assert str(stored) == "2013-07-01 09:30 finance.wcc saved return WCC/2013-14-Q1"


def test_each_event_follows_the_one_before_in_its_own_chain(events: list[Event]) -> None:
    first, second, third = events
    assert first.previous_hash == BEGINNING
    assert (second.previous_hash, third.previous_hash) == (first.hash, second.hash)
    assert Event.objects.filter(chain="LBHF").earliest("id").previous_hash == BEGINNING
    assert [Event.objects.first_break(chain) for chain in ("WCC", "LBHF", "RBKC")] == [None] * 3


def test_the_time_of_an_event_is_kept_in_utc(db: None) -> None:
    at = datetime(2013, 7, 1, 10, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    event = write(at=at)
    assert event.content()["at"] == "2013-07-01T09:30:00.123456+00:00"
    assert Event.objects.get().content()["at"] == "2013-07-01T09:30:00.123456+00:00"
    assert Event.objects.first_break("WCC") is None


def test_the_events_of_a_record_come_oldest_first(events: list[Event]) -> None:
    again = write(1, action="submitted")
    write(1, subject="period")
    assert list(Event.objects.about("return", 1)) == [events[0], again]
    assert list(Event.objects.about("return", "11")) == []


@pytest.mark.django_db(transaction=True)
def test_an_event_needs_the_transaction_of_what_it_records() -> None:
    with pytest.raises(TransactionManagementError):
        record(by="x", at=datetime.now(UTC), action="a", subject="s", subject_id=1)
    assert not Event.objects.exists()


def test_an_event_is_undone_with_a_failed_transaction(db: None) -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    assert write().previous_hash == BEGINNING


def raw(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def changed_one_by_one() -> None:
    event = Event.objects.earliest("id")
    event.reason = "Another."
    event.save()


def changed_in_bulk() -> None:
    events = list(Event.objects.all())
    for event in events:
        event.reason = "Another."
    Event.objects.bulk_update(events, ["reason"])


WAYS_OF_CHANGING: dict[str, Callable[[], object]] = {
    "save": changed_one_by_one,
    "update": lambda: Event.objects.update(reason="Another."),
    "bulk_update": changed_in_bulk,
    "delete": lambda: Event.objects.earliest("id").delete(),
    "delete all": lambda: Event.objects.all().delete(),
    "raw delete all": lambda: Event.objects.all()._raw_delete("default"),
    "UPDATE": lambda: raw("UPDATE audit_event SET reason = 'Another.'"),
    "UPDATE to the same": lambda: raw("UPDATE audit_event SET reason = reason"),
    "DELETE": lambda: raw("DELETE FROM audit_event"),
    "TRUNCATE": lambda: raw("TRUNCATE audit_event"),
    "TRUNCATE CASCADE": lambda: raw("TRUNCATE audit_event CASCADE"),
}


@pytest.mark.parametrize("way", WAYS_OF_CHANGING)
def test_events_are_never_changed_or_lost(events: list[Event], way: str) -> None:
    before = list(Event.objects.order_by("id").values())
    with pytest.raises(DatabaseError), transaction.atomic():
        WAYS_OF_CHANGING[way]()
    assert list(Event.objects.order_by("id").values()) == before


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", datetime(2014, 1, 1, tzinfo=UTC)),
        ("by", "somebody.else"),
        ("action", "certified"),
        ("subject", "period"),
        ("subject_id", "999"),
        ("before", {"amount": "9.00"}),
        ("after", None),
        ("reason", "None."),
        ("hash", "f" * 64),
    ],
)
def test_a_change_around_the_triggers_is_found(
    events: list[Event], column: str, value: object
) -> None:
    with without_triggers():
        Event.objects.filter(id=events[1].id).update(**{column: value})
    assert Event.objects.first_break("WCC") == 1
    assert Event.objects.first_break("LBHF") is None


def test_an_event_taken_out_or_moved_to_another_chain_is_missed(events: list[Event]) -> None:
    with without_triggers():
        Event.objects.filter(id=events[0].id).delete()
    assert Event.objects.first_break("WCC") == 0
    with without_triggers():
        Event.objects.filter(id=events[1].id).update(chain="LBHF")
    assert Event.objects.first_break("LBHF") == 1


def test_a_chain_does_not_fork(events: list[Event]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.create(
            chain="WCC",
            at=NOW,
            by="x",
            action="a",
            subject="s",
            subject_id="1",
            previous_hash=events[0].hash,
            hash="e" * 64,
        )


@pytest.mark.django_db(transaction=True)
def test_many_writers_at_once_make_one_whole_chain() -> None:
    ready = threading.Barrier(4)

    def write_three(number: int) -> None:
        try:
            ready.wait()
            for step in range(3):
                write(f"{number}-{step}")
        finally:
            connection.close()

    threads = [threading.Thread(target=write_three, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Event.objects.filter(chain="WCC").count() == 12
    assert Event.objects.first_break("WCC") is None
