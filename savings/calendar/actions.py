"""The actions on the calendar of quarters, and its reminders by email.

The programme office opens and closes quarters in order, and reopens only the one closed last. Every
action writes its audit event in the same transaction. A reminder's row is written first and its
email sent in the same transaction, so that the second of two workers waits and finds it done. An
email that could not be sent leaves no row and is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction

import audit.actions
from finance.periods import Quarter
from savings.calendar import emails
from savings.calendar.models import Reminder
from savings.calendar.reports import first_to_open
from savings.permissions.rules import require
from savings.quarters.dates import Dates, dates_of, is_closed, mistakes_in
from savings.quarters.locks import hold_basis
from savings.quarters.models import Period
from savings.returns.models import PARTNERSHIP, Return
from sovereignty.models import CERTIFYING_ROLES, RETURN_ROLES, Appointment, Council, Role, User
from sovereignty.refusals import BadContent, FieldError, WrongState
from sovereignty.texts import mistake_in

logger = logging.getLogger(__name__)

#: How long before the due date a council is reminded, how long after it, and how late a missed
#: reminder may still be sent.
BEFORE = timedelta(days=7)
AFTER = timedelta(days=1)
STILL_NEWS = timedelta(days=14)

SYSTEM = "system"
TOLD = "told of a reopening"


@transaction.atomic
def open_period(
    *,
    quarter: Quarter,
    by: User,
    at: datetime,
    opens_on: date | None = None,
    due_on: date | None = None,
    closes_on: date | None = None,
) -> Period:
    """Open the next quarter for returns, with an empty draft for every council.

    The next is the one after the latest that councils have reported on. If there is none yet, it is
    any after the published record's. Dates that are not given are the usual ones. Raises
    NotAllowed, WrongState for a quarter out of order or if there is no council, or BadContent for
    its dates.
    """
    require(by, "savings.run_calendar")
    # One quarter at a time, even if there is none yet to lock.
    councils = list(Council.objects.select_for_update(no_key=True).order_by("code"))
    if not councils:
        raise WrongState("There is no council to report on a quarter. Add the councils first.")
    if Period.objects.filter(quarter=quarter).exists():
        raise WrongState(f"{quarter.label} has already been opened.")
    first = first_to_open()
    if first.quarter and first.only and quarter != first.quarter:
        raise WrongState(f"Open {first.quarter.label} first: quarters are opened in order.")
    if first.quarter and quarter < first.quarter:
        raise WrongState(
            f"{quarter.label} is not after the published record: open {first.quarter.label} or "
            "later."
        )
    dates = _in_order(
        dates_of(quarter, opens_on=opens_on, due_on=due_on, closes_on=closes_on), quarter
    )
    try:
        with transaction.atomic():
            period = Period.objects.create(
                quarter=quarter,
                opens_on=dates.opens_on,
                due_on=dates.due_on,
                closes_on=dates.closes_on,
            )
    except IntegrityError as error:
        raise WrongState(f"{quarter.label} has just been opened by somebody else.") from error
    Return.objects.bulk_create(Return(council=council, period=period) for council in councils)
    _record(period, by, at, "opened", after={"status": period.status, **dates.as_text()})
    return period


@transaction.atomic
def change_dates(
    *,
    quarter: Quarter,
    reason: str,
    by: User,
    at: datetime,
    opens_on: date | None = None,
    due_on: date | None = None,
    closes_on: date | None = None,
) -> Period:
    """Change dates of an open quarter, saying why. Those not given stay as they are.

    If nothing changes, there is no event. Raises NotAllowed, WrongState for a closed quarter, or
    BadContent.
    """
    require(by, "savings.run_calendar")
    period = _locked(quarter)
    if not period.is_open:
        raise WrongState(f"{quarter.label} is closed, so its dates can't be changed.")
    _check_reason(reason, "Say why the dates are changed.")
    before = _dates(period)
    after = _in_order(
        dates_of(
            quarter,
            opens_on=opens_on or period.opens_on,
            due_on=due_on or period.due_on,
            closes_on=closes_on or period.closes_on,
        ),
        quarter,
    )
    if before == after:
        return period
    period.opens_on, period.due_on, period.closes_on = (
        after.opens_on,
        after.due_on,
        after.closes_on,
    )
    period.save(update_fields=["opens_on", "due_on", "closes_on"])
    _record(
        period,
        by,
        at,
        "dates changed",
        before=before.as_text() if before else None,
        after=after.as_text(),
        reason=reason.strip(),
    )
    return period


@transaction.atomic
def close_period(*, quarter: Quarter, by: User, at: datetime) -> Period:
    """Close a quarter, once every council's return is certified and none before is open.

    Raises NotAllowed or WrongState, naming what is outstanding.
    """
    require(by, "savings.run_calendar")
    hold_basis()
    period = _locked(quarter)
    if not period.is_open:
        raise WrongState(f"{quarter.label} is closed already.")
    earlier = Period.objects.filter(quarter__lt=quarter, status=Period.Status.OPEN).first()
    if earlier:
        raise WrongState(f"Close {earlier} first: quarters are closed in order.")
    waiting = [
        parent.council.name
        for parent in period.returns.exclude(status=Return.Status.CERTIFIED).select_related(
            "council"
        )
        if parent.council
    ]
    if waiting:
        raise WrongState(
            f"{quarter.label} can't be closed until these returns are certified: "
            f"{', '.join(waiting)}."
        )
    period.status = Period.Status.CLOSED
    period.save(update_fields=["status"])
    _record(period, by, at, "closed", after={"status": period.status})
    return period


@transaction.atomic
def reopen_period(*, quarter: Quarter, reason: str, by: User, at: datetime) -> Period:
    """Reopen the latest closed quarter, saying why. What is certified in it stays certified.

    The quarter shows the reason to everybody concerned. After commit, the caller has
    `tell_of_reopening` send it to them. Raises NotAllowed, WrongState, or BadContent without a
    reason.
    """
    require(by, "savings.run_calendar")
    period = _locked(quarter)
    if period.is_open:
        raise WrongState(f"{quarter.label} is open already.")
    if is_closed(quarter.following, Period.objects.latest_closed_quarter()):
        raise WrongState("Only the latest closed quarter can be reopened.")
    _check_reason(reason, "Say why the quarter is reopened.")
    period.status = Period.Status.OPEN
    period.reopened_by, period.reopened_at = by, at
    period.reopened_reason = reason.strip()
    period.save(update_fields=["status", "reopened_by", "reopened_at", "reopened_reason"])
    _record(period, by, at, "reopened", after={"status": period.status}, reason=reason.strip())
    return period


def remind(*, today: date, at: datetime) -> list[Reminder]:
    """Remind councils by email of returns due within a week, or a day late; return what was sent.

    A finance officer is reminded of a draft, a section 151 officer or deputy of a submitted return
    that they have to certify. Nobody is reminded of a certified return or in a closed quarter. A
    council is reminded of each of the two once before a due date and once after it, at most two
    weeks late. Safe to run twice, late and in parallel.
    """
    sent = []
    for parent in (
        Return.objects.filter(
            council__isnull=False,
            period__status=Period.Status.OPEN,
            period__due_on__gte=today - AFTER - STILL_NEWS,
            period__due_on__lte=today + BEFORE,
        )
        .exclude(status=Return.Status.CERTIFIED)
        .select_related("council", "period")
        .order_by("period__quarter", "council__code")
    ):
        reminder = _due_reminder(parent, today)
        to = _officers_to_remind(parent)
        if reminder and to:
            mail = emails.of_due(parent, reminder.kind, to=to, today=today)
            sent += _send_once(reminder, mail, at)
    return sent


def tell_of_reopening(*, at: datetime) -> list[Reminder]:
    """Tell every officer concerned by email that a quarter is reopened, and why.

    Once for each council and reopening, at most two weeks late. The next run sends what a lost
    message or a mail server that was down left behind.
    """
    sent = []
    for parent in (
        Return.objects.filter(
            council__isnull=False,
            period__status=Period.Status.OPEN,
            period__reopened_at__gte=at - STILL_NEWS,
        )
        .select_related("council", "period__reopened_by")
        .order_by("period__quarter", "council__code")
    ):
        to = _addresses(parent, RETURN_ROLES)
        if to and parent.council:
            reminder = Reminder(
                period=parent.period,
                council=parent.council,
                kind=Reminder.Kind.REOPENED,
                reopened_at=parent.period.reopened_at,
            )
            sent += _send_once(reminder, emails.of_reopening(parent, to=to), at)
    return sent


def _due_reminder(parent: Return, today: date) -> Reminder | None:
    """The reminder to send today; None on the days in between."""
    due_on = parent.period.due_on
    if due_on is None or parent.council is None:
        return None
    if due_on - BEFORE <= today <= due_on:
        kind = Reminder.Kind.BEFORE_DUE
    elif due_on + AFTER <= today <= due_on + AFTER + STILL_NEWS:
        kind = Reminder.Kind.AFTER_DUE
    else:
        return None
    return Reminder(
        period=parent.period,
        council=parent.council,
        kind=kind,
        due_on=due_on,
        of_status=parent.status,
    )


def _officers_to_remind(parent: Return) -> list[str]:
    if parent.status == Return.Status.DRAFT:
        return _addresses(parent, [Role.FINANCE_OFFICER])
    return _addresses(parent, CERTIFYING_ROLES, leaving_out=parent.authors)


def _addresses(
    parent: Return, roles: Iterable[str], *, leaving_out: Collection[int | None] = ()
) -> list[str]:
    """The email addresses of a council's people in these roles, each once."""
    return sorted(
        set(
            Appointment.objects.filter(
                council=parent.council_id, role__in=list(roles), user__is_active=True
            )
            .exclude(user__in=[number for number in leaving_out if number is not None])
            .exclude(user__email="")
            .values_list("user__email", flat=True)
        )
    )


def _send_once(reminder: Reminder, mail: EmailMessage, at: datetime) -> list[Reminder]:
    """Write the row and send the email, both or neither; empty if it was sent before.

    A second worker waits at the row until the first has finished. If the mail server can't be
    reached, that is logged, and the other emails are still sent.
    """
    try:
        with transaction.atomic():
            row, new = Reminder.objects.get_or_create(
                period=reminder.period,
                council=reminder.council,
                kind=reminder.kind,
                due_on=reminder.due_on,
                reopened_at=reminder.reopened_at,
                of_status=reminder.of_status,
                defaults={"sent_to": mail.to, "sent_at": at},
            )
            if not new:
                return []
            mail.send()
            # Last, because the council's other events wait for it.
            audit.actions.record(
                by=SYSTEM,
                at=at,
                action=TOLD if reminder.kind == Reminder.Kind.REOPENED else "reminded",
                subject="return",
                subject_id=f"{reminder.council.code}/{reminder.period.code}",
                chain=reminder.council.code,
                after={
                    "reminder": reminder.kind,
                    "sent_to": mail.to,
                    **({"due_on": reminder.due_on.isoformat()} if reminder.due_on else {}),
                },
            )
    except OSError:  # as every failure of SMTP is
        logger.exception("An email to %s could not be sent.", reminder.council.code)
        return []
    return [row]


def _locked(quarter: Quarter) -> Period:
    """The quarter, with the whole calendar locked, because each quarter depends on the others."""
    held = list(Period.objects.select_for_update(no_key=True).order_by("quarter"))
    for period in held:
        if period.quarter == quarter:
            return period
    raise Period.DoesNotExist(f"{quarter.label} has not been opened.")


def _check_reason(reason: str, remedy: str) -> None:
    wrong = mistake_in(reason, "reason", remedy)
    if wrong:
        raise BadContent([wrong])


def _dates(period: Period) -> Dates | None:
    if period.opens_on and period.due_on and period.closes_on:
        return Dates(period.opens_on, period.due_on, period.closes_on)
    return None


def _in_order(dates: Dates, quarter: Quarter) -> Dates:
    wrong = mistakes_in(dates, quarter)
    if wrong:
        raise BadContent([FieldError(name, message) for name, message in wrong])
    return dates


def _record(
    period: Period,
    by: User,
    at: datetime,
    action: str,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str],
    reason: str = "",
) -> None:
    audit.actions.record(
        by=by.username,
        at=at,
        action=action,
        subject="period",
        subject_id=period.code,
        chain=PARTNERSHIP,
        before=before,
        after=after,
        reason=reason,
    )
