"""A council joins a service from an open quarter on, bound by nothing it never agreed to."""

from __future__ import annotations

import pytest

from audit.models import Event
from finance.periods import Quarter
from savings.calendar.actions import close_period
from savings.returns.models import DirtyReturn
from savings.rollup.tasks import roll_up
from services.models import Participation, Service
from sovereignty.refusals import BadContent, NotAllowed, WrongState
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.sharing.changing import falls, join, leave, spells

pytestmark = pytest.mark.django_db

Q3 = Q2.following
LEADERSHIP = "chief-executive-leadership"
TWO = [("LBHF", "2011-12-Q1", None), ("RBKC", "2011-12-Q1", None)]


def test_a_council_joins_until_further_notice(partnership: Partnership) -> None:
    made = join(partnership)
    assert made.source == "Cabinet, 3 July 2013."
    assert spells("cex") == [*TWO, ("WCC", "2013-14-Q2", None)]
    tree = Service.objects.tree()
    assert [tree.participants(LEADERSHIP, quarter) for quarter in (Q1, Q2)] == [
        ("LBHF", "RBKC"),
        ("LBHF", "RBKC", "WCC"),
    ]
    event = Event.objects.about("service", "cex").get()
    assert (event.action, event.by, event.before) == (
        "council joined",
        "programme.office",
        {"participants": ["LBHF", "RBKC"]},
    )
    assert event.after == {
        "participants": ["LBHF", "RBKC", "WCC"],
        "council": "WCC",
        "effective_from": "2013-14-Q2",
        "source": "Cabinet, 3 July 2013.",
    }


def test_a_council_joins_until_its_next_recorded_spell(partnership: Partnership) -> None:
    join(partnership, since=Q3)
    join(partnership, since=Q1)
    assert spells("cex") == [
        *TWO,
        ("WCC", "2013-14-Q1", "2013-14-Q2"),
        ("WCC", "2013-14-Q3", None),
    ]


def test_a_council_that_left_joins_again(partnership: Partnership) -> None:
    leave(partnership, last=Q1)
    join(partnership, "libraries", since=Q3)
    assert spells("libraries")[2:] == [
        ("WCC", "2011-12-Q1", "2013-14-Q1"),
        ("WCC", "2013-14-Q3", None),
    ]


def test_a_part_that_inherits_gets_participants_of_its_own(partnership: Partnership) -> None:
    """They begin with those it inherited until then; services below it inherit them."""
    join(partnership, LEADERSHIP)
    assert spells(LEADERSHIP) == [*TWO, ("WCC", "2013-14-Q2", None)]
    assert spells("cex") == TWO
    event = Event.objects.about("service", LEADERSHIP).get()
    assert event.before == {"participants": ["LBHF", "RBKC"], "inherited_from": "cex"}

    join(partnership, "cex", since=Q3)
    tree = Service.objects.tree()
    assert [tree.participants(LEADERSHIP, quarter) for quarter in (Q1, Q2, Q3)] == [
        ("LBHF", "RBKC"),
        ("LBHF", "RBKC", "WCC"),
        ("LBHF", "RBKC", "WCC"),
    ]
    # A part with participants of its own no longer inherits.
    leave(partnership, LEADERSHIP, last=Q3)
    tree = Service.objects.tree()
    assert tree.participants("cex", Q3.following) == ("LBHF", "RBKC", "WCC")
    assert tree.participants(LEADERSHIP, Q3.following) == ("LBHF", "RBKC")


def test_a_part_keeps_inherited_spells_to_the_end_of_each(partnership: Partnership) -> None:
    Participation.objects.filter(
        service=partnership.services["cex"], council=partnership.councils["RBKC"]
    ).update(to_quarter=Q3, source="The minutes")
    join(partnership, LEADERSHIP)
    assert spells(LEADERSHIP) == [
        ("LBHF", "2011-12-Q1", None),
        ("RBKC", "2011-12-Q1", "2013-14-Q3"),
        ("WCC", "2013-14-Q2", None),
    ]
    sources = Participation.objects.filter(service__slug=LEADERSHIP).order_by("council__code")
    assert list(sources.values_list("source", flat=True)) == [
        "",
        "The minutes",
        "Cabinet, 3 July 2013.",
    ]


def test_councils_join_a_service_that_nobody_shares_yet_one_by_one(
    partnership: Partnership,
) -> None:
    partnership.services["choirs"] = Service.objects.create(slug="choirs", name="Choirs")
    join(partnership, "choirs", "LBHF")
    join(partnership, "choirs", "WCC")
    assert spells("choirs") == [("LBHF", "2013-14-Q2", None), ("WCC", "2013-14-Q2", None)]


# --- What is refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "messages"),
    [
        ({"source": " "}, {"source": "Say where this was settled."}),
        ({"source": "s" * 201}, {"source": "Shorten this to 200 characters."}),
        ({"source": "a\x00b"}, {"source": "Remove the null character."}),
        (
            {"code": "LBHF", "source": ""},
            {
                "source": "Say where this was settled.",
                "council": "Hammersmith & Fulham already takes part in Cex in 2013/14 Q2: choose "
                "another council or a quarter in which it does not.",
            },
        ),
        (
            {"code": "LBHF", "slug": LEADERSHIP},
            {
                "council": "Hammersmith & Fulham already takes part in Chief executive leadership "
                "in 2013/14 Q2: choose another council or a quarter in which it does not.",
            },
        ),
    ],
)
def test_a_wrong_joining_is_refused_with_the_remedy(
    more: dict[str, str], messages: dict[str, str], partnership: Partnership
) -> None:
    with pytest.raises(BadContent) as refusal:
        join(partnership, **more)  # type: ignore[arg-type]
    assert {error.field: error.message for error in refusal.value.errors} == messages
    assert (spells("cex"), spells(LEADERSHIP)) == (TWO, [])
    assert not Event.objects.filter(action="council joined").exists()


def test_a_closed_quarter_keeps_its_participants(partnership: Partnership) -> None:
    for code in partnership.councils:
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    for late in (Q1, Quarter.parse("2012-13-Q2")):
        with pytest.raises(WrongState) as refusal:
            join(partnership, since=late)
        assert str(refusal.value) == (
            f"{late.label} is closed and its figures stand. Choose a quarter after 2013/14 Q1."
        )
    assert spells("cex") == TWO


def test_only_the_programme_office_can_record_a_joining(partnership: Partnership) -> None:
    for name in (name for name in partnership.people if name != "programme.office"):
        with pytest.raises(NotAllowed) as refusal:
            join(partnership, by=partnership.people[name])
        assert str(refusal.value) == (
            "Only the programme office can record who takes part in a service and who hosts it."
        )
    assert spells("cex") == TWO


# --- What moves, and what does not ------------------------------------------------------


def closed_on_halves(partnership: Partnership) -> None:
    """Q1 is closed with a saving of £100 by halves; in Q2 one of £60 is certified."""
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    for code in partnership.councils:
        rows = [a_saving(LEADERSHIP, "100.00")] if code == "RBKC" else []
        partnership.certified(code, *rows)
    roll_up()
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    partnership.certified("RBKC", a_saving(LEADERSHIP, "60.00"), quarter=Q2)
    roll_up()


@pytest.mark.parametrize("slug", ["cex", LEADERSHIP])
def test_open_quarters_are_rolled_up_again_and_closed_ones_stay(
    slug: str, partnership: Partnership
) -> None:
    closed_on_halves(partnership)
    halves = [("LBHF", 3000), ("RBKC", 3000)]
    assert (falls(Q1), falls(Q2)) == ([("LBHF", 5000), ("RBKC", 5000)], halves)

    join(partnership, slug)
    marked = DirtyReturn.objects.values_list("parent__period__quarter", flat=True)
    assert list(marked) == [Q2]
    roll_up()
    # Nor does the rule of the service above bind a part's newcomer that never agreed to it.
    assert (falls(Q1), falls(Q2)) == ([("LBHF", 5000), ("RBKC", 5000)], [(None, 6000)])

    partnership.rule(slug, {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}, effective_from=Q2)
    roll_up()
    assert (falls(Q1), falls(Q2)) == (
        [("LBHF", 5000), ("RBKC", 5000)],
        [("LBHF", 2000), ("RBKC", 2000), ("WCC", 2000)],
    )


def test_a_rule_of_an_open_quarter_counts_once_the_newcomer_agrees(
    partnership: Partnership,
) -> None:
    rule = partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    partnership.certified("RBKC", a_saving(LEADERSHIP, "60.00"), quarter=Q2)
    join(partnership)
    roll_up()
    assert falls(Q2) == [(None, 6000)]
    partnership.agree(rule.decision_id, "WCC")
    roll_up()
    assert falls(Q2) == [("LBHF", 3000), ("RBKC", 3000)]
