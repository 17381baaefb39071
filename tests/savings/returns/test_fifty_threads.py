"""Fifty people in one return at once: no edit is lost, and what is left is one history.

Each of fifty threads has a line of its own. It reads the return through the API, changes
its line, and sends the whole back with the version that it read; refused with 409, it
reads again. So every save that is accepted is one that began from the version before it.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connection

from audit.models import Event
from finance.money import json_money
from savings.history.replay import states
from savings.history.reports import events_of, happening
from savings.history.stood import return_as_it_stood
from savings.returns.reports import row_of
from tests.calling import Caller, problem
from tests.partnership import Partnership, a_saving, build

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

THREADS = 50
#: Long enough for the slowest machine; a thread that has not saved by then has failed.
PATIENCE_SECONDS = 240
PATH = "returns/WCC/2013-14-Q1/"


@dataclass
class Worker:
    """One person, who changes one line, and what became of each attempt."""

    number: int
    caller: Caller
    accepted: list[int] = field(default_factory=list)
    refused: int = 0
    failure: str = ""

    @property
    def amount(self) -> str:
        return f"{1000 + self.number}.00"

    def work(self, ready: threading.Barrier, deadline: float) -> None:
        try:
            ready.wait(timeout=60)
            while not self.accepted:
                if time.monotonic() > deadline:
                    raise TimeoutError("never got a save in")
                self.attempt()
        except Exception as failure:  # noqa: BLE001 - the test reports it, whatever it is
            self.failure = repr(failure)
        finally:
            connection.close()

    def attempt(self) -> None:
        read = self.caller.get(PATH).json()
        for entry in read["entries"]:
            if entry["note"] == f"line {self.number}":
                entry["amount"] = self.amount
        answer = self.caller.put(PATH, {"version": read["version"], "entries": read["entries"]})
        if answer.status_code == 200:
            assert answer.json()["version"] == read["version"] + 1
            self.accepted.append(read["version"])
            return
        problem(answer, 409, "stale-version")
        self.refused += 1
        # As a program would: not everybody again at the same moment.
        time.sleep(random.uniform(0, 0.8))


@pytest.fixture
def unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import UserRateThrottle

    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "1000000/min"})


def lines_of(partnership: Partnership) -> list[tuple[int, Any]]:
    entries = partnership.parent("WCC").entries.select_related("service", "caused_by")
    return [(entry.id, row_of(entry)) for entry in entries.order_by("position")]


def test_fifty_threads_in_one_return_lose_no_edit(unthrottled: None) -> None:
    partnership = build()
    rows: list[dict[str, object]] = [
        a_saving(amount="1.00", note=f"line {number}") for number in range(THREADS)
    ]
    first = partnership.draft("WCC", *rows)
    before = lines_of(partnership)
    finance = partnership.finance("WCC")
    workers = [Worker(number, Caller(finance)) for number in range(THREADS)]
    ready = threading.Barrier(THREADS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    threads = [
        threading.Thread(target=worker.work, args=(ready, deadline), daemon=True)
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS + 60)

    assert [worker.failure for worker in workers if worker.failure] == []
    # Somebody was refused, or there was no conflict.
    assert sum(worker.refused for worker in workers) > 0

    # Every save began from the version before it, and no two from the same one.
    begun = sorted(worker.accepted[0] for worker in workers)
    assert begun == list(range(first.version, first.version + THREADS))
    parent = partnership.parent("WCC")
    assert parent.version == first.version + THREADS

    # No edit is lost: every line has what its own thread wrote, under its own number.
    after = lines_of(partnership)
    assert [number for number, _ in after] == [number for number, _ in before]
    assert {row.note: json_money(row.amount) for _, row in after} == {
        f"line {worker.number}": worker.amount for worker in workers
    }

    # The result is that of one history of the accepted saves: one line each.
    events = list(events_of(parent))
    assert [event.action for event in events] == ["saved"] * (THREADS + 1)
    assert [state.version for state in states(map(happening, events))] == list(
        range(first.version, parent.version + 1)
    )
    by_version = {worker.accepted[0] + 1: worker for worker in workers}
    for event in events[1:]:
        (line,) = (event.after or {})["entries"]
        worker = by_version[(event.after or {})["version"]]
        assert (line["note"], line["amount"]) == (f"line {worker.number}", worker.amount)
    stood = return_as_it_stood(parent)
    assert stood is not None
    assert [(entry.id, row_of(entry)) for entry in stood.entries] == after
    assert Event.objects.first_break("WCC") is None
