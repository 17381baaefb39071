"""What can be done to who shares a service: let a council join, leave, or host it.

Each takes effect from an open quarter on, so that what is closed stays. A service that has
its participants or hosts from the service above gets spells of its own by the first change
that is made to it, which begin by saying what it had until then; from then on it no longer
follows the service above. What lies below it and has none of its own follows it.
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

#: What a spell's source has room for.
LONGEST_SOURCE = 200
SOURCE_MISSING = "Say where this was settled."

Rows = QuerySet[Participation] | QuerySet[Hosting]


@dataclass(frozen=True, slots=True)
class Left:
    """What came of a leaving: a joining that was to come may have been `called_off` by it.

    `again` is the quarter from which the council takes part once more, as was recorded before.
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
    """Let a council take part in a service from a quarter on, until further notice.

    Or until it takes part again by what is recorded already. It is held to nothing that it
    has not agreed to: from that quarter on no rule of the service is in force without it.
    Raises NotAllowed; WrongState where the quarter is closed; BadContent without a source,
    or where the council takes part in that quarter already.
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
    """Let a council take part in a service up to and including a quarter, and then no more.

    Until it joins once more, where that is recorded for a later quarter with others between.
    Those who stay keep the proportion of their shares. Where it would take part only from
    the quarter after `last_quarter` on, that is called off. Raises NotAllowed; WrongState
    where a quarter after the last is closed; BadContent without a source, where it takes no
    part after `last_quarter` anyway, where fewer than two councils would remain, or where it
    would still be host. A host is not taken off with it: what a rule leaves with the host
    would fall on no council, and who takes it over is for the councils to settle first.
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
    """Let a council host a service from a quarter on, until the next change of host.

    The council that hosted it until then stops at the end of the quarter before. Raises NotAllowed;
    WrongState where the quarter is closed or a host is set from it already; BadContent
    without a source, or where the council does not take part for as long as it would host, in
    the service and in what lies below and has its host from it.
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
    # The service's row is held, so that two changes don't overlap.
    Service.objects.select_for_update().get(id=service.id)


def _party(council: Council) -> spells.Party:
    return spells.Party(council.code, council.name)


def _mistakes(council: Council, refused: str, source: str) -> list[FieldError]:
    """Where the source won't do, and what keeps the council from it."""
    mistake = mistake_in(source, "source", SOURCE_MISSING, longest=LONGEST_SOURCE)
    errors = [mistake] if mistake else []
    if refused:
        errors.append(FieldError("council", refused, council.code))
    return errors


def _check_within_reach(field: str, quarter: Quarter) -> None:
    """Raise BadContent for the first and the last quarter that can be written at all."""
    try:
        _ = (quarter.preceding, quarter.following)
    except PeriodError as error:
        remedy = "Choose a quarter nearer to today."
        raise BadContent([FieldError(field, remedy, quarter.code)]) from error


def _end(rows: Rows, change: spells.ChangeOfSpells) -> None:
    """Take away and end the spells of a change, of rows of which each begins in another quarter."""
    rows.filter(from_quarter__in=[spell.first for spell in change.removed]).delete()
    for spell, last in change.ended:
        rows.filter(from_quarter=spell.first).update(to_quarter=last)


def _participants(service: Service, quarter: Quarter) -> list[str]:
    return list(Service.objects.tree().participants(service.slug, quarter))


def _own_participants(service: Service, tree: ServiceTree) -> dict[str, str]:
    """Give a service that inherits its participants the same as its own.

    Gives the service that they are from, for the event, or nothing.
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
    # In one statement: the database compares who shared closed quarters before and after each.
    spells.bulk_create(copies)
    return {"inherited_from": nearest}
