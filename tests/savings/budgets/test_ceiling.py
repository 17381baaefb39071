"""Python and the database refuse the same claims on a transition budget for its ceiling."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finance.money import from_pence
from savings.budgets.claims import Budgets, Claim
from savings.budgets.models import TransitionApproval
from savings.returns.models import Entry, Return
from services.models import Service
from tests.partnership import NOW, Q1, Partnership, a_claim

pytestmark = pytest.mark.django_db


@pytest.fixture
def claiming(partnership: Partnership) -> Return:
    partnership.approval(ceiling="100.00")
    partnership.certified("LBHF", a_claim("60.00"))
    return partnership.draft("WCC", *(a_claim("1.00") for _ in range(3)))


def database_takes(parent: Return, amounts: list[int], partnership: Partnership) -> bool:
    """Whether a return with these claims can be submitted past the actions; it is not."""
    try:
        with transaction.atomic():
            for entry, pence in zip(parent.entries.order_by("position"), amounts, strict=True):
                Entry.objects.filter(id=entry.id).update(amount=from_pence(pence))
            Return.objects.filter(id=parent.id).update(
                status="submitted", submitted_by=partnership.finance("WCC"), submitted_at=NOW
            )
            transaction.set_rollback(True)
    except IntegrityError as refused:
        return "would pass its ceiling" not in str(refused)
    return True


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=st.lists(st.integers(-50_00, 60_00).filter(bool), min_size=3, max_size=3))
def test_the_same_claims_pass_the_ceiling(
    amounts: list[int], claiming: Return, partnership: Partnership
) -> None:
    budgets = TransitionApproval.objects.as_claimed_budgets(beside=claiming)
    claims = Budgets(Service.objects.tree(), Q1, {one.budget.code: one for one in budgets})
    rows = [Claim(row, "moves", pence) for row, pence in enumerate(amounts, start=1)]
    assert (claims.past_the_ceiling(rows) == []) == database_takes(claiming, amounts, partnership)
    assert Entry.objects.filter(parent=claiming, amount=Decimal(1)).count() == 3
