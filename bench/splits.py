"""Split a million amounts and hold every one to the rule: `python -m bench.splits`.

Each is a random amount of either sign by random shares of two to six councils: halves,
thirds, shares of nought, long odd denominators. Of each it is checked, in whole numbers
and exact fractions, that

- the parts add up to the amount exactly;
- every part is within a penny of its exact share, and nobody without a share gets one;
- the order in which the shares are given makes no difference;
- the split of the minus is the minus of the split;
- the quick split of the rollup is the split that an explanation shows.

With `--write FILE`, puts what was found between the marks in that file. The tests do the
same for twenty thousand.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from time import perf_counter

from bench.measuring import put
from finance.apportionment import Splitter, split_pence

MILLION = 1_000_000
CODES = ("BRENT", "EALING", "HARROW", "LBHF", "RBKC", "WCC")
#: So many amounts are split by the same shares, as in a return.
AMOUNTS = 10


class Unfair(AssertionError):
    """A split that breaks the rule; the message has the amount and the shares."""


def generated(count: int, random: Random) -> Iterator[tuple[dict[str, Fraction], list[int]]]:
    """Shares of one, each with the amounts in pence to split by them: `count` in all."""
    while count > 0:
        few = min(count, AMOUNTS)
        yield _shares(random), [_amount(random) for _ in range(few)]
        count -= few


def check(shares: dict[str, Fraction], amounts: Sequence[int], random: Random) -> int:
    """Hold the splits of these amounts to the rule; gives the odd pennies handed out.

    Raises Unfair for the first that breaks it.
    """
    splitter, odd = Splitter(shares), 0
    shuffled = list(shares.items())
    random.shuffle(shuffled)
    other = Splitter(dict(shuffled))
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
    # |part - pence * share| < 1, in whole numbers; exact where there is no share.
    out = abs(part * share.denominator - pence * share.numerator)
    return out < share.denominator if share else part == 0


def _shares(random: Random) -> dict[str, Fraction]:
    codes = random.sample(CODES, random.randint(2, len(CODES)))
    most = random.choice((1, 3, 12, 97, 10_000, 10**9))
    weights = [random.randint(0, most) for _ in codes]
    if not any(weights):
        weights[0] = 1
    return {code: Fraction(w, sum(weights)) for code, w in zip(codes, weights, strict=True)}


def _amount(random: Random) -> int:
    size = random.choice((10, 1_000, 10**6, 10**9, 10**13 - 1))
    return random.randint(-size, size)


def main(arguments: Sequence[str] | None = None) -> None:
    """Split as many as are asked for and print, or write, what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.splits", description=__doc__)
    parser.add_argument("--splits", type=int, default=MILLION)
    parser.add_argument("--seed", type=int, default=2013)
    parser.add_argument("--write", metavar="FILE", help="put the figure into this file")
    options = parser.parse_args(arguments)
    random = Random(options.seed)
    start, odd, sets = perf_counter(), 0, 0
    for shares, amounts in generated(options.splits, random):
        odd += check(shares, amounts, random)
        sets += 1
    report = (
        f"{options.splits:,} splits by {sets:,} different sets of shares (seed {options.seed}, "
        f"Python {platform.python_version()}): every sum exact, every part within a penny of its "
        f"exact share, no difference by order or sign; {odd:,} odd pennies handed out. "
        f"{perf_counter() - start:.0f} s, each split worked out five times."
    )
    print(report)
    if options.write:
        put(Path(options.write), "bench-splits", report)


if __name__ == "__main__":
    main()
