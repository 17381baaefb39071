"""Adjusting entries: added once to the council's own draft, and refused with what to do."""

from __future__ import annotations

import pytest

from audit.models import Event
from savings.calendar.actions import open_period
from savings.drivers.models import Restatement
from savings.kit.provenance import Provenance
from savings.returns.models import Entry, Return
from savings.returns.reports import row_of
from savings.returns.rows import describe
from savings.trueup.actions import add_adjusting_entries
from savings.trueup.reports import restatements_for
from sovereignty.models import User
from sovereignty.refusals import NotAllowed, StaleVersion, WrongState
from tests.partnership import NOW, Q1, Q2, Partnership, a_cost, a_saving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tolerance(books: Partnership) -> None:
    books.tolerance("1/100")


def add(restatement: Restatement, parent: Return, by: User, version: int | None = None) -> Return:
    return add_adjusting_entries(
        restatement_id=restatement.id,
        return_id=parent.id,
        version=parent.version if version is None else version,
        by=by,
        at=NOW,
    )


def rows_of(parent: Return) -> list[tuple[str, str, str]]:
    return [
        (entry.scope, str(entry.amount), entry.evidence)
        for entry in parent.entries.order_by("position")
    ]


def state(partnership: Partnership, restatement: Restatement, council: str, reader: str) -> str:
    found = restatements_for(partnership.people[reader]).found[restatement.id]
    return next(side.state for side in found.sides if side.council.code == council)


def test_adjusting_entries_come_after_the_rows_of_the_draft(
    books: Partnership, restatement: Restatement
) -> None:
    before = books.draft(
        "WCC", a_saving(amount="7.00", note="kept"), a_cost(tupe="LBHF, WCC"), quarter=Q2
    )
    kept = list(before.entries.order_by("position").values())

    saved = add(restatement, before, books.finance("WCC"))

    assert saved.version == before.version + 1
    assert list(saved.entries.order_by("position").values())[:2] == kept
    (made,) = saved.entries.order_by("position")[2:]
    assert describe(row_of(made)) == {
        "service": "library-service",
        "kind": "saving",
        "scope": "own",
        "amount": "100.00",
        "recurrence": "recurring",
        "nature": "cashable",
        "evidence": f"Restatement {restatement.id}, 2013-14-Q1",
        "note": "Puts right what was split in 2013/14 Q1 by Readers: the value of "
        "Westminster was given as 2 and should have been 6.",
    }
    assert made.provenance == Provenance.REPORTED
    event = Event.objects.filter(subject="return", subject_id="WCC/2013-14-Q2").latest("id")
    assert (event.action, event.by, event.reason) == (
        "saved",
        "finance.wcc",
        f"True-up of restatement {restatement.id}",
    )


def test_adjusting_entries_are_never_added_twice(
    books: Partnership, restatement: Restatement
) -> None:
    saved = books.adjusted(restatement, "WCC")
    with pytest.raises(WrongState, match="in your return of 2013/14 Q2 already"):
        add(restatement, saved, books.finance("WCC"))
    books.certify_draft("WCC", Q2)
    with pytest.raises(WrongState, match="is certified and never changes"):
        add(restatement, books.parent("WCC", Q2), books.finance("WCC"))
    later = _third_quarter(books, "WCC")
    with pytest.raises(WrongState, match="certified with 2013/14 Q2, so you have nothing more"):
        add(restatement, later, books.finance("WCC"))
    assert Entry.objects.filter(evidence__startswith="Restatement").count() == 1


def test_adjusting_entries_are_not_added_to_two_drafts(
    books: Partnership, restatement: Restatement
) -> None:
    later = _third_quarter(books, "WCC")
    books.adjusted(restatement, "WCC")
    with pytest.raises(WrongState, match="in your return of 2013/14 Q2 already"):
        add(restatement, later, books.finance("WCC"))


def test_a_stale_version_adds_nothing(books: Partnership, restatement: Restatement) -> None:
    draft = books.draft("WCC", a_saving(amount="7.00"), quarter=Q2)
    with pytest.raises(StaleVersion):
        add(restatement, draft, books.finance("WCC"), version=0)
    assert rows_of(draft) == [("shared", "7.00", "")]


def test_only_a_finance_officer_of_the_council_can_add_them(
    books: Partnership, restatement: Restatement
) -> None:
    draft = books.parent("WCC", Q2)
    for username in ("finance.rbkc", "s151.wcc", "councillor.wcc", "programme.office", "auditor"):
        with pytest.raises(NotAllowed):
            add(restatement, draft, books.people[username])
    assert draft.entries.count() == 0


def test_they_can_not_be_added_to_a_return_of_the_same_quarter(
    books: Partnership, restatement: Restatement
) -> None:
    with pytest.raises(WrongState, match="is for 2013/14 Q1 or later"):
        add(restatement, books.parent("WCC", Q1), books.finance("WCC"))


def test_they_can_not_be_added_to_a_submitted_return(
    books: Partnership, restatement: Restatement
) -> None:
    sent = books.submitted("WCC", quarter=Q2)
    with pytest.raises(WrongState, match="This return has been submitted"):
        add(restatement, sent, books.finance("WCC"))


def test_a_council_that_it_does_not_affect_has_nothing_to_add(books: Partnership) -> None:
    books.driven("cex", {"LBHF": 1, "RBKC": 1}, code="posts")
    books.certified("RBKC", a_saving("cex", "90.00"))
    restatement = books.restated("posts", "LBHF", "2")
    with pytest.raises(WrongState, match="It moves no figure of Westminster"):
        add(restatement, books.parent("WCC", Q2), books.finance("WCC"))


def test_a_superseded_restatement_adds_nothing(
    books: Partnership, restatement: Restatement
) -> None:
    books.restated("readers", "WCC", "4")
    with pytest.raises(WrongState, match="Replaced by a later restatement"):
        add(restatement, books.parent("WCC", Q2), books.finance("WCC"))


def test_they_are_not_added_beside_rows_of_a_superseded_restatement(
    books: Partnership, restatement: Restatement
) -> None:
    """Otherwise both would be certified together."""
    books.adjusted(restatement, "WCC")
    latest = books.restated("readers", "WCC", "4")
    with pytest.raises(WrongState, match=f"has entries of restatement {restatement.id}, which"):
        books.adjusted(latest, "WCC")

    books.draft("WCC", quarter=Q2)
    saved = books.adjusted(latest, "WCC")
    assert rows_of(saved) == [("own", "66.66", f"Restatement {latest.id}, 2013-14-Q1")]


def test_certified_entries_of_a_superseded_restatement_are_not_counted_twice(
    books: Partnership, restatement: Restatement
) -> None:
    """Once certified, it is carried through, and the latest moves only what is left."""
    books.adjusted(restatement, "WCC")
    latest = books.restated("readers", "WCC", "4")
    books.certify_draft("WCC", Q2)
    saved = add(latest, _third_quarter(books, "WCC"), books.finance("WCC"))
    assert rows_of(saved) == [("own", "-33.34", f"Restatement {latest.id}, 2013-14-Q1")]


def test_a_row_with_another_amount_leaves_a_remainder(
    books: Partnership, restatement: Restatement
) -> None:
    """A row is recognised by its evidence, not by the person who typed it."""
    typed = a_saving(
        amount="40.00", scope="own", evidence=f"Restatement {restatement.id}, 2013-14-Q1"
    )
    books.draft("WCC", typed, quarter=Q2)
    assert state(books, restatement, "WCC", "finance.wcc") == "draft"
    books.certify_draft("WCC", Q2)
    later = _third_quarter(books, "WCC")

    saved = add(restatement, later, books.finance("WCC"))

    assert rows_of(saved) == [("own", "60.00", f"Restatement {restatement.id}, 2013-14-Q1")]


def test_entries_certified_later_bring_a_remainder(
    books: Partnership, restatement: Restatement
) -> None:
    """The value still applies in Q2, so entries certified then rest on it as well."""
    books.adjusted(restatement, "WCC")
    books.certify_draft("WCC", Q2)
    books.certified("RBKC", a_saving(amount="8.00"), quarter=Q2)
    later = _third_quarter(books, "WCC")

    saved = add(restatement, later, books.finance("WCC"))

    assert rows_of(saved) == [("own", "2.00", f"Restatement {restatement.id}, 2013-14-Q2")]


def test_entries_that_rest_on_a_made_up_tolerance_are_made_up(
    books: Partnership, restatement: Restatement
) -> None:
    books.tolerance("1/100", provenance=Provenance.ILLUSTRATIVE)
    saved = books.adjusted(restatement, "WCC")
    assert saved.entries.get().provenance == Provenance.ILLUSTRATIVE


def test_another_councils_draft_is_not_revealed(
    books: Partnership, restatement: Restatement
) -> None:
    books.adjusted(restatement, "WCC")
    seen = {
        reader: state(books, restatement, "WCC", reader)
        for reader in (
            "finance.wcc", "s151.wcc", "auditor", "programme.office", "councillor.wcc",
            "finance.rbkc", "s151.lbhf",
        )
    }  # fmt: skip
    assert seen == {
        "finance.wcc": "draft",
        "s151.wcc": "draft",
        "auditor": "draft",
        "programme.office": "draft",
        "councillor.wcc": "not_certified",
        "finance.rbkc": "not_certified",
        "s151.lbhf": "not_certified",
    }
    books.certify_draft("WCC", Q2)
    assert {state(books, restatement, "WCC", reader) for reader in seen} == {"certified"}


def _third_quarter(books: Partnership, code: str) -> Return:
    open_period(quarter=Q2.following, by=books.people["programme.office"], at=NOW)
    return books.parent(code, Q2.following)
