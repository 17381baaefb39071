"""The actions on transition budgets: propose them, and keep returns within them.

Councils answer one with `savings.agreements.actions.answer`.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from django.db import transaction

from finance.money import from_pence, json_money
from finance.periods import Quarter
from savings.agreements.actions import put_forward
from savings.budgets.models import CODE, LONGEST_CODE, TransitionApproval
from savings.budgets.reports import refused_claims
from savings.kit.provenance import Provenance
from savings.permissions.rules import require
from savings.quarters.basis import check_quarter_open
from savings.quarters.locks import change_basis
from savings.returns.models import Return
from services.models import Service
from sovereignty.models import Decision, User
from sovereignty.refusals import BadContent, FieldError, WrongState


@transaction.atomic
def propose_budget(
    *,
    code: str,
    service: Service,
    ceiling: int,
    effective_from: Quarter,
    description: str,
    by: User,
    at: datetime,
    provenance: Provenance = Provenance.REPORTED,
    answer_by: date | None = None,
    revises: Decision | None = None,
) -> TransitionApproval:
    """Propose a budget for the one-off costs of a service's change, from a quarter on.

    Costs can be claimed on it once every participating council has agreed. They are asked to answer
    by `answer_by`. It replaces `revises`, a disputed budget for the same service. `ceiling` is in
    pence. Raises NotAllowed; WrongState if the code is taken, the quarter is closed or `revises` is
    not disputed; BadContent for a wrong code, ceiling or description, or if nobody takes part.
    """
    require(by, "savings.propose_budget")
    # One at a time, so that two proposals don't take the same code.
    change_basis()
    check_quarter_open(effective_from)
    said = {"code": code.strip(), "description": description.strip()}
    errors = _mistakes(said["code"], said["description"], ceiling)
    if not Service.objects.tree().participants(service.slug, effective_from):
        errors.append(
            FieldError(
                "effective_from",
                f"No council takes part in {service} in {effective_from.label}.",
                effective_from.code,
            )
        )
    if errors:
        raise BadContent(errors)
    if TransitionApproval.objects.filter(code__iexact=said["code"]).exists():
        raise WrongState(
            f"There is a transition budget “{said['code']}” already. Choose another code."
        )
    budget = TransitionApproval(
        **said,
        service=service,
        ceiling=from_pence(ceiling),
        effective_from=effective_from,
        provenance=provenance,
    )
    put_forward(
        budget,
        title=f"{service}: transition budget {said['code']}",
        after={
            "service": service.slug,
            "ceiling": json_money(ceiling),
            "effective_from": effective_from.code,
            "provenance": provenance.value,
        },
        by=by,
        at=at,
        answer_by=answer_by,
        revises=revises,
        reason=said["description"],
    )
    return budget


def check_claims(parent: Return) -> None:
    """Check a return's claims against their budgets, and lock those until the transaction ends.

    For the actions that submit or certify, which have locked the return's row. Raises WrongState if
    a budget is no longer agreed or has no room left: somebody else may have claimed on it since the
    rows were entered.
    """
    codes = set(parent.entries.exclude(approval="").values_list("approval", flat=True))
    if not codes:
        return
    list(TransitionApproval.objects.select_for_update().filter(code__in=codes).order_by("id"))
    refused = refused_claims(parent)
    if refused:
        entry, why = refused[0]
        raise WrongState(
            f"Line {entry.position}, {entry.service}: {why}"
            + (f" {len(refused) - 1} more of its claims can't be made either." * (len(refused) > 1))
        )


def _mistakes(code: str, description: str, ceiling: int) -> list[FieldError]:
    errors = []
    if not code:
        errors.append(FieldError("code", "Give a short code, such as library-moves."))
    elif not re.fullmatch(CODE.regex, code) or len(code) > LONGEST_CODE:
        sentence = f"{CODE.message} At most {LONGEST_CODE} in all."
        errors.append(FieldError("code", sentence, code[:LONGEST_CODE]))
    if not description:
        errors.append(FieldError("description", "Say what the budget is for."))
    if ceiling <= 0:
        errors.append(FieldError("ceiling", "Enter an amount above 0.", json_money(ceiling)))
    return errors
