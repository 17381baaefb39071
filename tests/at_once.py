"""Several people at the same moment: threads that start together, each on its own connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection, models, transaction

from sovereignty.refusals import Refusal

PATIENCE_SECONDS = 20
Results = list[object]


def at_once(*acts: Callable[[], object]) -> Results:
    """Run these in threads that start together; return what each gave or raised, in order."""
    ready, results = threading.Barrier(len(acts)), [None] * len(acts)

    def do(number: int, act: Callable[[], object]) -> None:
        try:
            ready.wait(timeout=PATIENCE_SECONDS)
            results[number] = act()  # type: ignore[call-overload]
        except (Refusal, DatabaseError) as refusal:
            results[number] = refusal  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results  # type: ignore[return-value]


def kinds(results: Sequence[object]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


@contextmanager
def held_up(act: Callable[[], object], *, at: type[models.Model]) -> Iterator[Results]:
    """Start an act, pause it where it writes to a table, and let it end after the block.

    Yields a list that holds what the act gave or raised once the block is over. For a test with
    `transaction=True`; what others do in the block goes in threads of their own.
    """
    results: Results = []
    thread = threading.Thread(target=lambda: results.extend(at_once(act)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {at._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        thread.start()
        _wait_until_somebody_waits()
        yield results
    thread.join(timeout=60)


@contextmanager
def right_after_reading(table: type[models.Model], act: Callable[[], object]) -> Iterator[Results]:
    """In the block, run an act as soon as the first query of a table is answered.

    Yields a list that from then on holds what the act gave or raised. The act has a connection of
    its own, and the rest of the block comes after it.
    """
    results: Results = []

    def wrapper(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if f'"{table._meta.db_table}"' in sql and not results:
            results.extend(at_once(act))
        return answer

    with connection.execute_wrapper(wrapper):
        yield results


@contextmanager
def right_after_recording(act: Callable[[], object]) -> Iterator[Results]:
    """In the block, start an act before the first query after an event was written.

    Goes on once the act is done or waits for what the block holds. Yields a list that holds what
    the act gave or raised once the block is over. For a test with `transaction=True`.
    """
    results: Results = []
    thread = threading.Thread(target=lambda: results.extend(at_once(act)))
    recorded = False

    def wrapper(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal recorded
        if recorded and thread.ident is None and sql.startswith("SELECT"):
            thread.start()
            _wait_until_somebody_waits(or_is_over=thread)
        recorded = recorded or sql.startswith('INSERT INTO "audit_event"')
        return execute(sql, *rest)

    with connection.execute_wrapper(wrapper):
        yield results
    thread.join(timeout=60)


def _wait_until_somebody_waits(or_is_over: threading.Thread | None = None) -> None:
    """Return once a connection to this database waits for a lock, or the thread is over."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if or_is_over and not or_is_over.is_alive():
            return
        with connection.cursor() as cursor:
            # In a transaction the server goes on listing the first connections until told
            # otherwise.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                "WHERE NOT l.granted AND a.datname = current_database())"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise TimeoutError("nobody came to wait for a lock")
