"""Which returns and entries exist for whom; everything else is not found."""

from __future__ import annotations

import pytest

from finance.periods import Quarter
from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from savings.rollup.actions import roll_up_dirty
from services.models import Participation
from sovereignty.models import User
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving

Q4 = Quarter.parse("2012-13-Q4")


@pytest.fixture
@kept
def figures(partnership: Partnership) -> Partnership:
    """Certified, submitted and draft returns of each council, distinguished by their notes.

    WCC is in libraries but not in cex.
    """
    for code in ("LBHF", "RBKC", "WCC"):
        partnership.certified(
            code,
            a_saving("library-service", note=f"{code} shared libraries"),
            a_saving("cex", note=f"{code} shared cex"),
            a_saving("library-service", scope="own", note=f"{code} own"),
        )
    partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"})
    roll_up_dirty(at=NOW)
    partnership.submitted("RBKC", a_saving(note="RBKC submitted"), quarter=Q2)
    partnership.draft("LBHF", a_saving(note="LBHF draft"), quarter=Q2)
    partnership.draft("WCC", a_saving(note="WCC draft"), quarter=Q2)
    for quarter, status in ((Q4, "certified"), (Q1, "draft")):
        period, _ = Period.objects.get_or_create(quarter=quarter)
        own = Return.objects.create(period=period)
        Entry.objects.create(
            parent=own,
            position=1,
            service=partnership.services["cex"],
            kind="ongoing_cost",
            scope="shared",
            amount=1,
            note=f"partnership {status}",
        )
        if status == "certified":
            Return.objects.filter(id=own.id).update(
                status=status, certified_at=NOW, published_in="a-document"
            )
    return partnership


EVERY_RETURN = {
    *(f"{code} {period}" for code in ("LBHF", "RBKC", "WCC") for period in ("Q1", "Q2")),
    "partnership Q4",
    "partnership Q1",
}
SEES_RETURNS = {
    "finance.wcc": {"WCC Q1", "WCC Q2", "partnership Q4"},
    "s151.wcc": {"WCC Q1", "WCC Q2", "partnership Q4"},
    "councillor.wcc": {"WCC Q1", "partnership Q4"},
    "finance.rbkc": {"RBKC Q1", "RBKC Q2", "partnership Q4"},
    "s151.rbkc": {"RBKC Q1", "RBKC Q2", "partnership Q4"},
    "councillor.rbkc": {"RBKC Q1", "partnership Q4"},
    "finance.lbhf": {"LBHF Q1", "LBHF Q2", "partnership Q4"},
    "s151.lbhf": {"LBHF Q1", "LBHF Q2", "partnership Q4"},
    "councillor.lbhf": {"LBHF Q1", "partnership Q4"},
    "programme.office": EVERY_RETURN,
    "auditor": EVERY_RETURN,
    "nobody": set(),
    "administrator": set(),
}

LIBRARIES = {f"{code} shared libraries" for code in ("LBHF", "RBKC", "WCC")}
CEX = {f"{code} shared cex" for code in ("LBHF", "RBKC", "WCC")}
PUBLISHED = {"partnership certified"}
EVERY_ENTRY = {
    *LIBRARIES,
    *CEX,
    *PUBLISHED,
    *(f"{code} own" for code in ("LBHF", "RBKC", "WCC")),
    "RBKC submitted",
    "LBHF draft",
    "WCC draft",
    "partnership draft",
}
SEES_ENTRIES = {
    # WCC is not in cex: it sees only what it reported there itself, and what was published.
    "finance.wcc": {*LIBRARIES, *PUBLISHED, "WCC shared cex", "WCC own", "WCC draft"},
    "s151.wcc": {*LIBRARIES, *PUBLISHED, "WCC shared cex", "WCC own", "WCC draft"},
    "councillor.wcc": {*LIBRARIES, *PUBLISHED, "WCC shared cex", "WCC own"},
    "finance.rbkc": {*LIBRARIES, *CEX, *PUBLISHED, "RBKC own", "RBKC submitted"},
    "s151.rbkc": {*LIBRARIES, *CEX, *PUBLISHED, "RBKC own", "RBKC submitted"},
    "councillor.rbkc": {*LIBRARIES, *CEX, *PUBLISHED, "RBKC own"},
    "finance.lbhf": {*LIBRARIES, *CEX, *PUBLISHED, "LBHF own", "LBHF draft"},
    "s151.lbhf": {*LIBRARIES, *CEX, *PUBLISHED, "LBHF own", "LBHF draft"},
    "councillor.lbhf": {*LIBRARIES, *CEX, *PUBLISHED, "LBHF own"},
    "programme.office": EVERY_ENTRY,
    "auditor": EVERY_ENTRY,
    "nobody": set(),
    "administrator": set(),
}


def person(figures: Partnership, username: str) -> User:
    if username in figures.people:
        return figures.people[username]
    return User.objects.create_user(username, is_superuser=username == "administrator")


def test_the_tables_name_everybody(partnership: Partnership) -> None:
    everybody = {*partnership.people, "nobody", "administrator"}
    assert set(SEES_RETURNS) == set(SEES_ENTRIES) == everybody


@pytest.mark.parametrize("username", SEES_RETURNS)
def test_each_person_sees_the_returns_that_exist_for_them(
    username: str, figures: Partnership
) -> None:
    visible = Return.objects.visible_to(person(figures, username))
    assert sorted(f"{r.council_code} {r.period.code[-2:]}" for r in visible) == sorted(
        SEES_RETURNS[username]
    )
    assert Return.objects.count() == len(EVERY_RETURN)


@pytest.mark.parametrize("username", SEES_ENTRIES)
def test_each_person_sees_the_entries_that_exist_for_them(
    username: str, figures: Partnership
) -> None:
    visible = Entry.objects.visible_to(person(figures, username))
    assert sorted(entry.note for entry in visible) == sorted(SEES_ENTRIES[username])
    assert Entry.objects.count() == len(EVERY_ENTRY)


def test_a_council_sees_shared_entries_only_of_quarters_in_which_it_took_part(
    partnership: Partnership,
) -> None:
    Participation.objects.filter(
        service=partnership.services["libraries"], council=partnership.councils["WCC"]
    ).update(to_quarter=Q1)
    for quarter in (Q1, Q2):
        partnership.certified("LBHF", a_saving(note=f"{quarter.code}"), quarter=quarter)
    roll_up_dirty(at=NOW)
    seen = Entry.objects.visible_to(partnership.people["finance.wcc"])
    assert [entry.note for entry in seen] == ["2013-14-Q1"]
    assert Entry.objects.visible_to(partnership.people["finance.rbkc"]).count() == 2


def test_visibility_takes_a_fixed_number_of_queries(
    partnership: Partnership, django_assert_num_queries
) -> None:
    user = User.objects.get(username="finance.wcc")
    assert user.council
    with django_assert_num_queries(5):
        list(Entry.objects.visible_to(user))
    for code in partnership.councils:
        partnership.certified(code, *[a_saving()] * 5)
    with django_assert_num_queries(5):
        list(Entry.objects.visible_to(user))


def test_a_shared_entry_that_falls_only_on_its_council_is_hidden_from_others(
    partnership: Partnership,
) -> None:
    transition = {
        "service": "library-service",
        "kind": "transition_cost",
        "scope": "shared",
        "amount": "5",
        "note": "Names somebody.",
    }
    partnership.certified("LBHF", transition, a_saving(note="everybody's"))
    roll_up_dirty(at=NOW)
    seen = Entry.objects.visible_to(partnership.people["finance.wcc"])
    assert [entry.note for entry in seen] == ["everybody's"]


def test_a_council_that_has_left_still_sees_entries_that_fall_on_it(
    partnership: Partnership,
) -> None:
    partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"})
    Participation.objects.filter(
        service=partnership.services["libraries"], council=partnership.councils["WCC"]
    ).update(to_quarter=Q1)
    first = partnership.certified("LBHF", a_saving(amount="8")).entries.get()
    partnership.certified(
        "LBHF",
        a_saving(amount="-4", note="correction", corrects=str(first.id)),
        a_saving(note="later"),
        quarter=Q2,
    )
    roll_up_dirty(at=NOW)
    seen = Entry.objects.visible_to(partnership.people["finance.wcc"])
    assert [entry.note for entry in seen.order_by("id")] == ["", "correction"]
