"""`manage.py rollup`: what waits, or everything; what it prints can be compared."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import call_command

from savings.rollup.models import Fact, RollupState
from tests.partnership import Q2, Partnership, a_saving
from tests.savings.rollup.books import books, books_from_the_entries, waiting

pytestmark = pytest.mark.django_db


def rollup(*options: str) -> str:
    """What the command printed."""
    out = StringIO()
    call_command("rollup", *options, stdout=out)
    return out.getvalue()


def test_it_prints_the_version_and_the_digest(certified: Partnership) -> None:
    printed = rollup()
    state = RollupState.objects.get()
    assert printed == f"version 1 digest {state.digest}\n"
    assert re.fullmatch("[0-9a-f]{64}", state.digest)
    assert waiting() == []


def test_a_full_rollup_twice_prints_the_same(certified: Partnership) -> None:
    first = rollup("--full")
    once = books()
    assert rollup("--full") == first
    assert books() == {**once, "state": books()["state"]}


def test_a_full_rollup_prints_the_same_as_an_incremental_one(certified: Partnership) -> None:
    printed = rollup()
    assert rollup("--full") == printed
    certified.certified("LBHF", a_saving(amount="0.01"), quarter=Q2)
    later = rollup()
    assert later != printed
    assert later.startswith("version 2 digest ")
    assert rollup("--full") == later


def test_with_nothing_waiting_it_prints_the_current_version(certified: Partnership) -> None:
    printed = rollup("--full")
    before = books()
    assert rollup() == printed
    assert books() == before


def test_before_anything_is_certified_the_digest_is_that_of_no_facts(
    partnership: Partnership,
) -> None:
    """Incremental or full."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert rollup() == f"version 0 digest {empty}\n"
    assert not RollupState.objects.exists()
    assert rollup("--full") == f"version 1 digest {empty}\n"


def test_only_a_full_rollup_reads_returns_that_are_not_waiting(certified: Partnership) -> None:
    rollup()
    right = books()
    Fact.objects.filter(council__code="WCC").delete()
    rollup()
    assert books() != right
    rollup("--full")
    assert books()["facts"] == right["facts"] == books_from_the_entries()["facts"]
