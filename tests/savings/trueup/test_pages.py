"""A restatement's page, the driver's page beside it, and the button that adds entries."""

from __future__ import annotations

import pytest
from django.test import Client

from savings.drivers.models import Restatement
from savings.returns.models import Return
from tests.partnership import Q1, Q2, Partnership, a_saving
from tests.savings.pages import not_found
from tests.savings.tables import table_headed
from tests.savings.trueup.conftest import SignIn

pytestmark = pytest.mark.django_db


def address(restatement: Restatement) -> str:
    return f"/drivers/readers/restatements/{restatement.id}/"


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def button(parent: Return) -> dict[str, str]:
    return {"return": str(parent.id), "version": str(parent.version)}


def test_the_page_shows_what_moves_and_the_state_of_each_council(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    books.tolerance("1/100")
    client = sign_in("finance.wcc")

    page = client.get(address(restatement))

    assert table_headed(page, "Quarter") == [
        ["2013/14 Q1", "Library service", "Saving", name, shared, restated, movement]
        for name, shared, restated, movement in (
            ("Hammersmith & Fulham", "£100.00", "£50.00", "−£50.00"),
            ("Kensington & Chelsea", "£100.00", "£50.00", "−£50.00"),
            ("Westminster", "£200.00", "£300.00", "+£100.00"),
        )
    ]
    assert table_headed(page, "Council") == [
        ["Hammersmith & Fulham", "−£50.00", "Not certified yet"],
        ["Kensington & Chelsea", "−£50.00", "Not certified yet"],
        ["Westminster", "+£100.00", "To be added"],
    ]
    said = page.content.decode()
    for sentence in (
        "Westminster’s value from 2013/14 Q1 was given as 2 people and should have been 6.",
        (
            "At most, a council’s parts move by £100.00 of the £400.00 that was split: "
            "25.00%, more than the tolerance of 1/100."
        ),
        (
            "By the restated value, Westminster would have £100.00 more of the savings; "
            "Hammersmith &amp; Fulham would have £50.00 less and Kensington &amp; Chelsea £50.00."
        ),
        "1 adjusting entry will be added to your draft of 2013/14 Q2",
    ):
        assert sentence in said


def test_without_a_tolerance_the_page_says_what_to_do(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    waits = books.tolerance("1/100", agreed_by=["LBHF", "WCC"])
    client = sign_in("finance.wcc")
    said = text_of(client, address(restatement))
    assert "No tolerance has been agreed by every council, so no restatement is put right." in said
    assert f'href="/agreements/{waits.decision_id}/"' in said
    assert 'href="/drivers/tolerance/propose/"' in said
    assert "To be added" not in said
    assert "<button" not in said.split("<main", 1)[1].split("</main>", 1)[0]
    (row,) = table_headed(client.get("/drivers/readers/"), "Restatement")
    assert row[5] == "No tolerance has been agreed"

    answer = client.post(f"{address(restatement)}add/", button(books.parent("WCC", Q2)))
    assert answer.status_code == 409
    assert "Propose one from the register of drivers" in answer.content.decode()


def test_the_button_adds_to_the_draft_only_once(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    books.tolerance("1/100")
    client = sign_in("finance.wcc")
    draft = books.parent("WCC", Q2)

    answer = client.post(f"{address(restatement)}add/", button(draft))

    assert answer["Location"] == "/returns/WCC/2013-14-Q2/"
    assert "The adjusting entries are in 2013/14 Q2, version 1." in text_of(
        client, answer["Location"]
    )
    assert table_headed(client.get(address(restatement)), "Council")[2] == [
        "Westminster",
        "+£100.00",
        "In a draft: 2013/14 Q2",
    ]
    for again in (draft, books.parent("WCC", Q2)):
        refused = client.post(f"{address(restatement)}add/", button(again))
        assert refused.status_code == 409
        assert "in your return of 2013/14 Q2 already" in refused.content.decode()
    assert draft.entries.count() == 1

    books.certify_draft("WCC", Q2)
    (_, _, westminster) = table_headed(client.get(address(restatement)), "Council")
    assert westminster == ["Westminster", "+£100.00", "Certified with 2013/14 Q2"]


def test_nothing_is_added_to_a_draft_that_has_changed_since(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    books.tolerance("1/100")
    before = books.parent("WCC", Q2)
    books.draft("WCC", a_saving(amount="7.00"), quarter=Q2)
    answer = sign_in("finance.wcc").post(f"{address(restatement)}add/", button(before))
    assert answer.status_code == 409
    assert "This return has changed since you read it" in answer.content.decode()
    assert before.entries.count() == 1


def test_people_without_permission_can_not_add(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    books.tolerance("1/100")
    draft = books.parent("WCC", Q2)
    for username in ("s151.wcc", "programme.office", "auditor"):
        client = sign_in(username)
        assert "Add to the draft" not in text_of(client, address(restatement))
        assert client.post(f"{address(restatement)}add/", button(draft)).status_code == 403
    # Another council's return is not found.
    answer = sign_in("finance.rbkc").post(f"{address(restatement)}add/", button(draft))
    assert answer.status_code == 422
    assert draft.entries.count() == 0


@pytest.mark.parametrize(
    "sent", [{}, {"return": "x", "version": "0"}, {"return": "1"}, {"return": "²", "version": "0"}]
)
def test_a_form_that_arrives_incomplete_is_refused(
    books: Partnership, restatement: Restatement, sign_in: SignIn, sent: dict[str, str]
) -> None:
    books.tolerance("1/100")
    answer = sign_in("finance.wcc").post(f"{address(restatement)}add/", sent)
    assert answer.status_code == 422
    assert "The form did not arrive complete" in answer.content.decode()


def test_the_page_says_that_the_draft_has_become_wrong(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    """A row was right when it was saved; since then its budget has been used up."""
    books.tolerance("1/100")
    books.driven("cex", {"LBHF": 1, "RBKC": 1}, code="posts")
    budget = books.approval(agreed_by=["LBHF", "RBKC", "WCC"])
    claim = {
        "service": "libraries", "kind": "transition_cost", "scope": "shared", "amount": "900.00",
        "approval": budget.code,
    }  # fmt: skip
    draft = books.draft("WCC", claim, quarter=Q2)
    books.submitted("LBHF", claim, quarter=Q2)
    answer = sign_in("finance.wcc").post(f"{address(restatement)}add/", button(draft))
    assert answer.status_code == 422
    assert "first correct these rows of your draft (row 1, amount:" in (answer.content.decode())
    assert draft.entries.count() == 1


def test_the_page_says_that_no_draft_is_open(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    books.tolerance("1/100")
    books.certified("WCC", quarter=Q2)
    said = text_of(sign_in("finance.wcc"), address(restatement))
    # The first quarter's return is still a draft, but too early.
    assert "What is still to be put right is for 2013/14 Q1 or later" in said
    books.certified("WCC", quarter=Q1)
    said = text_of(sign_in("finance.wcc"), address(restatement))
    assert "Your council has no draft open at the moment." in said


def test_within_the_tolerance_no_entries_are_needed(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    books.tolerance("1/2")
    client = sign_in("finance.wcc")
    said = text_of(client, address(restatement))
    assert "25.00%, not more than the tolerance of 1/2." in said
    assert "Nothing needs to be added." in said
    assert [row[2] for row in table_headed(client.get(address(restatement)), "Council")] == [
        "None needed"
    ] * 3


def test_rows_that_name_a_restatement_within_the_tolerance_are_pointed_out(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    books.tolerance("1/100")
    books.adjusted(restatement, "WCC")
    books.tolerance("1/2")
    said = text_of(sign_in("finance.wcc"), address(restatement))
    assert "Westminster’s return still has entries that name this restatement: remove them." in said


def test_a_superseded_restatement_says_so(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    books.tolerance("1/100")
    books.adjusted(restatement, "WCC")
    books.restated("readers", "WCC", "4")
    said = text_of(sign_in("auditor"), address(restatement))
    assert "replaced this one before anything was put right by it" in said
    assert "Westminster’s return still has entries that name this restatement: remove them." in said
    said = text_of(sign_in("finance.rbkc"), address(restatement))
    assert "entries that name this restatement" not in said


def test_the_drivers_page_has_the_restated_value_beside_the_original(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    books.tolerance("1/100")
    client = sign_in("finance.wcc")
    page = client.get("/drivers/readers/")
    assert [row[:3] for row in table_headed(page, "Council")] == [
        ["Hammersmith & Fulham", "2013/14 Q1", "1"],
        ["Kensington & Chelsea", "2013/14 Q1", "1"],
        ["Westminster", "2013/14 Q1", "2 restated as 6"],
    ]
    (row,) = table_headed(page, "Restatement")
    assert row[:6] == [
        str(restatement.id),
        "Westminster",
        "2013/14 Q1",
        "2",
        "6",
        (
            "To be put right Hammersmith & Fulham: not certified yet Kensington & Chelsea: not "
            "certified yet Westminster: to be added"
        ),
    ]
    assert address(restatement) in page.content.decode()

    for code in books.councils:
        books.adjusted(restatement, code)
        books.certify_draft(code, Q2)
    (row,) = table_headed(client.get("/drivers/readers/"), "Restatement")
    assert row[5].startswith("Put right by every council")


def test_an_unknown_restatement_is_not_found(
    books: Partnership, restatement: Restatement, sign_in: SignIn
) -> None:
    client = sign_in("auditor")
    not_found(client.get("/drivers/readers/restatements/999/"))
    not_found(client.get(f"/drivers/other/restatements/{restatement.id}/"))
    answer = client.get(f"{address(restatement)}add/")
    assert (answer.status_code, answer["Location"]) == (302, address(restatement))
