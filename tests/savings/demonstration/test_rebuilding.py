"""Every share of the demonstration, certified, is rebuilt from its explanation's JSON alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command

from finance.money import from_pence, json_money
from savings.certification.actions import certify, send_back, submit
from savings.filling.actions import replace_entries
from savings.forecasts.actions import replace_forecasts
from savings.forecasts.reports import row_of as row_of_forecast
from savings.returns.models import Entry, Forecast, Return
from savings.returns.questions.actions import answer
from savings.returns.reports import row_of
from savings.rollup.models import Fact
from savings.rollup.tasks import roll_up
from sovereignty.models import User
from tests.calling import Caller
from tests.partnership import NOW
from tests.savings.attribution.rebuilding import rebuild, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def certified(settings) -> None:
    """The demonstration's drafts with figures of the councils' own in their place, certified."""
    settings.DEBUG = True
    call_command("load_record")
    call_command("load_demonstration")
    for parent in Return.objects.filter(entries__isnull=False, council__isnull=False).distinct():
        certify_as_own(parent)
    roll_up()


def certify_as_own(parent: Return) -> None:
    code = parent.council_code.lower()
    finance = User.objects.get(username=f"finance.{code}")
    s151 = User.objects.get(username=f"s151.{code}")

    def given() -> dict[str, Any]:
        version = Return.objects.get(id=parent.id).version
        return {"return_id": parent.id, "version": version, "at": NOW}

    if parent.status == Return.Status.SUBMITTED:
        send_back(reason="Our own figures", by=s151, **given())
    rows = [own(entry) for entry in parent.entries.select_related("service", "caused_by")]
    replace_entries(rows=list(enumerate(rows, start=1)), by=finance, **given())
    promised = [own_forecast(forecast) for forecast in parent.forecasts.select_related("service")]
    replace_forecasts(rows=list(enumerate(promised, start=1)), by=finance, **given())
    for question in parent.questions.unanswered():
        answer(question_id=question.id, text="Looked into.", by=finance, at=NOW)
    submit(by=finance, **given())
    certify(by=s151, **given())


def own(entry: Entry) -> dict[str, object]:
    """The entry's columns as another would fill them in, a penny dearer."""
    row = row_of(entry)
    columns = {
        name: getattr(row, name)
        for name in ("service", "kind", "scope", "recurrence", "nature", "cause", "approval")
    }
    return {**columns, "amount": json_money(row.amount + 1)}


def own_forecast(forecast: Forecast) -> dict[str, object]:
    """The forecast as another would make it, a penny more."""
    row = row_of_forecast(forecast)
    texts = {name: getattr(row, name) for name in ("service", "status", "reason", "replacement")}
    return {
        **texts,
        "this_year": json_money(row.this_year + 1),
        "full_year_effect": json_money(row.full_year_effect),
        "starts_on": row.starts_on.isoformat() if row.starts_on else "",
    }


@pytest.mark.usefixtures("certified")
def test_every_share_is_rebuilt() -> None:
    auditor = Caller(User.objects.get(username="auditor"))
    entries = list(Entry.objects.filter(parent__status="certified").order_by("id"))
    reasons = set()
    for entry in entries:
        said = auditor.get(f"attribution/entries/{entry.id}/").json()
        assert rebuild(said) == shown(said)
        amounts = {part["council"]: Decimal(part["amount"]) for part in said["shares"]}
        facts = Fact.objects.filter(entry=entry, council__isnull=False)
        parts = facts.values_list("council__code", "pence")
        assert amounts == {code: from_pence(pence) for code, pence in parts}
        reasons.add(said["because"])
    # Six published for the partnership, and seventeen of the drafts.
    assert len(entries) == 23
    assert reasons == {"no_rule", "own", "rule", "indirect_host", "net_reduction"}
