"""Load the demonstration on top of the record: twice is the same as once.

All rules are marked illustrative: even if their shares come from the record, no minute of a
council's agreement does. So are hosts and transition budgets. The drivers are the record's own.
Drafts are illustrative and can never be certified. So are their due dates, which are counted from
the day of loading, so that something is always about to be due. The users are made here. They do
everything else, through the same actions that people use. Nothing that a person has changed since
is touched.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from finance.money import parse_money
from finance.periods import FinancialYear, Quarter
from savings.agreements.actions import answer
from savings.budgets.actions import propose_budget
from savings.budgets.models import TransitionApproval
from savings.calendar.actions import change_dates, open_period
from savings.certification.actions import send_back, submit
from savings.drivers.models import Driver
from savings.fairness.actions import propose_test
from savings.fairness.models import FairnessTest
from savings.filling.actions import replace_entries
from savings.forecasts.actions import replace_forecasts
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.quarters.dates import dates_of
from savings.quarters.models import Period
from savings.record.models import Figure
from savings.returns.models import Return
from savings.sharing.actions import set_host
from services.models import Service
from sovereignty.models import Appointment, Council, Role, User
from sovereignty.refusals import WrongState

YEAR = FinancialYear(2013)
MINUTE = "Illustrative: no such minute exists"
DATES = "Illustrative: dates of the demonstration, counted from the day of loading"
DUE_IN = timedelta(days=5)
BETWEEN_DUE_DATES = timedelta(days=28)
#: The service asked about on the return that was sent back, and the question.
QUESTION = ("hr", "Illustrative: which contract ended, and from what date was nothing paid?")
#: Little is below half of a council's share; persistent is a year.
TEST_OF_FAIRNESS = ("1/2", 4)
_COUNCIL_ROLES = {
    "finance": Role.FINANCE_OFFICER,
    "s151": Role.SECTION_151_OFFICER,
    "councillor": Role.COUNCILLOR,
}
_PARTNERSHIP_ROLES = {
    "programme.office": Role.PROGRAMME_OFFICE,
    "auditor": Role.AUDITOR,
}


class RecordMissing(Exception):
    """The demonstration needs the published record, which is not loaded yet."""


@dataclass(frozen=True)
class _Stage:
    """What the demonstration works with: its files, its people, and the time."""

    folder: Path
    people: dict[str, User]
    at: datetime

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @property
    def programme_office(self) -> User:
        return self.people["programme.office"]


@transaction.atomic
def load(*, folder: Path, password: str, at: datetime) -> list[str]:
    """Load everything and return the usernames.

    `folder` holds hosts.csv, rules.csv, approvals.csv, returns.csv and forecasts.csv.
    Raises RecordMissing if the record has not been loaded, or one that had no drivers.
    """
    loaded = (Figure.objects, Council.objects, Driver.objects)
    if not all(each.exists() for each in loaded):
        raise RecordMissing("Run `manage.py load_record` first.")
    stage = _Stage(folder, _people(password), at)
    _calendar(stage)
    _hosts(stage)
    _rules(stage)
    _budgets(stage)
    _fairness_test(stage)
    _returns(stage)
    return list(stage.people)


def _calendar(stage: _Stage) -> None:
    today = timezone.localdate(stage.at)
    for place, quarter in enumerate(YEAR.quarters):
        due = today + DUE_IN + place * BETWEEN_DUE_DATES
        dates = dates_of(quarter, opens_on=today, due_on=due).by_name()
        period = Period.objects.filter(quarter=quarter).first()
        if period is None:
            open_period(quarter=quarter, by=stage.programme_office, at=stage.at, **dates)
        elif period.is_open and period.due_on is None:
            change_dates(
                quarter=quarter,
                reason=DATES,
                by=stage.programme_office,
                at=stage.at,
                **dates,
            )


def _people(password: str) -> dict[str, User]:
    people = {}
    for council in Council.objects.all():
        for name, role in _COUNCIL_ROLES.items():
            username = f"{name}.{council.code.lower()}"
            people[username] = _person(username, role, council, password)
    for username, role in _PARTNERSHIP_ROLES.items():
        people[username] = _person(username, role, None, password)
    return people


def _person(username: str, role: Role, council: Council | None, password: str) -> User:
    user, _ = User.objects.get_or_create(username=username)
    if not user.email:
        user.email = f"{username}@example.com"  # a domain that nobody can own
        user.save(update_fields=["email"])
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    Appointment.objects.get_or_create(user=user, role=role, council=council)
    return user


def _hosts(stage: _Stage) -> None:
    for row in stage.rows("hosts"):
        service = Service.objects.get(slug=row["service"])
        if service.hosting.exists():
            continue
        set_host(
            service=service,
            council=Council.objects.get(code=row["council"]),
            effective_from=YEAR.quarters[0],
            source=row["source"],
            provenance=Provenance.ILLUSTRATIVE,
            by=stage.programme_office,
            at=stage.at,
        )


def _budgets(stage: _Stage) -> None:
    for row in stage.rows("approvals"):
        if TransitionApproval.objects.filter(code=row["code"]).exists():
            continue
        budget = propose_budget(
            code=row["code"],
            service=Service.objects.get(slug=row["service"]),
            ceiling=parse_money(row["ceiling"]),
            effective_from=YEAR.quarters[0],
            description=row["description"],
            provenance=Provenance.ILLUSTRATIVE,
            by=stage.programme_office,
            at=stage.at,
        )
        _agree(budget.decision_id, _taking_part(row["service"]), stage)


def _fairness_test(stage: _Stage) -> None:
    if FairnessTest.objects.exists():
        return
    below, quarters = TEST_OF_FAIRNESS
    test = propose_test(
        below=below,
        quarters=quarters,
        provenance=Provenance.ILLUSTRATIVE,
        by=stage.programme_office,
        at=stage.at,
    )
    _agree(test.decision_id, Council.objects.values_list("code", flat=True), stage)


def _taking_part(service: str) -> tuple[str, ...]:
    return Service.objects.tree().participants(service, YEAR.quarters[0])


def _agree(decision_id: int, councils: Iterable[str], stage: _Stage) -> None:
    """Have these councils agree."""
    for code in councils:
        answer(
            decision_id=decision_id,
            agree=True,
            minute_reference=MINUTE,
            by=stage.people[f"s151.{code.lower()}"],
            at=stage.at,
        )


def _rules(stage: _Stage) -> None:
    first = YEAR.quarters[0]
    for row in stage.rows("rules"):
        service = Service.objects.get(slug=row["service"])
        if AttributionRule.objects.filter(service=service, kind=row["kind"]).exists():
            continue
        rule = propose_rule(
            service=service,
            kind=row["kind"],
            method=row["method"],
            effective_from=first,
            shares=dict(share.split("=") for share in row["shares"].split()),
            driver=Driver.objects.get(code=row["driver"]) if row["driver"] else None,
            indirect_variance=row["indirect_variance"],
            basis=row["basis"],
            provenance=Provenance.ILLUSTRATIVE,
            by=stage.programme_office,
            at=stage.at,
        )
        _agree(rule.decision_id, _taking_part(service.slug), stage)


def _returns(stage: _Stage) -> None:
    forecasts = stage.rows("forecasts")
    for (council, period, state), rows in _by_return(stage.rows("returns")):
        parent = Return.objects.select_related("council", "period").get(
            council__code=council, period__quarter=Quarter.parse(period)
        )
        if parent.version:
            continue  # somebody has worked on it since
        finance = stage.people[f"finance.{council.lower()}"]
        parent = replace_entries(
            return_id=parent.id,
            version=parent.version,
            rows=list(enumerate(rows, start=1)),
            provenance=Provenance.ILLUSTRATIVE,
            by=finance,
            at=stage.at,
        )
        parent = replace_forecasts(
            return_id=parent.id,
            version=parent.version,
            rows=list(enumerate(_of_return(forecasts, council, period), start=1)),
            provenance=Provenance.ILLUSTRATIVE,
            by=finance,
            at=stage.at,
        )
        if state == "draft":
            continue
        parent = submit(return_id=parent.id, version=parent.version, by=finance, at=stage.at)
        if state == "sent back":
            send_back(
                return_id=parent.id,
                version=parent.version,
                reason="Illustrative: the human resources saving needs its evidence.",
                asked=[
                    (entry.id, QUESTION[1])
                    for entry in parent.entries.filter(service__slug=QUESTION[0])
                ],
                by=stage.people[f"s151.{council.lower()}"],
                at=stage.at,
            )
        elif state != "submitted":
            raise WrongState(f"“{state}” is not a state of a demonstration return.")


def _of_return(
    rows: list[dict[str, str]], council: str, period: str
) -> Iterator[dict[str, object]]:
    for row in rows:
        if (row["council"], row["period"]) == (council, period):
            yield {name: value for name, value in row.items() if name not in ("council", "period")}


def _by_return(
    rows: list[dict[str, str]],
) -> Iterator[tuple[tuple[str, str, str], list[dict[str, object]]]]:
    key = itemgetter("council", "period", "state")
    for of, group in groupby(sorted(rows, key=key), key=key):
        yield (
            of,
            [
                {
                    name: value
                    for name, value in row.items()
                    if name not in ("council", "period", "state")
                }
                for row in group
            ],
        )
