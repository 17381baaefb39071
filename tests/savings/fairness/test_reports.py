"""Fairness read from the rollup: to the penny, narrowed, and always in as many queries."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance.money import json_money
from finance.periods import Quarter
from savings.calendar.actions import close_period, open_period, reopen_period
from savings.fairness.fairness import Amounts, Least, Warned
from savings.fairness.reports import Fairness, FairnessQuestion, fairness_of
from savings.fairness.wording import reading_of_net, reading_of_shares
from savings.rollup.actions import roll_up_dirty
from savings.rollup.models import Total
from services.models import Service
from tests.partnership import COUNCILS, NOW, Q1, Q2, Partnership, a_saving
from tests.savings.fairness.conftest import a_cost, agreed_test

pytestmark = pytest.mark.django_db


def of(service: str | None = None, **asked: object) -> Fairness:
    return fairness_of(FairnessQuestion(Service.objects.tree(), service, **asked))  # type: ignore[arg-type]


def to_date(found: Fairness) -> dict[str, Amounts]:
    return {track.council: track.points[-1].to_date for track in found.tracks}


def test_amounts_to_date_are_shown_for_each_council(books: Partnership) -> None:
    found = of()

    assert found.quarters == (Q1, Q2)
    assert to_date(found) == {
        "LBHF": Amounts(11000),
        "RBKC": Amounts(11000, 4500),
        "WCC": Amounts(11100, 4500, 6000),
    }
    assert [track.points[0].amounts for track in found.tracks] == [
        Amounts(10000),
        Amounts(10000, 4500),
        Amounts(10000, 4500, 6000),
    ]
    assert found.unattributed == Amounts(700)
    assert [
        (t.points[0].share_of_net, t.points[0].share_of_contribution) for t in found.tracks
    ] == [
        (Fraction(2, 3), 0),
        (Fraction(11, 30), Fraction(3, 10)),
        (Fraction(-1, 30), Fraction(7, 10)),
    ]
    assert [track.break_even for track in found.tracks] == [Q1, Q1, Q2]
    assert not found.illustrative


def test_the_sums_are_those_of_the_rollup(books: Partnership) -> None:
    for kind, name in (
        ("saving", "savings"),
        ("ongoing_cost", "ongoing_costs"),
        ("transition_cost", "transition_costs"),
    ):
        pence = sum(
            Total.objects.current()
            .filter(kind=kind, council__isnull=False)
            .values_list("pence", flat=True)
        )
        assert sum(getattr(amounts, name) for amounts in to_date(of()).values()) == pence


def test_a_service_includes_the_services_below_it_and_no_others(books: Partnership) -> None:
    assert (
        to_date(of("libraries"))
        == to_date(of("library-service"))
        == {
            "LBHF": Amounts(11000),
            "RBKC": Amounts(11000, 4500),
            "WCC": Amounts(11000, 4500, 6000),
        }
    )
    assert to_date(of("childrens"))["WCC"] == Amounts(100)
    assert of("libraries").unattributed == Amounts()
    assert (of("cex").tracks, of("cex").unattributed) == ((), Amounts(700))


def test_only_quarters_in_the_span_are_counted(books: Partnership) -> None:
    assert to_date(of(last=Q1))["WCC"] == Amounts(10000, 4500, 6000)
    assert to_date(of(first=Q2))["WCC"] == Amounts(1100)
    assert of(first=Q2).quarters == (Q2,)


def test_services_show_which_councils_gain_least(open_books: Partnership) -> None:
    open_books.certified(
        "LBHF",
        a_saving("libraries", "3.00", scope="own"),
        a_cost("variance", "5.00", "youth-offending", scope="own", cause="demand"),
    )
    open_books.close(Q1)
    open_books.close(Q2)
    roll_up_dirty(at=NOW)

    assert of().services == (
        Least("childrens", ("LBHF",), {"LBHF": -500, "WCC": 100}),
        Least("libraries", ("WCC",), {"LBHF": 11300, "RBKC": 6500, "WCC": 500}),
    )
    # An entry for the service itself counts beside those below it.
    assert of("libraries").services == (
        Least("libraries", (), {"LBHF": 300}),
        Least("library-service", ("WCC",), {"LBHF": 11000, "RBKC": 6500, "WCC": 500}),
    )


def test_without_a_test_there_is_no_warning(books: Partnership) -> None:
    assert (of().test, of().criterion, of().warned) == (None, None, ())
    agreed_test(books, agreed_by=["LBHF", "RBKC"])
    assert (of().test, of().warned) == (None, ())


def test_the_agreed_test_names_the_council_that_persistently_gains_little(
    books: Partnership,
) -> None:
    agreed_test(books, "1/2", 2)
    assert of().warned == (Warned("WCC", 2),)
    assert of("childrens").warned == ()
    assert of(last=Q1).warned == ()

    agreed_test(books, "1/2", 3)
    assert of().warned == ()


def test_without_a_closed_quarter_nothing_is_counted(open_books: Partnership) -> None:
    agreed_test(open_books, "1/2", 1)
    found = of()

    assert (found.to, found.closed, found.is_unfinished) == (None, None, False)
    assert (found.tracks, found.services, found.unattributed) == ((), (), Amounts())
    assert found.warned == ()


def test_entries_certified_in_an_open_quarter_change_nothing(open_books: Partnership) -> None:
    """£900 that Hammersmith & Fulham certifies before the others would change every share."""
    agreed_test(open_books, "1/2", 1)
    open_books.close(Q1)
    before = of()
    assert (before.to, before.quarters, before.warned) == (Q1, (Q1,), (Warned("WCC", 1),))
    assert to_date(before)["WCC"] == Amounts(10000, 4500, 6000)

    open_books.certified("LBHF", a_cost("ongoing_cost", "900.00", scope="own"), quarter=Q2)
    roll_up_dirty(at=NOW)

    assert to_date(of(last=Q2))["LBHF"] == Amounts(11000, 90000)
    after = of()
    assert (after.to, after.tracks, after.services) == (Q1, before.tracks, before.services)
    assert after.warned == before.warned


def test_an_open_quarter_asked_for_is_unfinished_and_never_warns(open_books: Partnership) -> None:
    agreed_test(open_books, "1/2", 2)
    open_books.close(Q1)

    found = of(last=Q2)
    assert (found.to, found.is_unfinished, found.quarters) == (Q2, True, (Q1, Q2))
    assert [found.is_open(quarter) for quarter in found.quarters] == [False, True]
    assert to_date(found)["WCC"] == Amounts(11100, 4500, 6000)
    assert found.tracks[2].little_for(Fraction(1, 2)) == 2
    assert [found.gains_little(point) for point in found.tracks[2].points] == [True, None]
    assert (found.counts_closed, of(first=Q2, last=Q2).counts_closed) == (True, False)
    assert found.warned == of(first=Q2, last=Q2).warned == ()

    open_books.close(Q2)
    assert (of().to, of().is_unfinished, of().warned) == (Q2, False, (Warned("WCC", 2),))


def test_a_council_that_takes_no_part_is_not_named(books: Partnership) -> None:
    """Westminster takes no part in CEX, but reports costs of its own there."""
    quarter = Quarter.parse("2013-14-Q3")
    office = books.people["programme.office"]
    open_period(quarter=quarter, by=office, at=NOW)
    books.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"}, effective_from=quarter)
    books.certified("LBHF", a_saving("cex", "100.00"), quarter=quarter)
    books.certified(
        "WCC",
        a_cost("ongoing_cost", "50.00", slug="cex", scope="own"),
        quarter=quarter,
    )
    books.certified(
        "RBKC",
        a_cost("ongoing_cost", "10.00", slug="cex", scope="own"),
        quarter=quarter,
    )
    close_period(quarter=quarter, by=office, at=NOW)
    roll_up_dirty(at=NOW)
    agreed_test(books, "1/2", 1)

    found = of(service="cex")

    (least,) = found.services
    assert (least.councils, least.nets["WCC"]) == (("RBKC",), -50_00)
    assert [(track.council, track.takes_part) for track in found.tracks] == [
        ("LBHF", True),
        ("RBKC", True),
        ("WCC", False),
    ]
    assert "WCC" not in [warned.council for warned in found.warned]
    for reading in (reading_of_net, reading_of_shares):
        assert "Westminster" not in reading(found.tracks, found.councils)
    assert "Westminster" in reading_of_net(of(service="libraries").tracks, found.councils)


def test_a_reopened_quarter_is_open_again(books: Partnership) -> None:
    agreed_test(books, "1/2", 2)
    assert of().warned == (Warned("WCC", 2),)

    reopen_period(
        quarter=Q2, reason="A line is missing.", by=books.people["programme.office"], at=NOW
    )

    assert (of().to, of().warned) == (Q1, ())


def test_without_certified_entries_there_are_no_figures(partnership: Partnership) -> None:
    agreed_test(partnership)
    found = of()
    assert (found.tracks, found.quarters, found.services, found.warned) == ((), (), (), ())
    assert found.unattributed == Amounts()
    assert list(found.councils) == list(COUNCILS)


def test_the_example_of_the_document_is_right(books: Partnership) -> None:
    """The table of docs/fairness.md, row by row: the books of these tests, libraries only."""
    text = (Path(settings.BASE_DIR) / "docs" / "fairness.md").read_text(encoding="utf-8")
    printed = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| 20")
    ]
    found = of("libraries")
    assert printed == [
        [
            quarter.code,
            track.council,
            json_money(track.points[place].to_date.net),
            json_money(track.points[place].to_date.contribution),
            str(track.points[place].share_of_net),
            str(track.points[place].share_of_contribution),
        ]
        for place, quarter in enumerate(found.quarters)
        for track in found.tracks
    ]


def test_more_quarters_take_as_many_queries_as_one(books: Partnership) -> None:
    tree = Service.objects.tree()
    agreed_test(books)
    for asked in (
        FairnessQuestion(tree, last=Q1),
        FairnessQuestion(tree),
        FairnessQuestion(tree, "libraries", Q1, Q2),
    ):
        with CaptureQueriesContext(connection) as queries:
            fairness_of(asked)
        assert len(queries) == 5
