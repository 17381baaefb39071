"""Has Hypothesis make up a million splits, and checks each: `python -m bench.splits`.

Each is an amount of either sign, split by shares of two to six councils: halves, thirds, shares
of 0, long odd denominators. It checks, in whole numbers and exact fractions, that

- the parts add up to the amount exactly;
- every part is within a penny of its exact share, and a council without a share has no part;
- the order of the shares makes no difference;
- a negative amount splits into the same parts with a minus;
- the fast split of the rollup is the split that an explanation shows.

A split that fails is reduced to the smallest one that does, and printed. With `--write FILE`, the
result goes between the marks in that file. The tests do the same for 20,000 splits.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bench.measuring import put
from finance.apportionment import Splitter, split_pence

MILLION = 1_000_000
CODES = ("BRENT", "EALING", "HARROW", "LBHF", "RBKC", "WCC")
#: How many amounts are split by the same shares, as in a return.
AMOUNTS = 20
#: The largest amount that a return may have, in pence.
MOST = 10**13 - 1


class Unfair(AssertionError):
    """A split that breaks the rule; the message has the amount and the shares."""


@dataclass
class Found:
    """What has been split so far."""

    splits: int = 0
    sets: int = 0
    odd_pennies: int = 0


_WEIGHTS = st.one_of(*(st.integers(0, most) for most in (1, 3, 97, 10**9)))
_PENCE = st.one_of(*(st.integers(-most, most) for most in (10, 10**6, MOST)))


@st.composite
def shares_of_one(draw: st.DrawFn) -> dict[str, Fraction]:
    """Shares of two to six councils in any order. Some of them may be 0."""
    codes = draw(st.permutations(CODES))[: draw(st.integers(2, len(CODES)))]
    weights = [draw(_WEIGHTS) for _ in codes]
    if not any(weights):
        weights[0] = 1
    return {code: Fraction(w, sum(weights)) for code, w in zip(codes, weights, strict=True)}


def generated(count: int, seeded: int) -> Found:
    """Make up and check at least `count` splits. Raises Unfair if one is wrong."""
    found = Found()

    @seed(seeded)
    @settings(
        max_examples=-(-count // AMOUNTS),
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(
        shares_of_one(),
        st.lists(_PENCE, min_size=AMOUNTS, max_size=AMOUNTS),
        st.permutations(CODES),
    )
    def made_up(shares: dict[str, Fraction], amounts: list[int], order: list[str]) -> None:
        found.odd_pennies += check(shares, amounts, order)
        found.splits += len(amounts)
        found.sets += 1

    made_up()
    return found


def check(
    shares: Mapping[str, Fraction], amounts: Sequence[int], order: Sequence[str] = CODES
) -> int:
    """Check the splits of these amounts, and return the number of odd pennies.

    Raises Unfair for the first split that breaks the rule.
    """
    splitter, odd = Splitter(shares), 0
    other = Splitter({code: shares[code] for code in order if code in shares})
    for pence in amounts:
        parts = dict(zip(splitter.codes, splitter.split(pence), strict=True))
        shown = split_pence(pence, shares)
        fair = (
            sum(parts.values()) == pence
            and all(_within_a_penny(parts[code], pence, shares[code]) for code in parts)
            and dict(zip(other.codes, other.split(pence), strict=True)) == parts
            and [-part for part in splitter.split(-pence)] == list(parts.values())
            and {code: part.pence for code, part in shown.items()} == parts
        )
        if not fair:
            raise Unfair(f"{pence} by {shares} gives {parts}")
        odd += sum(abs(part.odd_pence) for part in shown.values())
    return odd


def _within_a_penny(part: int, pence: int, share: Fraction) -> bool:
    # |part - pence * share| < 1, in whole numbers; exactly 0 without a share.
    out = abs(part * share.denominator - pence * share.numerator)
    return out < share.denominator if share else part == 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Make as many splits as asked for, and print or write the result."""
    parser = argparse.ArgumentParser(prog="python -m bench.splits", description=__doc__)
    parser.add_argument("--splits", type=int, default=MILLION)
    parser.add_argument("--seed", type=int, default=2013)
    parser.add_argument("--write", metavar="FILE", help="put the figure into this file")
    options = parser.parse_args(arguments)
    start = perf_counter()
    found = generated(options.splits, options.seed)
    report = (
        f"{found.splits:,} splits by {found.sets:,} sets of shares, made up by Hypothesis "
        f"{version('hypothesis')} (seed {options.seed}, Python {platform.python_version()}): every "
        f"sum exact, every part within a penny of its exact share, no difference by order or sign; "
        f"{found.odd_pennies:,} odd pennies handed out. {perf_counter() - start:.0f} s, each split "
        "worked out five times."
    )
    print(report)
    if options.write:
        put(Path(options.write), "bench-splits", report)


if __name__ == "__main__":
    main()
