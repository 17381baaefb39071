"""Checking a file is a task: its progress, lost and repeated messages, abandoned uploads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from celery import current_app
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from savings.uploads import actions
from savings.uploads.actions import FORGOTTEN_AFTER, KEPT_FOR, check_upload, start_upload
from savings.uploads.models import Upload
from savings.uploads.tasks import check, sweep
from tests.partnership import NOW, Partnership
from tests.processes import free_port
from tests.savings.pages import read
from tests.savings.uploads.conftest import everything, named
from tests.savings.uploads.making import a_csv, a_row, many_rows

pytestmark = pytest.mark.django_db

RETURN = {"council": "WCC", "period": "2013-14-Q1"}
REFRESH = "HX-Refresh"


@pytest.fixture
def unreachable_queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis that is not there, where a deployment would have its queue."""
    monkeypatch.setattr(current_app.conf, "task_always_eager", False)
    monkeypatch.setattr(current_app.conf, "broker_url", f"redis://127.0.0.1:{free_port()}/0")
    current_app.amqp._producer_pool = None
    yield
    current_app.amqp._producer_pool = None


def waiting(partnership: Partnership, content: bytes, at: datetime = NOW) -> Upload:
    """An upload that has been stored and not yet checked."""
    return start_upload(
        return_id=partnership.parent("WCC").id,
        filename="return.csv",
        content=content,
        by=partnership.finance("WCC"),
        at=at,
    )


def now(upload: Upload) -> Upload:
    return Upload.objects.get(id=upload.id)


def test_the_check_records_its_progress_every_thousand_rows(
    partnership: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = waiting(partnership, a_csv(*many_rows(3_500)))
    seen: list[tuple[str, int | None, int]] = []
    judge = actions.judge

    def watched(reading, reference, *, after):
        def and_look(checked: int) -> None:
            after(checked)
            seen.append((now(upload).state, now(upload).rows, now(upload).checked))

        return judge(reading, reference, after=and_look)

    monkeypatch.setattr(actions, "judge", watched)

    check_upload(upload_id=upload.id)

    assert seen == [("checking", 3_500, checked) for checked in (1_000, 2_000, 3_000, 3_500)]
    assert (now(upload).state, now(upload).checked) == ("ready", 3_500)


def test_the_page_shows_the_progress_and_moves_on_by_itself(
    partnership: Partnership, client: Client
) -> None:
    client.force_login(partnership.finance("WCC"))
    upload = waiting(partnership, a_csv(a_row()))
    page = reverse("upload", kwargs={**RETURN, "upload_id": upload.id})

    unread = client.get(page).content.decode()
    Upload.objects.filter(id=upload.id).update(state="checking", rows=50_000, checked=12_000)
    far = client.get(page, headers={"HX-Request": "true"})

    assert "The file is being read." in unread
    assert '<progress class="app-checking__bar" aria-label="Rows checked"></progress>' in unread
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in unread
    assert f'hx-get="{page}"' in unread
    words = " ".join(read(far).words.split())
    assert words == "12,000 of 50,000 rows have been checked. Check again"
    bar = '<progress class="app-checking__bar" aria-label="Rows checked" value="12000" max="50000">'
    assert bar in far.content.decode()
    assert REFRESH not in far.headers

    check_upload(upload_id=upload.id)

    assert client.get(page, headers={"HX-Request": "true"})[REFRESH] == "true"
    assert "What return.csv changes" in read(client.get(page)).words


def test_a_message_that_comes_twice_changes_nothing(partnership: Partnership) -> None:
    upload = waiting(partnership, a_csv(a_row()))
    check(upload.id)
    once = now(upload).__dict__ | {"_state": None}

    check(upload.id)
    check(-1)

    assert now(upload).__dict__ | {"_state": None} == once


def test_an_unreachable_queue_only_delays_a_check(
    partnership: Partnership, client: Client, unreachable_queue: None
) -> None:
    client.force_login(partnership.finance("WCC"))

    answer = client.post(reverse("return-upload", kwargs=RETURN), {"file": named(a_csv(a_row()))})

    upload = Upload.objects.get()
    assert (answer.status_code, upload.state) == (302, "waiting")
    Upload.objects.update(at=upload.at - FORGOTTEN_AFTER - timedelta(seconds=1))
    sweep()
    assert now(upload).state == "ready"


def test_the_sweep_restarts_a_check_that_a_worker_abandoned(partnership: Partnership) -> None:
    begun = timezone.now() - FORGOTTEN_AFTER - timedelta(seconds=1)
    long_ago = waiting(partnership, a_csv(a_row()), begun)
    Upload.objects.filter(id=long_ago.id).update(state="checking", rows=9, checked=3)

    sweep()

    assert (now(long_ago).state, now(long_ago).rows, now(long_ago).checked) == ("ready", 1, 1)


def test_the_sweep_leaves_a_recent_check_to_its_own_task(partnership: Partnership) -> None:
    upload = waiting(partnership, a_csv(a_row()))

    assert actions.tidy_uploads(at=NOW + FORGOTTEN_AFTER) == []
    late = NOW + FORGOTTEN_AFTER + timedelta(seconds=1)
    assert actions.tidy_uploads(at=late) == [upload.id]


def test_abandoned_uploads_are_deleted_and_stored_ones_are_kept(
    partnership: Partnership,
) -> None:
    stored = waiting(partnership, a_csv(a_row()))
    check(stored.id)
    actions.store_upload(upload_id=stored.id, by=partnership.finance("WCC"), at=NOW)
    ready = waiting(partnership, a_csv(a_row()))
    check(ready.id)
    before = everything()

    actions.tidy_uploads(at=NOW + KEPT_FOR)
    assert list(Upload.objects.order_by("id")) == [stored, ready]
    actions.tidy_uploads(at=NOW + KEPT_FOR + timedelta(seconds=1))

    assert list(Upload.objects.all()) == [stored]
    assert everything() == before


def test_an_upload_discarded_while_it_is_checked_leaves_nothing(
    partnership: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check goes on to its end."""
    upload = waiting(partnership, a_csv(a_row()))
    judge = actions.judge

    def meanwhile(*args, **kwargs):
        actions.discard_upload(upload_id=upload.id, by=partnership.finance("WCC"))
        return judge(*args, **kwargs)

    monkeypatch.setattr(actions, "judge", meanwhile)

    check_upload(upload_id=upload.id)

    assert not Upload.objects.exists()


def test_the_database_requires_an_outcome_of_a_checked_upload(partnership: Partnership) -> None:
    upload = waiting(partnership, a_csv(a_row()))

    for state in ("ready", "refused", "stored"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Upload.objects.filter(id=upload.id).update(state=state)
