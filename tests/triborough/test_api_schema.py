"""The schema: whole, without a warning, and kept by every answer, whatever is sent."""

import re
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import cycle

import pytest
import schemathesis
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from django.urls import URLResolver, get_resolver
from hypothesis import HealthCheck, Phase, settings
from knox.models import AuthToken
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from savings.record.models import Figure, RecordTable, SourceDocument
from savings.rollup.tasks import roll_up
from tests.calling import ROOT
from tests.partnership import a_saving, build
from triborough.api import schema

load_all_checks()

CALLS = {
    ("post", "token/"),
    ("get", "councils/"),
    ("get", "services/"),
    ("post", "services/"),
    ("get", "services/{slug}/"),
    ("patch", "services/{slug}/"),
    ("get", "services/{slug}/sharing/"),
    ("post", "services/{slug}/participation/"),
    ("post", "services/{slug}/leaving/"),
    ("post", "services/{slug}/host/"),
    ("get", "periods/"),
    ("post", "periods/"),
    ("post", "periods/{period}/dates/"),
    ("post", "periods/{period}/close/"),
    ("post", "periods/{period}/reopen/"),
    ("get", "plans/"),
    ("get", "plans/{code}/"),
    ("get", "record/"),
    ("get", "returns/"),
    ("get", "returns/{council}/{period}/"),
    ("put", "returns/{council}/{period}/"),
    ("get", "returns/{council}/{period}/history/"),
    ("post", "returns/{council}/{period}/submit/"),
    ("post", "returns/{council}/{period}/withdraw/"),
    ("post", "returns/{council}/{period}/send-back/"),
    ("post", "returns/{council}/{period}/certify/"),
    ("get", "returns/{council}/{period}/forecasts/"),
    ("put", "returns/{council}/{period}/forecasts/"),
    ("get", "forecasts/"),
    ("get", "returns/{council}/{period}/questions/"),
    ("post", "returns/{council}/{period}/questions/"),
    ("post", "questions/{question_id}/answer/"),
    ("get", "board/"),
    ("post", "returns/{council}/{period}/upload/"),
    ("get", "returns/{council}/{period}/template.{extension}"),
    ("get", "drivers/"),
    ("post", "drivers/"),
    ("get", "driver-values/"),
    ("post", "driver-values/"),
    ("get", "driver-restatements/"),
    ("post", "driver-restatements/"),
    ("get", "driver-restatements/{restatement_id}/true-up/"),
    ("post", "driver-restatements/{restatement_id}/true-up/"),
    ("get", "driver-tolerances/"),
    ("post", "driver-tolerances/"),
    ("post", "driver-tolerances/{tolerance_id}/consent/"),
    ("get", "attribution-rules/"),
    ("post", "attribution-rules/"),
    ("get", "attribution-rules/{rule_id}/"),
    ("post", "attribution-rules/{rule_id}/consent/"),
    ("get", "transition-approvals/"),
    ("post", "transition-approvals/"),
    ("post", "transition-approvals/{code}/consent/"),
    ("get", "attribution/"),
    ("get", "attribution/entries/{entry_id}/"),
    ("get", "events/"),
    ("get", "comparison/"),
    ("get", "reports/{council}/{period}.{extension}"),
    ("get", "reports/{council}/{period}-annex.csv"),
    ("get", "rollup/"),
    ("get", "fairness/"),
    ("get", "fairness-tests/"),
    ("post", "fairness-tests/"),
    ("post", "fairness-tests/{test_id}/consent/"),
    ("get", "what-if/"),
}


def test_the_schema_is_made_without_a_warning_and_is_valid_openapi():
    out = StringIO()

    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)

    assert "openapi: 3." in out.getvalue()


def test_anybody_may_read_the_schema():
    answer = Client().get(f"{ROOT}schema/")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["openapi"].startswith("3.")
    for wanted in ("application/json", "application/vnd.oai.openapi", "text/html"):
        assert Client().get(f"{ROOT}schema/", headers={"Accept": wanted}).status_code == 200
    assert Client().get(f"{ROOT}schema/?format=json").status_code == 200


def test_every_call_of_the_contract_is_in_the_schema():
    described = {
        (method, path.removeprefix(ROOT))
        for path, methods in schema()["paths"].items()
        for method in methods
    }

    assert described == CALLS


def test_every_address_of_the_api_is_in_the_schema_or_shows_it():
    (api,) = [found for found in get_resolver().url_patterns if str(found.pattern) == "api/v1/"]
    assert isinstance(api, URLResolver)
    addresses = {re.sub(r"<\w+:(\w+)>", r"{\1}", str(found.pattern)) for found in api.url_patterns}

    assert addresses == {path for _, path in CALLS} | {"schema/", "docs/", ""}


def test_every_call_says_what_it_does_and_needs_a_token():
    for path, methods in schema()["paths"].items():
        for method, call in methods.items():
            assert call["description"], (method, path)
            if not path.endswith("/token/"):
                assert call["security"] == [{"token": []}, {"cookieAuth": []}]
            assert "200" in call["responses"] or "201" in call["responses"]
            assert {"422", "429"} <= set(call["responses"])


# --- Whatever is sent ---------------------------------------------------------------


def tries(examples: int) -> settings:
    """This many examples, the same each time."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


PEOPLE = ("finance.lbhf", "s151.lbhf", "programme.office", "auditor")


@pytest.fixture
def turns() -> Iterator[str]:
    """Each of the people in turn, as a quick run sends each case once."""
    return cycle(PEOPLE)


@pytest.fixture
def tokens(db, monkeypatch) -> Iterator[dict[str, str]]:
    """Tokens of people with different permissions, in a partnership with a little of everything."""
    from rest_framework.throttling import ScopedRateThrottle, UserRateThrottle

    cache.clear()
    rates = {"user": "1000000/min", "token": "1000000/min"}
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", rates)
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", rates)
    partnership = build()
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    partnership.certified("WCC", a_saving(), a_saving("cex", "7.00"))
    partnership.draft("LBHF", a_saving())
    roll_up()
    document = SourceDocument.objects.create(code="report", title="A report", published="2011-02")
    table = RecordTable.objects.create(code="first", document=document, title="1", place="Page 1")
    where = {"table": table, "place": "Page 1", "provenance": "published"}
    Figure.objects.create(row="Saving", column="2014/15", value=1, unit="GBP million", **where)
    Figure.objects.create(row="An empty cell", column="March 2011", **where)
    # The end of a request would close the test's own connection, as its client knows.
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield {name: AuthToken.objects.create(partnership.people[name])[1] for name in PEOPLE}
    for signal in signals:
        signal.connect(close_old_connections)


described = schemathesis.openapi.from_dict(schema())
described.app = get_wsgi_application()


@described.parametrize()
@tries(2)
def test_the_first_examples_are_answered_as_described(case, tokens, turns):
    send(case, [tokens[next(turns)]])


@pytest.mark.slow
@described.parametrize()
@tries(12)
def test_any_example_is_answered_as_described(case, tokens):
    send(case, tokens.values())


def send(case, tokens: Iterable[str]) -> None:
    """Send it as each of the people whose tokens these are."""
    for token in tokens:
        case.headers = {**(case.headers or {}), "Authorization": f"Token {token}"}
        case.validate_response(case.call(), checks=CHECKS)
