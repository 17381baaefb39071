"""The pages of the set-up: whose it is, councils, people and the link of an invitation."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from savings.record.models import Figure
from sovereignty.models import Appointment, Council, Role, User
from tests.partnership import Partnership
from tests.savings.pages import heading, not_found, read, refused
from tests.savings.setup.conftest import PASSWORD, link_in, missing_at

pytestmark = pytest.mark.django_db

EASTON = {"code": "EDC", "name": "Easton", "full_name": "Easton District Council"}
ANN = {
    "first_name": "Ann",
    "last_name": "Smith",
    "username": "ann.smith",
    "email": "",
    "role": Role.PROGRAMME_OFFICE.value,
    "council": "",
}


def errors_in(response: Any) -> str:
    assert response.status_code == 422
    assert "<title>Error: " in response.content.decode()
    return read(response).words


# --- Who gets there -------------------------------------------------------------------------


def test_a_site_without_accounts_says_how_the_first_is_made(client: Client) -> None:
    words = read(client.get("/sign-in/")).words
    assert "Nobody has an account yet" in words
    assert "manage.py createsuperuser" in words
    assert client.get("/set-up/")["Location"] == "/sign-in/?next=/set-up/"
    assert client.post("/set-up/", {"whose": "record"})["Location"].startswith("/sign-in/")
    assert not Council.objects.exists()


def test_the_first_administrator_is_led_to_the_set_up(admin: Client) -> None:
    assert admin.get("/")["Location"] == "/set-up/"
    shown = admin.get("/set-up/")
    assert heading(shown) == "Set up your partnership"
    assert "There is no council yet" in read(shown).words
    assert "Nobody has an account yet" not in read(Client().get("/sign-in/")).words


def test_with_appointment_and_councils_the_start_is_the_comparison(
    partnership: Partnership, client: Client
) -> None:
    for username in ("programme.office", "finance.wcc"):
        client.force_login(partnership.people[username])
        assert client.get("/")["Location"] == "/comparison/"


def test_the_programme_office_sees_the_steps_and_who_does_them(
    partnership: Partnership, client: Client
) -> None:
    client.force_login(partnership.people["programme.office"])
    words = read(client.get("/set-up/")).words
    assert "Councils Done Hammersmith &amp; Fulham" in words.replace("& ", "&amp; ")
    assert "(an administrator does this)" in words
    assert "/calendar/open/" in read(client.get("/set-up/")).hrefs
    refused(client.get("/set-up/councils/"), "Only an administrator can add a council.")
    refused(client.get("/set-up/people/"), "Only an administrator can invite people.")
    refused(
        client.post("/set-up/", {"whose": "record"}),
        "Only an administrator can choose what the site begins with.",
    )


def test_others_do_not(partnership: Partnership, client: Client) -> None:
    client.force_login(partnership.finance("WCC"))
    refused(client.get("/set-up/"), "Only an administrator and the programme office can")


# --- Whose it is ----------------------------------------------------------------------------


def test_the_record_is_loaded_once(admin: Client) -> None:
    answer = admin.post("/set-up/", {"whose": "record"}, follow=True)
    assert "The record is loaded." in read(answer).words
    assert (Council.objects.count(), Figure.objects.count()) == (3, 1172)
    assert not User.objects.exclude(username="administrator").exists()
    event = Event.objects.get(subject="partnership")
    assert (event.by, event.action, event.subject_id) == ("administrator", "loaded", "record")
    assert missing_at(admin)[0] == "Nobody is the programme office."
    again = admin.post("/set-up/", {"whose": "record"})
    assert again.status_code == 409
    assert "This has been chosen already" in read(again).words


def test_the_demonstration_is_offered_only_where_debug_is_on(admin: Client, settings: Any) -> None:
    settings.DEBUG = False
    assert "The demonstration" not in read(admin.get("/set-up/")).words
    answer = admin.post("/set-up/", {"whose": "demonstration"})
    assert answer.status_code == 409
    assert "DEBUG is off" in read(answer).words
    assert not Council.objects.exists()
    settings.DEBUG = True
    assert "The demonstration" in read(admin.get("/set-up/")).words
    admin.post("/set-up/", {"whose": "demonstration"})
    assert User.objects.filter(username="finance.wcc").exists()
    assert missing_at(admin) == []


@pytest.mark.parametrize("whose", ["", "nobody"])
def test_one_has_to_be_chosen(admin: Client, whose: str) -> None:
    answer = admin.post("/set-up/", {"whose": whose})
    assert "Choose whose partnership it is." in errors_in(answer)


def test_ones_own_leads_to_the_councils_and_loads_nothing(admin: Client) -> None:
    assert admin.post("/set-up/", {"whose": "own"})["Location"] == "/set-up/councils/"
    assert not Event.objects.exists()


# --- Councils -------------------------------------------------------------------------------


def test_a_council_is_added_and_listed(admin: Client) -> None:
    words = read(admin.post("/set-up/councils/", EASTON, follow=True)).words
    assert "Easton is added." in words
    assert "Easton Easton District Council EDC" in words


def test_what_was_typed_stays_with_every_mistake(admin: Client) -> None:
    answer = admin.post("/set-up/councils/", EASTON | {"code": "e-d-c", "name": "\x00E"})
    words = errors_in(answer)
    assert "Use 2 to 12 capital letters and digits" in words
    assert "Remove the null character." in words
    assert read(answer).form("/set-up/councils/").sent["full_name"] == "Easton District Council"
    assert not Council.objects.exists()


# --- People ---------------------------------------------------------------------------------


def test_an_invited_person_chooses_a_password_and_signs_in(admin: Client) -> None:
    shown = admin.post("/set-up/people/", ANN)
    assert shown.status_code == 200
    assert shown["Cache-Control"] == "no-store"
    assert "There is no email address. Pass the link on yourself." in read(shown).words
    assert missing_at(admin) == [
        "There is no council.",
        "ann.smith has not chosen a password.",
        "There is no service.",
        "No quarter has been opened for returns.",
        "No adopted plan says what is promised.",
    ]
    link, ann = link_in(shown), Client()
    assert ann.get(link).status_code == 200
    chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert ann.post(link, chosen)["Location"] == "/sign-in/"
    assert "Your password is saved. Sign in as ann.smith." in read(ann.get("/sign-in/")).words
    assert ann.post("/sign-in/", {"username": "ann.smith", "password": PASSWORD}).status_code == 302
    assert "ann.smith has not chosen a password." not in missing_at(admin)
    not_found(ann.get(link))
    not_found(ann.post(link, chosen))


def test_a_link_that_has_ended_says_what_to_do(admin: Client, settings: Any) -> None:
    # Where DEBUG is on, one page takes the place of every other that is not found.
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "own_page" not in each]
    ended = Client().get("/invitation/MQ/nothing/")
    not_found(ended)
    assert "ask the person who invited you for a new link" in read(ended).words


@pytest.mark.parametrize(
    ("first", "second", "mistake"),
    [
        ("", "", "Enter a password."),
        (PASSWORD, "four-words-in-a-column", "The two passwords differ."),
        ("password", "password", "This password is too common."),
        ("12345678901234", "12345678901234", "This password is entirely numeric."),
        ("ann.smith", "ann.smith", "too similar to the username"),
    ],
)
def test_a_password_that_is_not_right_is_refused(
    admin: Client, first: str, second: str, mistake: str
) -> None:
    link = link_in(admin.post("/set-up/people/", ANN))
    answer = Client().post(link, {"new_password1": first, "new_password2": second})
    assert mistake in errors_in(answer)
    assert not User.objects.get(username="ann.smith").has_usable_password()


def test_the_link_is_sent_where_email_is_set_up(admin: Client, settings: Any) -> None:
    settings.SENDS_EMAIL, settings.SITE_URL = True, "https://savings.example.gov.uk"
    shown = admin.post("/set-up/people/", ANN | {"email": "ann@easton.example"})
    assert "The link has been sent to ann@easton.example." in read(shown).words
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["ann@easton.example"], "Your account on Tri-borough")
    assert "https://savings.example.gov.uk/invitation/" in message.body
    assert "for 7 days" in message.body


@pytest.mark.parametrize("sends", [True, False])
def test_a_link_that_could_not_be_sent_is_passed_on(
    admin: Client, settings: Any, monkeypatch: pytest.MonkeyPatch, sends: bool
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    settings.SENDS_EMAIL = sends
    shown = admin.post("/set-up/people/", ANN | {"email": "ann@easton.example"})
    assert "No email could be sent to ann@easton.example." in read(shown).words
    assert link_in(shown)


def test_a_new_link_ends_the_one_before(admin: Client) -> None:
    first = link_in(admin.post("/set-up/people/", ANN))
    ann = User.objects.get(username="ann.smith")
    assert admin.get(f"/set-up/people/{ann.id}/link/")["Location"] == "/set-up/people/"
    second = link_in(admin.post(f"/set-up/people/{ann.id}/link/"))
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)
    not_found(admin.post("/set-up/people/999999/link/"))


def test_nobody_with_a_password_gets_a_new_link(admin: Client, administrator: User) -> None:
    answer = admin.post(f"/set-up/people/{administrator.id}/link/")
    assert answer.status_code == 409
    assert "has an account with a password" in read(answer).words


def test_mistakes_in_an_invitation_are_by_their_controls(admin: Client) -> None:
    answer = admin.post(
        "/set-up/people/", ANN | {"username": "ann smith", "role": "", "council": "XX"}
    )
    assert "There is no such council." in errors_in(answer)
    answer = admin.post("/set-up/people/", ANN | {"username": "ann smith", "role": ""})
    words = errors_in(answer)
    assert "without spaces" in words
    assert "Choose the role." in words
    assert read(answer).form("/set-up/people/").sent["last_name"] == "Smith"
    assert not Appointment.objects.exists()


def test_pages_ask_as_many_queries_for_one_as_for_many(
    admin: Client, partnership: Partnership
) -> None:
    def queries() -> list[int]:
        counts = []
        for address in ("/set-up/", "/set-up/councils/", "/set-up/people/"):
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert admin.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    before = queries()
    for number in range(3):
        admin.post("/set-up/councils/", {"code": f"N{number}", "name": f"Newton {number}"})
        more = {"username": f"office.{number}", "role": "finance_officer", "council": f"N{number}"}
        admin.post("/set-up/people/", ANN | more)
    admin.get("/set-up/councils/")  # takes the messages away
    assert queries() == before
