"""Claims on transition budgets rest on what others delivered, and follow it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from savings.kit.provenance import Provenance
from savings.returns.models import Entry, Return
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import Fact
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_claim, a_cost, a_saving, build
from tests.savings.rollup.books import books, books_from_the_entries, waiting

pytestmark = pytest.mark.django_db


def shares(parent: Return) -> dict[str | None, int]:
    """The pence of a return's claims by council, of all of them together."""
    found: dict[str | None, int] = {}
    for code, pence in Fact.objects.filter(parent=parent).values_list("council__code", "pence"):
        found[code] = found.get(code, 0) + pence
    return found


def roll_up() -> set[int]:
    """Roll up what waits; the returns whose facts were written again."""
    before = dict(Fact.objects.values_list("id", "parent_id"))
    roll_up_dirty(at=NOW)
    assert books() == books_from_the_entries()
    after = dict(Fact.objects.values_list("id", "parent_id"))
    return {parent for fact, parent in after.items() if fact not in before}


@pytest.fixture
@kept
def partnership(db: None) -> Partnership:
    """A budget for all of the libraries, and no rule."""
    partnership = build()
    partnership.approval(ceiling="100000.00")
    partnership.approval("others", "cex", ceiling="100000.00")
    return partnership


def own(amount: str, slug: str = "library-service") -> dict[str, object]:
    return a_saving(slug, amount, scope="own")


def test_a_claim_moves_with_every_certification_of_its_quarter(partnership: Partnership) -> None:
    claim = partnership.certified("RBKC", a_claim("30.00"))
    assert roll_up() == {claim.id}
    # No council's spending has fallen, and no rule says how savings go.
    assert shares(claim) == {None: 3000}

    first = partnership.certified("LBHF", own("100.00"))
    assert waiting() == ["LBHF"]
    assert roll_up() == {claim.id, first.id}
    assert shares(claim) == {"LBHF": 3000}

    second = partnership.certified(
        "WCC", own("80.00"), a_cost(amount="30.00", scope="own"), own("999.00", "libraries")
    )
    assert roll_up() == {claim.id, second.id}
    assert shares(claim) == {"LBHF": 2000, "WCC": 1000}


def test_only_claims_of_the_service_or_above_in_that_quarter_or_later_are_split_again(
    partnership: Partnership,
) -> None:
    above = partnership.certified("RBKC", a_claim("30.00", service="libraries"))
    earlier = partnership.certified("LBHF", a_claim("30.00"))
    elsewhere = partnership.certified("WCC", a_claim("30.00", "others", service="cex"))
    later = partnership.certified("RBKC", a_claim("30.00"), quarter=Q2)
    roll_up()
    saved = partnership.certified("WCC", own("10.00"), quarter=Q2)
    assert roll_up() == {later.id, saved.id}
    assert shares(later) == {"WCC": 3000}
    assert shares(above) == shares(earlier) == {None: 3000}
    # Savings in a part count for the programme, and not the other way round.
    whole = partnership.certified("LBHF", own("10.00", "libraries"), quarter=Q2)
    assert roll_up() == {whole.id}
    assert shares(elsewhere) == {None: 3000}


def test_entries_outside_a_net_reduction_leave_claims_alone(partnership: Partnership) -> None:
    claim = partnership.certified("RBKC", a_claim("30.00"))
    roll_up()
    other = partnership.certified(
        "LBHF",
        a_cost("variance", scope="own", cause="demand"),
        a_cost("transition_cost"),
        a_claim("1.00"),
    )
    assert roll_up() == {other.id}
    assert shares(claim) == {None: 3000}


def test_a_claim_follows_a_rule_agreed_later(partnership: Partnership) -> None:
    """Through the savings that it rests on, and by itself where no council has saved."""
    claim = partnership.certified("RBKC", a_claim("30.00"))
    saved = partnership.certified("LBHF", a_saving(amount="90.00"), quarter=Q2)
    later = partnership.certified("WCC", a_claim("30.00"), quarter=Q2)
    roll_up()
    assert shares(later) == {None: 3000}
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/6", "WCC": "1/2"})
    assert roll_up() == {claim.id, saved.id, later.id}
    split = {"LBHF": 1000, "RBKC": 500, "WCC": 1500}
    assert shares(claim) == shares(later) == split
    assert set(Fact.objects.filter(parent=claim).values_list("rule_id", flat=True)) != {None}
    assert set(Fact.objects.filter(parent=later).values_list("rule_id", flat=True)) == {None}


def test_a_correction_of_a_saving_changes_no_claim_of_an_earlier_quarter(
    partnership: Partnership,
) -> None:
    saved = partnership.certified("LBHF", own("100.00")).entries.get()
    claim = partnership.certified("WCC", a_claim("30.00"), own("50.00"))
    roll_up()
    before = shares(claim)
    partnership.certified("LBHF", {**own("-100.00"), "corrects": str(saved.id)}, quarter=Q2)
    later = partnership.certified("RBKC", a_claim("30.00"), quarter=Q2)
    roll_up()
    assert shares(claim) == before == {"LBHF": 2000, "WCC": 1000 + 5000}
    assert shares(later) == {"WCC": 3000}


def test_a_correction_of_a_claim_takes_back_what_it_corrects(partnership: Partnership) -> None:
    """To the penny, though the councils' reductions have changed by then."""
    partnership.certified("LBHF", own("100.00"))
    partnership.certified("WCC", own("50.00"))
    claim = partnership.certified("RBKC", a_claim("10.01"))
    partnership.certified("WCC", own("5000.00"), quarter=Q2)
    back = partnership.certified(
        "RBKC", a_claim("-10.01", corrects=str(claim.entries.get().id)), quarter=Q2
    )
    roll_up()
    assert shares(claim) == {"LBHF": 667, "WCC": 334}
    assert shares(back) == {"LBHF": -667, "WCC": -334}


def test_made_up_figures_mark_the_claims_that_rest_on_them(partnership: Partnership) -> None:
    partnership.approval("made-up", provenance=Provenance.ILLUSTRATIVE)
    partnership.certified("LBHF", own("1.00"), a_claim("1.00"), a_claim("1.00", "made-up"))
    roll_up()
    marked = Fact.objects.filter(entry__kind="transition_cost").order_by("entry__position")
    assert list(marked.values_list("illustrative", flat=True)) == [False, True]


def test_ten_claims_take_as_many_queries_as_one(partnership: Partnership) -> None:
    taken = []
    for code, claims in (("LBHF", 1), ("WCC", 10)):
        partnership.certified(code, own("1.00"), *[a_claim("1.00")] * claims)
        roll_up_everything(at=NOW)
        with CaptureQueriesContext(connection) as captured:
            roll_up_everything(at=NOW)
        taken.append(len(captured))
    assert taken == [taken[0]] * 2
    assert Entry.objects.filter(parent__period__quarter=Q1).exclude(approval="").count() == 11
