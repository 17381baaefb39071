"""Somebody else has saved meanwhile: both versions side by side, and the choice is stored.

All of it works without a script, by forms only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from savings.certification.actions import send_back, submit, withdraw
from savings.forecasts.actions import replace_forecasts
from savings.returns.models import Entry
from tests.partnership import NOW, Partnership, a_saving
from tests.savings.conftest import Everything
from tests.savings.filling.grids import EDIT, stored
from tests.savings.forecasts.conftest import a_forecast, make_plans
from tests.savings.pages import Reading, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(partnership: Partnership, client: Client) -> Client:
    client.force_login(partnership.finance("WCC"))
    return client


@pytest.fixture
def begun(partnership: Partnership, officer: Client) -> dict[str, Any]:
    """The form as a person opened it, at version 1: savings of £1, £2 and £3."""
    partnership.draft("WCC", *(a_saving(amount=str(n), note=f"Line {n}") for n in (1, 2, 3)))
    return read(officer.get(EDIT)).form("edit/").sent


def change_meanwhile(partnership: Partnership) -> None:
    """Another person's version 2: £1 stays, £2 becomes £20, £3 goes and £4 is new."""
    first, second, _ = partnership.parent("WCC").entries.all()
    partnership.draft(
        "WCC",
        {**a_saving(amount="1", note="Line 1"), "id": first.id},
        {**a_saving(amount="20", note="Line 2"), "id": second.id},
        a_saving("libraries", amount="4"),
    )


def amounts() -> list[object]:
    return [row["amount"] for row in stored()]


def choices(page: Reading) -> dict[str, str]:
    sent = page.form("edit/").sent
    return {name: value for name, value in sent.items() if name.startswith("choice-")}


def test_nothing_is_overwritten_and_both_are_shown(
    partnership: Partnership,
    officer: Client,
    begun: dict[str, Any],
    everything: Callable[[], Everything],
) -> None:
    change_meanwhile(partnership)
    begun |= {"row-1-amount": "11", "row-2-amount": "22", "row-2-tupe": []}
    before = everything()

    response = officer.post(EDIT, begun)

    page = read(response)
    one, two = Entry.objects.order_by("position")[:2]
    three, four = int(begun["row-3-id"]), Entry.objects.get(amount=4).id
    assert response.status_code == 409
    assert everything() == before
    assert "finance.wcc saved version 2 on 1 July 2013 at 10:30." in page.words
    assert "You started from version 1." in page.words
    assert "4 lines differ. Choose for each line, or for all lines at once." in page.words
    assert choices(page) == {
        f"choice-line-{one.id}": "mine",
        f"choice-line-{three}": "theirs",
        f"choice-line-{four}": "theirs",
    }
    assert f"choice-line-{two.id}-mine" in page.ids  # both changed it: not chosen for anybody
    for said in (
        "Library service, saving You changed this line. Library service, saving: your version",
        "You changed this line. They changed this line. Library service, saving",
        (
            "They removed this line. Library service, saving: your version and theirs Yours "
            "Theirs, version 2 Line Included Not included"
        ),
        (
            "They added this line. Libraries, saving: your version and theirs Yours Theirs, "
            "version 2 Line Not included Included"
        ),
        "Amount in pounds , differs £22.00 £20.00",
        "Note Line 2 Line 2",
    ):
        assert said in page.words
    # All that was typed is sent on with it.
    typed = {name: value for name, value in begun.items() if value != []}
    assert {name: page.form("edit/").sent.get(name) for name in typed} == typed


def test_the_choice_is_stored_as_a_new_version(
    partnership: Partnership, officer: Client, begun: dict[str, Any]
) -> None:
    change_meanwhile(partnership)
    begun |= {"row-1-amount": "11", "row-2-amount": "22", "row-5-note": "A row of mine"}
    begun |= {f"row-5-{name}": value for name, value in a_saving(amount="55").items()}
    sent = read(officer.post(EDIT, begun)).form("edit/").sent
    two = begun["row-2-id"]

    response = officer.post(EDIT, sent)
    page = read(response)
    assert response.status_code == 422
    assert f"#choice-line-{two}-mine" in page.hrefs
    assert "Library service, saving: Choose yours or theirs." in page.words
    assert amounts() == ["1.00", "20.00", "4.00"]

    response = officer.post(EDIT, {**sent, f"choice-line-{two}": "mine"}, follow=True)
    assert response.redirect_chain == [(EDIT, 302)]
    assert "Saved as version 3, as you chose." in read(response).words
    assert amounts() == ["11.00", "22.00", "55.00", "4.00"]
    assert str(Entry.objects.get(amount=22).id) == two  # the same line still
    event = Event.objects.about("return", "WCC/2013-14-Q1").last()
    assert event is not None
    assert event.after is not None
    assert [entry["amount"] for entry in event.after["entries"]] == ["11.00", "22.00", "55.00"]


@pytest.mark.parametrize(
    ("side", "expected", "version"),
    [("mine", ["11.00", "22.00", "3.00"], 3), ("theirs", ["1.00", "20.00", "4.00"], 2)],
)
def test_one_side_can_be_chosen_for_all_lines(
    side: str,
    expected: list[str],
    version: int,
    partnership: Partnership,
    officer: Client,
    begun: dict[str, Any],
) -> None:
    change_meanwhile(partnership)
    begun |= {"row-1-amount": "11", "row-2-amount": "22"}
    sent = read(officer.post(EDIT, begun)).form("edit/").sent

    assert officer.post(EDIT, {**sent, "all": side}).status_code == 302
    assert amounts() == expected
    assert partnership.parent("WCC").version == version


def test_another_save_while_choosing_is_compared_again(
    partnership: Partnership,
    officer: Client,
    begun: dict[str, Any],
    everything: Callable[[], Everything],
) -> None:
    change_meanwhile(partnership)
    begun["row-2-amount"] = "22"
    sent = read(officer.post(EDIT, begun)).form("edit/").sent
    partnership.draft("WCC", a_saving(amount="1", note="Line 1"))
    before = everything()

    response = officer.post(EDIT, {**sent, "all": "mine"})

    page = read(response)
    assert response.status_code == 409
    assert everything() == before
    assert "This return changed again while you were choosing." in page.words
    assert "saved version 3" in page.words
    assert page.form("edit/").sent["against"] == "3"
    assert officer.post(EDIT, {**page.form("edit/").sent, "all": "theirs"}).status_code == 302
    assert amounts() == ["1.00"]


def test_other_steps_that_changed_the_version_are_named(
    partnership: Partnership, officer: Client, begun: dict[str, Any]
) -> None:
    """The same person submits it in another tab; nobody has saved anything."""
    finance, s151 = partnership.finance("WCC"), partnership.s151("WCC")
    s151.first_name, s151.last_name = "Sam", "Okafor"
    s151.save()
    given: dict[str, Any] = {"return_id": partnership.parent("WCC").id, "at": NOW}
    submit(version=1, by=finance, **given)
    withdraw(version=2, by=finance, **given)
    submit(version=3, by=finance, **given)
    send_back(version=4, by=s151, reason="Again", **given)
    make_plans()
    replace_forecasts(version=5, by=finance, rows=[(1, a_forecast())], **given)

    response = officer.post(EDIT, begun | {"row-1-amount": "11"})

    page = read(response)
    assert response.status_code == 409
    assert "Somebody else" not in page.words
    said = [text for text in page.texts if text.endswith("on 1 July 2013 at 10:30.")]
    assert said == [
        f"{name} {deed} on 1 July 2013 at 10:30."
        for name, deed in (
            ("finance.wcc", "saved its forecasts (version 6)"),
            ("Sam Okafor", "sent it back (version 5)"),
            ("finance.wcc", "submitted it (version 4)"),
            ("finance.wcc", "withdrew it (version 3)"),
            ("finance.wcc", "submitted it (version 2)"),
        )
    ]
    assert choices(page) == {f"choice-line-{begun['row-1-id']}": "mine"}


def test_the_page_says_that_both_versions_are_the_same(
    partnership: Partnership, officer: Client, begun: dict[str, Any]
) -> None:
    change_meanwhile(partnership)
    begun |= {"row-2-amount": "20", "row-3-remove": "on"}
    begun |= {f"row-4-{name}": v for name, v in a_saving("libraries", "4").items()}

    page = read(officer.post(EDIT, begun))

    assert "Both versions are the same." in page.words
    assert officer.post(EDIT, page.form("edit/").sent).status_code == 302
    assert partnership.parent("WCC").version == 2


def test_mistakes_are_shown_before_the_choice(
    partnership: Partnership, officer: Client, begun: dict[str, Any]
) -> None:
    change_meanwhile(partnership)
    begun["row-1-amount"] = "1,50"

    response = officer.post(EDIT, begun)

    page = read(response)
    assert response.status_code == 409
    assert "#id_row-1-amount" in page.hrefs
    assert "You started from version 1. It is now version 2." in page.words
    sent = page.form("edit/").sent
    assert sent["version"] == "1"
    again = read(officer.post(EDIT, {**sent, "row-1-amount": "150"}))
    assert "finance.wcc saved version 2" in again.words


@pytest.mark.parametrize("lost", [{"against": "x"}, {"against": ""}, {"against": "9"}])
def test_a_choice_between_lines_that_were_not_shown_is_refused(
    lost: dict[str, str],
    partnership: Partnership,
    officer: Client,
    begun: dict[str, Any],
) -> None:
    change_meanwhile(partnership)
    sent = read(officer.post(EDIT, {**begun, "row-2-amount": "22"})).form("edit/").sent

    assert officer.post(EDIT, {**sent, **lost, "all": "mine"}).status_code == 409
    assert amounts() == ["1.00", "20.00", "4.00"]


def test_an_unknown_version_suggests_nothing(
    partnership: Partnership, officer: Client, begun: dict[str, Any]
) -> None:
    begun |= {"version": "77", "row-1-amount": "11"}

    page = read(officer.post(EDIT, begun))

    assert choices(page) == {}
    assert "1 line differs." in page.words


def test_a_return_submitted_while_choosing_is_not_changed(
    partnership: Partnership, officer: Client, begun: dict[str, Any]
) -> None:
    change_meanwhile(partnership)
    sent = read(officer.post(EDIT, {**begun, "row-2-amount": "22"})).form("edit/").sent
    partnership.submitted("WCC", a_saving(amount="9"))

    response = officer.post(EDIT, {**sent, "all": "mine"})

    assert response.status_code == 409
    assert "It is now version 4 and submitted" in read(response).words
    assert read(response).form("edit/").sent["row-2-amount"] == "22"
    assert amounts() == ["9.00"]


def test_many_lines_take_as_many_queries_as_one(partnership: Partnership, officer: Client) -> None:
    def queries(count: int) -> int:
        rows = [a_saving(amount=str(n)) for n in range(1, count + 1)]
        partnership.draft("WCC", *rows)
        sent = read(officer.get(EDIT)).form("edit/").sent
        sent |= {f"row-{n}-amount": f"{n}00" for n in range(1, count + 1)}
        partnership.draft("WCC", *({**row, "amount": f"{n}5"} for n, row in enumerate(rows)))
        with CaptureQueriesContext(connection) as captured:
            assert officer.post(EDIT, sent).status_code == 409
        return len(captured)

    assert queries(1) == queries(7)
