"""Worlds in the database: the rollup, the explanations and a second implementation agree."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from bench.generate import generate
from savings.attribution.explained import ExplanationSerializer
from savings.attribution.explaining import explain
from savings.attribution.reports import Corrected
from savings.certification.actions import certify
from savings.formulas.arithmetic import REASONS
from savings.formulas.reports import current_attribution, with_facts
from savings.returns.models import Entry
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import RollupState
from savings.rollup.reports import delivered
from services.models import Service
from tests.partnership import NOW
from tests.savings.attribution.rebuilding import rebuild, shown
from tests.savings.formulas import naive, worlds
from tests.savings.formulas.stored import certified, divided, facts, read_world, store
from tests.savings.rollup.books import books, books_from_the_entries

pytestmark = pytest.mark.django_db


def explanations() -> list[dict[str, Any]]:
    """The explanation of every certified entry, as the API sends it and as JSON reads it back."""
    attribution = current_attribution().knowing(delivered())
    context = {"tree": Service.objects.tree()}
    said = []
    for entry in with_facts(Entry.objects.filter(parent__status="certified")):
        explanation = explain(entry, attribution)
        more = {"claimed": explanation.claimed, "corrected": Corrected(entry, ())}
        sent = json.dumps(ExplanationSerializer(explanation, context={**context, **more}).data)
        said.append(json.loads(sent))
    return said


def told(said: list[dict[str, Any]]) -> dict[int, dict[str, int]]:
    """The pence of each entry according to its explanation."""
    return {
        each["entry"]["id"]: {
            part["council"]: part["floored_pence"] + part["odd_pence"] for part in each["shares"]
        }
        for each in said
    }


@pytest.mark.slow
def test_a_thousand_entries_certified_in_any_order_are_attributed_the_same() -> None:
    random = Random(2724)  # a world with every way of attribution
    world = worlds.make(random, entries=1000, storable=True)
    returns = store(world)
    random.shuffle(returns)
    while returns:
        some, returns = returns[:3], returns[3:]
        for parent in some:
            certified(parent)
        roll_up_dirty(at=NOW)

    assert read_world()["entries"] == world["entries"]
    expected = naive.attribute(world)
    assert facts() == expected
    said = explanations()
    assert told(said) == expected
    assert [rebuild(each) for each in said] == [shown(each) for each in said]
    assert {each["because"] for each in said} == set(REASONS) - {"reached_back"}
    assert books() == books_from_the_entries()


@pytest.mark.parametrize("seed", [19, 22, 57])
def test_what_rules_that_reach_back_divide_is_divided_the_same_and_nothing_else_moves(
    seed: int,
) -> None:
    random = Random(seed)
    world = worlds.make(random, entries=150, storable=True)
    for parent in store(world):
        certified(parent)
    roll_up_dirty(at=NOW)
    before = facts()
    divided(worlds.reaching_back(random, world, worlds.FIRST + 5, storable=True))
    roll_up_dirty(at=NOW)

    after = facts()
    assert after == naive.attribute(read_world())
    said = explanations()
    assert told(said) == after
    assert [rebuild(each) for each in said] == [shown(each) for each in said]
    reached = {each["entry"]["id"] for each in said if each["because"] == "reached_back"}
    assert {number for number in after if after[number] != before[number]} >= reached != set()
    assert [number for number in after if before[number] and after[number] != before[number]] == []
    assert books() == books_from_the_entries()


@pytest.mark.parametrize("seed", range(6))
def test_an_incremental_rollup_gives_the_same_as_a_full_one_in_any_order(seed: int) -> None:
    random = Random(seed)
    world = worlds.make(random, entries=120, storable=True)
    returns = store(world)
    random.shuffle(returns)
    for number, parent in enumerate(returns):
        certified(parent)
        if random.random() < 0.6 or number == len(returns) - 1:
            roll_up_dirty(at=NOW)
            digest = RollupState.objects.get().digest
            assert roll_up_everything(at=NOW).digest == digest
    assert facts() == naive.attribute(world)


@pytest.mark.slow
def test_the_world_of_the_measurements_is_attributed_the_same() -> None:
    made = generate(300, years=2, waiting=3, entries_waiting=10)
    roll_up_everything(at=NOW)
    for parent_id, certifier in made.waiting:
        certify(return_id=parent_id, version=2, by=certifier, at=NOW)
        roll_up_dirty(at=NOW)
    expected = naive.attribute(read_world())
    assert len(expected) == 330
    assert facts() == expected
    said = explanations()
    assert told(said) == expected
    assert [rebuild(each) for each in said] == [shown(each) for each in said]
    assert {each["because"] for each in said} >= {"net_reduction", "rule"}
