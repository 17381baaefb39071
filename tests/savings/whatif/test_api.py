"""A what-if through the API: every parameter, every mistake, and nothing written."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from savings.drivers.actions import create_driver, set_driver_value
from savings.drivers.models import Driver
from savings.formulas.actions import propose_rule
from savings.kit.provenance import Provenance
from savings.rollup.actions import roll_up_dirty
from savings.rollup.models import Total
from tests.calling import Caller, mistakes, problem
from tests.partnership import COUNCILS, NOW, Q2, Partnership, a_saving
from tests.savings.whatif.conftest import THIRDS

pytestmark = pytest.mark.django_db

HALVES = {
    "service": "libraries",
    "kind": "saving",
    "method": "fixed",
    "shares": "RBKC:1/2,WCC:1/2",
}


#: A claim on the transition budget of `Partnership.approval`.
CLAIM = {
    "service": "library-service",
    "kind": "transition_cost",
    "scope": "shared",
    "approval": "moves",
}


@pytest.fixture
def caller(books: Partnership) -> Caller:
    return Caller(books.people["councillor.wcc"])


def asked(caller: Caller, **parameters: object) -> dict[str, Any]:
    answer = caller.get("what-if/", **parameters)
    assert answer.status_code == 200, answer.content[:500]
    return answer.json()


def rows(answer: dict[str, Any]) -> list[tuple[str | None, str, str, str]]:
    return [(r["council"], r["period"], r["today"], r["then"]) for r in answer["rows"]]


def driver(partnership: Partnership, **values: int) -> None:
    """Visits, with these values from 2013/14 Q2 on: Q1 is closed."""
    office = partnership.people["programme.office"]
    made = create_driver(code="visits", name="Visits", unit="visits", by=office, at=NOW)
    for code, value in values.items():
        set_driver_value(
            driver=made,
            council=partnership.councils[code],
            effective_from=Q2,
            value=Decimal(value),
            source="Counted.",
            provenance=Provenance.REPORTED,
            by=office,
            at=NOW,
        )


# --- What is answered --------------------------------------------------------------


def test_a_rule_can_be_asked_about_as_if_it_had_always_applied(caller: Caller) -> None:
    answer = asked(caller, **HALVES)

    assert rows(answer) == [
        ("LBHF", "2013-14-Q1", "50.01", "0.00"),
        ("RBKC", "2013-14-Q1", "50.00", "75.00"),
        ("WCC", "2013-14-Q1", "49.99", "75.00"),
        ("LBHF", "2013-14-Q2", "3.00", "0.00"),
        ("RBKC", "2013-14-Q2", "3.00", "4.50"),
        ("WCC", "2013-14-Q2", "3.00", "4.50"),
    ]
    assert [row["closed"] for row in answer["rows"]] == [True] * 3 + [False] * 3
    assert {(row["kind"], row["illustrative"]) for row in answer["rows"]} == {("saving", False)}
    assert answer["rows"][0]["difference"] == "-50.01"
    assert (answer["entries_looked_at"], answer["entries_moved"]) == (3, 3)
    assert answer["question"] == (
        "What if the savings of Libraries and the services below it were split by fixed shares, "
        "Kensington & Chelsea 1/2 and Westminster 1/2, from the start?"
    )
    assert answer["gains"] == (
        "Of what is certified to date, Westminster would have £26.51 more of the savings and "
        "Kensington & Chelsea £26.50; Hammersmith & Fulham would have £53.01 less."
    )
    assert [
        (r["plan"], r["year"], r["council"], r["today"], r["then"], r["difference"])
        for r in answer["plan_rows"]
    ] == [
        ("The promise", "2013-14", "LBHF", "30.00", "0.00", "-30.00"),
        ("The promise", "2013-14", "RBKC", "30.00", "45.00", "15.00"),
        ("The promise", "2013-14", "WCC", "30.00", "45.00", "15.00"),
    ]


def test_a_rule_can_be_asked_about_from_a_quarter_on(caller: Caller) -> None:
    answer = asked(caller, **HALVES, effective_from="2013-14-Q2")

    assert [(row["period"], row["then"]) for row in answer["rows"] if row["council"] == "WCC"] == [
        ("2013-14-Q1", "49.99"),
        ("2013-14-Q2", "4.50"),
    ]
    assert (answer["entries_looked_at"], answer["entries_moved"]) == (3, 1)
    assert answer["question"].endswith(", from 2013/14 Q2 on?")


def test_todays_own_rule_changes_nothing(caller: Caller) -> None:
    answer = asked(caller, **{**HALVES, "shares": "LBHF:1/3,RBKC:1/3,WCC:1/3"})

    assert {row["difference"] for row in answer["rows"] + answer["plan_rows"]} == {"0.00"}
    assert answer["entries_moved"] == 0
    assert answer["gains"] == "Of what is certified to date, nothing would fall differently."


def test_amounts_that_are_unattributed_today_would_fall_on_councils(caller: Caller) -> None:
    answer = asked(
        caller, service="cex", kind="saving", method="fixed", shares="LBHF:0.25,RBKC:0.75"
    )

    assert rows(answer) == [
        ("LBHF", "2013-14-Q1", "0.00", "10.00"),
        ("RBKC", "2013-14-Q1", "0.00", "30.00"),
        (None, "2013-14-Q1", "40.00", "0.00"),
    ]
    assert answer["gains"] == (
        "Of what is certified to date, Kensington & Chelsea would have £30.00 more of the savings "
        "and Hammersmith & Fulham £10.00. £40.00 that falls on no council today would fall on the "
        "councils."
    )


def test_a_drivers_value_can_be_asked_about(caller: Caller, books: Partnership) -> None:
    driver(books, LBHF=1, RBKC=1, WCC=1)
    rule = propose_rule(
        service=books.services["libraries"],
        kind="saving",
        method="driver",
        driver=Driver.objects.get(),
        effective_from=Q2,
        basis="By visits.",
        by=books.people["programme.office"],
        at=NOW,
    )
    for code in THIRDS:
        books.agree(rule.decision_id, code)

    answer = asked(caller, driver="visits", council="LBHF", value="4", effective_from="2013-14-Q2")

    assert rows(answer) == [
        ("LBHF", "2013-14-Q1", "33.34", "33.34"),
        ("RBKC", "2013-14-Q1", "33.33", "33.33"),
        ("WCC", "2013-14-Q1", "33.33", "33.33"),
        ("LBHF", "2013-14-Q2", "3.00", "6.00"),
        ("RBKC", "2013-14-Q2", "3.00", "1.50"),
        ("WCC", "2013-14-Q2", "3.00", "1.50"),
    ]
    assert answer["question"] == (
        "What if Visits (visits) were 4 for Hammersmith & Fulham, from 2013/14 Q2 on?"
    )
    assert [(row["council"], row["then"]) for row in answer["plan_rows"]] == [
        ("LBHF", "60.00"),
        ("RBKC", "15.00"),
        ("WCC", "15.00"),
    ]


def test_a_blend_can_be_asked_about(caller: Caller, books: Partnership) -> None:
    driver(books, LBHF=1, RBKC=0, WCC=3)

    answer = asked(
        caller, service="libraries", kind="saving", method="blend", weights="visits:1",
        effective_from="2013-14-Q2",
    )  # fmt: skip

    assert [(r["council"], r["then"]) for r in answer["rows"] if r["period"] == "2013-14-Q2"] == [
        ("LBHF", "2.25"),
        ("RBKC", "0.00"),
        ("WCC", "6.75"),
    ]
    assert (
        answer["question"].split("were ")[1] == "split by a blend, 1 of Visits, from 2013/14 Q2 on?"
    )


def test_a_proposal_that_waits_can_be_asked_about(caller: Caller, books: Partnership) -> None:
    rule = books.rule("libraries", {"WCC": "1"}, effective_from=Q2, agreed_by=["WCC"])

    always = asked(caller, decision=rule.decision_id)
    own = asked(caller, decision=rule.decision_id, effective_from="2013-14-Q2")

    assert [row["then"] for row in always["rows"] if row["council"] == "WCC"] == ["150.00", "9.00"]
    assert [row["then"] for row in own["rows"] if row["council"] == "WCC"] == ["49.99", "9.00"]
    assert "Westminster 1, from the start?" in always["question"]


def rolled_up() -> dict[tuple[str | None, str, str], int]:
    """The rollup's pence of libraries by council, quarter and kind."""
    sums: dict[tuple[str | None, str, str], int] = defaultdict(int)
    for council, quarter, kind, pence in (
        Total.objects.current()
        .filter(service__slug__in=["libraries", "library-service"])
        .values_list("council__code", "quarter", "kind", "pence")
    ):
        sums[council, quarter.code, kind] += pence
    return dict(sums)


def as_rolled_up(answer: dict[str, Any], which: str) -> dict[tuple[str | None, str, str], int]:
    return {
        (row["council"], row["period"], row["kind"]): int(Decimal(row[which]) * 100)
        for row in answer["rows"]
    }


@pytest.mark.parametrize("through", ["the address", "the proposal"])
def test_once_the_rule_is_agreed_the_rollup_has_the_same_to_the_penny(
    caller: Caller, books: Partnership, through: str
) -> None:
    """Odd amounts, another rule of the same quarter, and a claim on a budget that follows."""
    books.approval(effective_from=Q2)
    books.certified(
        "WCC",
        a_saving(amount="10.01"),
        a_saving("libraries", "0.02"),
        a_saving(amount="-7.77"),
        {**CLAIM, "amount": "55.55"},
        quarter=Q2,
    )
    books.rule("libraries", {"LBHF": "1"}, effective_from=Q2, agreed_by=list(THIRDS))
    roll_up_dirty(at=NOW)
    proposed = {"LBHF": "2/7", "RBKC": "4/7", "WCC": "1/7"}
    shares = ",".join(f"{code}:{share}" for code, share in proposed.items())
    if through == "the address":
        answer = asked(caller, **{**HALVES, "shares": shares, "effective_from": "2013-14-Q2"})
        before = rolled_up()
        books.rule("libraries", proposed, effective_from=Q2)
    else:
        rule = books.rule("libraries", proposed, effective_from=Q2, agreed_by=["LBHF"])
        answer = asked(caller, decision=rule.decision_id, effective_from="2013-14-Q2")
        before = rolled_up()
        for code in ("RBKC", "WCC"):
            books.agree(rule.decision_id, code)
    roll_up_dirty(at=NOW)
    after = rolled_up()

    assert nonzero(as_rolled_up(answer, "today")) == nonzero(before)
    assert nonzero(as_rolled_up(answer, "then")) == nonzero(after)
    assert after["RBKC", "2013-14-Q2", "saving"] == 643
    moved = {key for key in after if after[key] != before.get(key)}
    assert {kind for _, _, kind in moved} == {"saving", "transition_cost"}
    assert {period for _, period, _ in moved} == {"2013-14-Q2"}


def nonzero(sums: dict[tuple[str | None, str, str], int]) -> dict[tuple[str | None, str, str], int]:
    return {key: pence for key, pence in sums.items() if pence}


def test_a_rule_for_costs_changes_variances_too(caller: Caller, books: Partnership) -> None:
    books.certified(
        "WCC",
        {**CLAIM, "kind": "ongoing_cost", "amount": "8.00", "approval": ""},
        {**CLAIM, "kind": "variance", "amount": "3.00", "approval": "", "cause": "indirect"},
        quarter=Q2,
    )

    answer = asked(
        caller,
        service="libraries",
        kind="ongoing_cost",
        method="fixed",
        shares="LBHF:1/2,WCC:1/2",
        indirect_variance="host",
    )

    assert [(row["kind"], row["council"], row["then"]) for row in answer["rows"]] == [
        ("ongoing_cost", "LBHF", "4.00"),
        ("ongoing_cost", "WCC", "4.00"),
        ("ongoing_cost", None, "0.00"),
        ("variance", "RBKC", "3.00"),
        ("variance", None, "0.00"),
    ]
    assert answer["gains"] == (
        "Of what is certified to date, Hammersmith & Fulham would bear £4.00 more, Westminster "
        "£4.00 and Kensington & Chelsea £3.00. £11.00 that falls on no council today would fall on "
        "the councils."
    )
    assert answer["question"].endswith(
        "with variances in indirect costs left to the host, from the start?"
    )
    assert answer["plan_rows"] == []


def test_a_later_agreed_rule_replaces_the_rule_asked_about(
    caller: Caller, books: Partnership
) -> None:
    books.rule("libraries", {"LBHF": "1"}, effective_from=Q2, agreed_by=list(THIRDS))

    answer = asked(caller, **HALVES, effective_from="2013-14-Q1")

    assert [row["then"] for row in answer["rows"] if row["council"] == "LBHF"] == ["0.00", "9.00"]


# --- What is not ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            {},
            {
                "service": "Choose the service.",
                "kind": "Choose the kind.",
                "method": "Choose the method.",
            },
        ),
        ({**HALVES, "service": "zoo"}, {"service": "There is no service of this name."}),
        ({**HALVES, "kind": "variance"}, {"kind": "Use one of: saving, ongoing_cost."}),
        (
            {**HALVES, "shares": "RBKC:1/2,WCC:1/3"},
            {"shares": "The shares add up to 5/6; they must add up to exactly 1."},
        ),
        ({**HALVES, "shares": ""}, {"shares": "Give the shares: they add up to 1."}),
        (
            {**HALVES, "shares": "WCC:1/2,WCC:1/2"},
            {"shares.WCC": "“1/2 1/2” is not a share: write it as 0.25 or 1/4."},
        ),
        (
            {**HALVES, "shares": "BRENT:1/2,WCC:1/2"},
            {"shares.BRENT": "There is no council of this code."},
        ),
        (
            {**HALVES, "service": "cex", "shares": "LBHF:1/2,WCC:1/2"},
            {"shares.WCC": "Westminster takes no part in this service: leave its share out."},
        ),
        (
            {
                **HALVES, "service": "cex", "shares": "LBHF:1,WCC:0",
                "effective_from": "2013-14-Q2",
            },
            {"shares.WCC": "Westminster takes no part in this service: leave its share out."},
        ),
        (
            {**HALVES, "driver": "visits", "weights": "visits:1"},
            {
                "driver": "A rule by fixed has no driver: leave it out.",
                "weights": "A rule by fixed has no weights: leave it out.",
            },
        ),
        (
            {**HALVES, "method": "driver", "shares": "", "driver": "horses"},
            {"driver": "There is no driver of this name."},
        ),
        (
            {**HALVES, "method": "blend", "shares": "", "weights": "horses:1"},
            {"weights.horses": "There is no driver of this code."},
        ),
        (
            {**HALVES, "indirect_variance": "host"},
            {"indirect_variance": "Only a rule for ongoing costs can say this: leave it out."},
        ),
        (
            {**HALVES, "effective_from": "2013-Q1"},
            {"effective_from": "“2013-Q1” is not a quarter: write it as 2012-13-Q4."},
        ),
        (
            {"council": "BRENT", "value": "1e3"},
            {
                "driver": "Choose the driver.",
                "council": "There is no council of this name.",
                "value": "Enter a number of 0 or more, such as 412 or 12.5, with at most "
                "four decimals.",
            },
        ),
        (
            {"driver": "x", "council": "WCC", "service": "cex"},
            {
                "driver": "There is no driver of this name.",
                "service": "This is for a rule: leave it out, or ask for no driver's value.",
                "value": "Enter the value, such as 412.",
            },
        ),
        (
            {"decision": "999999", "service": "cex"},
            {
                "decision": "This decision proposes no rule. Budgets and tests split nothing "
                "by themselves.",
                "service": "The proposal already says this: leave it out, or leave the proposal "
                "out.",
            },
        ),
        ({"decision": "-1"}, {"decision": "This decision proposes no rule. Budgets and tests "
                              "split nothing by themselves."}),
    ],
)  # fmt: skip
def test_every_mistake_is_named(
    caller: Caller, parameters: dict[str, str], expected: dict[str, str]
) -> None:
    assert mistakes(caller.get("what-if/", **parameters)) == expected


BY_VISITS = {"service": "libraries", "kind": "saving", "method": "driver", "driver": "visits"}
BLENDED = {"service": "libraries", "kind": "saving", "method": "blend", "weights": "visits:1"}


ALL_0 = "Every value of Visits is 0, so there is nothing to split by."
RBKC_MISSES = "Visits has no value for Kensington & Chelsea by 2013/14 Q2: enter one."
ALL_MISS = f"Visits has no value for {', '.join(COUNCILS.values())} by 2013/14 Q1: enter one."


@pytest.mark.parametrize(
    ("values", "since", "message"),
    [
        ({"LBHF": 1, "WCC": 3}, {"effective_from": "2013-14-Q2"}, RBKC_MISSES),
        ({"LBHF": 1, "WCC": 3}, {}, RBKC_MISSES),
        ({"LBHF": 0, "RBKC": 0, "WCC": 0}, {"effective_from": "2013-14-Q2"}, ALL_0),
        ({"LBHF": 0, "RBKC": 0, "WCC": 0}, {}, ALL_0),
        ({"LBHF": 1, "RBKC": 1, "WCC": 1}, {"effective_from": "2013-14-Q1"}, ALL_MISS),
    ],
)
def test_a_driver_that_can_not_split_anything_is_refused(
    caller: Caller, books: Partnership, values: dict[str, int], since: dict[str, str], message: str
) -> None:
    driver(books, **values)

    answers = [caller.get("what-if/", **each, **since) for each in (BY_VISITS, BLENDED)]
    assert [mistakes(answer) for answer in answers] == [
        {"driver": message},
        {"weights.visits": message},
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [({"LBHF": 1, "WCC": 3}, RBKC_MISSES), ({"LBHF": 0, "RBKC": 0, "WCC": 0}, ALL_0)],
)
def test_its_proposal_is_refused_in_the_same_words(
    books: Partnership, values: dict[str, int], message: str
) -> None:
    driver(books, **values)
    proposed = Caller(books.people["programme.office"]).post(
        "attribution-rules/", {**BY_VISITS, "effective_from": "2013-14-Q2", "basis": "Visits."}
    )
    assert mistakes(proposed) == {"driver": message}


def test_only_councils_that_take_part_need_a_value(caller: Caller, books: Partnership) -> None:
    """Two councils share the chief executive; Westminster has no value and needs none."""
    driver(books, LBHF=1, RBKC=3)

    answer = asked(caller, **{**BY_VISITS, "service": "cex"}, effective_from="2013-14-Q2")

    assert answer["question"] == (
        "What if the savings of Cex and the services below it were split by Visits, from 2013/14 "
        "Q2 on?"
    )


def test_an_unknown_parameter_is_refused(caller: Caller) -> None:
    assert list(mistakes(caller.get("what-if/", **HALVES, share="1"))) == ["share"]


def test_only_people_with_an_appointment_may_ask(
    books: Partnership, django_user_model: Any
) -> None:
    problem(Caller().get("what-if/", **HALVES), 401, "unknown-caller")
    nobody = django_user_model.objects.create_user("nobody")
    problem(Caller(nobody).get("what-if/", **HALVES), 403, "not-allowed")
    answers = {
        Caller(books.people[name]).get("what-if/", **HALVES).content
        for name in ("finance.lbhf", "s151.rbkc", "councillor.wcc", "auditor")
    }
    assert len(answers) == 1


# --- Nothing is written, and little is read ----------------------------------------------


def counts() -> dict[str, int]:
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
    }


def test_nothing_is_stored(caller: Caller, books: Partnership) -> None:
    asked(caller, **HALVES)  # the token notes its use
    before = counts()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        asked(caller, **HALVES)
    assert counts() == before
    assert {query["sql"].split()[0].strip("(") for query in queries} <= {
        "SELECT",
        "SAVEPOINT",
        "RELEASE",
    }


def test_many_entries_take_as_many_queries_as_one(caller: Caller, books: Partnership) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            asked(caller, **HALVES)
        return len(captured)

    before = queries()
    books.certified("WCC", *(a_saving(amount=f"{n}.01") for n in range(1, 30)), quarter=Q2)
    books.rule("library-service", {"WCC": "1"}, effective_from=Q2, agreed_by=["WCC"])
    assert queries() == before
