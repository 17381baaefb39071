"""What the forecasts say in words. Pure: counts, amounts and names in, sentences out."""

from __future__ import annotations

from collections.abc import Mapping

from finance.periods import Quarter
from savings.forecasts.rows import IN_DOUBT, STATUSES
from savings.kit.wording import end_of, short

#: What stands for the status of an initiative whose forecast has not been entered.
MISSING, NO_FORECAST_YET = "missing", "No forecast yet"


def standing(counts: Mapping[str, int]) -> str:
    """How many of a council's initiatives have a forecast, and with what status.

    >>> standing({"on_track": 6, "at_risk": 2, "missing": 4})
    '8 of 12 initiatives have a forecast: 6 on track, 2 at risk.'
    >>> standing({"missing": 1}), standing({})
    ('The one initiative has no forecast yet.', 'No initiative needs a forecast.')
    """
    owed = sum(counts.values())
    given = owed - counts.get(MISSING, 0)
    if not owed:
        return "No initiative needs a forecast."
    if not given:
        return (
            "The one initiative has no forecast yet."
            if owed == 1
            else f"None of the {owed} initiatives has a forecast yet."
        )
    if owed == 1:
        return f"The one initiative has a forecast: {_by_status(counts)}."
    how_many = f"All {owed}" if given == owed else f"{given} of {owed}"
    has = "has" if given == 1 and given != owed else "have"
    return f"{how_many} initiatives {has} a forecast: {_by_status(counts)}."


def _by_status(counts: Mapping[str, int]) -> str:
    return ", ".join(
        f"{counts[code]} {word.lower()}" for code, word in STATUSES.items() if counts.get(code)
    )


def reading(
    counts: Mapping[str, int],
    *,
    quarter: Quarter,
    planned: int | None,
    expected: int,
    delivered: int | None,
) -> str:
    """The chart in one sentence: what is expected and delivered, how sure and how complete.

    In pence; `planned` is None if forecasts are not compared with a plan, which is for all
    councils, and `delivered` while something certified is being added to it.
    """
    owed = sum(counts.values())
    given = owed - counts.get(MISSING, 0)
    if not owed:
        return f"Nothing here needs a forecast for {quarter.label}."
    if not given:
        return f"No forecast has been entered for {quarter.label} yet."
    beside = "" if planned is None else f", compared with {short(planned)} planned"
    done = f"{short(delivered)} is" if delivered else "nothing is"
    certified = f"{done} certified as delivered by {end_of(quarter)}"
    if delivered is None:
        certified = f"what is certified as delivered by {end_of(quarter)} is being added"
    doubtful = sum(counts.get(code, 0) for code in IN_DOUBT)
    left = owed - given
    sentence = (
        f"{short(expected)} is forecast{beside}, and {certified}; {_of(doubtful, given)} in doubt"
    )
    if left:
        sentence += f"; {left} {'is' if left == 1 else 'are'} still to come"
    return f"{sentence}."


def _of(count: int, whole: int) -> str:
    if whole == 1:
        return f"the one forecast is{'' if count else ' not'}"
    if not count:
        return f"none of the {whole} forecasts is"
    if count == whole:
        return f"{'both' if whole == 2 else f'all {whole}'} forecasts are"
    return f"{count} of the {whole} forecasts {'is' if count == 1 else 'are'}"
