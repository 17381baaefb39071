"""A made-up partnership of any size, the same for the same seed.

Everything goes through the database's constraints and triggers. Entries are copied into
draft returns, which are then certified, quarter by quarter, so that an entry can correct
one of an earlier quarter. Only audit events are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from django.contrib.auth.hashers import make_password
from django.db import transaction

from finance.money import json_money
from finance.periods import FinancialYear, Quarter
from savings.budgets.models import TransitionApproval
from savings.drivers.models import Driver, DriverValue
from savings.formulas.models import AttributionRule
from savings.kit.copying import copy_in
from savings.kit.provenance import Provenance
from savings.plans.models import Plan, PlanLine
from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from services.models import Hosting, Participation, Service
from sovereignty.models import Appointment, Consent, Council, Decision, Role, User

FIRST_YEAR = 2011
AREAS, SERVICES, INITIATIVES = 6, 4, 3
NOW = datetime(2020, 7, 1, 9, 30, tzinfo=UTC)

_COLUMNS = (
    "parent_id",
    "position",
    "service_id",
    "kind",
    "scope",
    "amount",
    "recurrence",
    "nature",
    "cause",
    "caused_by_id",
    "tupe",
    "approval",
    "corrects_id",
    "evidence",
    "note",
    "provenance",
)
_KINDS = ("saving", "ongoing_cost", "transition_cost", "variance")
_OFTEN = (60, 20, 10, 10)


@dataclass(frozen=True)
class World:
    """What was made. `waiting` are submitted returns, each with a person who may certify it."""

    entries: int
    councils: int
    quarters: int
    returns: int
    services: int
    rules: int
    reader: User
    waiting: Sequence[tuple[int, User]]


@dataclass
class _Making:
    """What the parts of the generator pass on to each other."""

    random: Random
    quarters: list[Quarter]
    councils: list[Council] = field(default_factory=list)
    finance: dict[int, User] = field(default_factory=dict)
    s151: dict[int, User] = field(default_factory=dict)
    reader: User | None = None
    areas: list[Service] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    takes_part: dict[int, list[Council]] = field(default_factory=dict)
    rules: int = 0
    #: The code of the transition budget that costs are claimed on, by service.
    budgets: dict[int, str] = field(default_factory=dict)
    claims: Random = field(default_factory=lambda: Random(2011))
    #: Ids of certified entries that a later one may correct, by council.
    correctable: dict[int, list[int]] = field(default_factory=dict)


@transaction.atomic
def generate(
    entries: int,
    *,
    seed: int = 2013,
    councils: int = 4,
    years: int = 5,
    waiting: int = 5,
    entries_waiting: int = 40,
) -> World:
    """Fill an empty, migrated database with `entries` certified entries, spread over returns.

    `waiting` more returns for later quarters have `entries_waiting` entries each. They are
    submitted, ready to be certified one by one.
    """
    late = -(-waiting // councils)
    first = FinancialYear(FIRST_YEAR).quarters[0]
    every = [Quarter.from_ordinal(first.ordinal + n) for n in range(years * 4 + late)]
    making = _Making(Random(seed), every)
    _people(making, councils)
    _services(making)
    _rules(making)
    _budgets(making)
    _plan(making)
    certified = every[: years * 4]
    returns = _returns(making, certified, Period.Status.CLOSED)
    share = -(-entries // len(returns))
    left = entries
    for quarter in certified:
        mine = [parent for parent in returns if parent.period.quarter == quarter]
        counts = []
        for _ in mine:
            counts.append(min(share, left))
            left -= counts[-1]
        copy_in("savings_entry", _COLUMNS, _rows(making, mine, counts))
        _certify(making, mine)
    later = _returns(making, every[years * 4 :], Period.Status.OPEN)[:waiting]
    copy_in("savings_entry", _COLUMNS, _rows(making, later, [entries_waiting] * len(later)))
    _submit(making, later)
    if making.reader is None:
        raise RuntimeError("the world has no people")
    return World(
        entries=entries,
        councils=councils,
        quarters=len(certified),
        returns=len(returns),
        services=len(making.areas) + len(making.services),
        rules=making.rules,
        reader=making.reader,
        waiting=[
            (parent.id, making.s151[parent.council_id]) for parent in later if parent.council_id
        ],
    )


def _people(making: _Making, count: int) -> None:
    nobodys = make_password(None)
    for number in range(1, count + 1):
        code = f"B{number:02d}"
        council = Council.objects.create(
            code=code, name=f"Borough {number}", full_name=f"London Borough {number}"
        )
        making.councils.append(council)
        for name, role, people in (
            ("finance", Role.FINANCE_OFFICER, making.finance),
            ("s151", Role.SECTION_151_OFFICER, making.s151),
        ):
            person = User.objects.create(username=f"{name}.{code.lower()}", password=nobodys)
            Appointment.objects.create(user=person, role=role, council=council)
            people[council.id] = person
    making.reader = User.objects.create(username="programme.office", password=nobodys)
    Appointment.objects.create(user=making.reader, role=Role.PROGRAMME_OFFICE)


def _services(making: _Making) -> None:
    """Areas, their services and initiatives; participants of areas and of some services."""
    random, first = making.random, making.quarters[0]
    position = 0

    def make(slug: str, parent: Service | None) -> Service:
        nonlocal position
        position += 1
        name = slug.replace("-", " ").capitalize()
        made = Service.objects.create(slug=slug, name=name, parent=parent, position=position)
        if parent is None or random.random() < 0.2:
            some = random.sample(making.councils, random.randint(2, len(making.councils)))
            making.takes_part[made.id] = some
            for council in some:
                joins = first if random.random() < 0.9 else random.choice(making.quarters)
                Participation.objects.create(service=made, council=council, from_quarter=joins)
            Hosting.objects.create(service=made, council=random.choice(some), from_quarter=first)
        else:
            making.takes_part[made.id] = making.takes_part[parent.id]
        return made

    for a in range(1, AREAS + 1):
        area = make(f"area-{a}", None)
        making.areas.append(area)
        for s in range(1, SERVICES + 1):
            service = make(f"area-{a}-service-{s}", area)
            making.services.append(service)
            making.services.extend(
                make(f"area-{a}-service-{s}-initiative-{i}", service)
                for i in range(1, INITIATIVES + 1)
            )


def _rules(making: _Making) -> None:
    """Fixed, driver and blend rules. Some are replaced half-way, and a few are not agreed."""
    random, quarters = making.random, making.quarters
    drivers = [
        Driver.objects.create(code=code, name=code.capitalize(), unit="number")
        for code in ("children", "posts", "budget")
    ]
    DriverValue.objects.bulk_create(
        DriverValue(
            driver=driver,
            council=council,
            effective_from=quarter,
            value=random.randint(50, 20_000),
            source="Made up",
            provenance=Provenance.REPORTED,
        )
        for driver in drivers
        for council in making.councils
        for quarter in quarters[::4]
    )
    for service in (*making.areas, *making.services[:: INITIATIVES + 1]):
        for kind in AttributionRule.Kind.values:
            if random.random() < 0.8:
                _rule(making, service, kind, quarters[0], 1, drivers)
                if random.random() < 0.3:
                    _rule(making, service, kind, quarters[len(quarters) // 2], 2, drivers)


def _rule(
    making: _Making,
    service: Service,
    kind: str,
    quarter: Quarter,
    version: int,
    drivers: Sequence[Driver],
) -> None:
    random, councils = making.random, making.takes_part[service.id]
    method = random.choices(AttributionRule.Method.values, (50, 35, 15))[0]
    by = making.s151[councils[0].id]
    AttributionRule.objects.create(
        service=service,
        kind=kind,
        method=method,
        effective_from=quarter,
        shares=_parts(random, [c.code for c in councils]) if method == "fixed" else {},
        driver=random.choice(drivers) if method == "driver" else None,
        weights=_parts(random, [d.code for d in drivers]) if method == "blend" else {},
        indirect_variance=random.choice(AttributionRule.IndirectVariance.values),
        version=version,
        basis="Made up",
        provenance=Provenance.REPORTED,
        decision=(
            decision := Decision.objects.create(
                title=f"{service} {kind} {version}", proposed_by=by, proposed_at=NOW
            )
        ),
    )
    making.rules += 1
    Consent.objects.bulk_create(
        Consent(
            decision=decision,
            council=council,
            agree=True,
            by=making.s151[council.id],
            at=NOW,
            minute_reference="Made up",
        )
        for council in councils
        if random.random() < 0.98
    )


def _budgets(making: _Making) -> None:
    """A transition budget without an end for every other programme, agreed by all councils."""
    by = making.s151[making.councils[0].id]
    for area in making.areas[::2]:
        decision = Decision.objects.create(
            title=f"{area} transition", proposed_by=by, proposed_at=NOW
        )
        code = f"{area.slug}-transition"
        TransitionApproval.objects.create(
            code=code,
            service=area,
            ceiling=Decimal("99999999999.99"),
            effective_from=making.quarters[0],
            description="Made up",
            provenance=Provenance.REPORTED,
            decision=decision,
        )
        Consent.objects.bulk_create(
            Consent(
                decision=decision,
                council=council,
                agree=True,
                by=making.s151[council.id],
                at=NOW,
                minute_reference="Made up",
            )
            for council in making.councils
        )
        making.budgets.update(
            {s.id: code for s in making.services if s.slug.startswith(f"{area.slug}-")}
        )


def _parts(random: Random, codes: Sequence[str]) -> dict[str, str]:
    """Shares that add up to 1, with denominators that leave odd pennies."""
    weights = [random.randint(1, 97) for _ in codes]
    return {code: f"{weight}/{sum(weights)}" for code, weight in zip(codes, weights, strict=True)}


def _plan(making: _Making) -> None:
    plan = Plan.objects.create(code="made-up", name="Made-up proposals")
    for area in making.areas:
        amount = Decimal(making.random.randint(1, 20) * 1_000_000)
        PlanLine.objects.create(
            plan=plan,
            label=area.name,
            service=area,
            year=making.quarters[-1].year.code,
            low=amount,
            middle=amount,
            high=amount,
            basis=PlanLine.Basis.FULL_YEAR,
            provenance=Provenance.REPORTED,
            document="made-up",
            place="nowhere",
        )


def _returns(making: _Making, quarters: Sequence[Quarter], status: str) -> list[Return]:
    periods = Period.objects.bulk_create(
        Period(quarter=quarter, status=status) for quarter in quarters
    )
    return Return.objects.bulk_create(
        Return(council=council, period=period) for period in periods for council in making.councils
    )


def _rows(
    making: _Making, returns: Sequence[Return], counts: Sequence[int]
) -> Iterator[tuple[object, ...]]:
    for parent, count in zip(returns, counts, strict=True):
        for position in range(1, count + 1):
            yield _row(making, parent, position)


def _row(making: _Making, parent: Return, position: int) -> tuple[object, ...]:
    random = making.random
    kind = random.choices(_KINDS, _OFTEN)[0]
    pence = random.randint(1, 50_000_000) * (-1 if random.random() < 0.1 else 1)
    service = random.choice(making.services)
    cause = random.choice(Entry.Cause.values) if kind == "variance" else ""
    tupe: tuple[str, ...] = ()
    if kind == "ongoing_cost" and random.random() < 0.1:
        tupe = (random.choice(making.takes_part[service.id]).code,)
    approval = ""
    if kind == "transition_cost" and making.claims.random() < 0.5:
        approval = making.budgets.get(service.id, "")
    earlier = making.correctable.get(parent.council_id or 0)
    corrects = random.choice(earlier) if earlier and random.random() < 0.03 else None
    return (
        parent.id,
        position,
        service.id,
        kind,
        "own" if random.random() < 0.3 else "shared",
        json_money(pence),
        random.choice(Entry.Recurrence.values) if kind == "saving" else "",
        random.choice(Entry.Nature.values) if kind == "saving" else "",
        cause,
        random.choice(making.councils).id if cause == "specification_change" else None,
        tupe,
        approval,
        corrects,
        f"Ledger {random.randint(1, 99_999)}",
        "",
        Provenance.REPORTED.value,
    )


def _certify(making: _Making, returns: Sequence[Return]) -> None:
    for parent in returns:
        council = parent.council_id or 0
        Return.objects.filter(id=parent.id).update(
            status=Return.Status.CERTIFIED,
            version=3,
            submitted_by=making.finance[council],
            submitted_at=NOW,
            certified_by=making.s151[council],
            certified_at=NOW,
        )
        ids = list(parent.entries.order_by("id").values_list("id", flat=True))
        making.correctable.setdefault(council, []).extend(
            making.random.sample(ids, min(len(ids), 20))
        )


def _submit(making: _Making, returns: Sequence[Return]) -> None:
    for parent in returns:
        Return.objects.filter(id=parent.id).update(
            status=Return.Status.SUBMITTED,
            version=2,
            submitted_by=making.finance[parent.council_id or 0],
            submitted_at=NOW,
        )
