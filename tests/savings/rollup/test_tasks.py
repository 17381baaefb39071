"""The rollup's tasks: woken, swept, lost, failed, and never in the way of a certifier."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from celery import current_app
from django.conf import settings
from django.db import connection

from savings.returns.models import Return
from savings.returns.outbox import wake
from savings.rollup.models import RollupState
from savings.rollup.reports import standing
from savings.rollup.tasks import roll_up, sweep
from tests.calling import Caller
from tests.partnership import Partnership, a_saving
from tests.processes import free_port
from tests.savings.rollup.books import books, parts, waiting

# In one transaction the rollup's lock would be held until the end of the test.
pytestmark = pytest.mark.django_db(transaction=True)

THREE_POUNDS = [("LBHF", 100), ("RBKC", 100), ("WCC", 100)]
UNREACHABLE = [
    (
        "savings.returns.outbox",
        logging.ERROR,
        "The task queue can't be reached; the next sweep will roll up.",
    )
]


@pytest.fixture
def unreachable_queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis that is not there, where a deployment would have its queue."""
    monkeypatch.setattr(current_app.conf, "task_always_eager", False)
    monkeypatch.setattr(current_app.conf, "broker_url", f"redis://127.0.0.1:{free_port()}/0")
    current_app.amqp._producer_pool = None
    yield
    current_app.amqp._producer_pool = None


def said(caplog: pytest.LogCaptureFixture, logger: str) -> list[tuple[str, int, str]]:
    return [record for record in caplog.record_tuples if record[0] == logger]


def test_waking_rolls_up_the_returns_that_wait(partnership: Partnership) -> None:
    partnership.certified("WCC", a_saving(amount="3.00"))
    wake()
    assert (waiting(), parts()) == ([], THREE_POUNDS)
    assert standing().state == "current"


def test_a_message_that_comes_twice_changes_nothing(certified: Partnership) -> None:
    roll_up()
    before = books()
    roll_up()
    sweep()
    assert books() == before


def test_a_message_that_comes_too_early_changes_nothing(partnership: Partnership) -> None:
    partnership.submitted("WCC", a_saving(amount="3.00"))
    roll_up()
    assert (waiting(), parts()) == ([], [])
    assert not RollupState.objects.exists()


def test_an_unreachable_queue_is_logged_and_the_returns_wait(
    partnership: Partnership, unreachable_queue: None, caplog: pytest.LogCaptureFixture
) -> None:
    partnership.certified("WCC", a_saving(amount="3.00"))
    wake()
    assert said(caplog, "savings.returns.outbox") == UNREACHABLE
    assert (waiting(), parts()) == (["WCC"], [])
    assert standing().state == "pending"


def test_a_certifier_is_answered_though_the_queue_is_unreachable(
    partnership: Partnership, unreachable_queue: None, caplog: pytest.LogCaptureFixture
) -> None:
    partnership.submitted("WCC", a_saving(amount="3.00"))
    answer = Caller(partnership.s151("WCC")).post("returns/WCC/2013-14-Q1/certify/", {"version": 2})
    assert (answer.status_code, answer.json()["status"]) == (200, "certified")
    assert partnership.parent("WCC").status == Return.Status.CERTIFIED
    assert said(caplog, "savings.returns.outbox") == UNREACHABLE
    assert Caller(partnership.people["auditor"]).get("rollup/").json()["state"] == "pending"


def test_the_scheduled_sweep_rolls_up_returns_whose_message_was_lost(
    partnership: Partnership,
) -> None:
    partnership.certified("WCC", a_saving(amount="3.00"))  # and nobody sent a message
    assert (waiting(), parts()) == (["WCC"], [])
    scheduled = settings.CELERY_BEAT_SCHEDULE["rollup-sweep"]["task"]
    assert current_app.tasks[scheduled].apply().state == "SUCCESS"
    assert (waiting(), parts()) == ([], THREE_POUNDS)
    assert standing().state == "current"


def test_a_rollup_that_fails_is_logged_and_left_to_the_next_sweep(
    partnership: Partnership, caplog: pytest.LogCaptureFixture
) -> None:
    """In process, the certifier is still answered: the certification stands."""
    partnership.submitted("WCC", a_saving(amount="3.00"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE savings_fact ADD CONSTRAINT no_more CHECK (false) NOT VALID")
        try:
            answer = Caller(partnership.s151("WCC")).post(
                "returns/WCC/2013-14-Q1/certify/", {"version": 2}
            )
        finally:
            cursor.execute("ALTER TABLE savings_fact DROP CONSTRAINT no_more")
    assert (answer.status_code, answer.json()["status"]) == (200, "certified")
    assert (waiting(), parts()) == (["WCC"], [])
    assert [record[:2] for record in said(caplog, "celery.app.trace")] == [
        ("celery.app.trace", logging.ERROR)
    ]
    sweep()
    assert (waiting(), parts()) == ([], THREE_POUNDS)
