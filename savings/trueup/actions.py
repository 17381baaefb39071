"""Putting a restatement right: adds a council's adjusting entries to its draft, once."""

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
    """Add the entries that put a restatement right for a council to the end of its draft.

    There is one own entry of the council for each earlier quarter, service and kind of figures
    that the restated value would have split differently. Raises NotAllowed; WrongState if the
    draft can't be changed, if nothing is left to add or if it is in a return already;
    StaleVersion; BadContent if a row already in the draft is no longer valid.
    """
    # Locked, so that two people don't add the same entries to two drafts.
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
            "drivers. It applies once every council has agreed."
        )
    found = every.found[restatement.id]
    if not found.counts:
        raise WrongState(
            f"{wording.STANDINGS[found.true_up.standing]}, so you have nothing to add."
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
            "remove them there first."
        )
    for number, parent in every.left_in_hand(found, side.council):
        raise WrongState(
            f"Your return of {parent.period} has entries of restatement {number}, which does not "
            "need to be put right. Remove them first."
        )


def _why_nothing(found: PutRight, side: Side | None, parent: Return) -> str:
    if side is None or not (side.due or side.certified):
        return f"It moves no figure of {parent.council}, so you have nothing to add."
    if side.due:
        return (
            f"What is still to be put right is for {parent.period} or later. Add it to the "
            "return of a later quarter."
        )
    there = ", ".join(str(each.period) for each in side.certified)
    return f"Its adjusting entries are certified with {there}, so you have nothing more to add."
