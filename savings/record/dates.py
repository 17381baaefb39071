"""The year or date that the labels of a figure name. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from finance.periods import FinancialYear, PeriodError

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
#: 2011/12, or 2011, March 2011 or 1 March 2011.
_NAMED = re.compile(
    r"(?<![0-9.,/-])(?P<financial>(?:19|20)[0-9]{2}[/-][0-9]{2})(?![0-9/-])"
    rf"|(?:(?:(?P<day>0?[1-9]|[12][0-9]|3[01]) )?(?P<month>{'|'.join(MONTHS)}) )?"
    r"(?<![0-9.,/-])(?P<year>(?:19|20)[0-9]{2})(?![0-9/-]|[.,][0-9])",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class When:
    """A financial year, or a date as far as it is named: 2011-04-01, 2012-04 or 2012."""

    year: str = ""
    date: str = ""


def named_in(*labels: str) -> When:
    """What the first of these labels that names a year or a date names, if that is only one.

    >>> named_in("Figure", "Saving from 1 April 2011 (about)")
    When(year='', date='2011-04-01')
    >>> named_in("2014/15", "By 2011"), named_in("Gap, 2011/12 to 2014/15")
    (When(year='2014-15', date=''), When(year='', date=''))
    """
    for label in labels:
        named = {_when(found) for found in _NAMED.finditer(label)}
        if named:
            return named.pop() if len(named) == 1 else When()
    return When()


def _when(found: re.Match[str]) -> When:
    if found["financial"]:
        try:
            return When(year=FinancialYear.parse(found["financial"].replace("/", "-")).code)
        except PeriodError:
            return When()
    month = f"-{MONTHS.index(found['month']) + 1:02d}" if found["month"] else ""
    day = f"-{int(found['day']):02d}" if found["day"] else ""
    return When(date=f"{found['year']}{month}{day}")
