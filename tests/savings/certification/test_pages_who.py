"""Who may open which page of the returns and press which button; a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from savings.quarters.models import Period
from savings.returns.models import Return
from sovereignty.models import User
from tests.partnership import NOW, Partnership, Quarter, a_saving
from tests.savings.conftest import Everything
from tests.savings.pages import heading, not_found, read, refused

pytestmark = pytest.mark.django_db

RETURN = "/returns/WCC/2013-14-Q1/"
PEOPLE = (
    "finance.wcc",
    "s151.wcc",
    "councillor.wcc",
    "finance.lbhf",
    "s151.lbhf",
    "councillor.lbhf",
    "programme.office",
    "auditor",
    "nobody",
)

# A page of Westminster's return in a state, and what each of PEOPLE gets.
PAGES = [
    ("draft", "", (200, 200, 404, 404, 404, 404, 200, 200, 404)),
    ("draft", "edit/", (200, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "", (200, 200, 404, 404, 404, 404, 200, 200, 404)),
    ("submitted", "edit/", (409, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "send-back/", (403, 200, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "certify/", (403, 200, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "withdraw/", (200, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("certified", "", (200, 200, 200, 404, 404, 404, 200, 200, 404)),
    ("certified", "edit/", (409, 403, 403, 404, 404, 404, 403, 403, 404)),
]
TITLES = {
    "": "Westminster, 2013/14 Q1",
    "edit/": "Fill in Westminster, 2013/14 Q1",
    "withdraw/": "Withdraw Westminster, 2013/14 Q1",
    "send-back/": "Send back Westminster, 2013/14 Q1",
    "certify/": "Certify Westminster, 2013/14 Q1",
}
# The same for what is sent there.
BUTTONS = [
    ("draft", "edit/", (302, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("draft", "edit/save/", (200, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("draft", "edit/paste/", (200, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("draft", "submit/", (302, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("draft", "withdraw/", (409, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("draft", "send-back/", (403, 409, 404, 404, 404, 404, 403, 403, 404)),
    ("draft", "certify/", (403, 409, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "edit/", (409, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "edit/save/", (409, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "edit/paste/", (409, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "submit/", (409, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "withdraw/", (302, 403, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "send-back/", (403, 302, 404, 404, 404, 404, 403, 403, 404)),
    ("submitted", "certify/", (403, 302, 404, 404, 404, 404, 403, 403, 404)),
    ("certified", "edit/", (409, 403, 403, 404, 404, 404, 403, 403, 404)),
    ("certified", "edit/save/", (409, 403, 403, 404, 404, 404, 403, 403, 404)),
    ("certified", "edit/paste/", (409, 403, 403, 404, 404, 404, 403, 403, 404)),
    ("certified", "submit/", (409, 403, 403, 404, 404, 404, 403, 403, 404)),
    ("certified", "withdraw/", (409, 403, 403, 404, 404, 404, 403, 403, 404)),
    ("certified", "send-back/", (403, 409, 403, 404, 404, 404, 403, 403, 404)),
    ("certified", "certify/", (403, 409, 403, 404, 404, 404, 403, 403, 404)),
]


@pytest.fixture
def nobody(partnership: Partnership) -> User:
    """A person with an account and no appointment."""
    partnership.people["nobody"] = User.objects.create_user("nobody")
    return partnership.people["nobody"]


def westminster(partnership: Partnership, state: str) -> Return:
    make = {
        "draft": partnership.draft,
        "submitted": partnership.submitted,
        "certified": partnership.certified,
    }[state]
    return make("WCC", a_saving())


@pytest.mark.parametrize(("state", "page", "statuses"), PAGES)
def test_each_page_opens_only_for_those_who_may(
    state: str,
    page: str,
    statuses: tuple[int, ...],
    partnership: Partnership,
    nobody: User,
    client: Client,
) -> None:
    westminster(partnership, state)
    expected = dict(zip(PEOPLE, statuses, strict=True))
    answers = {}
    for who in PEOPLE:
        client.force_login(partnership.people[who])
        answers[who] = client.get(f"{RETURN}{page}")

    assert {who: answer.status_code for who, answer in answers.items()} == expected
    for who in (who for who in PEOPLE if expected[who] == 200):
        assert read(answers[who]).words.startswith(f"{TITLES[page]} – Tri-borough ")
    for who in (who for who in PEOPLE if expected[who] == 404):
        not_found(answers[who])


@pytest.mark.parametrize(("state", "page", "statuses"), BUTTONS)
def test_each_button_works_only_for_those_who_may(
    state: str,
    page: str,
    statuses: tuple[int, ...],
    partnership: Partnership,
    nobody: User,
    client: Client,
    everything: Callable[[], Everything],
) -> None:
    parent = westminster(partnership, state)
    expected = dict(zip(PEOPLE, statuses, strict=True))
    answers = {}
    before = everything()
    for who in sorted(PEOPLE, key=lambda who: expected[who] < 400):
        assert everything() == before
        client.force_login(partnership.people[who])
        sent = {
            "version": parent.version,
            "rows": "0",
            "reason": "Too high.",
            "confirmed": "on",
            "block": "5",
            "at_column": "amount",
        }
        answers[who] = client.post(f"{RETURN}{page}", sent).status_code

    assert answers == expected
    assert (everything() != before) == (page != "edit/paste/" and min(statuses) < 400)


def test_a_person_without_an_appointment_is_told_to_ask_for_one(
    nobody: User, client: Client
) -> None:
    client.force_login(nobody)

    response = client.get("/returns/")

    assert response.status_code == 403
    assert "Your account has no appointment yet: ask the programme office" in read(response).words


def test_a_refusal_says_who_may(partnership: Partnership, client: Client) -> None:
    parent = partnership.submitted("WCC", a_saving())
    client.force_login(partnership.finance("WCC"))

    response = client.post(f"{RETURN}certify/", {"version": parent.version})

    assert response.status_code == 403
    assert (
        "Only the council's section 151 officer or deputy can certify, and never a return that "
        "they filled in or submitted." in read(response).words
    )


def test_an_unknown_return_is_not_found(partnership: Partnership, client: Client) -> None:
    client.force_login(partnership.finance("WCC"))
    for address in (
        "/returns/XXX/2013-14-Q1/",
        "/returns/wcc/2013-14-Q1/",
        "/returns/WCC/2013-14-Q5/",
        "/returns/WCC/2013-15-Q1/",
        "/returns/WCC/2019-20-Q1/",
        "/returns/WCC%00/2013-14-Q1/",
        "/returns/partnership/2013-14-Q1/",
        "/returns/partnership/2013-14-Q1/edit/",
    ):
        not_found(client.get(address))


def test_the_address_of_a_button_leads_back_to_its_page(
    partnership: Partnership, client: Client
) -> None:
    """A person who had to sign in on the way comes back to such an address by a link."""
    partnership.draft("WCC", a_saving())
    client.force_login(partnership.finance("WCC"))

    assert client.get(f"{RETURN}submit/")["Location"] == RETURN
    assert client.get(f"{RETURN}withdraw/")["Location"] == RETURN
    client.force_login(partnership.s151("WCC"))
    assert client.get(f"{RETURN}send-back/")["Location"] == RETURN
    assert client.get(f"{RETURN}certify/")["Location"] == RETURN


def test_the_partnerships_own_return_is_read_by_all_and_changed_by_none(
    partnership: Partnership, client: Client, everything: Callable[[], Everything]
) -> None:
    period = Period.objects.create(quarter=Quarter.parse("2012-13-Q4"), status="closed")
    Return.objects.create(
        period=period, status="certified", certified_at=NOW, published_in="report-2013"
    )
    before = everything()
    for who in ("finance.wcc", "councillor.lbhf", "programme.office", "auditor"):
        client.force_login(partnership.people[who])
        assert "2012/13 Q4" in heading(client.get("/returns/partnership/2012-13-Q4/"))
        for page in ("edit", "submit", "withdraw", "send-back", "certify"):
            response = client.post(f"/returns/partnership/2012-13-Q4/{page}/", {"version": "0"})
            refused(response, "Only ")
    assert everything() == before
