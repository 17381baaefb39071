"""Changing who shares a service: a council joins it, leaves it or becomes its host.

Each takes effect from an open quarter on, so that closed quarters stay. A service that has its
participants or hosts from the service above gets its own spells with the first change to it,
starting as a copy of what it had until then. From then on it no longer follows the service
above. Services below it that have no spells of their own follow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

import audit.actions
from finance.periods import PeriodError, Quarter
from savings.kit.provenance import Provenance
from savings.permissions.rules import require
from savings.quarters.basis import check_quarter_open
from savings.quarters.locks import change_basis
from savings.returns.outbox import rework_from
from savings.sharing import spells
from services.models import Hosting, Participation, Service
from services.tree import ServiceTree
from sovereignty.models import Council, User
from sovereignty.refusals import BadContent, FieldError, WrongState
from sovereignty.texts import mistake_in

#: How many characters a spell's source can hold.
LONGEST_SOURCE = 200
SOURCE_MISSING = "Say where this was settled."

Rows = QuerySet[Participation] | QuerySet[Hosting]


@dataclass(frozen=True, slots=True)
class Left:
    """The result of leaving: it may have `called_off` a joining that had not happened yet.

    `again` is the quarter from which the council takes part again, as recorded before.
    """

    called_off: bool
    again: Quarter | None


@transaction.atomic
def join(
    *,
    service: Service,
    council: Council,
    effective_from: Quarter,
    source: str,
    by: User,
    at: datetime,
) -> Participation:
    """Have a council take part in a service from a quarter on, until further notice.

    If a later spell of it is recorded already, it takes part until that one begins. No rule
    binds it that it has not agreed to: from that quarter on no rule of the service is in force
    until it agrees. Raises NotAllowed; WrongState if the quarter is closed; BadContent if the
    source is missing, or if the council takes part in that quarter already.
    """
    _begin(service, by)
    _check_within_reach("effective_from", effective_from)
    tree = Service.objects.tree()
    before = tree.participants(service.slug, effective_from)
    refused = spells.why_it_cannot_join(tree, service.slug, _party(council), effective_from)
    if errors := _mistakes(council, refused, source):
        raise BadContent(errors)
    check_quarter_open(effective_from)
    change = spells.joining(tree.participation(service.slug), council.code, effective_from)
    inherited_from = _own_participants(service, tree)
    (new,) = change.added
    joined = Participation.objects.create(
        service=service,
        council=council,
        from_quarter=new.first,
        to_quarter=new.last,
        source=source.strip(),
    )
    audit.actions.record(
        by=by.username,
        at=at,
        action="council joined",
        subject="service",
        subject_id=service.slug,
        before={"participants": list(before), **inherited_from},
        after={
            "participants": _participants(service, effective_from),
            "council": council.code,
            "effective_from": effective_from.code,
            "source": source.strip(),
        },
    )
    rework_from(effective_from, at)
    return joined


@transaction.atomic
def leave(
    *,
    service: Service,
    council: Council,
    last_quarter: Quarter,
    source: str,
    by: User,
    at: datetime,
) -> Left:
    """Have a council take part in a service up to and including a quarter, and no longer.

    If a later, separate spell of it is recorded already, it takes part again then. The councils
    that stay keep the proportion of their shares. If it would only begin to take part in the
    quarter after `last_quarter`, that is called off. Raises NotAllowed; WrongState if a quarter
    after the last is closed; BadContent if the source is missing, if it takes no part after
    `last_quarter` anyway, if fewer than two councils would remain, or if it would still be
    host. It does not stop being host automatically: what a rule leaves with the host would fall
    on no council, so the councils have to settle first who becomes host.
    """
    _begin(service, by)
    _check_within_reach("last_quarter", last_quarter)
    first = last_quarter.following
    tree = Service.objects.tree()
    before = tree.participants(service.slug, first)
    until_now = tree.participation(service.slug)
    time = spells.time_in(until_now, council.code, first)
    refused = spells.why_it_cannot_leave(tree, service.slug, _party(council), time, first)
    errors = _mistakes(council, refused, source)
    if errors or time is None:
        raise BadContent(errors)
    check_quarter_open(
        first, f"{council} has taken part in it: choose {{closed}} or a later quarter as its last."
    )
    own = spells.of(council.code, until_now)
    left = Left(time.first == first, spells.first_after(own, time.last) if time.last else None)
    inherited_from = _own_participants(service, tree)
    _end(
        service.participation.filter(council=council),
        spells.leaving(until_now, council.code, time, first),
    )
    when = {"effective_from": first} if left.called_off else {"last_quarter": last_quarter}
    audit.actions.record(
        by=by.username,
        at=at,
        action="joining called off" if left.called_off else "council left",
        subject="service",
        subject_id=service.slug,
        before={"participants": list(before), **inherited_from},
        after={
            "participants": _participants(service, first),
            "council": council.code,
            **{name: quarter.code for name, quarter in when.items()},
            **({"again_from": left.again.code} if left.again else {}),
            "source": source.strip(),
        },
    )
    rework_from(first, at)
    return left


@transaction.atomic
def set_host(
    *,
    service: Service,
    council: Council,
    effective_from: Quarter,
    source: str,
    provenance: Provenance,
    by: User,
    at: datetime,
) -> Hosting:
    """Make a council host of a service from a quarter on, until the next change of host.

    The previous host stops at the end of the quarter before. Raises NotAllowed; WrongState if
    the quarter is closed or a host is already set from it; BadContent if the source is missing,
    or if the council does not take part for as long as it would host, in the service and in the
    services below that have their host from it.
    """
    _begin(service, by)
    _check_within_reach("effective_from", effective_from)
    tree = Service.objects.tree()
    present = tree.hosting(service.slug, effective_from)
    nearest = tree.host_from(service.slug)
    until_now = tree.nodes[nearest].hosting if nearest else ()
    change = spells.hosting(until_now, council.code, effective_from)
    (new,) = change.added
    refused = spells.why_it_cannot_host(tree, service.slug, _party(council), new)
    if errors := _mistakes(council, refused, source):
        raise BadContent(errors)
    check_quarter_open(effective_from)
    if service.hosting.filter(from_quarter=effective_from).exists():
        raise WrongState(
            f"{service} has a host from {effective_from.label} already. Give a later quarter."
        )
    inherited_from = _own_hosts(service, tree)
    _end(service.hosting.all(), change)
    hosting = Hosting.objects.create(
        service=service,
        council=council,
        from_quarter=new.first,
        to_quarter=new.last,
        source=source.strip(),
        provenance=provenance,
    )
    audit.actions.record(
        by=by.username,
        at=at,
        action="host set",
        subject="service",
        subject_id=service.slug,
        before={"host": present.council if present else None, **inherited_from},
        after={
            "host": council.code,
            "effective_from": effective_from.code,
            "source": source.strip(),
            "provenance": provenance.value,
        },
    )
    rework_from(effective_from, at)
    return hosting


def _begin(service: Service, by: User) -> None:
    require(by, "savings.change_sharing")
    change_basis()
    # The service's row is locked, so that two changes don't overlap.
    Service.objects.select_for_update().get(id=service.id)


def _party(council: Council) -> spells.Party:
    return spells.Party(council.code, council.name)


def _mistakes(council: Council, refused: str, source: str) -> list[FieldError]:
    """The errors: in the source, and why the council can't do this."""
    mistake = mistake_in(source, "source", SOURCE_MISSING, longest=LONGEST_SOURCE)
    errors = [mistake] if mistake else []
    if refused:
        errors.append(FieldError("council", refused, council.code))
    return errors


def _check_within_reach(field: str, quarter: Quarter) -> None:
    """Raise BadContent for the first and the last quarter that can be written."""
    try:
        _ = (quarter.preceding, quarter.following)
    except PeriodError as error:
        remedy = "Choose a quarter nearer to today."
        raise BadContent([FieldError(field, remedy, quarter.code)]) from error


def _end(rows: Rows, change: spells.ChangeOfSpells) -> None:
    """Remove and end the spells of a change. Each of `rows` begins in a different quarter."""
    rows.filter(from_quarter__in=[spell.first for spell in change.removed]).delete()
    for spell, last in change.ended:
        rows.filter(from_quarter=spell.first).update(to_quarter=last)


def _participants(service: Service, quarter: Quarter) -> list[str]:
    return list(Service.objects.tree().participants(service.slug, quarter))


def _own_participants(service: Service, tree: ServiceTree) -> dict[str, str]:
    """Give a service that inherits its participants its own copy of them.

    Returns the service that they are from, for the event, or nothing.
    """
    return _own(Participation, service, tree.participants_from(service.slug))


def _own_hosts(service: Service, tree: ServiceTree) -> dict[str, str]:
    """The same for a service that inherits its hosts."""
    return _own(Hosting, service, tree.host_from(service.slug))


def _own(
    model: type[Participation] | type[Hosting], service: Service, nearest: str | None
) -> dict[str, str]:
    if nearest is None or nearest == service.slug:
        return {}
    spells: Any = model.objects
    copies = list(spells.filter(service__slug=nearest))
    for copy in copies:
        copy.pk, copy.service = None, service
    # In one statement: after each, the database compares who shared closed quarters.
    spells.bulk_create(copies)
    return {"inherited_from": nearest}
