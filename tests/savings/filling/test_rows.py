"""Rows of a return as they are typed: what they become, and every mistake in them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance.periods import Quarter
from savings.budgets.claims import Budget, Budgets, ClaimedBudget
from savings.filling.rows import IGNORED_KEYS, Reference, correction_ids, read_rows
from savings.returns.models import Entry
from savings.returns.rows import (
    CAUSES,
    COLUMNS,
    KINDS,
    NATURES,
    RECURRENCES,
    REQUIRED_COLUMNS,
    SCOPES,
    EntryRow,
)
from services.tree import Node, ServiceTree, Spell
from sovereignty.refusals import FieldError
from sovereignty.texts import LONGEST_TEXT

Q1, Q2, Q3, Q4 = Quarter.parse("2013-14-Q1").year.quarters
EVERYBODY = frozenset({"LBHF", "WCC"})
TREE = ServiceTree.of(
    Node(slug, slug, participation=(Spell("LBHF", Q1), Spell("WCC", Q1)))
    for slug in ("hr", "libraries")
)
REFERENCE = Reference(
    services=frozenset({"hr", "libraries"}),
    councils=frozenset({"LBHF", "RBKC", "WCC"}),
    budgets=Budgets(
        TREE,
        Q3,
        {
            # Of £50, £20 is claimed already.
            "MOVE-1": ClaimedBudget(Budget("MOVE-1", "hr", 50_00, Q2, EVERYBODY), 20_00),
            "MOVE-3": ClaimedBudget(Budget("MOVE-3", "libraries", 50_00, Q2, EVERYBODY)),
            "MOVE-4": ClaimedBudget(Budget("MOVE-4", "hr", 50_00, Q4, EVERYBODY)),
            "MOVE-5": ClaimedBudget(Budget("MOVE-5", "hr", 50_00, Q2, EVERYBODY - {"WCC"})),
            "MOVE-6": ClaimedBudget(Budget("MOVE-6", "hr", 50_00, Q2, EVERYBODY), 50_00),
        },
    ),
    correctable={7: Q1, 9: Q2},
)
SAVING = {
    "service": "hr",
    "kind": "saving",
    "scope": "shared",
    "amount": "1,234.50",
    "recurrence": "recurring",
    "nature": "cashable",
}
COST = {"service": "hr", "kind": "ongoing_cost", "scope": "shared", "amount": "10"}
MOVE = {"service": "hr", "kind": "transition_cost", "scope": "shared", "amount": "10"}
VARIANCE = {
    "service": "hr",
    "kind": "variance",
    "scope": "shared",
    "amount": "10",
    "cause": "demand",
}
CHANGED = {**VARIANCE, "cause": "specification_change", "caused_by": "WCC"}

A_LETTER = "a" * LONGEST_TEXT

# The message for each column.
NO_SERVICE = "Enter the service's short name, such as “libraries”."
NO_KIND = "Enter the kind of entry: saving, ongoing_cost, transition_cost or variance."
NO_SCOPE = "Enter who it falls on: own or shared."
NO_AMOUNT = "Enter an amount, or - for nil."
NO_RECURRENCE = "Enter whether it recurs: recurring or one_off."
NO_NATURE = "Enter the nature of the saving: cashable, non_cashable or avoided."
NO_CAUSE = (
    "Enter the cause of the variance: indirect, demand, quality, direct or specification_change."
)
NO_CAUSED_BY = "Enter the council that changed its specification."
NOT_TEXT = "Send this as text."
NOT_A_KIND = "“Saving” is not known here: use saving, ongoing_cost, transition_cost or variance."
NO_BUDGET = (
    "There is no transition budget “MOVE-2”: use the code of one that every council taking "
    "part has agreed to, or leave this empty."
)
ELSEWHERE = (
    "The transition budget “MOVE-3” is for libraries and the services below it, not hr: use "
    "another, or leave this empty."
)
TOO_EARLY = (
    "The transition budget “MOVE-4” begins in 2013/14 Q4: claim on it from then on, or leave "
    "this empty."
)
NOT_AGREED = (
    "Not every council taking part has agreed to the transition budget “MOVE-5”: WCC has not. "
    "Leave this empty, or wait until all have agreed."
)
CORRECTED_TOO_EARLY = (
    "The transition budget “MOVE-1” begins in 2013/14 Q2: claim on it from then on, or leave "
    "this empty."
)
NOT_A_CAUSE = (
    "“weather” is not known here: use indirect, demand, quality, direct or specification_change."
)
ONLY_CAUSE = "Only a variance has a cause: leave this empty."
ONLY_CAUSED_BY = "Only a variance with the cause specification_change has this: leave it empty."
ONLY_TUPE = "Only an ongoing cost has this: leave it empty."
ONLY_APPROVAL = "Only a transition cost has this: leave it empty."
CORRECTS = "Enter the number of one of this council's certified entries in an earlier quarter."
TOO_LONG = "Shorten this to 2,000 characters."
NULL = "Remove the null character."
HALF = "Remove the broken character."
NO_COLUMN = "There is no such column: remove or rename it."
TEXT_AMOUNT = 'Send the amount as text, such as "1234.50", not as a number.'


def read(*rows: Mapping[str, object]) -> tuple[list[EntryRow], list[FieldError]]:
    return read_rows(list(enumerate(rows, start=2)), REFERENCE)


def mistakes(row: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Column, value and message of every mistake, after checking that no row was read."""
    rows, errors = read(row)
    assert rows == []
    assert {error.row for error in errors} == {2}
    return [(error.field, error.value, error.message) for error in errors]


def claim(amount: str, code: str = "MOVE-1", **more: object) -> dict[str, object]:
    return {**MOVE, "amount": amount, "approval": code, **more}


def past(*rows: Mapping[str, object]) -> list[tuple[int | None, str, str, str]]:
    """Row, column, value and message of every mistake."""
    return [(e.row, e.field, e.value, e.message) for e in read(*rows)[1]]


def test_claims_up_to_the_ceiling_are_taken() -> None:
    assert past(claim("20.00"), claim("10.00"), claim("50.00", "MOVE-3", service="libraries")) == []
    # A correction that claims in an earlier quarter, and a cost that claims nothing.
    assert past(claim("30.00", corrects="9"), {**MOVE, "amount": "99.00"}) == []


def test_only_the_claim_that_passes_the_ceiling_is_refused() -> None:
    assert past(claim("20.00"), claim("10.01"), claim("10.00")) == [
        (
            3,
            "amount",
            "10.01",
            (
                "This would pass the ceiling of “MOVE-1”: £10.00 of £50.00 is left. "
                "Claim no more than that."
            ),
        )
    ]


def test_where_nothing_is_left_the_message_says_what_to_do() -> None:
    assert past(claim("0.01", "MOVE-6"), claim("-", "MOVE-6")) == [
        (
            2,
            "amount",
            "0.01",
            (
                "This would pass the ceiling of “MOVE-6”: nothing of £50.00 is left. Leave out the "
                "budget's code: then the cost falls on the council that reports it."
            ),
        )
    ]


def test_a_returns_refunds_count_before_its_claims() -> None:
    assert past(claim("40.00"), claim("-10.00")) == []
    assert [row for row, *_ in past(claim("40.01"), claim("-10.00"))] == [2]
    # A refund to another budget frees nothing.
    assert [row for row, *_ in past(claim("40.00"), claim("-10.00", "MOVE-6"))] == [2]


def test_passing_the_ceiling_is_named_together_with_other_mistakes() -> None:
    found = past({**SAVING, "service": "hrm"}, claim("30.01"), claim("30.01", evidence=5))
    assert [(row, column) for row, column, *_ in found] == [
        (2, "service"),
        (4, "evidence"),
        (3, "amount"),
        (4, "amount"),
    ]


def test_the_columns_are_those_of_the_contract() -> None:
    assert ",".join(COLUMNS) == (
        "service,kind,scope,amount,recurrence,nature,cause,caused_by,tupe,approval,corrects,"
        "evidence,note"
    )
    assert REQUIRED_COLUMNS == ("service", "kind", "scope", "amount")


def test_the_choices_are_those_of_the_table() -> None:
    assert tuple(Entry.Kind.values) == KINDS
    assert tuple(Entry.Scope.values) == SCOPES
    assert tuple(Entry.Recurrence.values) == RECURRENCES
    assert tuple(Entry.Nature.values) == NATURES
    assert tuple(Entry.Cause.values) == CAUSES


@pytest.mark.parametrize(
    ("typed", "row"),
    [
        (
            SAVING,
            EntryRow("hr", "saving", "shared", 1_234_50, "recurring", "cashable"),
        ),
        (
            {
                "service": " hr ",
                "kind": "saving\n",
                "scope": "own",
                "amount": " (£45k) ",
                "recurrence": "one_off",
                "nature": "avoided",
                "cause": " ",
                "caused_by": "",
                "tupe": None,
                "corrects": " 7 ",
                "evidence": " Minute 4 ",
                "note": "=1+1, “£”\nand a second line",
            },
            EntryRow(
                "hr",
                "saving",
                "own",
                -45_000_00,
                "one_off",
                "avoided",
                corrects=7,
                evidence="Minute 4",
                note="=1+1, “£”\nand a second line",
            ),
        ),
        (COST, EntryRow("hr", "ongoing_cost", "shared", 10_00)),
        (
            {**COST, "tupe": " WCC , LBHF,WCC"},
            EntryRow("hr", "ongoing_cost", "shared", 10_00, tupe=("LBHF", "WCC")),
        ),
        (
            {**COST, "tupe": ["RBKC"], "corrects": 7, "id": 12, "provenance": "reported"},
            EntryRow("hr", "ongoing_cost", "shared", 10_00, tupe=("RBKC",), corrects=7),
        ),
        ({**COST, "tupe": []}, EntryRow("hr", "ongoing_cost", "shared", 10_00)),
        (
            {**COST, "recurrence": "recurring", "nature": "cashable"},
            EntryRow("hr", "ongoing_cost", "shared", 10_00, "recurring", "cashable"),
        ),
        (MOVE, EntryRow("hr", "transition_cost", "shared", 10_00)),
        (
            {**MOVE, "approval": "MOVE-1"},
            EntryRow("hr", "transition_cost", "shared", 10_00, approval="MOVE-1"),
        ),
        (VARIANCE, EntryRow("hr", "variance", "shared", 10_00, cause="demand")),
        (
            CHANGED,
            EntryRow(
                "hr",
                "variance",
                "shared",
                10_00,
                cause="specification_change",
                caused_by="WCC",
            ),
        ),
        (
            {**SAVING, "note": A_LETTER},
            EntryRow(
                "hr",
                "saving",
                "shared",
                1_234_50,
                "recurring",
                "cashable",
                note=A_LETTER,
            ),
        ),
    ],
)
def test_a_right_row_is_read(typed: Mapping[str, object], row: EntryRow) -> None:
    assert read(typed) == ([row], [])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        # service
        ({**SAVING, "service": ""}, [("service", "", NO_SERVICE)]),
        ({**SAVING, "service": None}, [("service", "", NO_SERVICE)]),
        (
            {**SAVING, "service": "HR"},
            [
                (
                    "service",
                    "HR",
                    "There is no service “HR”: use one from the list of services.",
                )
            ],
        ),
        ({**SAVING, "service": 5}, [("service", "5", NOT_TEXT)]),
        ({**SAVING, "service": "h\x00r"}, [("service", "h�r", NULL)]),
        ({**SAVING, "service": "h\ud800r"}, [("service", "h?r", HALF)]),
        # kind
        ({**SAVING, "kind": ""}, [("kind", "", NO_KIND)]),
        (
            {**SAVING, "kind": "Saving"},
            [("kind", "Saving", NOT_A_KIND)],
        ),
        ({**SAVING, "kind": ["saving"]}, [("kind", "['saving']", NOT_TEXT)]),
        # scope
        ({**SAVING, "scope": " "}, [("scope", "", NO_SCOPE)]),
        (
            {**SAVING, "scope": "all"},
            [("scope", "all", "“all” is not known here: use own or shared.")],
        ),
        ({**SAVING, "scope": True}, [("scope", "True", NOT_TEXT)]),
        # amount
        ({**SAVING, "amount": ""}, [("amount", "", NO_AMOUNT)]),
        ({**SAVING, "amount": None}, [("amount", "", NO_AMOUNT)]),
        ({**SAVING, "amount": 1234.5}, [("amount", "1234.5", TEXT_AMOUNT)]),
        ({**SAVING, "amount": 0}, [("amount", "0", TEXT_AMOUNT)]),
        ({**SAVING, "amount": False}, [("amount", "False", TEXT_AMOUNT)]),
        (
            {**SAVING, "amount": "1,50"},
            [
                (
                    "amount",
                    "1,50",
                    "Put commas only between groups of three digits, as in 1,234.50.",
                )
            ],
        ),
        (
            {**SAVING, "amount": "1.005"},
            [("amount", "1.005", "Enter an amount in whole pence, such as 1,234.50.")],
        ),
        (
            {**SAVING, "amount": "=1+1"},
            [("amount", "=1+1", "Enter the amount itself, not a formula.")],
        ),
        # recurrence and nature
        ({**SAVING, "recurrence": ""}, [("recurrence", "", NO_RECURRENCE)]),
        ({**SAVING, "nature": ""}, [("nature", "", NO_NATURE)]),
        (
            {**SAVING, "recurrence": "often"},
            [
                (
                    "recurrence",
                    "often",
                    "“often” is not known here: use recurring or one_off.",
                )
            ],
        ),
        (
            {**COST, "nature": "nice"},
            [
                (
                    "nature",
                    "nice",
                    "“nice” is not known here: use cashable, non_cashable or avoided.",
                )
            ],
        ),
        # cause
        ({**VARIANCE, "cause": ""}, [("cause", "", NO_CAUSE)]),
        ({**VARIANCE, "cause": "weather"}, [("cause", "weather", NOT_A_CAUSE)]),
        ({**SAVING, "cause": "demand"}, [("cause", "demand", ONLY_CAUSE)]),
        ({**SAVING, "cause": "weather"}, [("cause", "weather", ONLY_CAUSE)]),
        # caused_by
        ({**CHANGED, "caused_by": ""}, [("caused_by", "", NO_CAUSED_BY)]),
        ({**CHANGED, "caused_by": 3}, [("caused_by", "3", NOT_TEXT)]),
        (
            {**CHANGED, "caused_by": "wcc"},
            [("caused_by", "wcc", "There is no council “wcc”: use LBHF, RBKC or WCC.")],
        ),
        ({**VARIANCE, "caused_by": "WCC"}, [("caused_by", "WCC", ONLY_CAUSED_BY)]),
        ({**SAVING, "caused_by": "WCC"}, [("caused_by", "WCC", ONLY_CAUSED_BY)]),
        # While the cause is wrong, nobody knows whether it should name a council.
        ({**CHANGED, "cause": "weather"}, [("cause", "weather", NOT_A_CAUSE)]),
        # tupe
        ({**SAVING, "tupe": "WCC"}, [("tupe", "WCC", ONLY_TUPE)]),
        ({**SAVING, "tupe": "BRENT"}, [("tupe", "BRENT", ONLY_TUPE)]),
        (
            {**COST, "tupe": "WCC,,BRENT"},
            [
                ("tupe", "", "There is no council “”: use LBHF, RBKC or WCC."),
                ("tupe", "BRENT", "There is no council “BRENT”: use LBHF, RBKC or WCC."),
            ],
        ),
        (
            {**COST, "tupe": ["WCC", None]},
            [("tupe", "None", "There is no council “None”: use LBHF, RBKC or WCC.")],
        ),
        ({**COST, "tupe": {"WCC": 1}}, [("tupe", "{'WCC': 1}", NOT_TEXT)]),
        # approval
        ({**SAVING, "approval": "MOVE-1"}, [("approval", "MOVE-1", ONLY_APPROVAL)]),
        ({**MOVE, "approval": "MOVE-2"}, [("approval", "MOVE-2", NO_BUDGET)]),
        ({**MOVE, "approval": "MOVE-3"}, [("approval", "MOVE-3", ELSEWHERE)]),
        ({**MOVE, "approval": "MOVE-4"}, [("approval", "MOVE-4", TOO_EARLY)]),
        ({**MOVE, "approval": "MOVE-5"}, [("approval", "MOVE-5", NOT_AGREED)]),
        # A correction claims in the quarter of what it corrects.
        (
            {**MOVE, "approval": "MOVE-1", "corrects": "7"},
            [("approval", "MOVE-1", CORRECTED_TOO_EARLY)],
        ),
        # corrects
        ({**SAVING, "corrects": "8"}, [("corrects", "8", CORRECTS)]),
        ({**SAVING, "corrects": "seven"}, [("corrects", "seven", CORRECTS)]),
        ({**SAVING, "corrects": "-7"}, [("corrects", "-7", CORRECTS)]),
        ({**SAVING, "corrects": "7.0"}, [("corrects", "7.0", CORRECTS)]),
        ({**SAVING, "corrects": "٧"}, [("corrects", "٧", CORRECTS)]),
        ({**SAVING, "corrects": "7" * 19}, [("corrects", "7" * 19, CORRECTS)]),
        ({**SAVING, "corrects": True}, [("corrects", "True", NOT_TEXT)]),
        ({**SAVING, "corrects": 7.0}, [("corrects", "7.0", NOT_TEXT)]),
        # evidence and note
        ({**SAVING, "note": A_LETTER + "a"}, [("note", "a" * 200, TOO_LONG)]),
        ({**SAVING, "evidence": A_LETTER + "a"}, [("evidence", "a" * 200, TOO_LONG)]),
        ({**SAVING, "note": 5}, [("note", "5", NOT_TEXT)]),
        ({**SAVING, "note": "\ud83d"}, [("note", "?", HALF)]),
        ({**SAVING, "evidence": "\x00"}, [("evidence", "�", NULL)]),
        # unknown columns
        ({**SAVING, "Amount": "1"}, [("Amount", "1", NO_COLUMN)]),
        ({**SAVING, "": None}, [("", "", NO_COLUMN)]),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    typed: Mapping[str, object], expected: list[tuple[str, str, str]]
) -> None:
    assert mistakes(typed) == expected


def test_an_empty_row_names_everything_that_is_missing() -> None:
    assert mistakes({}) == [
        ("service", "", NO_SERVICE),
        ("kind", "", NO_KIND),
        ("scope", "", NO_SCOPE),
        ("amount", "", NO_AMOUNT),
    ]


def test_every_mistake_of_every_row_comes_back_at_once() -> None:
    rows, errors = read(
        SAVING,
        {**SAVING, "amount": "1e3", "nature": ""},
        {**COST, "cause": "demand", "tupe": "BRENT", "extra": "?"},
        SAVING,
        {**CHANGED, "service": "parking", "caused_by": ""},
    )
    assert [row.service for row in rows] == ["hr", "hr"]
    assert [(error.row, error.field, error.value) for error in errors] == [
        (3, "amount", "1e3"),
        (3, "nature", ""),
        (4, "extra", "?"),
        (4, "cause", "demand"),
        (4, "tupe", "BRENT"),
        (6, "service", "parking"),
        (6, "caused_by", ""),
    ]


def test_a_row_has_the_number_that_its_sender_gave() -> None:
    _, errors = read_rows([(40, {**SAVING, "scope": ""}), (2, {**SAVING, "kind": ""})], REFERENCE)
    assert [(error.row, error.field) for error in errors] == [(40, "scope"), (2, "kind")]


def test_without_rows_there_are_no_entries_and_no_mistakes() -> None:
    assert read_rows([], REFERENCE) == ([], [])


def test_only_numbers_that_could_be_ids_are_looked_up() -> None:
    texts: list[object] = ["7", 8, " 9 ", "", None, "ten", "-1", "1.0", "1" * 19, 0, False, 7]
    assert correction_ids([(1, {"corrects": text}) for text in texts] + [(2, {})]) == {7, 8, 9}


CELLS = (
    st.none()
    | st.text(max_size=12)
    | st.sampled_from(["hr", "saving", "variance", "ongoing_cost", "own", "10", "7", "WCC"])
    | st.sampled_from([*CAUSES, *RECURRENCES, *NATURES, "MOVE-1", "\ud800", "\x00"])
    | st.integers()
    | st.booleans()
    | st.floats()
    | st.lists(st.text(max_size=4) | st.none(), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)
KEYS = st.sampled_from([*COLUMNS, *IGNORED_KEYS]) | st.text(max_size=8)


@given(st.lists(st.dictionaries(KEYS, CELLS), max_size=4))
def test_any_row_is_read_or_refused_and_its_messages_can_be_sent(
    raw: list[dict[str, object]],
) -> None:
    rows, errors = read(*raw)
    refused = {error.row for error in errors}
    assert len(rows) + len(refused) == len(raw)
    for error in errors:
        assert error.message
        for text in (error.field, error.message, error.value):
            text.encode()
            assert "\x00" not in text
    correction_ids(list(enumerate(raw)))


AMOUNTS = st.integers(-(10**12), 10**12).map(lambda pence: f"{Decimal(pence) / 100:,.2f}")
#: What a row of each kind has beside what every row has.
OF_ITS_KIND: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "saving": {"recurrence": st.sampled_from(RECURRENCES), "nature": st.sampled_from(NATURES)},
    "ongoing_cost": {},
    "transition_cost": {},
    "variance": {"cause": st.sampled_from([c for c in CAUSES if c != "specification_change"])},
}


@given(
    st.one_of(
        *(
            st.fixed_dictionaries(
                {
                    "service": st.sampled_from(["hr", "libraries"]),
                    "kind": st.just(kind),
                    "scope": st.sampled_from(SCOPES),
                    "amount": AMOUNTS,
                    **more,
                },
                optional={"note": st.text(st.characters(exclude_categories=["C"]), max_size=20)},
            )
            for kind, more in OF_ITS_KIND.items()
        )
    )
)
def test_a_row_is_read_exactly_as_typed(typed: dict[str, str]) -> None:
    rows, errors = read(typed)
    assert errors == []
    (row,) = rows
    assert Fraction(row.amount, 100) == Fraction(typed["amount"].replace(",", ""))
    said = [name for name in typed if name not in ("amount", "note")]
    assert {name: getattr(row, name) for name in said} == {name: typed[name] for name in said}
    assert row.note == typed.get("note", "").strip()


def test_rows_of_every_kind_are_made_up() -> None:
    assert set(OF_ITS_KIND) == set(KINDS)
