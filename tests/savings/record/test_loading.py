"""Loading the record: whole, the same when repeated, and never over certified figures."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import Error, transaction
from django.db.models import Model, Sum

from audit.models import Event
from finance.periods import Quarter
from savings.drivers.models import Driver, DriverValue
from savings.kit.provenance import Provenance
from savings.plans.models import Plan, PlanLine
from savings.quarters.models import Period
from savings.record.imports import Record, RecordError
from savings.record.loading import Loaded, load
from savings.record.models import Figure, FootingDifference, RecordTable, SourceDocument
from savings.returns.models import DirtyReturn, Entry, Return
from services.models import Participation, Service, ServiceState
from services.states import State
from sovereignty.models import Council, User

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CHILDREN = "children-in-system"
LATER = datetime(2026, 2, 5, 9, 0, tzinfo=UTC)
WRITTEN: tuple[type[Model], ...] = (
    SourceDocument,
    RecordTable,
    Figure,
    FootingDifference,
    Council,
    Service,
    Participation,
    ServiceState,
    Driver,
    DriverValue,
    Plan,
    PlanLine,
    Period,
    Return,
    Entry,
    DirtyReturn,
    Event,
)
Rows = dict[str, list[dict[str, object]]]


def everything() -> Rows:
    return {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in WRITTEN
    }


def changed_since(before: Rows) -> list[str]:
    """Which models have changed rows; comparing all rows would take minutes."""
    now = everything()
    return [name for name, rows in before.items() if rows != now[name]]


@pytest.mark.django_db
def test_a_first_load_makes_the_whole_record(record: Record) -> None:
    loaded = load(record, at=NOW)
    assert loaded == Loaded(
        documents=5,
        tables=56,
        figures=1172,
        differences=48,
        services=82,
        drivers=5,
        plan_lines=184,
        certified=True,
    )
    assert Figure.objects.count() == 1172
    assert PlanLine.objects.filter(plan__code="proposals-2011", year="2014-15").aggregate(
        sum=Sum("middle")
    ) == {"sum": Decimal("33800000.00")}
    assert not FootingDifference.objects.filter(listed=False).exists()


@pytest.mark.django_db
def test_the_partnerships_return_is_certified_once(record: Record) -> None:
    load(record, at=NOW)
    parent = Return.objects.get(council__isnull=True)
    assert (parent.period.code, parent.status, parent.published_in, parent.certified_at) == (
        "2012-13-Q4",
        "certified",
        "progress-2013",
        datetime(2013, 3, 31, tzinfo=UTC),
    )
    assert parent.period.status == Period.Status.CLOSED
    assert dict(parent.entries.values_list("service__slug", "amount")) == {
        "libraries": Decimal("920000.00"),
        "adults": Decimal("2850000.00"),
        "cex": Decimal("260000.00"),
        "corporate": Decimal("480000.00"),
        "environmental": Decimal("870000.00"),
        "childrens": Decimal("4540000.00"),
    }
    assert set(parent.entries.values_list("provenance", flat=True)) == {"published"}
    assert DirtyReturn.objects.filter(parent=parent).count() == 1
    event = Event.objects.get(subject="return")
    assert (event.by, event.at, event.action, event.subject_id) == (
        "load_record",
        NOW,
        "certified",
        "partnership/2012-13-Q4",
    )


@pytest.mark.django_db
def test_loading_twice_is_the_same_as_once(record: Record) -> None:
    load(record, at=NOW)
    once = everything()
    assert load(record, at=LATER).certified is False
    assert changed_since(once) == []


@pytest.mark.django_db
def test_the_record_is_loaded_as_a_whole_or_not_at_all(record: Record) -> None:
    load(record, at=NOW)
    before = everything()
    # The database refuses the last row written: its amount is out of bounds.
    worse = replace(
        record,
        figures=tuple(replace(row, note="Read twice.") for row in record.figures),
        delivery=tuple(
            replace(row, period=Quarter.parse("2013-14-Q4"), amount=Decimal("1e12"))
            for row in record.delivery
        ),
    )
    with pytest.raises(Error), transaction.atomic():
        load(worse, at=NOW)
    assert changed_since(before) == []


@pytest.mark.django_db
def test_certified_figures_never_change(record: Record) -> None:
    load(record, at=NOW)
    before = everything()
    other = replace(
        record,
        delivery=(
            replace(record.delivery[0], amount=Decimal("920000.01")),
            *record.delivery[1:],
        ),
    )
    with pytest.raises(RecordError) as caught, transaction.atomic():
        load(other, at=NOW)
    assert str(caught.value) == (
        "The partnership's return for 2012/13 Q4 is certified with other figures, which never "
        "change. Put the record's original figures back. If a later document has a different "
        "figure, record it as a figure of that document."
    )
    assert changed_since(before) == []


@pytest.mark.django_db
def test_figures_that_the_files_drop_are_deleted_and_those_they_correct_are_corrected(
    record: Record,
) -> None:
    load(record, at=NOW)
    kept = Figure.objects.get(table__code="progress-2013-delivered", row="Total")
    corrected = tuple(
        replace(row, place="Table on page 4")
        if row.cell.table == "progress-2013-delivered"
        else row
        for row in record.figures
        if row.cell.row != "Libraries" or row.cell.table != "progress-2013-delivered"
    )
    load(replace(record, figures=corrected), at=LATER)
    assert Figure.objects.count() == 1171
    assert not Figure.objects.filter(
        table__code="progress-2013-delivered", row="Libraries"
    ).exists()
    kept.refresh_from_db()
    assert kept.place == "Table on page 4"
    # A total without one of its parts is a difference that nobody has listed.
    assert list(FootingDifference.objects.filter(listed=False).values_list("code", flat=True)) == [
        "progress-2013-delivered/down/total/amount"
    ]


@pytest.mark.django_db
def test_additions_by_people_are_left_alone(record: Record) -> None:
    load(record, at=NOW)
    Council.objects.create(code="WAND", name="Wandsworth", full_name="Wandsworth Council")
    libraries = Service.objects.get(slug="libraries")
    choirs = Service.objects.create(slug="choirs", name="Choirs", parent=libraries)
    left = Participation.objects.get(service=libraries, council__code="WCC")
    left.to_quarter = Quarter.parse("2014-15-Q4")
    left.save()
    load(record, at=LATER)
    assert Council.objects.count() == 4
    assert Service.objects.filter(pk=choirs.pk).exists()
    left.refresh_from_db()
    assert left.to_quarter == Quarter.parse("2014-15-Q4")


IN_THE_YEAR = Quarter.parse("2013-14-Q1")


@pytest.mark.django_db
def test_nobody_shares_what_the_documents_keep_apart(record: Record) -> None:
    load(record, at=NOW)
    tree = Service.objects.tree()
    for row in record.states:
        assert tree.participants(row.service, IN_THE_YEAR) == ()
        assert tree.state(row.service, IN_THE_YEAR) == row.state
    assert tree.participants("environment-management", IN_THE_YEAR) == ("LBHF", "RBKC")
    assert tree.participants("dangerous-structures", IN_THE_YEAR) == ("LBHF", "RBKC", "WCC")
    began = Quarter.parse("2011-12-Q2")
    assert tree.participants("schools-mutual", began) == ("LBHF", "RBKC", "WCC")
    assert tree.participants("childrens-services", began) == ()
    assert tree.participants("public-health", IN_THE_YEAR.preceding) == ()
    assert tree.participants("public-health", IN_THE_YEAR) == ("LBHF", "RBKC", "WCC")


@pytest.mark.django_db
def test_what_people_have_recorded_of_a_service_stands(record: Record) -> None:
    """A state that ended, one in its place, and participants of its own for the same quarters."""
    load(record, at=NOW)
    ServiceState.objects.filter(service__slug="highways").update(to_quarter=IN_THE_YEAR)
    ServiceState.objects.create(
        service=Service.objects.get(slug="highways"),
        state="shared",
        from_quarter=IN_THE_YEAR.following,
        settled_by="The Cabinets",
        document="Minutes",
    )
    licensing = Service.objects.get(slug="licensing")
    licensing.states.update(from_quarter=Quarter.parse("2009-10-Q1"), settled_by="The Cabinets")
    education = Participation.objects.filter(service__slug="education", council__code="WCC")
    education.update(from_quarter=Quarter.parse("2011-12-Q1"))
    before = everything()
    load(record, at=LATER)
    assert changed_since(before) == []


@pytest.mark.django_db
def test_what_the_files_correct_of_a_state_is_corrected(record: Record) -> None:
    load(record, at=NOW)
    first, *others = record.states
    changed = replace(first, state=State.SINGLE, place="Elsewhere")
    load(replace(record, states=(changed, *others)), at=LATER)
    state = ServiceState.objects.get(service__slug=first.service)
    assert (state.state, state.place) == ("single", "Elsewhere")


def with_a_state(record: Record) -> Record:
    state = replace(record.states[0], service="hr")
    return replace(record, states=(*record.states, state))


def with_westminster_in_cex(record: Record) -> Record:
    (spell,) = [
        row for row in record.participation if (row.service, row.council) == ("cex", "LBHF")
    ]
    return replace(record, participation=(*record.participation, replace(spell, council="WCC")))


def with_hr_at_the_top(record: Record) -> Record:
    return replace(
        record,
        services=tuple(
            replace(row, parent="") if row.slug == "hr" else row for row in record.services
        ),
    )


@pytest.mark.django_db
def test_a_service_with_figures_of_a_closed_quarter_does_not_move(record: Record) -> None:
    load(record, at=NOW)
    council = Council.objects.get(code="WCC")
    people = [User.objects.create(username=name) for name in ("finance", "s151")]
    parent = Return.objects.create(council=council, period=Period.objects.get())
    hr = Service.objects.get(slug="hr")
    Entry.objects.create(
        parent=parent, position=1, service=hr, kind="ongoing_cost", scope="own", amount=1
    )
    Return.objects.filter(id=parent.id).update(
        status="certified",
        submitted_by=people[0],
        submitted_at=NOW,
        certified_by=people[1],
        certified_at=NOW,
    )
    above = hr.parent_id
    with pytest.raises(RecordError, match="is closed and has certified figures"):
        load(with_hr_at_the_top(record), at=LATER)
    hr.refresh_from_db()
    assert hr.parent_id == above
    load(record, at=LATER)


def with_another_name(record: Record) -> Record:
    return replace(
        record,
        services=tuple(
            replace(row, name="People") if row.slug == "hr" else row for row in record.services
        ),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "marked"),
    [
        (with_westminster_in_cex, 1),
        (with_hr_at_the_top, 1),
        (with_a_state, 1),
        (with_another_name, 0),
    ],
)
def test_who_shares_a_service_is_put_right_and_returns_are_marked(
    changed: Callable[[Record], Record], marked: int, record: Record
) -> None:
    load(record, at=NOW)
    Service.objects.filter(slug="hr").update(description="Written over.")  # moves its row
    DirtyReturn.objects.all().delete()
    load(record, at=LATER)
    assert DirtyReturn.objects.count() == 0
    load(changed(record), at=LATER)
    assert [dirty.parent.council for dirty in DirtyReturn.objects.all()] == [None] * marked


@pytest.mark.django_db
def test_a_plan_is_adopted_as_the_files_say(record: Record) -> None:
    def adopted() -> list[str]:
        return list(Plan.objects.filter(adopted=True).values_list("code", flat=True))

    load(record, at=NOW)
    assert adopted() == ["proposals-2011", "overall-target-2013"]
    load(
        replace(
            record,
            plans=tuple(
                replace(plan, adopted=plan.code == "options-2010-3") for plan in record.plans
            ),
        ),
        at=LATER,
    )
    assert adopted() == ["options-2010-3"]


FIRST = Quarter.parse("2010-11-Q1")


@pytest.mark.django_db
def test_the_drivers_are_of_their_year_and_lead_back_to_their_table(record: Record) -> None:
    load(record, at=NOW)
    values = {
        (value.driver.code, value.council.code): value
        for value in DriverValue.objects.select_related("driver", "council")
    }
    assert {code: int(value.value) for (_, code), value in values.items() if _ == CHILDREN} == {
        "LBHF": 1500,
        "RBKC": 1219,
        "WCC": 2289,
    }
    assert {(v.effective_from, v.provenance) for v in values.values()} == {
        (FIRST, Provenance.PUBLISHED)
    }
    assert values[CHILDREN, "WCC"].source == (
        "Tri-borough Proposals Report: Bold ideas for challenging times: Children and children's "
        "services by borough, Chapter 9(a), table under 'A Tri-borough plan for services'. The "
        "table prints no year: it is dated to the year of the document, of February 2011."
    )
    assert Counter(driver for driver, _ in values) == {
        CHILDREN: 3,
        "fostering-expenditure": 3,
        "safeguarding-board-net-cost": 3,
        "adult-social-care-overheads": 3,
        "adult-social-care-net-budget": 3,
    }
    event = Event.objects.about("driver value", f"{CHILDREN}/WCC/2010-11-Q1").get()
    assert (event.by, event.action, event.at) == ("load_record", "set", NOW)


@pytest.mark.django_db
def test_drivers_that_come_after_the_closed_quarter_begin_after_it(record: Record) -> None:
    """As where the record was loaded before it had drivers: closed figures stay."""
    load(replace(record, drivers=()), at=NOW)
    DirtyReturn.objects.all().delete()
    load(record, at=LATER)
    assert set(DriverValue.objects.values_list("effective_from", flat=True)) == {
        Quarter.parse("2013-14-Q1")
    }
    assert not DirtyReturn.objects.exists()


@pytest.mark.django_db
def test_drivers_that_people_keep_are_left_alone(record: Record) -> None:
    load(replace(record, drivers=()), at=NOW)
    others = Driver.objects.create(code="fostering-expenditure", name="Fostering", unit="carers")
    given = Driver.objects.create(code=CHILDREN, name="Children", unit="children")
    later = DriverValue.objects.create(
        driver=given,
        council=Council.objects.get(code="WCC"),
        effective_from=Quarter.parse("2014-15-Q1"),
        value=2300,
        source="Census",
        provenance=Provenance.REPORTED,
    )
    load(record, at=LATER)
    given.refresh_from_db()
    assert given.name == "Children"
    assert set(given.values.values_list("council__code", "effective_from")) == {
        ("LBHF", Quarter.parse("2013-14-Q1")),
        ("RBKC", Quarter.parse("2013-14-Q1")),
        ("WCC", later.effective_from),
    }
    assert not others.values.exists()
