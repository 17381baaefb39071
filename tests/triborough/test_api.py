"""The token, the pages of lists, and what every call has in common."""

import json
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from sovereignty.models import Council, User
from tests.calling import ROOT, Caller, mistakes, problem
from tests.partnership import PASSWORD, Partnership, build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten_rates():
    cache.clear()


@pytest.fixture
def partnership() -> Partnership:
    return build()


@pytest.fixture
def office(partnership: Partnership) -> Caller:
    return Caller(partnership.people["programme.office"])


# --- The token ---------------------------------------------------------------------


def test_a_token_for_a_username_and_password_lets_one_call(partnership: Partnership):
    answer = Caller().post("token/", {"username": "finance.wcc", "password": PASSWORD})

    assert answer.status_code == 200
    given = answer.json()
    assert set(given) == {"token", "expiry"}
    expiry = datetime.fromisoformat(given["expiry"])
    assert timedelta(hours=9) < expiry - timezone.now() <= timedelta(hours=10)
    called = Client().get(f"{ROOT}councils/", headers={"Authorization": f"Token {given['token']}"})
    assert called.status_code == 200
    assert User.objects.get(username="finance.wcc").last_login is not None


def test_only_the_digest_of_a_token_is_kept(partnership: Partnership):
    answer = Caller().post("token/", {"username": "finance.wcc", "password": PASSWORD})

    kept = AuthToken.objects.get()
    assert answer.json()["token"] not in (kept.digest, kept.token_key)


@pytest.mark.parametrize(
    "credentials",
    [
        {"username": "finance.wcc", "password": "something else"},
        {"username": "nobody", "password": PASSWORD},
        {"username": "finance.wcc", "password": f"{PASSWORD} "},
    ],
)
def test_wrong_credentials_are_an_unknown_caller(partnership: Partnership, credentials):
    answer = Caller().post("token/", credentials)

    said = problem(answer, 401, "unknown-caller")
    assert answer["WWW-Authenticate"] == "Token"
    assert said["detail"] == "The username or the password is wrong."


def test_a_closed_account_gets_no_token(partnership: Partnership):
    User.objects.filter(username="finance.wcc").update(is_active=False)

    answer = Caller().post("token/", {"username": "finance.wcc", "password": PASSWORD})

    problem(answer, 401, "unknown-caller")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"username", "password"}),
        ({"username": "finance.wcc"}, {"password"}),
        ({"username": "", "password": ""}, {"username", "password"}),
        ({"username": ["finance.wcc"], "password": 7}, {"username", "password"}),
        ({"username": "a\x00b", "password": "x"}, {"username"}),
        ({"username": "x" * 151, "password": "x"}, {"username"}),
        ({"username": "x", "password": "x", "otp": "1"}, {"otp"}),
        ([], {"body"}),
        ("finance.wcc", {"body"}),
    ],
)
def test_credentials_of_another_shape_are_refused_by_field(db, body, fields):
    answer = Caller().post("token/", json.dumps(body))

    assert set(mistakes(answer)) == fields


def test_five_wrong_passwords_close_a_username_for_a_while(partnership: Partnership):
    wrong = {"username": "finance.wcc", "password": "wrong"}
    statuses = [Caller().post("token/", wrong).status_code for _ in range(5)]

    locked = Caller().post("token/", {**wrong, "password": PASSWORD})

    assert statuses == [401, 401, 401, 401, 429]
    problem(locked, 429, "too-many-requests")
    assert locked["Retry-After"] == "900"
    other = Caller().post("token/", {"username": "s151.wcc", "password": PASSWORD})
    assert other.status_code == 200


def test_the_right_password_makes_wrong_ones_forgotten(partnership: Partnership):
    wrong = {"username": "finance.wcc", "password": "wrong"}
    for _ in range(4):
        Caller().post("token/", wrong)
    assert Caller().post("token/", {**wrong, "password": PASSWORD}).status_code == 200

    problem(Caller().post("token/", wrong), 401, "unknown-caller")


def test_a_changed_password_ends_the_tokens_given_out_before_it(partnership: Partnership):
    finance = partnership.finance("WCC")
    caller = Caller(finance)
    assert caller.get("councils/").status_code == 200

    finance.set_password("another-long-password")
    finance.save()

    problem(caller.get("councils/"), 401, "unknown-caller")
    assert Caller(finance).get("councils/").status_code == 200


@pytest.mark.parametrize(("behind_proxy", "status"), [(True, 200), (False, 429)])
def test_wrong_passwords_close_a_name_to_the_address_that_the_proxy_saw(
    partnership: Partnership, settings, behind_proxy, status
):
    settings.BEHIND_PROXY = behind_proxy
    wrong = {"username": "finance.wcc", "password": "wrong"}

    def ask(body: dict[str, str], address: str) -> int:
        # What stands before the last address is whatever the caller made up.
        forwarded = {"headers": {"X-Forwarded-For": f"192.0.2.9, {address}"}}
        return Caller().send("POST", "token/", body, **forwarded).status_code

    assert [ask(wrong, "192.0.2.1") for _ in range(5)].count(401) == 4
    assert ask({**wrong, "password": PASSWORD}, "192.0.2.1") == 429
    assert ask({**wrong, "password": PASSWORD}, "192.0.2.2") == status


def test_too_many_tries_for_a_token_have_to_wait(partnership: Partnership):
    for number in range(30):
        Caller().post("token/", {"username": f"nobody{number}", "password": "x"})

    answer = Caller().post("token/", {"username": "finance.wcc", "password": PASSWORD})

    problem(answer, 429, "too-many-requests")
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_who_tries_is_not_told_by_what_they_say_of_themselves(partnership: Partnership):
    statuses = [
        Client()
        .post(
            f"{ROOT}token/",
            {"username": f"nobody{number}", "password": "x"},
            content_type="application/json",
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
        )
        .status_code
        for number in range(31)
    ]

    assert statuses == [401] * 30 + [429]


# --- Who calls ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Token",
        "Token ",
        "Token nonsense",
        "Token a b",
        "Token " + "f" * 64,
        "Token " + "a" * 5000,
        "Token \x00\x01",
        "Token \xff\xfe" + "é" * 20,
        "Basic ZmluYW5jZTpwYXNz",
        "Bearer " + "f" * 64,
    ],
)
def test_without_a_known_token_nobody_is_known(partnership: Partnership, header):
    headers = {"Authorization": header} if header else {}

    answer = Client(raise_request_exception=False).get(f"{ROOT}councils/", headers=headers)

    problem(answer, 401, "unknown-caller")
    assert answer["WWW-Authenticate"] == "Token"


def test_an_expired_token_is_not_known(partnership: Partnership):
    caller = Caller(partnership.people["auditor"])
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))

    problem(caller.get("councils/"), 401, "unknown-caller")


def test_the_token_of_a_closed_account_is_not_known(partnership: Partnership):
    caller = Caller(partnership.people["auditor"])
    User.objects.filter(username="auditor").update(is_active=False)

    problem(caller.get("councils/"), 401, "unknown-caller")


def test_a_person_without_an_appointment_may_nothing(partnership: Partnership):
    nobody = Caller(User.objects.create_user("newcomer", password=PASSWORD))

    said = problem(nobody.get("councils/"), 403, "not-allowed")

    assert "ask the programme office" in said["detail"]


def test_a_person_signed_in_to_the_pages_may_read_without_a_token(partnership: Partnership):
    client = Client()
    client.force_login(partnership.people["auditor"])

    councils = client.get(f"{ROOT}councils/").json()["results"]
    assert [council["code"] for council in councils] == ["LBHF", "RBKC", "WCC"]


def test_a_signed_in_browser_needs_its_csrf_token_to_change_anything(partnership: Partnership):
    client = Client(enforce_csrf_checks=True)
    client.force_login(partnership.finance("WCC"))

    answer = client.post(
        f"{ROOT}returns/WCC/2013-14-Q1/submit/", {"version": 0}, content_type="application/json"
    )

    said = problem(answer, 403, "not-allowed")
    assert "CSRF" in said["detail"]


def test_calls_at_too_high_a_rate_have_to_wait(partnership: Partnership, monkeypatch):
    from rest_framework.throttling import UserRateThrottle

    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    caller = Caller(partnership.people["auditor"])

    answers = [caller.get("rollup/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    problem(answers[2], 429, "too-many-requests")
    assert 1 <= int(answers[2]["Retry-After"]) <= 60


# --- Lists -------------------------------------------------------------------------


def test_a_list_comes_in_pages(office: Caller):
    first = office.get("councils/", page_size=2).json()

    assert set(first) == {"count", "next", "previous", "results"}
    assert first["count"] == 3
    assert first["previous"] is None
    assert [row["code"] for row in first["results"]] == ["LBHF", "RBKC"]
    second = office.client.get(first["next"], headers=office.headers).json()
    assert [row["code"] for row in second["results"]] == ["WCC"]
    assert second["next"] is None
    assert second["previous"].endswith("/councils/?page_size=2")


def test_a_page_has_at_most_500_rows_and_a_hundred_unless_said(office: Caller):
    Council.objects.bulk_create(
        Council(code=f"C{number}", name=f"C{number}", full_name=f"C{number}")
        for number in range(600)
    )

    assert len(office.get("councils/").json()["results"]) == 100
    assert len(office.get("councils/", page_size=500).json()["results"]) == 500
    assert set(mistakes(office.get("councils/", page_size=501))) == {"page_size"}


@pytest.mark.parametrize("size", ["0", "-1", "ten", "1.0", "1e1", "٣", "9" * 5000, "\x00"])
def test_a_wrong_page_size_is_refused(office: Caller, size):
    assert mistakes(office.get("councils/", page_size=size)) == {
        "page_size": "Give a whole number from 1 to 500."
    }


@pytest.mark.parametrize("page", ["0", "-1", "last", "2", "999999"])
def test_a_page_that_is_none_is_refused(office: Caller, page):
    assert set(mistakes(office.get("councils/", page=page))) == {"page"}


def test_an_empty_list_has_one_page_with_nothing_on_it(office: Caller):
    assert office.get("drivers/").json() == {
        "count": 0,
        "next": None,
        "previous": None,
        "results": [],
    }


def test_an_unknown_parameter_is_refused_and_those_there_are_are_named(office: Caller):
    said = mistakes(office.get("councils/", sort="name"))

    assert said == {"sort": "This name is not known here: leave it out, or use page, page_size."}


def test_a_parameter_given_twice_is_refused(office: Caller):
    answer = office.get("services/", period=["2013-14-Q1", "2013-14-Q2"])

    assert mistakes(answer) == {"period": "Give this once."}


# --- What is not there, and what can't be done --------------------------------------


@pytest.mark.parametrize(
    "path",
    ["", "nothing/", "councils", "councils/LBHF/", "returns/LBHF/", "attribution-rules/x/", "%00/"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_an_address_that_is_none_is_a_problem_too(db, path, method):
    said = problem(Caller().send(method, path), 404, "not-found")

    assert "/api/v1/docs/" in said["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_what_a_call_does_not_do_is_refused(office: Caller, method):
    answer = (
        office.send(method, "councils/")
        if method != "TRACE"
        else office.client.trace(f"{ROOT}councils/", headers=office.headers)
    )

    problem(answer, 405, "method-not-allowed")
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
def test_a_body_that_is_not_json_is_refused(partnership: Partnership, content_type):
    answer = Caller(partnership.finance("WCC")).send(
        "PUT", "returns/WCC/2013-14-Q1/", "version=0", content_type=content_type
    )

    problem(answer, 415, "not-json")


@pytest.mark.parametrize("wanted", ["text/html", "text/csv", "image/png", "nonsense"])
def test_whatever_is_asked_for_json_is_sent(office: Caller, wanted):
    office.headers["Accept"] = wanted

    answer = office.get("councils/")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"


def test_what_nobody_foresaw_is_a_problem_as_well(office: Caller, monkeypatch):
    def broken(*_args: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("savings.rollup.api.standing", broken)

    problem(office.get("rollup/"), 500, "server-error")


def test_what_breaks_on_a_page_is_a_page(rf, db):
    from triborough.problems import server_error

    assert server_error(rf.get("/returns/"))["Content-Type"].startswith("text/html")
