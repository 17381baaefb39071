"""Who hosts a service is recorded from a quarter on, and never for a closed one."""

from __future__ import annotations

import pytest

from audit.models import Event
from finance.periods import Quarter
from savings.calendar.actions import close_period
from savings.kit.provenance import Provenance
from savings.returns.models import DirtyReturn
from savings.rollup.models import Fact
from savings.rollup.tasks import roll_up
from savings.sharing.actions import set_host
from services.models import Hosting, Service
from services.tree import Spell
from sovereignty.refusals import BadContent, NotAllowed, WrongState
from tests.partnership import NOW, Q1, Q2, Partnership, a_cost
from tests.savings.sharing.changing import leave

pytestmark = pytest.mark.django_db

Q3 = Q2.following


def host(
    partnership: Partnership, code: str = "WCC", since: Quarter = Q2, **more: object
) -> Hosting:
    given: dict[str, object] = {
        "service": partnership.services["libraries"],
        "council": partnership.councils[code],
        "effective_from": since,
        "source": " Cabinet, 3 July 2013. ",
        "provenance": Provenance.REPORTED,
        "by": partnership.people["programme.office"],
        "at": NOW,
        **more,
    }
    return set_host(**given)  # type: ignore[arg-type]


def spells(slug: str = "libraries") -> list[tuple[str, str, str | None]]:
    return [
        (
            hosting.council.code,
            hosting.from_quarter.code,
            hosting.to_quarter.code if hosting.to_quarter else None,
        )
        for hosting in Hosting.objects.filter(service__slug=slug).order_by("from_quarter")
    ]


def test_a_new_host_takes_over_from_the_old(partnership: Partnership) -> None:
    made = host(partnership)
    assert (made.source, made.provenance) == ("Cabinet, 3 July 2013.", "reported")
    assert spells() == [("RBKC", "2011-12-Q1", "2013-14-Q1"), ("WCC", "2013-14-Q2", None)]
    tree = Service.objects.tree()
    assert [tree.host("library-service", quarter) for quarter in (Q1, Q2, Q3)] == [
        "RBKC",
        "WCC",
        "WCC",
    ]
    assert tree.hosting("libraries", Q2) == Spell(
        "WCC", Q2, None, "reported", "Cabinet, 3 July 2013."
    )
    event = Event.objects.about("service", "libraries").get()
    assert (event.action, event.by, event.before) == (
        "host set",
        "programme.office",
        {"host": "RBKC"},
    )
    assert event.after == {
        "host": "WCC",
        "effective_from": "2013-14-Q2",
        "source": "Cabinet, 3 July 2013.",
        "provenance": "reported",
    }


def test_a_host_recorded_before_another_ends_where_that_one_begins(
    partnership: Partnership,
) -> None:
    host(partnership, "WCC", Q3)
    host(partnership, "LBHF", Q2)
    assert spells() == [
        ("RBKC", "2011-12-Q1", "2013-14-Q1"),
        ("LBHF", "2013-14-Q2", "2013-14-Q2"),
        ("WCC", "2013-14-Q3", None),
    ]


def test_a_service_gets_a_first_host_and_a_part_a_host_of_its_own(partnership: Partnership) -> None:
    host(partnership, "LBHF", Q1, service=partnership.services["cex"])
    host(partnership, "LBHF", Q2, service=partnership.services["library-service"])
    assert spells("cex") == [("LBHF", "2013-14-Q1", None)]
    assert Event.objects.about("service", "cex").get().before == {"host": None}
    # The part gets hosts of its own, which begin with those that it had.
    assert spells("library-service") == [
        ("RBKC", "2011-12-Q1", "2013-14-Q1"),
        ("LBHF", "2013-14-Q2", None),
    ]
    assert Event.objects.about("service", "library-service").get().before == {
        "host": "RBKC",
        "inherited_from": "libraries",
    }
    tree = Service.objects.tree()
    assert (tree.host("libraries", Q2), tree.host("library-service", Q2)) == ("RBKC", "LBHF")
    assert tree.host("library-service", Q1) == "RBKC"


def test_a_part_has_another_host_from_the_quarter_in_which_it_would_inherit_one(
    partnership: Partnership,
) -> None:
    Hosting.objects.update(provenance=Provenance.ILLUSTRATIVE, source="Made up")
    host(partnership, "WCC", Q2)
    host(partnership, "LBHF", Q2, service=partnership.services["library-service"])
    host(partnership, "WCC", Q3, service=partnership.services["library-service"])
    assert spells("library-service") == [
        ("RBKC", "2011-12-Q1", "2013-14-Q1"),
        ("LBHF", "2013-14-Q2", "2013-14-Q2"),
        ("WCC", "2013-14-Q3", None),
    ]
    # Made-up spells are marked as made up in the part too.
    assert Service.objects.tree().hosting("library-service", Q1) == Spell(
        "RBKC", Quarter.parse("2011-12-Q1"), Q1, "illustrative", "Made up"
    )


@pytest.mark.parametrize(
    ("more", "messages"),
    [
        ({"source": " "}, {"source": "Say where this was settled."}),
        ({"source": "s" * 201}, {"source": "Shorten this to 200 characters."}),
        (
            {"slug": "cex"},
            {
                "council": "Westminster takes no part in Cex in 2013/14 Q2: choose one that does.",
            },
        ),
        (
            {"slug": "cex", "source": ""},
            {
                "source": "Say where this was settled.",
                "council": "Westminster takes no part in Cex in 2013/14 Q2: choose one that does.",
            },
        ),
    ],
)
def test_a_wrong_host_is_refused(
    more: dict[str, str], messages: dict[str, str], partnership: Partnership
) -> None:
    given: dict[str, object] = dict(more)
    if slug := given.pop("slug", None):
        given["service"] = partnership.services[str(slug)]
    with pytest.raises(BadContent) as refusal:
        host(partnership, **given)  # type: ignore[arg-type]
    assert {error.field: error.message for error in refusal.value.errors} == messages
    assert spells() == [("RBKC", "2011-12-Q1", None)]


def test_a_host_has_to_take_part_for_as_long_as_it_hosts(partnership: Partnership) -> None:
    leave(partnership, "libraries", "WCC", last=Q2)
    with pytest.raises(BadContent) as refusal:
        host(partnership, "WCC", Q2)
    assert [error.message for error in refusal.value.errors] == [
        "Westminster takes no part in Libraries in 2013/14 Q3: choose one that does."
    ]
    # Once the next host is recorded, it may be the host until then.
    host(partnership, "LBHF", Q3)
    host(partnership, "WCC", Q2)
    assert spells() == [
        ("RBKC", "2011-12-Q1", "2013-14-Q1"),
        ("WCC", "2013-14-Q2", "2013-14-Q2"),
        ("LBHF", "2013-14-Q3", None),
    ]


def test_only_one_host_can_begin_in_a_quarter(partnership: Partnership) -> None:
    host(partnership)
    with pytest.raises(WrongState, match="Libraries has a host from 2013/14 Q2 already"):
        host(partnership, "LBHF")


def test_only_the_programme_office_can_record_hosts(partnership: Partnership) -> None:
    before = spells()
    for name in (name for name in partnership.people if name != "programme.office"):
        with pytest.raises(NotAllowed, match="Only the programme office can record"):
            host(partnership, by=partnership.people[name])
    assert spells() == before != []


def test_a_closed_quarter_keeps_its_host(partnership: Partnership) -> None:
    for code in partnership.councils:
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    for late in (Q1, Quarter.parse("2012-13-Q2")):
        with pytest.raises(WrongState, match="2013/14 Q1"):
            host(partnership, since=late)
    assert spells() == [("RBKC", "2011-12-Q1", None)]


def test_a_parts_closed_quarter_keeps_the_host_that_it_inherited(partnership: Partnership) -> None:
    thirds = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
    partnership.rule("libraries", thirds, kind="ongoing_cost", indirect_variance="host")
    variance = a_cost("variance", amount="9.00", cause="indirect")
    for code in partnership.councils:
        partnership.certified(code, *([variance] if code == "RBKC" else []))
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)
    partnership.certified("RBKC", variance, quarter=Q2)
    host(partnership, service=partnership.services["library-service"])
    roll_up()
    parts = Fact.objects.order_by("parent__period__quarter").values_list("council__code", "pence")
    assert list(parts) == [("RBKC", 900), ("WCC", 900)]


def test_variances_for_the_host_fall_on_the_new_host(partnership: Partnership) -> None:
    thirds = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
    partnership.rule("libraries", thirds, kind="ongoing_cost", indirect_variance="host")
    variance = a_cost("variance", amount="9.00", cause="indirect")
    for quarter in (Q1, Q2):
        partnership.certified("RBKC", variance, quarter=quarter)
    roll_up()
    parts = Fact.objects.order_by("parent__period__quarter").values_list(
        "council__code", "pence", "illustrative"
    )
    assert list(parts) == [("RBKC", 900, False), ("RBKC", 900, False)]

    host(partnership, provenance=Provenance.ILLUSTRATIVE)
    marked = DirtyReturn.objects.values_list("parent__period__quarter", flat=True)
    assert list(marked) == [Q2]
    roll_up()
    assert list(parts.all()) == [("RBKC", 900, False), ("WCC", 900, True)]


def test_a_host_has_to_take_part_in_every_part_that_inherits_it(partnership: Partnership) -> None:
    """Otherwise a variance there could fall on a council that was never asked about the rule."""
    leave(partnership, "library-service", last=Q1)
    with pytest.raises(BadContent) as refusal:
        host(partnership)
    said = {error.field: error.message for error in refusal.value.errors}
    assert said == {
        "council": "Westminster takes no part in Library service in 2013/14 Q2: first record "
        "a separate host for Library service, or choose a council that takes part in both.",
    }
    assert spells() == [("RBKC", "2011-12-Q1", None)]
    host(partnership, "RBKC", service=partnership.services["library-service"])
    host(partnership)
    assert spells() == [("RBKC", "2011-12-Q1", "2013-14-Q1"), ("WCC", "2013-14-Q2", None)]
    tree = Service.objects.tree()
    assert [tree.host(slug, Q2) for slug in ("libraries", "library-service")] == ["WCC", "RBKC"]
