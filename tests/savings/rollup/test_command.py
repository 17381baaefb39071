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


def test_it_prints_version_and_digest(certified: Partnership) -> None:
    printed = rollup()
    state = RollupState.objects.get()
    assert printed == f"version 1 digest {state.digest}\n"
    assert re.fullmatch("[0-9a-f]{64}", state.digest)
    assert waiting() == []


def test_in_full_twice_prints_the_same(certified: Partnership) -> None:
    first = rollup("--full")
    once = books()
    assert rollup("--full") == first
    assert books() == {**once, "state": books()["state"]}


def test_in_full_prints_the_same_as_what_waited_did(certified: Partnership) -> None:
    printed = rollup()
    assert rollup("--full") == printed
    certified.certified("LBHF", a_saving(amount="0.01"), quarter=Q2)
    later = rollup()
    assert later != printed
    assert later.startswith("version 2 digest ")
    assert rollup("--full") == later


def test_with_nothing_waiting_it_prints_what_stands(certified: Partnership) -> None:
    printed = rollup("--full")
    before = books()
    assert rollup() == printed
    assert books() == before


def test_before_anything_is_certified(partnership: Partnership) -> None:
    """Of nothing the digest is that of nothing, by either way."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert rollup() == f"version 0 digest {empty}\n"
    assert not RollupState.objects.exists()
    assert rollup("--full") == f"version 1 digest {empty}\n"


def test_only_in_full_it_looks_at_what_is_not_waiting(certified: Partnership) -> None:
    rollup()
    right = books()
    Fact.objects.filter(council__code="WCC").delete()
    rollup()
    assert books() != right
    rollup("--full")
    assert books()["facts"] == right["facts"] == books_from_the_entries()["facts"]
