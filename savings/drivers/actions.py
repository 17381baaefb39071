"""The actions on the register of drivers: name a driver, give it values, restate a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

import audit.actions
from finance.apportionment import ShareError, parse_share
from finance.periods import Quarter
from savings.agreements.actions import put_forward
from savings.agreements.unanimous import SHARE
from savings.drivers.imports import ValueRow
from savings.drivers.models import Driver, DriverValue, Restatement, Tolerance
from savings.kit.provenance import Provenance
from savings.permissions.rules import require
from savings.quarters.basis import check_quarter_open
from savings.quarters.locks import change_basis
from savings.returns.outbox import rework_from
from sovereignty.models import Council, Decision, User
from sovereignty.refusals import BadContent, FieldError, NotAllowed, Refusal, WrongState


@transaction.atomic
def create_driver(*, code: str, name: str, unit: str, by: User, at: datetime) -> Driver:
    """Name something that is counted for each council, such as children in care.

    Raises NotAllowed; WrongState if the code is taken; BadContent if any is empty.
    """
    require(by, "savings.keep_drivers")
    said = {"code": code.strip(), "name": name.strip(), "unit": unit.strip()}
    errors = [FieldError(field, "Enter this.") for field, text in said.items() if not text]
    if errors:
        raise BadContent(errors)
    if Driver.objects.filter(code=said["code"]).exists():
        raise WrongState(f"There is a driver “{said['code']}” already. Choose another code.")
    driver = Driver.objects.create(**said)
    audit.actions.record(
        by=by.username,
        at=at,
        action="created",
        subject="driver",
        subject_id=driver.code,
        after={"name": driver.name, "unit": driver.unit},
    )
    return driver


@transaction.atomic
def set_driver_value(
    *,
    driver: Driver,
    council: Council,
    effective_from: Quarter,
    value: Decimal,
    source: str,
    provenance: Provenance,
    by: User,
    at: datetime,
) -> DriverValue:
    """Give a driver its value for a council from a quarter on.

    Raises NotAllowed for another council's; WrongState if the quarter is closed or has a value
    already; BadContent for a value below 0 or without a source.
    """
    require(by, "savings.give_driver_value", council)
    change_basis()
    errors = []
    if not value.is_finite() or value < 0:
        errors.append(FieldError("value", "Enter a number of 0 or more.", str(value)))
    if not source.strip():
        errors.append(FieldError("source", "Say where the value comes from."))
    if errors:
        raise BadContent(errors)
    check_quarter_open(effective_from)
    if DriverValue.objects.filter(
        driver=driver, council=council, effective_from=effective_from
    ).exists():
        raise WrongState(
            f"{driver} already has a value for {council} from {effective_from.label}. Give a later "
            "quarter."
        )
    made = DriverValue.objects.create(
        driver=driver,
        council=council,
        effective_from=effective_from,
        value=value,
        source=source.strip(),
        provenance=provenance,
    )
    audit.actions.record(
        by=by.username,
        at=at,
        action="set",
        subject="driver value",
        subject_id=f"{driver.code}/{council.code}/{effective_from.code}",
        chain=council.code,
        after={"value": str(value), "source": source.strip()},
    )
    rework_from(effective_from, at)
    return made


@transaction.atomic
def set_driver_values(
    *, driver: Driver, rows: Sequence[ValueRow], by: User, at: datetime
) -> list[DriverValue]:
    """Give a driver all of these values, or none.

    Raises NotAllowed, or BadContent with what is wrong in each row: another council's
    value, a quarter that is closed, or that has a value already.
    """
    require(by, "savings.keep_drivers")
    councils = {council.code: council for council in Council.objects.all()}
    made, errors = [], []
    for row in rows:
        try:
            with transaction.atomic():
                made.append(
                    set_driver_value(
                        driver=driver,
                        council=councils[row.council],
                        effective_from=row.effective_from,
                        value=row.value,
                        source=row.source,
                        provenance=Provenance.REPORTED,
                        by=by,
                        at=at,
                    )
                )
        except BadContent as refusal:
            errors += [FieldError(e.field, e.message, e.value, row.row) for e in refusal.errors]
        except NotAllowed as refusal:
            whose = f"This is {councils[row.council]}'s value. {refusal}"
            errors.append(FieldError("council", whose, row.council, row.row))
        except Refusal as refusal:
            quarter = row.effective_from.code
            errors.append(FieldError("effective_from", str(refusal), quarter, row.row))
    if errors:
        raise BadContent(errors)
    return made


@transaction.atomic
def restate(*, value_id: int, value: Decimal, source: str, by: User, at: datetime) -> Restatement:
    """Say what a driver's value should have been. What it has split stays as it is.

    Of several restatements of one value the latest counts. Raises NotAllowed for another council's
    value, or BadContent for a value below 0, the value that it has or was last restated as, or no
    source.
    """
    # Lock the value's row, so that two people don't restate it as the same.
    restated = (
        DriverValue.objects.select_for_update(of=("self",))
        .select_related("driver", "council")
        .get(id=value_id)
    )
    require(by, "savings.give_driver_value", restated.council)
    last = restated.restatements.last()
    stands = last.value if last else restated.value
    errors = []
    if not value.is_finite() or value < 0:
        errors.append(FieldError("value", "Enter a number of 0 or more.", str(value)))
    elif value == stands:
        errors.append(FieldError("value", "It already has this value.", str(value)))
    if not source.strip():
        errors.append(FieldError("source", "Say where the value comes from."))
    if errors:
        raise BadContent(errors)
    made = Restatement.objects.create(
        restates=restated,
        value=value,
        source=source.strip(),
        provenance=Provenance.REPORTED,
        stated_by=by,
        stated_at=at,
    )
    audit.actions.record(
        by=by.username,
        at=at,
        action="restated",
        subject="driver value",
        subject_id=f"{restated.driver.code}/{restated.council.code}/{restated.effective_from.code}",
        chain=restated.council.code,
        before={"value": str(stands)},
        after={"value": str(value), "source": source.strip()},
    )
    return made


@transaction.atomic
def propose_tolerance(
    *,
    share: str,
    by: User,
    at: datetime,
    provenance: Provenance = Provenance.REPORTED,
    answer_by: date | None = None,
    revises: Decision | None = None,
) -> Tolerance:
    """Propose how much a restatement may move before it is put right: every council answers.

    `share` is of what was split, as a decimal or a fraction from 0 to below 1. It replaces the
    tolerance in force once every council has agreed. They are asked to answer by `answer_by`. It
    also replaces `revises`, a disputed tolerance. Raises NotAllowed, WrongState if `revises` is not
    disputed, or BadContent.
    """
    require(by, "savings.propose_tolerance")
    text = share.strip()
    if mistake := _mistake_in_share(text):
        raise BadContent([FieldError("share", mistake, text[:20])])
    tolerance = Tolerance(share=text, provenance=provenance)
    put_forward(
        tolerance,
        title=f"Tolerance for restated drivers: {text}",
        after={"share": text, "provenance": provenance.value},
        by=by,
        at=at,
        answer_by=answer_by,
        revises=revises,
    )
    return tolerance


def _mistake_in_share(text: str) -> str:
    if not text:
        return "Give a decimal or a fraction, such as 0.01 or 1/100."
    try:
        part = parse_share(text)
    except ShareError as error:
        return str(error)
    if part >= 1:
        return "Give a share below 1, such as 0.01."
    if not re.fullmatch(SHARE, text):
        return "Give fewer digits: at most nine on either side."
    return ""
