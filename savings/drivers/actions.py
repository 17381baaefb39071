"""What can be done to the register: many values at once, and saying what one should have been."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

import audit.actions
from finance.apportionment import ShareError, parse_share
from savings.attribution.actions import check_revises, put_to_councils, set_driver_value
from savings.attribution.models import Driver, DriverValue
from savings.drivers.imports import ValueRow
from savings.drivers.models import Restatement, Tolerance
from savings.provenance import Provenance
from savings.rules import require
from savings.unanimous import SHARE
from sovereignty.models import Council, Decision, User
from sovereignty.refusals import BadContent, FieldError, NotAllowed, Refusal


@transaction.atomic
def set_driver_values(
    *, driver: Driver, rows: Sequence[ValueRow], by: User, at: datetime
) -> list[DriverValue]:
    """Give a driver all of these values, or none.

    Raises NotAllowed, or BadContent with what is wrong in each row: another council's
    value, a quarter that is closed, or that has a value already.
    """
    require(by, "savings.propose_rule")
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
    """Say what a driver's value should have been. What was shared out by it stays.

    Of several restatements of one value the latest counts. Raises NotAllowed for another
    council's value, or BadContent for a value below nought, the same value as it has or was
    restated as last, or without a source.
    """
    # The value's row is held, so that two don't say the same of it.
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
        errors.append(FieldError("value", "Enter a number of nought or more.", str(value)))
    elif value == stands:
        errors.append(FieldError("value", "It is this value already.", str(value)))
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

    `share` is of what was shared out, as a decimal or a fraction from nought to below one.
    It takes the place of the tolerance in force once every council has agreed, which they are
    asked to do by `answer_by`. `revises` is a disputed tolerance, whose place it takes. Raises
    NotAllowed, WrongState where what it revises is not disputed, or BadContent.
    """
    require(by, "savings.propose_rule")
    check_revises(revises, Tolerance)
    text = share.strip()
    if mistake := _mistake_in_share(text):
        raise BadContent([FieldError("share", mistake, text[:20])])
    tolerance = Tolerance.objects.create(
        share=text,
        provenance=provenance,
        decision=put_to_councils(
            title=f"Tolerance for restated drivers: {text}",
            answer_by=answer_by,
            revises=revises,
            by=by,
            at=at,
        ),
    )
    audit.actions.record(
        by=by.username,
        at=at,
        action="proposed",
        subject="tolerance",
        subject_id=tolerance.id,
        after={"share": text, "provenance": provenance.value},
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
        return "Give a share below one, such as 0.01."
    if not re.fullmatch(SHARE, text):
        return "Give fewer digits: at most nine on either side."
    return ""
