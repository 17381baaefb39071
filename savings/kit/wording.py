"""Numbers, days and moments in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

from finance.money import MINUS, format_millions, format_pounds
from finance.periods import Quarter
from savings.kit.moments import LONDON, day_ended


def plain(value: Decimal) -> str:
    """A number without an exponent or needless noughts.

    >>> plain(Decimal("1200.5000")), plain(Decimal("1E+3"))
    ('1200.5', '1000')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_A_THOUSAND, _A_HUNDRED_THOUSAND = Decimal(1_000), Decimal(100_000)


#: From here on thousands would round to a thousand of them.
_NEARLY_A_MILLION = Decimal(999_500)


def headline(amount: Decimal) -> str:
    """An amount to be read at a glance, in millions or thousands; `exactly` has the rest.

    >>> headline(Decimal("1234567.89")), headline(Decimal("256156.13"))
    ('£1.23m', '£256k')
    >>> headline(Decimal("-2500.40")), headline(Decimal("41.20")), headline(Decimal("0"))
    ('−£2.5k', '£41.20', '£0')
    """
    if not amount:
        return "£0"
    if abs(amount) >= _NEARLY_A_MILLION:
        return format_millions(amount)
    if abs(amount) < _A_THOUSAND:
        return format_pounds(amount)
    places = Decimal("0.1") if abs(amount) < _A_HUNDRED_THOUSAND else Decimal("1")
    thousands = str((abs(amount) / _A_THOUSAND).quantize(places, ROUND_HALF_UP))
    return f"{MINUS if amount < 0 else ''}£{thousands.removesuffix('.0')}k"


def exactly(amount: Decimal) -> str:
    """The amount to the penny where a headline has left something out; else empty.

    >>> exactly(Decimal("256156.13")), exactly(Decimal("41.20"))
    ('£256,156.13', '')
    """
    return format_pounds(amount) if abs(amount) >= _A_THOUSAND else ""


_IN_MILLIONS = Decimal(100_000)


def short(amount: Decimal) -> str:
    """An amount as a headline: in millions from £100,000 on, so that a chart has one unit.

    >>> short(Decimal("9920000")), short(Decimal("480000")), short(Decimal("19191.40"))
    ('£9.92m', '£0.48m', '£19.2k')
    """
    return format_millions(amount) if abs(amount) >= _IN_MILLIONS else headline(amount)


def end_of(quarter: Quarter) -> str:
    """The end of a quarter, by its year where it is the last of it.

    >>> end_of(Quarter.parse("2012-13-Q4")), end_of(Quarter.parse("2013-14-Q1"))
    ('the end of 2012/13', 'the end of June 2013')
    """
    if quarter.number == 4:
        return f"the end of {quarter.year.label}"
    return f"the end of {quarter.last_day:%B %Y}"


def moment_in_words(moment: datetime) -> str:
    """A moment to follow "as it stood at".

    >>> from datetime import date
    >>> from savings.kit.moments import end_of
    >>> moment_in_words(end_of(date(2013, 8, 1)))
    'the end of 1 August 2013'
    """
    day = day_ended(moment)
    if day is not None:
        return f"the end of {day_in_words(day)}"
    local = moment.astimezone(LONDON)
    return f"{local:%H:%M} on {day_in_words(local.date())}"


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def moment_in_address(moment: datetime) -> str:
    """A moment as an address has it, to be read again by `moment_of`.

    >>> from datetime import UTC
    >>> moment_in_address(datetime(2013, 8, 1, 12, tzinfo=UTC))
    '2013-08-01T12:00:00Z'
    """
    day = day_ended(moment)
    if day is not None:
        return day.isoformat()
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
