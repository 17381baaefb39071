"""The module gives the same as a second implementation, written only from the contract."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from savings.formulas.arithmetic import REASONS
from tests.savings.formulas import naive, worlds
from tests.savings.formulas.sharing import share_all


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_any_world_is_attributed_the_same_to_the_penny(random: Random, entries: int) -> None:
    world = worlds.make(random, entries=entries)
    fallen = share_all(worlds.reported(world), worlds.attribution_of(world))
    assert {number: dict(each.pence) for number, each in fallen.items()} == naive.attribute(world)


def test_the_worlds_have_every_way_of_attribution() -> None:
    """Otherwise the two would agree about fewer ways than it seems."""
    ways: Counter[str] = Counter()
    for seed in range(60):
        world = worlds.make(Random(seed), entries=40)
        fallen = share_all(worlds.reported(world), worlds.attribution_of(world))
        assert {number: dict(f.pence) for number, f in fallen.items()} == naive.attribute(world)
        ways.update(each.outcome.because for each in fallen.values())
    assert set(ways) == set(REASONS)
    assert min(ways.values()) >= 3


def test_the_worlds_have_proposals_that_would_apply_if_not_refused_or_withdrawn() -> None:
    moved: Counter[str] = Counter()
    for seed in range(60):
        world = worlds.make(Random(seed), entries=40)
        fallen = naive.attribute(world)
        for kind, what in (
            ("rules", "refused"),
            ("rules", "withdrawn"),
            ("approvals", "withdrawn"),
        ):
            revived = [{**each, what: []} for each in world[kind]]
            moved[f"{kind} {what}"] += naive.attribute({**world, kind: revived}) != fallen
    assert len(moved) == 3
    assert min(moved.values()) >= 3
