"""A service gets another state, or is retired: from when, what below, and what is refused."""

from __future__ import annotations

import pytest

from audit.models import Event
from savings.arranging.actions import NewState
from savings.rollup.tasks import roll_up
from services.models import ServiceState
from sovereignty.refusals import BadContent, WrongState
from tests.partnership import Q1, Q2, Partnership, a_saving
from tests.savings.arranging.changing import SOURCE, change, differs, retire, states

pytestmark = pytest.mark.django_db

THREE = "Hammersmith & Fulham, Kensington & Chelsea, Westminster"
SHARED = "Shared by two or more councils"
RETIRED = (
    "Youth offending is retired since 2013/14 Q2: use another service. The Cabinets settled that "
    f"({SOURCE})."
)


def why(refused: pytest.ExceptionInfo[BadContent]) -> str:
    (error,) = refused.value.errors
    assert error.field == "state"
    return error.message


def test_a_retired_service_takes_no_new_entries_and_keeps_the_old_ones(
    partnership: Partnership,
) -> None:
    partnership.certified("LBHF", a_saving("youth-offending", "90.00"))
    done = retire(partnership, "childrens-services")
    both = ["childrens-services", "youth-offending"]
    assert differs(done) == [
        ("State", both, "2013-14-Q2", SHARED, "Retired"),
        ("Who takes part", both, "2013-14-Q2", THREE, "No council"),
    ]
    assert "The services below are retired with it: Youth offending." in done.effects.notes
    assert states("youth-offending") == states("childrens-services")
    assert states("childrens-services") == [("retired", "2013-14-Q2", None)]
    assert states("childrens") == []
    event = Event.objects.latest("id")
    assert (event.action, event.before, event.after) == (
        "service retired",
        {"state": "shared"},
        {
            "state": "retired",
            "effective_from": "2013-14-Q2",
            "settled_by": "The Cabinets",
            "source": SOURCE,
        },
    )
    roll_up()
    entry = partnership.parent("LBHF").entries.get()
    for scope in ("own", "shared"):
        with pytest.raises(BadContent) as refused:
            partnership.draft("WCC", a_saving("youth-offending", scope=scope), quarter=Q2)
        (error,) = refused.value.errors
        assert (error.field, error.row, error.message) == (
            "service",
            1,
            RETIRED,
        )
    partnership.draft("WCC", a_saving("youth-offending"), quarter=Q1)
    correcting = a_saving("youth-offending", "-10.00", corrects=entry.id)
    partnership.draft("LBHF", correcting, quarter=Q2)


def test_entries_after_it_stop_a_retirement(partnership: Partnership) -> None:
    row = a_saving("youth-offending", scope="own")
    partnership.submitted("WCC", row, a_saving("youth-offending"), quarter=Q2)
    partnership.draft("LBHF", row, quarter=Q1)
    with pytest.raises(BadContent) as refused:
        retire(partnership, "childrens")
    assert why(refused) == (
        "Westminster’s return for 2013/14 Q2 has 2 entries here that could not be made in a "
        "retired service. Ask for it to be changed first, or choose a later quarter."
    )
    assert not ServiceState.objects.exists()
    retire(partnership, "childrens", Q2.following)


def test_certified_entries_of_an_open_quarter_stop_it_too(partnership: Partnership) -> None:
    partnership.certified("WCC", a_saving("youth-offending", scope="own"))
    with pytest.raises(BadContent) as refused:
        retire(partnership, "youth-offending", Q1)
    assert why(refused).endswith("It is certified, so choose a later quarter.")


def test_a_service_is_not_retired_in_a_closed_quarter(partnership: Partnership) -> None:
    partnership.close()
    with pytest.raises(WrongState, match="Choose a quarter after 2013/14 Q1"):
        retire(partnership, "cex", Q1)
    assert not ServiceState.objects.exists()


def test_a_state_gives_way_to_the_next_and_what_would_begin_later_goes(
    partnership: Partnership,
) -> None:
    change(partnership, state=NewState("under_consideration", Q1))
    change(partnership, state=NewState("single", Q2.following))
    done = change(partnership, state=NewState("not_recommended", Q2))
    assert (
        "It replaces what is recorded for later: Library service, each council by itself from "
        "2013/14 Q3."
    ) in done.effects.notes
    assert states("library-service") == [
        ("under_consideration", "2013-14-Q1", "2013-14-Q1"),
        ("not_recommended", "2013-14-Q2", None),
    ]
    again = change(partnership, state=NewState("not_recommended", Q2.following))
    assert not again.changed
    row = ServiceState.objects.get(state="not_recommended")
    assert (row.settled_by, row.document) == ("The programme office", SOURCE)


def test_a_retired_service_comes_back(partnership: Partnership) -> None:
    retire(partnership, "library-service", Q1)
    done = change(partnership, state=NewState("shared", Q2))
    assert ("Who takes part", ["library-service"], "2013-14-Q2", "No council", THREE) in (
        differs(done)
    )
    partnership.draft("WCC", a_saving(), quarter=Q2)
    with pytest.raises(BadContent):
        partnership.draft("WCC", a_saving(), quarter=Q1)


def test_shared_entries_stop_a_state_by_which_nobody_shares(partnership: Partnership) -> None:
    partnership.draft("LBHF", a_saving(), a_saving(scope="own", amount="7.00"))
    with pytest.raises(BadContent) as refused:
        change(partnership, "libraries", state=NewState("single", Q1))
    assert "has an entry here that could not be shared any more" in why(refused)
    partnership.draft("LBHF", a_saving(scope="own", amount="7.00"))
    change(partnership, "libraries", state=NewState("single", Q1))
