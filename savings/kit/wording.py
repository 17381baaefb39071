"""Numbers, days and moments in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from finance.money import MINUS, format_millions, format_pounds
from finance.periods import Quarter
from savings.kit.moments import LONDON, day_ended


def plain(value: Decimal) -> str:
    """A number without an exponent or unnecessary zeros.

    >>> plain(Decimal("1200.5000")), plain(Decimal("1E+3"))
    ('1200.5', '1000')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


#: In pence. From the last one on, an amount in thousands of pounds would round to £1,000k.
_A_THOUSAND, _A_HUNDRED_THOUSAND, _NEARLY_A_MILLION = 1_000_00, 100_000_00, 999_500_00


def headline(pence: int) -> str:
    """Pence to read at a glance, in millions or thousands of pounds; `exactly` has the rest.

    >>> headline(1_234_567_89), headline(256_156_13)
    ('£1.23m', '£256k')
    >>> headline(-2_500_40), headline(41_20), headline(0)
    ('−£2.5k', '£41.20', '£0')
    """
    if not pence:
        return "£0"
    size = abs(pence)
    if size >= _NEARLY_A_MILLION:
        return format_millions(pence)
    if size < _A_THOUSAND:
        return format_pounds(pence)
    # Rounded half up, to a tenth of a thousand or to a whole thousand.
    step = 100_00 if size < _A_HUNDRED_THOUSAND else 1_000_00
    thousands, rest = divmod((size + step // 2) // step * step, _A_THOUSAND)
    tenths = f".{rest // 100_00}" if rest else ""
    return f"{MINUS if pence < 0 else ''}£{thousands}{tenths}k"


def exactly(pence: int) -> str:
    """Pence as pounds, to the penny, if a headline leaves something out; otherwise empty.

    >>> exactly(256_156_13), exactly(41_20)
    ('£256,156.13', '')
    """
    return format_pounds(pence) if abs(pence) >= _A_THOUSAND else ""


def short(pence: int) -> str:
    """Pence as a headline, but in millions from £100,000 on, so that a chart has one unit.

    >>> short(9_920_000_00), short(480_000_00), short(19_191_40)
    ('£9.92m', '£0.48m', '£19.2k')
    """
    return format_millions(pence) if abs(pence) >= _A_HUNDRED_THOUSAND else headline(pence)


def end_of(quarter: Quarter) -> str:
    """The end of a quarter, named by its year if it is the last quarter.

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


def share_in_words(share: Fraction) -> str:
    """A share from 0 on as a percentage to two decimals, halves rounded up.

    >>> share_in_words(Fraction(1, 3)), share_in_words(Fraction(1, 80))
    ('33.33%', '1.25%')
    """
    hundredths = (share * 20_000 + 1) // 2
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, in its largest whole unit.

    >>> from datetime import UTC
    >>> then = datetime(2013, 8, 1, 12, tzinfo=UTC)
    >>> ago(then, datetime(2013, 8, 1, 12, 1, 59, tzinfo=UTC)), ago(then, then)
    ('1 minute ago', 'less than a minute ago')
    """
    minutes = int((now - moment).total_seconds()) // 60
    for name, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if minutes >= size:
            count = minutes // size
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "less than a minute ago"


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def moment_in_address(moment: datetime) -> str:
    """A moment as text for an address, which `moment_of` can read again.

    >>> from datetime import UTC
    >>> moment_in_address(datetime(2013, 8, 1, 12, tzinfo=UTC))
    '2013-08-01T12:00:00Z'
    """
    day = day_ended(moment)
    if day is not None:
        return day.isoformat()
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
