"""Putting a restatement right: a council's adjusting entries, into its draft, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from django.db import transaction

from finance.money import json_money
from savings.drivers.models import Restatement
from savings.filling.actions import replace_entries
from savings.filling.lines import stored_lines
from savings.kit.provenance import Provenance
from savings.permissions.rules import require
from savings.returns.actions import check_editable
from savings.returns.models import Return
from savings.returns.rows import describe
from savings.trueup import wording
from savings.trueup.reports import (
    PutRight,
    Restatements,
    Side,
    due_before,
    restatements_for,
)
from savings.trueup.trueup import Adjusting, evidence_of
from sovereignty.models import User
from sovereignty.refusals import WrongState


@transaction.atomic
def add_adjusting_entries(
    *, restatement_id: int, return_id: int, version: int, by: User, at: datetime
) -> Return:
    """Add what puts a restatement right for a council to its draft, after what stands there.

    One entry of the council's own for each earlier quarter, service and kind of figures that
    the restated value would have shared otherwise. Raises NotAllowed; WrongState where the
    draft can't be changed or there is nothing to add, or it is in a return already;
    StaleVersion, or BadContent where a row that stands in the draft won't do any more.
    """
    # Held, so that two don't add the same to two drafts.
    restatement = (
        Restatement.objects.select_for_update(of=("self",))
        .select_related("restates__driver", "restates__council")
        .get(id=restatement_id)
    )
    parent = Return.objects.select_related("council", "period").get(id=return_id)
    require(by, "savings.fill_return", parent)
    check_editable(parent)
    due = _what_to_add(restatement, parent, by)
    standing = [{"id": line.id, **describe(line.row)} for line in stored_lines(parent)]
    rows = [*standing, *(as_row(each, restatement) for each in due)]
    return replace_entries(
        return_id=parent.id,
        version=version,
        rows=list(enumerate(rows, start=1)),
        by=by,
        at=at,
        reason=f"True-up of restatement {restatement.id}",
    )


def as_row(due: Adjusting, restatement: Restatement) -> dict[str, object]:
    """An adjusting entry as a row of its council's return."""
    line, value = due.line, restatement.restates
    row: dict[str, object] = {
        "service": line.service,
        "kind": line.kind,
        "scope": "own",
        "amount": json_money(due.pence),
        "recurrence": line.recurrence,
        "nature": line.nature,
        "cause": line.cause,
        "evidence": evidence_of(restatement.id, line.quarter),
        "note": wording.note(
            driver=value.driver.name,
            council=value.council.name,
            quarter=line.quarter.label,
            was=Fraction(value.value),
            restated=Fraction(restatement.value),
        ),
    }
    if due.illustrative:
        row["provenance"] = Provenance.ILLUSTRATIVE.value
    return row


def _what_to_add(restatement: Restatement, parent: Return, by: User) -> tuple[Adjusting, ...]:
    every = restatements_for(by)
    if every.tolerance is None:
        raise WrongState(
            "No tolerance is agreed, so nothing is put right. Propose one from the register of "
            "drivers; it holds once every council has agreed."
        )
    found = every.found[restatement.id]
    if not found.counts:
        raise WrongState(
            f"{wording.STANDINGS[found.true_up.standing]}, so there is nothing to add."
        )
    side = found.side_of(parent.council) if parent.council else None
    _check_none_in_hand(every, found, side)
    due = due_before(side, parent.quarter) if side else ()
    if due:
        made_up = every.tolerance.is_illustrative
        return tuple(replace(each, illustrative=each.illustrative or made_up) for each in due)
    raise WrongState(_why_nothing(found, side, parent))


def _check_none_in_hand(every: Restatements, found: PutRight, side: Side | None) -> None:
    if side is None:
        return
    if side.in_hand:
        there = ", ".join(str(each.period) for each in side.in_hand)
        raise WrongState(
            f"Its adjusting entries are in your return of {there} already. Change them there, or "
            "take them out of it first."
        )
    for number, parent in every.left_in_hand(found, side.council):
        raise WrongState(
            f"Your return of {parent.period} holds entries of restatement {number}, which is not "
            "put right. Take them out of it first."
        )


def _why_nothing(found: PutRight, side: Side | None, parent: Return) -> str:
    if side is None or not (side.due or side.certified):
        return f"It moves nothing of {parent.council}’s, so there is nothing to add."
    if side.due:
        return (
            f"All that is still to be put right is of {parent.period} or later. Add it to the "
            "return of a later quarter."
        )
    there = ", ".join(str(each.period) for each in side.certified)
    return f"Its adjusting entries are certified with {there}, so there is nothing more to add."
