"""Each rule is stated once in SQL and once in Python, and the two say the same of any world.

`docs/rules.md` lists them. A world is made up by Hypothesis and stands in the database; the
triggers that would refuse parts of it rest, so that both twins are asked about the unlikely too.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finance.money import to_pence
from finance.periods import Quarter
from savings.agreements.reports import Force, proposal
from savings.budgets.claims import why_not
from savings.budgets.models import TransitionApproval, claimed_on
from savings.calendar.actions import reopen_period
from savings.drivers.models import Driver, DriverValue
from savings.drivers.values import lacks_value
from savings.formulas.actions import in_force_by_council
from savings.formulas.arithmetic import Attribution
from savings.formulas.models import AttributionRule
from savings.formulas.reports import quarters_in_force
from savings.kit.provenance import Provenance
from savings.permissions.rules import may, neither_filled_nor_submitted_it
from savings.quarters.basis import check_quarter_open
from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from services.models import Participation, Service, ServiceState
from services.states import State
from sovereignty.actions import mistakes_in_appointing
from sovereignty.models import (
    COUNCIL_ROLES,
    Appointment,
    Consent,
    Council,
    Decision,
    Role,
    User,
)
from sovereignty.refusals import WrongState
from tests.partnership import NOW

pytestmark = pytest.mark.django_db

CODES = ("LBHF", "RBKC", "WCC")
FIRST = Quarter.parse("2013-14-Q1").ordinal
QUARTERS = [Quarter.from_ordinal(FIRST + step) for step in range(5)]
#: The tables whose triggers rest while a world is put there.
RESTING = (
    "services_participation",
    "services_servicestate",
    "savings_attributionrule",
    "savings_drivervalue",
    "savings_entry",
    "savings_period",
    "savings_return",
    "savings_transitionapproval",
    "sovereignty_consent",
    "sovereignty_decision",
)
FUNCTIONS = {
    name: text
    for module in (
        "services.functions",
        "savings.quarters.functions",
        "savings.budgets.functions",
        "savings.drivers.functions",
        "savings.formulas.functions",
    )
    for name, text in importlib.import_module(module).FUNCTIONS.items()
}

property_of_worlds = settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
steps = st.integers(0, len(QUARTERS) - 1)


@st.composite
def spells(draw: st.DrawFn) -> list[tuple[int, int | None]]:
    """A council's time in one service: spells that don't overlap, the last perhaps open."""
    edges = sorted(draw(st.sets(steps, max_size=4)))
    pairs: list[tuple[int, int | None]] = [*zip(edges[::2], edges[1::2], strict=False)]
    return [*pairs, (edges[-1], None)] if len(edges) % 2 else pairs


#: What becomes of one service: states that don't overlap, each in its spell.
states: st.SearchStrategy[Any] = st.one_of(
    st.just([]),
    spells().flatmap(
        lambda times: st.tuples(
            *(st.tuples(st.just(time), st.sampled_from(State)) for time in times)
        )
    ),
)
#: Of each service the number of the one above it, which comes before, its own participants, and
#: what becomes of it.
trees = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 3)),
        st.one_of(st.just({}), st.dictionaries(st.sampled_from(CODES), spells())),
        states,
    ),
    min_size=1,
    max_size=4,
)
statuses = st.lists(st.sampled_from([None, "open", "closed"]), min_size=5, max_size=5)
rarely = st.sampled_from([False, False, False, True])
answers = st.dictionaries(st.sampled_from(CODES), st.sampled_from([True, True, True, False]))


@pytest.fixture
def councils() -> dict[str, Council]:
    with connection.cursor() as cursor:
        for table in RESTING:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    return {code: Council.objects.create(code=code, name=code) for code in CODES}


@pytest.fixture
def person() -> User:
    return User.objects.create(username="finance")


@contextmanager
def one_world() -> Iterator[None]:
    """What is put there is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def asked(function: str, *arguments: Any) -> list[Any]:
    """What a function of the database answers: the first column of each row."""
    marks = ", ".join(["%s"] * len(arguments))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}({marks}) AS answer", list(arguments))
        return [row[0] for row in cursor.fetchall()]


def one(function: str, *arguments: Any) -> Any:
    [answer] = asked(function, *arguments)
    return answer


def plant(tree: list[tuple[int | None, Any, Any]], councils: dict[str, Council]) -> list[Service]:
    services: list[Service] = []
    for position, (above, participants, becomes) in enumerate(tree):
        parent = services[above % position] if above is not None and position else None
        slug = f"service-{position}"
        made = Service.objects.create(slug=slug, name=slug, parent=parent, position=position)
        services.append(made)
        Participation.objects.bulk_create(
            Participation(
                service=made,
                council=councils[code],
                from_quarter=QUARTERS[first],
                to_quarter=None if last is None else QUARTERS[last],
            )
            for code, time in participants.items()
            for first, last in time
        )
        ServiceState.objects.bulk_create(
            ServiceState(
                service=made,
                state=state,
                from_quarter=QUARTERS[first],
                to_quarter=None if last is None else QUARTERS[last],
                settled_by="Nobody",
                document="Made up",
            )
            for (first, last), state in becomes
        )
    return services


def open_and_close(standing: list[str | None]) -> None:
    Period.objects.bulk_create(
        Period(quarter=quarter, status=status)
        for quarter, status in zip(QUARTERS, standing, strict=True)
        if status
    )


@property_of_worlds
@given(tree=trees)
def test_who_takes_part(tree: list[Any], councils: dict[str, Council]) -> None:
    with one_world():
        services, codes = plant(tree, councils), {c.id: code for code, c in councils.items()}
        known = Service.objects.tree()
        for service, quarter in product(services, QUARTERS):
            found = asked("services_participants", service.id, quarter.ordinal)
            assert sorted(codes[each] for each in found) == [
                *known.participants(service.slug, quarter)
            ]
            assert one("services_kept_apart", service.id, quarter.ordinal) == bool(
                known.kept_apart(service.slug, quarter)
            )
            for code, council in councils.items():
                assert one(
                    "services_takes_part", service.id, council.id, quarter.ordinal
                ) == known.takes_part(service.slug, code, quarter)


def a_decision(about: str, person: User, *, withdrawn: bool) -> Decision:
    ended = {"withdrawn_by": person, "withdrawn_at": NOW, "withdrawn_reason": "Too early."}
    return Decision.objects.create(
        title="Made up",
        about=about,
        proposed_by=person,
        proposed_at=NOW,
        **(ended if withdrawn else {}),
    )


def say(
    decision: Decision, said: dict[str, bool], councils: dict[str, Council], person: User
) -> None:
    """Councils answer: True agrees."""
    Consent.objects.bulk_create(
        Consent(
            decision=decision,
            council=councils[code],
            agree=agree,
            by=person,
            at=NOW,
            minute_reference="Minute",
            reason="" if agree else "No.",
        )
        for code, agree in said.items()
    )


@property_of_worlds
@given(
    tree=trees,
    standing=statuses,
    begins=steps,
    reaches=st.one_of(st.none(), steps),
    said=answers,
    withdrawn=rarely,
)
def test_a_rule_is_in_force(
    tree: list[Any],
    standing: list[str | None],
    begins: int,
    reaches: int | None,
    said: dict[str, bool],
    withdrawn: bool,
    councils: dict[str, Council],
    person: User,
) -> None:
    with one_world():
        *_, service = plant(tree, councils)
        open_and_close(standing)
        rule = AttributionRule.objects.create(
            service=service,
            kind="saving",
            method="fixed",
            effective_from=QUARTERS[begins],
            reaches_back_until=None if reaches is None else QUARTERS[max(begins, reaches)],
            shares={"LBHF": "1"},
            version=1,
            provenance=Provenance.REPORTED,
            decision=a_decision("rule", person, withdrawn=withdrawn),
        )
        say(rule.decision, said, councils, person)
        found = AttributionRule.objects.with_consents().get()
        alone = Attribution(Service.objects.tree(), [found.as_rule()], [])
        for quarter in QUARTERS:
            assert one("savings_rule_in_force", rule.decision_id, quarter.ordinal) == bool(
                alone.rule_in_force(service.slug, "saving", quarter)
            )
        assert sorted(asked("savings_quarters_in_force", rule.decision_id)) == [
            quarter.ordinal for quarter in quarters_in_force(found)
        ]
        known, until = Service.objects.tree(), found.reaches_back_until
        for code, council in councils.items():
            assert one("savings_is_asked", rule.decision_id, council.id) == known.takes_part(
                service.slug, code, QUARTERS[begins], until
            )
        told = proposal(rule.decision_id)
        assert told
        # A council's time may end with the last quarter, so the one after it can differ.
        holds = {
            quarter: bool(alone.rule_in_force(service.slug, "saving", quarter))
            for quarter in [*QUARTERS, QUARTERS[-1].following]
        }
        assert_told_as_it_is(told.force, holds, {q.ordinal for q in quarters_in_force(found)})


@property_of_worlds
@given(tree=trees, standing=statuses, begins=steps, said=answers, withdrawn=rarely)
def test_a_budget_is_in_force(
    tree: list[Any],
    standing: list[str | None],
    begins: int,
    said: dict[str, bool],
    withdrawn: bool,
    councils: dict[str, Council],
    person: User,
) -> None:
    """The page of a budget says so of the same quarters as the check of a claim on it."""
    with one_world():
        *_, service = plant(tree, councils)
        open_and_close(standing)
        budget = TransitionApproval.objects.create(
            code="moves",
            service=service,
            ceiling=Decimal(1000),
            effective_from=QUARTERS[begins],
            description="Moving in together.",
            provenance=Provenance.REPORTED,
            decision=a_decision("budget", person, withdrawn=withdrawn),
        )
        say(budget.decision, said, councils, person)
        known, (found,) = Service.objects.tree(), TransitionApproval.objects.as_budgets()
        holds = {
            quarter: not why_not(found, known, service.slug, quarter)
            for quarter in [*QUARTERS, QUARTERS[-1].following]
        }
        told = proposal(budget.decision_id)
        assert told
        begun = {p.quarter for p in Period.objects.all()} | {QUARTERS[begins]}
        counting = {quarter.ordinal for quarter in begun if holds[quarter]}
        assert_told_as_it_is(told.force, holds, counting)


def assert_told_as_it_is(force: Force, holds: dict[Quarter, bool], counting: set[int]) -> None:
    """A page tells the first quarters in which a rule is in force, up to the first without."""
    if force.since is None:
        assert counting == set()
        return
    first = min(quarter for quarter, in_force in holds.items() if in_force)
    assert force.since == first
    for quarter, in_force in holds.items():
        past = force.until is not None and quarter > force.until
        if first <= quarter and (force.ended is None or quarter < force.ended) and not past:
            assert in_force
        if quarter == force.ended or past:
            assert not in_force


@property_of_worlds
@given(
    tree=trees,
    values=st.dictionaries(st.tuples(st.sampled_from(CODES), steps), st.sampled_from([0, 0, 2])),
)
def test_a_driver_lacks_a_value(
    tree: list[Any], values: dict[tuple[str, int], int], councils: dict[str, Council]
) -> None:
    with one_world():
        services = plant(tree, councils)
        driver = Driver.objects.create(code="posts", name="Posts", unit="number")
        DriverValue.objects.bulk_create(
            DriverValue(
                driver=driver,
                council=councils[code],
                effective_from=QUARTERS[since],
                value=value,
                source="Made up",
                provenance=Provenance.REPORTED,
            )
            for (code, since), value in values.items()
        )
        known = Service.objects.tree()
        for service, quarter in product(services, QUARTERS):
            assert one(
                "savings_driver_lacks_value", driver.id, service.id, quarter.ordinal
            ) == lacks_value(
                in_force_by_council(driver, quarter), known.participants(service.slug, quarter)
            )


@property_of_worlds
@given(
    standing=st.tuples(*[st.sampled_from(["draft", "submitted", "certified"])] * len(CODES)),
    rows=st.lists(
        st.tuples(
            st.integers(0, len(CODES) - 1),
            st.sampled_from(["", "moves", "others"]),
            st.sampled_from([Decimal("-30.10"), Decimal("20.05"), Decimal(400)]),
        ),
        max_size=8,
    ),
)
def test_claims_that_count(
    standing: tuple[str, ...],
    rows: list[tuple[int, str, Decimal]],
    councils: dict[str, Council],
    person: User,
) -> None:
    with one_world():
        service = Service.objects.create(slug="cars", name="Cars")
        period = Period.objects.create(quarter=QUARTERS[0])
        certifier = User.objects.create(username="s151")
        submitted = {"submitted_by": person, "submitted_at": NOW}
        more: dict[str, dict[str, Any]] = {
            "draft": {},
            "submitted": submitted,
            "certified": {**submitted, "certified_by": certifier, "certified_at": NOW},
        }
        returns = [
            Return.objects.create(
                council=councils[code], period=period, status=status, **more[status]
            )
            for code, status in zip(CODES, standing, strict=True)
        ]
        Entry.objects.bulk_create(
            Entry(
                parent=returns[of],
                position=position,
                service=service,
                kind="transition_cost",
                scope="shared",
                amount=amount,
                approval=code,
            )
            for position, (of, code, amount) in enumerate(rows, start=1)
        )
        codes = ["", "moves", "others"]
        for beside in (None, *returns):
            found = claimed_on(codes, beside=beside)
            for code in codes:
                claimed = one("savings_claimed_on", code, beside.id if beside else None)
                assert found.get(code) == (None if claimed is None else to_pence(claimed))


@property_of_worlds
@given(standing=statuses)
@pytest.mark.usefixtures("councils")
def test_a_quarter_is_closed(standing: list[str | None]) -> None:
    with one_world():
        open_and_close(standing)
        for quarter in QUARTERS:
            try:
                check_quarter_open(quarter)
                closed = False
            except WrongState:
                closed = True
            assert one("savings_quarter_is_closed", quarter.ordinal) == closed


def is_refused(change: Callable[[], object], by: type[Exception]) -> bool:
    """Whether a change is refused; it is taken back where it is not."""
    try:
        with transaction.atomic():
            change()
            transaction.set_rollback(True)
    except by:
        return True
    return False


@property_of_worlds
@given(standing=statuses)
def test_only_the_latest_closed_quarter_is_reopened(standing: list[str | None]) -> None:
    with one_world():
        open_and_close(standing)
        office = User.objects.create(username="office")
        Appointment.objects.create(user=office, role=Role.PROGRAMME_OFFICE)
        said = {"reopened_by": office, "reopened_at": NOW, "reopened_reason": "A late invoice."}
        for period in Period.objects.filter(status=Period.Status.CLOSED):
            quarter, one_of_them = period.quarter, Period.objects.filter(id=period.id)
            by_action = is_refused(
                lambda: reopen_period(quarter=quarter, reason="Late.", by=office, at=NOW),  # noqa: B023
                WrongState,
            )
            by_hand = is_refused(
                lambda: one_of_them.update(status="open", **said),  # noqa: B023
                IntegrityError,
            )
            later = one("savings_quarter_is_closed", quarter.ordinal + 1)
            assert by_action == by_hand == later


# --- What the database knows of people ------------------------------------------------

appointments = st.lists(
    st.tuples(st.sampled_from(Role.values), st.sampled_from([None, *CODES])), max_size=3
)


@property_of_worlds
@given(
    held=st.lists(
        st.tuples(st.sampled_from(COUNCIL_ROLES), st.just("WCC")), max_size=3, unique=True
    ),
    active=st.booleans(),
)
def test_who_answers_for_a_council(held: list[tuple[str, str]], active: bool) -> None:
    with one_world():
        councils = {code: Council.objects.create(code=code, name=code) for code in CODES}
        person = User.objects.create(username="person", is_active=active)
        for role, code in held:
            Appointment.objects.create(user=person, role=role, council=councils[code])
        decision = Decision.objects.create(title="Made up", proposed_by=person, proposed_at=NOW)
        for council in councils.values():
            said = {"agree": True, "by": person, "at": NOW, "minute_reference": "Minute"}
            by_hand = is_refused(
                lambda: Consent.objects.create(decision=decision, council=council, **said),  # noqa: B023
                IntegrityError,
            )
            answers = may(person, "savings.answer_decision") and person.council == council
            assert by_hand != answers


@property_of_worlds
@given(filled=st.sets(st.integers(0, 2)), submitted=st.integers(0, 2), certified=st.integers(0, 2))
def test_nobody_certifies_what_they_filled_in_or_submitted(
    filled: set[int], submitted: int, certified: int
) -> None:
    with one_world():
        council = Council.objects.create(code="WCC", name="Westminster")
        people = [User.objects.create(username=f"person-{number}") for number in range(3)]
        parent = Return(
            council=council,
            period=Period.objects.create(quarter=QUARTERS[0]),
            status="submitted",
            fillers=sorted(people[number].id for number in filled),
            submitted_by=people[submitted],
            submitted_at=NOW,
        )
        by_rule = not neither_filled_nor_submitted_it(people[certified], parent)
        parent.status, parent.certified_by, parent.certified_at = (
            "certified",
            people[certified],
            NOW,
        )
        assert is_refused(parent.save, IntegrityError) == by_rule


@property_of_worlds
@given(held=appointments, role=st.sampled_from(Role.values), code=st.sampled_from([None, *CODES]))
def test_who_may_be_appointed_to_what(
    held: list[tuple[str, str | None]], role: str, code: str | None
) -> None:
    with one_world():
        councils = {each: Council.objects.create(code=each, name=each) for each in CODES}
        person = User.objects.create(username="person")
        for one_role, one_code in [*held, (role, code)]:
            council = councils[one_code] if one_code else None
            by_hand = is_refused(
                lambda: Appointment.objects.create(user=person, role=one_role, council=council),  # noqa: B023
                IntegrityError,
            )
            assert by_hand == bool(mistakes_in_appointing(person, one_role, council))
            if not by_hand:
                Appointment.objects.create(user=person, role=one_role, council=council)


# --- The text in a module is what the migrations left in the database -----------------


def definitions() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE proname = ANY(%s)",
            [list(FUNCTIONS)],
        )
        return dict(cursor.fetchall())


def test_the_functions_of_the_database_are_those_of_the_modules() -> None:
    migrated = definitions()
    assert sorted(migrated) == sorted(FUNCTIONS)
    with connection.cursor() as cursor:
        for text in FUNCTIONS.values():
            cursor.execute(text)
    assert definitions() == migrated


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_no_session_leads_a_function_astray_by_its_search_path(name: str) -> None:
    assert "SET search_path TO 'pg_catalog', 'public', 'pg_temp'" in definitions()[name]
