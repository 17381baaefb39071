"""What a council claims on a budget is its own affair until it is certified."""

from __future__ import annotations

import pytest
from django.test import Client

from savings.certification.actions import submit
from savings.returns.models import Entry
from savings.rollup.actions import roll_up_dirty
from sovereignty.refusals import BadContent, WrongState
from tests.calling import Caller
from tests.kept import kept
from tests.partnership import NOW, Q2, Partnership, a_claim, a_saving, build
from tests.savings.pages import read

pytestmark = pytest.mark.django_db

CALL = "transition-approvals/"


@pytest.fixture
@kept
def partnership() -> Partnership:
    """Of 1,000.00, LBHF has 300.00 certified; RBKC has submitted 456.78."""
    made = build()
    made.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    made.approval()
    made.certified("LBHF", a_saving(), a_claim("300.00"))
    roll_up_dirty(at=NOW)
    made.submitted("RBKC", a_claim("456.78"))
    return made


ALL = [("finance.rbkc", "756.78"), ("programme.office", "756.78"), ("auditor", "756.78")]
CERTIFIED = [
    ("finance.wcc", "300.00"),
    ("s151.lbhf", "300.00"),
    ("councillor.rbkc", "300.00"),
]


@pytest.mark.parametrize(("username", "claimed"), [*ALL, *CERTIFIED])
def test_the_api_tells_what_the_caller_may_know(
    username: str, claimed: str, partnership: Partnership
) -> None:
    (row,) = Caller(partnership.people[username]).get(CALL).json()["results"]

    left = {"756.78": "243.22", "300.00": "700.00"}[claimed]
    assert (row["claimed"], row["left"]) == (claimed, left)


def test_the_explanation_of_a_claim_tells_no_more(partnership: Partnership) -> None:
    entry = Entry.objects.get(amount="300.00")
    for username, claimed, printed in (
        ("finance.lbhf", "300.00", "£300.00"),
        ("auditor", "756.78", "£756.78"),
    ):
        person = partnership.people[username]
        told = Caller(person).get(f"attribution/entries/{entry.id}/")
        assert told.json()["transition"]["approval"]["claimed"] == claimed
        report = Caller(person).get("reports/LBHF/2013-14-Q1.json")
        assert ("756.78" in report.content.decode()) is (claimed == "756.78")
        client = Client()
        client.force_login(person)
        words = read(client.get(f"/entries/{entry.id}/")).words
        assert f"{printed} certified" in words
        assert ("243.22" in words) is (claimed == "756.78")


def test_the_refusal_gives_no_amount_of_anothers(partnership: Partnership) -> None:
    with pytest.raises(BadContent) as refused:
        partnership.draft("WCC", a_claim("500.00"))

    (error,) = refused.value.errors
    assert error.message == (
        "This would pass the ceiling of “moves”. £700.00 of £1,000.00 is left by what is certified "
        "and what your council has submitted, but other councils have submitted claims that are "
        "not certified yet. Claim less, or ask the programme office how much is left."
    )
    with pytest.raises(BadContent) as refused:
        partnership.draft("WCC", a_claim("700.01"))
    assert refused.value.errors[0].message == (
        "This would pass the ceiling of “moves”: £700.00 of £1,000.00 is left. "
        "Claim no more than that."
    )


def test_what_ones_own_council_has_submitted_is_told(partnership: Partnership) -> None:
    with pytest.raises(BadContent) as refused:
        partnership.draft("RBKC", a_claim("243.23"), quarter=Q2)

    assert "£243.22 of £1,000.00 is left. Claim no more" in refused.value.errors[0].message


def test_what_was_entered_before_is_refused_in_the_same_words(partnership: Partnership) -> None:
    draft = partnership.draft("WCC", a_claim("243.22"))
    partnership.submitted("LBHF", a_claim("100.00"), quarter=Q2)

    with pytest.raises(WrongState) as refused:
        submit(return_id=draft.id, version=draft.version, by=partnership.finance("WCC"), at=NOW)

    assert "£700.00 of £1,000.00 is left by what is certified" in str(refused.value)
    assert "143.22" not in str(refused.value)
