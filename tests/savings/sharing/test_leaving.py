"""A council leaves a service after a quarter, and the others keep their proportion."""

from __future__ import annotations

import pytest

from audit.models import Event
from finance.periods import Quarter
from savings.calendar.actions import close_period
from savings.returns.models import DirtyReturn
from savings.rollup.tasks import roll_up
from savings.sharing.reports import sharing_of
from services.models import Hosting, Participation, Service
from sovereignty.refusals import BadContent, NotAllowed, WrongState
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.savings.sharing.changing import falls, join, leave, spells

pytestmark = pytest.mark.django_db

Q3 = Q2.following
Q4 = Q3.following
THREE = [("LBHF", "2011-12-Q1", None), ("RBKC", "2011-12-Q1", None), ("WCC", "2011-12-Q1", None)]
HALF_AND_QUARTERS = {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}


def refused(partnership: Partnership, **more: object) -> dict[str, str]:
    """The remedies with which a leaving is refused; checks that nothing changed."""
    before = (list(Participation.objects.values()), Event.objects.count())
    with pytest.raises(BadContent) as refusal:
        leave(partnership, **more)  # type: ignore[arg-type]
    assert (list(Participation.objects.values()), Event.objects.count()) == before
    return {error.field: error.message for error in refusal.value.errors}


def test_a_council_takes_part_up_to_and_including_a_quarter(partnership: Partnership) -> None:
    leave(partnership)
    assert spells("libraries") == [*THREE[:2], ("WCC", "2011-12-Q1", "2013-14-Q1")]
    tree = Service.objects.tree()
    assert [tree.participants("library-service", quarter) for quarter in (Q1, Q2)] == [
        ("LBHF", "RBKC", "WCC"),
        ("LBHF", "RBKC"),
    ]
    event = Event.objects.about("service", "libraries").get()
    assert (event.action, event.by, event.before) == (
        "council left",
        "programme.office",
        {"participants": ["LBHF", "RBKC", "WCC"]},
    )
    assert event.after == {
        "participants": ["LBHF", "RBKC"],
        "council": "WCC",
        "last_quarter": "2013-14-Q1",
        "source": "Full council, 3 July 2013.",
    }


def test_who_takes_part_in_an_open_quarter_is_offered(partnership: Partnership) -> None:
    leave(partnership)

    def offered(slug: str) -> list[str]:
        return [c.code for c in sharing_of(partnership.services[slug]).taking_part]

    by_name = ["LBHF", "RBKC", "WCC"]  # which is the order of their names too
    assert offered("libraries") == offered("library-service") == by_name
    partnership.close(Q1)
    assert offered("libraries") == offered("library-service") == by_name[:2]
    assert offered("childrens") == by_name


def test_it_may_leave_earlier_than_recorded(partnership: Partnership) -> None:
    leave(partnership, last=Q3)
    leave(partnership, last=Q1)
    assert spells("libraries")[2] == ("WCC", "2011-12-Q1", "2013-14-Q1")


def test_a_joining_in_the_future_is_called_off(partnership: Partnership) -> None:
    join(partnership, since=Q3)
    left = leave(partnership, "cex", last=Q2)
    assert (left.called_off, left.again) == (True, None)
    assert [code for code, _, _ in spells("cex")] == ["LBHF", "RBKC"]
    event = Event.objects.about("service", "cex").last()
    assert event is not None
    assert (event.action, event.after) == (
        "joining called off",
        {
            "participants": ["LBHF", "RBKC"],
            "council": "WCC",
            "effective_from": "2013-14-Q3",
            "source": "Full council, 3 July 2013.",
        },
    )


def test_leaving_ends_spells_that_follow_without_a_gap(partnership: Partnership) -> None:
    join(partnership, since=Q3)
    join(partnership, since=Q1)
    assert spells("cex")[2:] == [
        ("WCC", "2013-14-Q1", "2013-14-Q2"),
        ("WCC", "2013-14-Q3", None),
    ]
    left = leave(partnership, "cex", last=Q1)
    assert (left.called_off, left.again) == (False, None)
    assert spells("cex")[2:] == [("WCC", "2013-14-Q1", "2013-14-Q1")]


@pytest.mark.parametrize("code", ["1900-01-Q1", "2899-00-Q4"])
def test_the_first_and_last_quarter_of_the_calendar_are_refused(
    code: str, partnership: Partnership
) -> None:
    quarter = Quarter.parse(code)
    said = {"last_quarter": "Choose a quarter nearer to today."}
    assert refused(partnership, last=quarter) == said
    with pytest.raises(BadContent) as refusal:
        join(partnership, since=quarter)
    assert [(error.field, error.value) for error in refusal.value.errors] == [
        ("effective_from", code)
    ]


def test_a_later_spell_stays_as_recorded(partnership: Partnership) -> None:
    leave(partnership, last=Q2)
    join(partnership, "libraries", since=Q4)
    left = leave(partnership, last=Q1)
    assert (left.called_off, left.again) == (False, Q4)
    assert spells("libraries")[2:] == [
        ("WCC", "2011-12-Q1", "2013-14-Q1"),
        ("WCC", "2013-14-Q4", None),
    ]
    event = Event.objects.about("service", "libraries").last()
    assert event is not None
    assert event.after is not None
    assert event.after["again_from"] == "2013-14-Q4"


def test_leaving_only_a_part_gives_it_participants_of_its_own(partnership: Partnership) -> None:
    leave(partnership, "library-service")
    assert spells("library-service") == [*THREE[:2], ("WCC", "2011-12-Q1", "2013-14-Q1")]
    assert spells("libraries") == THREE
    event = Event.objects.about("service", "library-service").get()
    assert event.before == {
        "participants": ["LBHF", "RBKC", "WCC"],
        "inherited_from": "libraries",
    }


# --- What is refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "messages"),
    [
        ({"source": ""}, {"source": "Say where this was settled."}),
        ({"source": "s" * 201}, {"source": "Shorten this to 200 characters."}),
        (
            {"slug": "cex", "source": " "},
            {
                "source": "Say where this was settled.",
                "council": "Westminster already takes no part in Cex in 2013/14 Q2: choose a "
                "council that does, or another quarter.",
            },
        ),
        (
            {"slug": "chief-executive-leadership", "code": "LBHF"},
            {
                "council": "Without Hammersmith & Fulham, fewer than two councils would share "
                "Chief executive leadership in 2013/14 Q2: record another one that joins first.",
            },
        ),
    ],
)
def test_a_wrong_leaving_is_refused_with_the_remedy(
    more: dict[str, str], messages: dict[str, str], partnership: Partnership
) -> None:
    assert refused(partnership, **more) == messages


def test_leaving_twice_is_refused(partnership: Partnership) -> None:
    leave(partnership, last=Q1)
    for last in (Q1, Q2):
        assert list(refused(partnership, last=last)) == ["council"]


def test_two_councils_have_to_remain_in_every_later_quarter_too(partnership: Partnership) -> None:
    """Another leaves a quarter later, so after the first left one council would be alone."""
    leave(partnership, last=Q3)
    assert refused(partnership, code="LBHF", last=Q1)["council"] == (
        "Without Hammersmith & Fulham, fewer than two councils would share Libraries in "
        "2013/14 Q4: record another one that joins first."
    )
    # If it were back by then, two would remain throughout.
    join(partnership, "libraries", since=Q4)
    leave(partnership, code="LBHF", last=Q1)
    assert Service.objects.tree().participants("libraries", Q4) == ("RBKC", "WCC")


def test_a_host_has_to_be_replaced_before_it_leaves(partnership: Partnership) -> None:
    hosts = "Kensington & Chelsea hosts {} in 2013/14 {}: first record who hosts it from then on."
    assert refused(partnership, code="RBKC") == {"council": hosts.format("Libraries", "Q2")}
    assert refused(partnership, slug="library-service", code="RBKC") == {
        "council": hosts.format("Library service", "Q2")
    }
    # Libraries have another host from then on, yet a part still inherits this one from Q3 on.
    Hosting.objects.update(to_quarter=Q1)
    Hosting.objects.create(
        service=partnership.services["library-service"],
        council=partnership.councils["RBKC"],
        from_quarter=Q3,
    )
    assert refused(partnership, code="RBKC") == {"council": hosts.format("Library service", "Q3")}
    # With participants of its own the part does not inherit, and the council stays there.
    leave(partnership, "library-service", "LBHF", last=Q1)
    leave(partnership, code="RBKC")
    assert Service.objects.tree().participants("libraries", Q2) == ("LBHF", "WCC")
    assert Service.objects.tree().participants("library-service", Q2) == ("RBKC", "WCC")


def test_a_council_that_hosted_only_earlier_may_leave(partnership: Partnership) -> None:
    Hosting.objects.update(to_quarter=Q1)
    leave(partnership, code="RBKC", last=Q1)
    assert Service.objects.tree().participants("libraries", Q2) == ("LBHF", "WCC")


def test_a_closed_quarter_keeps_its_participants(partnership: Partnership) -> None:
    for code in partnership.councils:
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    with pytest.raises(WrongState) as refusal:
        leave(partnership, last=Quarter.parse("2012-13-Q4"))
    assert str(refusal.value) == (
        "2013/14 Q1 is closed and its figures stand. Westminster has taken part in it: choose "
        "2013/14 Q1 or a later quarter as its last."
    )
    assert spells("libraries") == THREE
    # The closed quarter may be its last.
    leave(partnership, last=Q1)
    assert spells("libraries")[2] == ("WCC", "2011-12-Q1", "2013-14-Q1")


def test_only_the_programme_office_can_record_a_leaving(partnership: Partnership) -> None:
    for name in (name for name in partnership.people if name != "programme.office"):
        with pytest.raises(NotAllowed, match="Only the programme office can record who takes"):
            leave(partnership, by=partnership.people[name])
    assert spells("libraries") == THREE


# --- What moves, and what does not ------------------------------------------------------


@pytest.mark.parametrize("slug", ["libraries", "library-service"])
def test_shares_are_scaled_up_in_open_quarters_and_closed_ones_stay(
    slug: str, partnership: Partnership
) -> None:
    partnership.rule("libraries", HALF_AND_QUARTERS)
    for code in partnership.councils:
        partnership.certified(code, *([a_saving(amount="100.00")] if code == "LBHF" else []))
    roll_up()
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    partnership.certified("LBHF", a_saving(amount="60.00"), quarter=Q2)
    roll_up()
    closed = [("LBHF", 5000), ("RBKC", 2500), ("WCC", 2500)]
    assert (falls(Q1), falls(Q2)) == (closed, [("LBHF", 3000), ("RBKC", 1500), ("WCC", 1500)])

    leave(partnership, slug)
    marked = DirtyReturn.objects.values_list("parent__period__quarter", flat=True)
    assert list(marked) == [Q2]
    roll_up()
    assert (falls(Q1), falls(Q2)) == (closed, [("LBHF", 4000), ("RBKC", 2000)])
