"""A service is moved: what it does to who shares, rules and hosts, and what is refused."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from audit.models import Event
from savings.arranging.reports import sealed_in
from savings.plans.models import Plan, PlanLine
from savings.returns.models import DirtyReturn
from savings.rollup.models import Total
from savings.rollup.tasks import roll_up
from services.models import Hosting, Participation, Service
from sovereignty.refusals import BadContent, WrongState
from tests.partnership import Q1, Q2, Partnership, a_claim, a_saving
from tests.savings.arranging.changing import SOURCE, add, differs, move, retire

pytestmark = pytest.mark.django_db

TWO = "Hammersmith & Fulham, Kensington & Chelsea"
THREE = f"{TWO}, Westminster"
THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
HALVES = {"LBHF": "1/2", "RBKC": "1/2"}
LEADERSHIP = "chief-executive-leadership"


def above(slug: str) -> str | None:
    service = Service.objects.select_related("parent").get(slug=slug)
    return service.parent.slug if service.parent else None


def why(refused: pytest.ExceptionInfo[BadContent]) -> str:
    (error,) = refused.value.errors
    assert error.field == "parent"
    return error.message


def test_a_move_shows_who_shares_and_which_rule_splits(partnership: Partnership) -> None:
    partnership.rule("libraries", THIRDS)
    partnership.rule("cex", HALVES, kind="ongoing_cost")
    done = move(partnership, "library-service", "cex")
    here = ["library-service"]
    assert differs(done) == [
        ("Area", here, "2013-14-Q1", "Libraries", "Cex"),
        ("Who takes part", here, "2013-14-Q1", THREE, TWO),
        ("Who hosts", here, "2013-14-Q1", "Kensington & Chelsea", "No council"),
        ("Savings are split by", here, "2013-14-Q1", "Libraries: savings, version 1", "No rule"),
        (
            "Ongoing costs are split by",
            here,
            "2013-14-Q1",
            "No rule",
            "Cex: ongoing costs, version 1",
        ),
    ]
    assert done.effects.notes == (
        "Nothing about a closed quarter changes.",
        "No return of a quarter that is not closed has an entry here.",
        "No line of a plan names a service here.",
    )
    assert above("library-service") == "cex"
    event = Event.objects.latest("id")
    assert (event.action, event.before, event.after) == (
        "service moved",
        {"parent": "libraries"},
        {"parent": "cex", "source": SOURCE},
    )


def test_agreements_about_what_moves_are_named(partnership: Partnership) -> None:
    partnership.rule("library-service", THIRDS)
    partnership.approval("moves", "library-service")
    done = move(partnership, "library-service", "cex")
    assert done.effects.notes[2] == (
        "Agreements about a service here: Library service: savings, version 1; Library service: "
        "transition budget moves. They stay, and are in force where every council that takes part "
        "has agreed."
    )


def test_services_below_move_with_it_and_are_shown_together(partnership: Partnership) -> None:
    done = move(partnership, "childrens-services", "")
    assert above("childrens-services") is None
    assert above("youth-offending") == "childrens-services"
    assert differs(done)[2][:2] == ("Who takes part", ["childrens-services", "youth-offending"])


def test_certified_entries_of_open_quarters_are_worked_out_again(partnership: Partnership) -> None:
    partnership.rule("libraries", THIRDS)
    partnership.rule("cex", HALVES)
    partnership.certified("LBHF", a_saving(amount="60.00"))
    roll_up()
    done = move(partnership, "library-service", "cex")
    assert "Hammersmith & Fulham 2013/14 Q1 (certified): 1." in done.effects.notes[1]
    assert DirtyReturn.objects.count() == 1
    roll_up()
    now = Total.objects.filter(until=None).order_by("council__code")
    assert list(now.values_list("council__code", "pence")) == [("LBHF", 3000), ("RBKC", 3000)]


def test_plans_that_name_it_count_in_the_new_area(partnership: Partnership) -> None:
    plan = Plan.objects.create(code="plan", name="The plan")
    for label in ("One", "Two"):
        PlanLine.objects.create(
            plan=plan,
            label=label,
            service=partnership.services["library-service"],
            year="2014-15",
            low=1,
            middle=1,
            high=1,
            basis="full_year",
            provenance="reported",
            document="minutes",
            place="Item 7",
        )
    done = move(partnership, "library-service", "cex")
    assert done.effects.notes[-2:] == (
        "Plans that name a service here: The plan (2 lines). What they promise stays.",
        "In the comparison these lines count in Cex instead of Libraries, in every year.",
    )


# --- What is refused -----------------------------------------------------------------


def test_a_service_with_figures_in_a_closed_quarter_stays(partnership: Partnership) -> None:
    partnership.certified("LBHF", a_saving("youth-offending"))
    partnership.close()
    for slug in ("youth-offending", "childrens-services"):
        with pytest.raises(WrongState) as refused:
            move(partnership, slug, "cex")
        name = partnership.services[slug].name
        assert str(refused.value) == (
            f"{name}, or a service below it, has certified figures in 2013/14 Q1, which is "
            "closed: how they fall and the area they count in stand. Add a new service below Cex "
            f"for what comes from 2013/14 Q2 on, and retire {name} from then on."
        )
    assert above("youth-offending") == "childrens-services"


def test_the_remedy_for_it_works(partnership: Partnership) -> None:
    partnership.certified("LBHF", a_saving("youth-offending"))
    partnership.close()
    add(partnership, "young-offenders", name="Young offenders")
    retire(partnership, "youth-offending", Q2)
    partnership.draft("LBHF", a_saving("young-offenders"), quarter=Q2)


def test_a_service_without_figures_moves_after_a_quarter_was_closed(
    partnership: Partnership,
) -> None:
    partnership.certified("LBHF", a_saving("libraries"))
    partnership.close()
    done = move(partnership, "library-service", "cex")
    assert {since for _, _, since, _, _ in differs(done)} == {"2013-14-Q2"}


def test_the_database_and_the_action_agree_on_what_is_sealed(partnership: Partnership) -> None:
    partnership.certified("LBHF", a_saving("youth-offending"))
    partnership.certified("RBKC", a_saving("cex"))
    partnership.close()
    tree = Service.objects.tree()
    for slug, service in partnership.services.items():
        target = partnership.services["libraries" if slug != "libraries" else "childrens"]
        service.refresh_from_db()
        if service.parent == target:
            target = partnership.services["childrens"]
        service.parent = target
        try:
            with transaction.atomic():
                service.save(update_fields=["parent"])
                transaction.set_rollback(True)
            refused = False
        except DatabaseError:
            refused = True
        assert refused == (sealed_in(sorted(tree.below(slug))) == Q1), slug


@pytest.mark.parametrize(
    ("slug", "parent", "message"),
    [
        ("childrens", "youth-offending", "Youth offending is below Childrens: choose a service"),
        ("childrens", "childrens", "Childrens can’t be below itself: choose another service."),
        ("cex", "zoo", "There is no service “zoo”: use the short name of one that exists"),
    ],
)
def test_a_place_that_there_is_not_is_refused(
    slug: str, parent: str, message: str, partnership: Partnership
) -> None:
    with pytest.raises(BadContent) as refused:
        move(partnership, slug, parent)
    assert why(refused).startswith(message)


def test_entries_that_could_not_be_shared_there_stop_it(partnership: Partnership) -> None:
    lonely = add(partnership, "lonely", place=None).service
    Participation.objects.create(
        service=lonely, council=partnership.councils["WCC"], from_quarter=Q1
    )
    partnership.draft("LBHF", a_saving(), a_saving(scope="own", amount="7.00"))
    with pytest.raises(BadContent) as refused:
        move(partnership, "library-service", "lonely")
    assert why(refused) == (
        "Hammersmith & Fulham’s return for 2013/14 Q1 has an entry here that could not be shared "
        "any more. Ask for it to be changed first, or choose a later quarter."
    )
    assert above("library-service") == "libraries"
    partnership.draft("LBHF", a_saving(scope="own", amount="7.00"))
    move(partnership, "library-service", "lonely")


def test_claims_on_a_budget_above_stop_it(partnership: Partnership) -> None:
    partnership.approval("moves", "libraries")
    partnership.draft("LBHF", a_claim())
    with pytest.raises(BadContent) as refused:
        move(partnership, "library-service", "childrens")
    assert "could not claim on the budget “moves” any more" in why(refused)


def test_a_host_that_would_take_no_part_stops_it(partnership: Partnership) -> None:
    Hosting.objects.create(
        service=partnership.services["childrens"],
        council=partnership.councils["WCC"],
        from_quarter=Q1,
    )
    for code in ("LBHF", "RBKC"):
        Participation.objects.create(
            service=partnership.services[LEADERSHIP],
            council=partnership.councils[code],
            from_quarter=Q1,
        )
    with pytest.raises(BadContent) as refused:
        move(partnership, LEADERSHIP, "childrens")
    assert why(refused) == (
        "Westminster hosts Childrens, so it would host Chief executive leadership, but takes no "
        "part in it in 2013/14 Q1: first record a separate host for Chief executive leadership."
    )
