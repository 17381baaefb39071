"""A closed, submitted or certified return is locked, however rows come; and who may send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from savings.calendar.actions import close_period
from savings.returns.models import Return
from savings.rollup.actions import roll_up_dirty
from savings.uploads.models import Upload
from tests.calling import Caller, problem
from tests.partnership import NOW, Q1, Partnership, a_saving
from tests.savings.pages import not_found, read
from tests.savings.uploads.conftest import everything, named, send, to_preview
from tests.savings.uploads.making import a_csv, a_row

pytestmark = pytest.mark.django_db

RETURN = {"council": "WCC", "period": "2013-14-Q1"}
FILE = a_csv(a_row())

Lock = Callable[[Partnership], None]


def submitted(partnership: Partnership) -> None:
    partnership.submitted("WCC", a_saving())


def certified(partnership: Partnership) -> None:
    partnership.certified("WCC", a_saving())


def closed(partnership: Partnership) -> None:
    for code in ("LBHF", "RBKC", "WCC"):
        partnership.certified(code, a_saving())
    roll_up_dirty(at=NOW)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)


LOCKED = {
    submitted: "This return has been submitted. If it has to change, withdraw it or ask the "
    "section 151 officer to send it back.",
    certified: "This return is certified and never changes. Enter a correction in a later open "
    "quarter that names the entry it corrects.",
    closed: "2013/14 Q1 is closed. Enter a correction in a later open quarter instead.",
}

each_lock = pytest.mark.parametrize(("lock", "sentence"), LOCKED.items())


def a_form(parent: Return) -> dict[str, object]:
    """The form of a draft with one row, as a browser sends it."""
    row = {f"row-1-{column}": value for column, value in a_saving(note="By hand").items()}
    return {"version": parent.version, "rows": 1, **row}


def by_grid(person: Any, parent: Return) -> tuple[int, str]:
    answer = signed_in(person).post(reverse("return-edit", kwargs=RETURN), a_form(parent))
    return answer.status_code, words(answer)


def by_grid_as_one_goes(person: Any, parent: Return) -> tuple[int, str]:
    answer = signed_in(person).post(reverse("return-save", kwargs=RETURN), a_form(parent))
    return answer.status_code, answer.json()["problem"]


def by_paste(person: Any, parent: Return) -> tuple[int, str]:
    block = {**a_form(parent), "block": "1.00", "at_row": 1, "at_column": "amount"}
    answer = signed_in(person).post(reverse("return-paste", kwargs=RETURN), block)
    return answer.status_code, answer.json()["problem"]


def by_file(person: Any, parent: Return) -> tuple[int, str]:
    answer = signed_in(person).post(reverse("return-upload", kwargs=RETURN), {"file": named(FILE)})
    return answer.status_code, words(answer)


def by_file_through_the_api(person: Any, parent: Return) -> tuple[int, str]:
    said = problem(send(Caller(person), FILE), 409, "wrong-state")
    return said["status"], said["detail"]


def by_dry_run(person: Any, parent: Return) -> tuple[int, str]:
    answer = send(Caller(person), FILE, "returns/WCC/2013-14-Q1/upload/?dry_run=true")
    said = problem(answer, 409, "wrong-state")
    return said["status"], said["detail"]


def by_api(person: Any, parent: Return) -> tuple[int, str]:
    body = {"version": parent.version, "entries": [a_saving()]}
    said = problem(Caller(person).put("returns/WCC/2013-14-Q1/", body), 409, "wrong-state")
    return said["status"], said["detail"]


WAYS = [
    by_grid,
    by_grid_as_one_goes,
    by_paste,
    by_file,
    by_file_through_the_api,
    by_dry_run,
    by_api,
]


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def words(answer: Any) -> str:
    return " ".join(read(answer).words.split())


@each_lock
@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_refused_with_the_same_words(
    way: Callable[[Any, Return], tuple[int, str]],
    lock: Lock,
    sentence: str,
    partnership: Partnership,
) -> None:
    lock(partnership)
    before = everything()

    status, said = way(partnership.finance("WCC"), partnership.parent("WCC", Q1))

    assert status == 409
    assert sentence in said
    assert everything() == before
    assert not Upload.objects.exists()


@each_lock
def test_a_preview_that_waits_can_no_longer_be_stored(
    lock: Lock, sentence: str, partnership: Partnership, client: Client
) -> None:
    """The file was uploaded to a draft, and confirmed once the return was locked."""
    client.force_login(partnership.finance("WCC"))
    upload = to_preview(client, FILE, RETURN)
    lock(partnership)
    before = everything()
    store = reverse("upload-store", kwargs={**RETURN, "upload_id": upload.id})

    first = client.post(store, follow=True)
    second = client.post(store)

    assert everything() == before
    assert (first.status_code, second.status_code) == (200, 409)
    assert sentence in words(second)


@pytest.mark.parametrize("username", ["s151.wcc", "programme.office", "auditor"])
def test_people_who_only_see_a_return_can_not_upload_to_it(
    username: str, partnership: Partnership
) -> None:
    person = partnership.people[username]
    partnership.draft("WCC", a_saving())
    before = everything()
    client = signed_in(person)

    problem(send(Caller(person), FILE), 403, "not-allowed")
    page = reverse("return-upload", kwargs=RETURN)
    assert client.get(page).status_code == 403
    assert client.post(page, {"file": named(FILE)}).status_code == 403
    assert everything() == before
    assert not Upload.objects.exists()


@pytest.mark.parametrize("username", ["finance.lbhf", "s151.rbkc", "councillor.wcc"])
def test_people_of_other_councils_find_neither_return_nor_uploads(
    username: str, partnership: Partnership, client: Client
) -> None:
    """Neither its template, nor its uploads, nor a sign that there is one."""
    partnership.draft("WCC", a_saving())
    client.force_login(partnership.finance("WCC"))
    upload = to_preview(client, FILE, RETURN)
    before = everything()
    person = partnership.people[username]
    outside, caller = signed_in(person), Caller(person)

    problem(send(caller, FILE), 404, "not-found")
    for extension in ("xlsx", "ods", "csv", "pdf"):
        problem(caller.get(f"returns/WCC/2013-14-Q1/template.{extension}"), 404, "not-found")
        kwargs = {**RETURN, "extension": extension}
        assert outside.get(reverse("return-template", kwargs=kwargs)).status_code == 404
    page = reverse("return-upload", kwargs=RETURN)
    assert outside.get(page).status_code == 404
    assert outside.post(page, {"file": named(FILE)}).status_code == 404
    for name, posted in (
        ("upload", 405),
        ("upload-store", 404),
        ("upload-discard", 404),
        ("upload-marked", 405),
    ):
        there = reverse(name, kwargs={**RETURN, "upload_id": upload.id})
        not_found(outside.get(there))
        assert (name, outside.post(there).status_code) == (name, posted)
    assert everything() == before
    assert list(Upload.objects.all()) == [upload]


def test_an_upload_is_found_only_under_its_own_return(
    partnership: Partnership, client: Client
) -> None:
    client.force_login(partnership.finance("WCC"))
    upload = to_preview(client, FILE, RETURN)
    elsewhere = {"council": "WCC", "period": "2013-14-Q2", "upload_id": upload.id}
    before = everything()

    not_found(client.get(reverse("upload", kwargs=elsewhere)))
    not_found(client.post(reverse("upload-store", kwargs=elsewhere)))

    assert everything() == before
    assert list(Upload.objects.all()) == [upload]
