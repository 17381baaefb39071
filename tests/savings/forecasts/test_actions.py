"""Saving a return's forecasts: who may, whole or not at all, under its lock, with an event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from savings.certification.actions import certify, send_back, submit
from savings.filling.actions import replace_entries
from savings.forecasts.actions import replace_forecasts
from savings.forecasts.reports import row_of
from savings.forecasts.rows import describe
from savings.kit.provenance import Provenance
from savings.quarters.models import Period
from savings.returns.models import Forecast, Return
from sovereignty.models import Appointment, Role, User
from sovereignty.refusals import BadContent, NotAllowed, StaleVersion, WrongState
from tests.partnership import NOW, Q1, Q2, Partnership, Quarter, a_saving
from tests.savings.forecasts.conftest import (
    OWED,
    Everything,
    a_forecast,
    at_risk,
    forecast,
    plan_line,
)

pytestmark = pytest.mark.django_db

SAVED = a_forecast(this_year="£90k", full_year_effect="120,000", starts_on="1 September 2013")


def stored(code: str = "WCC") -> list[dict[str, object]]:
    found = Forecast.objects.filter(parent__council__code=code, parent__period__quarter=Q1)
    return [describe(row_of(forecast)) for forecast in found.select_related("service")]


def save(
    planned: Partnership, by: User, *rows: dict[str, object], version: int | None = None
) -> Return:
    parent = planned.parent("WCC")
    return replace_forecasts(
        return_id=parent.id,
        version=parent.version if version is None else version,
        rows=list(enumerate(rows, start=1)),
        by=by,
        at=NOW,
    )


def test_forecasts_are_a_part_of_the_return(planned: Partnership) -> None:
    planned.draft("WCC", a_saving())
    parent = forecast(planned, "WCC", SAVED, at_risk("childrens-services"))

    assert (parent.version, planned.parent("WCC").version) == (2, 2)
    assert planned.parent("WCC").fillers == [planned.finance("WCC").id]
    found = {row.service.slug: row for row in Forecast.objects.select_related("service")}
    assert set(found) == set(OWED["WCC"])
    library = found["library-service"]
    assert (library.parent, library.this_year, library.full_year_effect) == (
        parent,
        Decimal("90000.00"),
        Decimal("120000.00"),
    )
    assert (library.status, library.starts_on, library.provenance) == (
        "on_track",
        date(2013, 9, 1),
        "reported",
    )
    doubtful = found["childrens-services"]
    assert (doubtful.status, doubtful.reason, doubtful.replacement) == (
        "at_risk",
        "A late start.",
        "Held posts.",
    )


def test_the_event_has_each_changed_forecast_before_and_after(planned: Partnership) -> None:
    forecast(planned, "WCC", SAVED, at_risk("childrens-services"))
    forecast(planned, "WCC", {**SAVED, "this_year": "80k"}, at_risk("childrens-services"))
    forecast(planned, "WCC", {**SAVED, "this_year": "80k"})

    events = Event.objects.about("return", "WCC/2013-14-Q1")
    library = {
        "service": "library-service",
        "this_year": "90000.00",
        "full_year_effect": "120000.00",
        "status": "on_track",
        "starts_on": "2013-09-01",
    }
    doubtful = {
        "service": "childrens-services",
        "this_year": "90000.00",
        "full_year_effect": "120000.00",
        "status": "at_risk",
        "reason": "A late start.",
        "replacement": "Held posts.",
    }
    assert [(e.by, e.action, e.chain, e.at) for e in events] == [
        ("finance.wcc", "forecasts saved", "WCC", NOW)
    ] * 3
    assert [(e.before, e.after) for e in events] == [
        (
            {"version": 0, "forecasts": []},
            {"version": 1, "forecasts": [doubtful, library]},
        ),
        (
            {"version": 1, "forecasts": [library]},
            {"version": 2, "forecasts": [{**library, "this_year": "80000.00"}]},
        ),
        (
            {"version": 2, "forecasts": [doubtful]},
            {"version": 3, "forecasts": []},
        ),
    ]


def test_a_forecast_keeps_its_number_while_it_changes(planned: Partnership) -> None:
    forecast(planned, "WCC", SAVED, at_risk("childrens-services"))
    before = {row.service.slug: row.id for row in Forecast.objects.select_related("service")}
    forecast(planned, "WCC", a_forecast("childrens-services"), SAVED)
    after = {row.service.slug: row.id for row in Forecast.objects.select_related("service")}
    assert after == before
    assert [row["status"] for row in stored()] == ["on_track", "on_track"]


def test_saving_the_same_again_changes_nothing(
    planned: Partnership, everything: Callable[[], Everything]
) -> None:
    forecast(planned, "WCC", SAVED, at_risk("childrens-services"))
    before = everything()
    # It is the same in another order or written differently.
    again = {**SAVED, "this_year": "90,000.00", "starts_on": "2013-09-01", "reason": " "}
    assert forecast(planned, "WCC", at_risk("childrens-services"), again).version == 1
    assert everything() == before


def test_saving_no_forecasts_removes_all_and_is_recorded(planned: Partnership) -> None:
    forecast(planned, "WCC", SAVED)
    assert forecast(planned, "WCC").version == 2
    assert stored() == []
    assert Event.objects.about("return", "WCC/2013-14-Q1").count() == 2
    assert forecast(planned, "WCC").version == 2


def test_every_mistake_is_named_at_once_and_nothing_is_stored(
    planned: Partnership, everything: Callable[[], Everything]
) -> None:
    forecast(planned, "WCC", SAVED)
    before = everything()

    with pytest.raises(BadContent) as refusal:
        forecast(
            planned,
            "WCC",
            {**SAVED, "this_year": "5"},
            at_risk("childrens-services", reason="", full_year_effect="x"),
            a_forecast("chief-executive-leadership"),
            a_forecast("youth-offending"),
            SAVED,
        )

    assert [(error.row, error.field) for error in refusal.value.errors] == [
        (2, "full_year_effect"),
        (2, "reason"),
        (3, "service"),
        (4, "service"),
        (5, "service"),
    ]
    assert "Nothing was saved." in str(refusal.value)
    assert everything() == before


def test_a_council_can_forecast_only_what_it_takes_part_in(planned: Partnership) -> None:
    forecast(planned, "LBHF", *(a_forecast(slug) for slug in OWED["LBHF"]))
    assert [row["service"] for row in stored("LBHF")] == OWED["LBHF"]


def test_only_the_finance_officer_may_save_forecasts(
    planned: Partnership, everything: Callable[[], Everything]
) -> None:
    people = dict(planned.people)
    people["finance.gone"] = User.objects.create_user("finance.gone", is_active=False)
    Appointment.objects.create(
        user=people["finance.gone"],
        role=Role.FINANCE_OFFICER,
        council=planned.councils["WCC"],
    )
    people["nobody"] = User.objects.create_user("nobody")
    people["administrator"] = User.objects.create_superuser("administrator")
    before, did = everything(), set()
    for username, person in people.items():
        with transaction.atomic():
            try:
                save(planned, person, SAVED)
            except NotAllowed:
                assert everything() == before
            else:
                assert everything() != before
                did.add(username)
            transaction.set_rollback(True)
    assert did == {"finance.wcc"}


def test_nobody_can_forecast_for_the_partnership(planned: Partnership) -> None:
    own = Return.objects.create(period=Period.objects.get(quarter=Q1))
    for person in planned.people.values():
        with pytest.raises(NotAllowed):
            replace_forecasts(return_id=own.id, version=0, rows=[], by=person, at=NOW)


@pytest.mark.parametrize("version", [0, 2])
def test_a_stale_version_is_refused(
    version: int, planned: Partnership, everything: Callable[[], Everything]
) -> None:
    planned.draft("WCC", a_saving())
    before = everything()
    with pytest.raises(StaleVersion, match=f"it is at version 1, you have version {version}"):
        save(planned, planned.finance("WCC"), SAVED, version=version)
    assert everything() == before


def test_entries_and_forecasts_share_one_version(planned: Partnership) -> None:
    parent = forecast(planned, "WCC", SAVED)
    with pytest.raises(StaleVersion):
        replace_entries(
            return_id=parent.id,
            version=0,
            rows=[(1, a_saving())],
            by=planned.finance("WCC"),
            at=NOW,
        )
    planned.draft("WCC", a_saving())
    assert stored() != []


@pytest.mark.parametrize("state", ["submitted", "certified", "closed"])
def test_the_lock_on_entries_is_the_lock_on_forecasts(
    state: str, planned: Partnership, everything: Callable[[], Everything]
) -> None:
    forecast(planned, "WCC", SAVED)
    if state == "closed":
        planned.draft("WCC", a_saving())
        Period.objects.filter(quarter=Q1).update(status="closed")
    else:
        getattr(planned, state)("WCC", a_saving())
    before = everything()

    with pytest.raises(WrongState) as refusal:
        save(planned, planned.finance("WCC"), {**SAVED, "this_year": "1"})
    with pytest.raises(WrongState) as of_entries:
        planned.draft("WCC", a_saving(amount="2"))

    assert str(refusal.value) == str(of_entries.value)
    assert everything() == before


def test_a_return_that_was_sent_back_can_be_forecast_again(planned: Partnership) -> None:
    parent = forecast(planned, "WCC", SAVED)
    given = {"return_id": parent.id, "at": NOW}
    submit(version=1, by=planned.finance("WCC"), **given)  # type: ignore[arg-type]
    send_back(version=2, reason="Why?", by=planned.s151("WCC"), **given)  # type: ignore[arg-type]
    assert forecast(planned, "WCC", at_risk()).version == 4


def test_a_missing_forecast_does_not_delay_the_return(planned: Partnership) -> None:
    assert planned.certified("WCC", a_saving()).status == "certified"
    assert not Forecast.objects.exists()


def test_the_person_who_saved_a_forecast_last_can_not_certify_it(planned: Partnership) -> None:
    """Even if another person submitted the return."""
    parent = forecast(planned, "WCC", SAVED)
    other = User.objects.create_user("finance2.wcc")
    wcc = planned.councils["WCC"]
    Appointment.objects.create(user=other, role=Role.FINANCE_OFFICER, council=wcc)
    submit(return_id=parent.id, version=1, by=other, at=NOW)
    first = planned.finance("WCC")
    first.appointments.update(role=Role.SECTION_151_OFFICER)
    moved = User.objects.get(id=first.id)
    with pytest.raises(NotAllowed):
        certify(return_id=parent.id, version=2, by=moved, at=NOW)
    assert (
        certify(return_id=parent.id, version=2, by=planned.s151("WCC"), at=NOW).status
        == "certified"
    )


def made_up(planned: Partnership, *rows: dict[str, object]) -> Return:
    return forecast(planned, "WCC", *rows, provenance=Provenance.ILLUSTRATIVE)


def origins(quarter: Quarter = Q1) -> dict[str, str]:
    found = Forecast.objects.filter(parent__period__quarter=quarter)
    return dict(found.values_list("service__slug", "provenance"))


def test_an_illustrative_forecast_stays_so_until_it_is_changed(planned: Partnership) -> None:
    made_up(planned, SAVED, at_risk("childrens-services"))
    forecast(planned, "WCC", {**SAVED, "this_year": "91k"}, at_risk("childrens-services"))
    assert origins() == {"library-service": "reported", "childrens-services": "illustrative"}


def test_a_row_may_call_itself_illustrative_but_not_published(
    planned: Partnership,
) -> None:
    forecast(
        planned,
        "WCC",
        {**SAVED, "provenance": "illustrative"},
        at_risk("childrens-services", provenance="published"),
    )
    assert origins() == {"library-service": "illustrative", "childrens-services": "reported"}


def test_an_unchanged_copy_of_an_illustrative_forecast_is_illustrative(
    planned: Partnership,
) -> None:
    made_up(planned, SAVED, at_risk("childrens-services"))
    forecast(planned, "WCC", SAVED, at_risk("childrens-services", reason="Ours."), quarter=Q2)
    assert origins(Q2) == {"library-service": "illustrative", "childrens-services": "reported"}


def test_an_illustrative_forecast_is_never_certified(
    planned: Partnership, everything: Callable[[], Everything]
) -> None:
    made_up(planned, SAVED)
    parent = planned.submitted("WCC", a_saving())
    before = everything()
    with pytest.raises(WrongState) as refusal:
        certify(return_id=parent.id, version=3, by=planned.s151("WCC"), at=NOW)
    assert str(refusal.value) == (
        "This return has 1 illustrative forecast: send it back to have it replaced with the "
        "council's own figures."
    )
    assert everything() == before
    # Nor past the action.
    with pytest.raises(DatabaseError), transaction.atomic():
        Return.objects.filter(id=parent.id).update(
            status="certified", certified_by=planned.s151("WCC"), certified_at=NOW
        )


def test_entries_and_forecasts_are_counted_together(planned: Partnership) -> None:
    made_up(planned, SAVED, at_risk("childrens-services"))
    parent = planned.parent("WCC")
    replace_entries(
        return_id=parent.id,
        version=1,
        rows=[(1, a_saving())],
        by=planned.finance("WCC"),
        at=NOW,
        provenance=Provenance.ILLUSTRATIVE,
    )
    submit(return_id=parent.id, version=2, by=planned.finance("WCC"), at=NOW)
    with pytest.raises(WrongState, match="has 1 illustrative entry and 2 illustrative forecasts"):
        certify(return_id=parent.id, version=3, by=planned.s151("WCC"), at=NOW)


WAYS: dict[str, Callable[[Forecast, Forecast], object]] = {
    "save": lambda c, d: c.save(),
    "update": lambda c, d: Forecast.objects.filter(id=c.id).update(this_year=F("this_year")),
    "bulk_update": lambda c, d: Forecast.objects.bulk_update([c], ["status"]),
    "delete": lambda c, d: c.delete(),
    "queryset delete": lambda c, d: Forecast.objects.filter(id=c.id).delete(),
    "create": lambda c, d: Forecast.objects.create(
        parent=c.parent,
        service=d.service,
        this_year=1,
        full_year_effect=1,
        status="on_track",
    ),
    "moved in": lambda c, d: Forecast.objects.filter(id=d.id).update(
        parent=c.parent, service=d.service
    ),
    "moved out": lambda c, d: Forecast.objects.filter(id=c.id).update(parent=d.parent),
    "raw": lambda c, d: connection.cursor().execute("DELETE FROM savings_forecast"),
    "truncate": lambda c, d: connection.cursor().execute("TRUNCATE savings_forecast"),
}


@pytest.mark.parametrize("way", WAYS)
def test_forecasts_of_a_certified_return_never_change(
    way: str, planned: Partnership, everything: Callable[[], Everything]
) -> None:
    forecast(planned, "WCC", SAVED)
    forecast(planned, "WCC", a_forecast("childrens-services"), quarter=Q2)
    planned.certified("WCC", a_saving())
    certified = Forecast.objects.get(parent__period__quarter=Q1)
    draft = Forecast.objects.get(parent__period__quarter=Q2)
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic():
        WAYS[way](certified, draft)
    assert everything() == before
    # A draft's forecasts may.
    draft.this_year = Decimal(5)
    draft.save()


@pytest.mark.parametrize(
    "values",
    [
        {"status": "at_risk", "reason": "", "replacement": "x"},
        {"status": "not_achievable", "reason": "x", "replacement": ""},
        {"this_year": Decimal(100_000_000_000)},
        {"full_year_effect": Decimal(-100_000_000_000)},
    ],
)
def test_the_table_refuses_wrong_forecasts(values: dict[str, object], planned: Partnership) -> None:
    parent = forecast(planned, "WCC", SAVED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Forecast.objects.update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Forecast.objects.create(
            parent=parent,
            service=planned.services["library-service"],
            this_year=1,
            full_year_effect=1,
            status="on_track",
        )


def test_saving_all_forecasts_takes_as_many_queries_as_one(planned: Partnership) -> None:
    plan = planned.services["library-service"].plan_lines.get().plan
    for slug in ("youth-offending", "libraries", "childrens"):
        plan_line(plan, slug, "1.00", "2014-15")
    forecast(planned, "WCC", SAVED)
    counts = []
    for rows in (
        [a_forecast(this_year="1")],
        [a_forecast(this_year="2"), a_forecast("childrens"), a_forecast("libraries")],
        [
            a_forecast(slug, this_year="3")
            for slug in ("childrens", "libraries", "library-service", "youth-offending")
        ],
    ):
        with CaptureQueriesContext(connection) as captured:
            forecast(planned, "WCC", *rows)
        counts.append(len(captured))
    # New ones take two more, however many they are.
    assert counts[0] + 2 == counts[1] == counts[2]
