"""What can be done to who shares a service: let a council join, leave, or host it.

Each takes effect from an open quarter on, so that what is closed stays. A service that has
its participants or hosts from the service above gets spells of its own by the first change
that is made to it, which begin by saying what it had until then; from then on it no longer
follows the service above. What lies below it and has none of its own follows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

import audit.actions
from finance.periods import PeriodError, Quarter
from savings.kit.provenance import Provenance
from savings.permissions.rules import require
from savings.quarters.basis import check_quarter_open
from savings.quarters.locks import change_basis
from savings.returns.outbox import rework_from
from services.models import Hosting, Participation, Service
from services.tree import ServiceTree, Spell
from sovereignty.models import Council, User
from sovereignty.refusals import BadContent, FieldError, WrongState
from sovereignty.texts import mistake_in

#: What a spell's source has room for.
LONGEST_SOURCE = 200
SOURCE_MISSING = "Say where this was settled."


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
    errors = _mistakes_in(source)
    if council.code in before:
        errors.append(
            FieldError(
                "council",
                f"{council} takes part in {service} in {effective_from.label} already: choose "
                "another council or a quarter in which it does not.",
                council.code,
            )
        )
    if errors:
        raise BadContent(errors)
    check_quarter_open(effective_from)
    inherited_from = _own_participants(service, tree)
    again = (
        service.participation.filter(council=council, from_quarter__gt=effective_from)
        .order_by("from_quarter")
        .first()
    )
    spell = Participation.objects.create(
        service=service,
        council=council,
        from_quarter=effective_from,
        to_quarter=again.from_quarter.preceding if again else None,
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
    return spell


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
    would be nobody's, and who takes it over is for the councils to settle first.
    """
    _begin(service, by)
    _check_within_reach("last_quarter", last_quarter)
    first = last_quarter.following
    tree = Service.objects.tree()
    before = tree.participants(service.slug, first)
    errors = _mistakes_in(source)
    ended = _time_in(tree, service, council, first)
    refused = _why_it_cannot_leave(tree, service, council, first, ended)
    if refused:
        errors.append(FieldError("council", refused, council.code))
    if errors or ended is None:
        raise BadContent(errors)
    check_quarter_open(
        first, f"{council} has taken part in it: choose {{closed}} or a later quarter as its last."
    )
    inherited_from = _own_participants(service, tree)
    own = service.participation.filter(council=council)
    later = own.filter(from_quarter__gt=ended.last) if ended.last else own.none()
    again = later.order_by("from_quarter").first()
    left = Left(ended.first == first, again.from_quarter if again else None)
    # Its time may be told in several spells without a gap.
    own.filter(from_quarter__gte=first).exclude(pk__in=later).delete()
    own.filter(_covers(first)).update(to_quarter=last_quarter)
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

    Whoever hosted it until then ceases to the quarter before. Raises NotAllowed;
    WrongState where the quarter is closed or a host is set from it already; BadContent
    without a source, or where the council does not take part for as long as it would host, in
    the service and in what lies below and has its host from it.
    """
    _begin(service, by)
    _check_within_reach("effective_from", effective_from)
    tree = Service.objects.tree()
    present = tree.hosting(service.slug, effective_from)
    spells = Hosting.objects.filter(service__slug=tree.host_from(service.slug))
    following = spells.filter(from_quarter__gt=effective_from).order_by("from_quarter").first()
    last = following.from_quarter.preceding if following else None
    errors = _mistakes_in(source)
    refused = _why_it_cannot_host(tree, service, council, effective_from, last)
    if refused:
        errors.append(FieldError("council", refused, council.code))
    if errors:
        raise BadContent(errors)
    check_quarter_open(effective_from)
    if service.hosting.filter(from_quarter=effective_from).exists():
        raise WrongState(
            f"{service} has a host from {effective_from.label} already. Give a later quarter."
        )
    inherited_from = _own_hosts(service, tree)
    # Of what was inherited, what was to begin now gives way.
    service.hosting.filter(from_quarter=effective_from).delete()
    service.hosting.filter(_covers(effective_from)).update(to_quarter=effective_from.preceding)
    hosting = Hosting.objects.create(
        service=service,
        council=council,
        from_quarter=effective_from,
        to_quarter=last,
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


def _mistakes_in(source: str) -> list[FieldError]:
    mistake = mistake_in(source, "source", SOURCE_MISSING, longest=LONGEST_SOURCE)
    return [mistake] if mistake else []


def _check_within_reach(field: str, quarter: Quarter) -> None:
    """Raise BadContent for the first and the last quarter that can be written at all."""
    try:
        _ = (quarter.preceding, quarter.following)
    except PeriodError as error:
        remedy = "Choose a quarter nearer to today."
        raise BadContent([FieldError(field, remedy, quarter.code)]) from error


def _covers(quarter: Quarter) -> Q:
    return Q(from_quarter__lte=quarter) & (Q(to_quarter__isnull=True) | Q(to_quarter__gte=quarter))


def _participants(service: Service, quarter: Quarter) -> list[str]:
    return list(Service.objects.tree().participants(service.slug, quarter))


def _time_in(
    tree: ServiceTree, service: Service, council: Council, quarter: Quarter
) -> Spell | None:
    """The council's time in a service around a quarter, without a gap; None where it is out."""
    found: Spell | None = None
    for spell in _in_order(
        s for s in tree.participation(service.slug) if s.council == council.code
    ):
        if found and found.last and spell.first == found.last.following:
            found = replace(found, last=spell.last)
        elif found is None or not found.covers(quarter):
            found = spell
    return found if found and found.covers(quarter) else None


def _in_order(spells: Iterable[Spell]) -> list[Spell]:
    return sorted(spells, key=lambda spell: spell.first)


def _why_it_cannot_leave(
    tree: ServiceTree, service: Service, council: Council, first: Quarter, ended: Spell | None
) -> str:
    """What keeps a council from taking no part from `first` on, in a sentence, if anything."""
    if ended is None:
        return (
            f"{council} takes no part in {service} in {first.label} as it is: choose a council "
            "that does, or the last quarter of those in which it does."
        )
    for quarter in tree.turns(service.slug, first):
        others = [
            code for code in tree.participants(service.slug, quarter) if code != ended.council
        ]
        if ended.covers(quarter) and len(others) < 2:
            return (
                f"Without {council} fewer than two councils would share {service} in "
                f"{quarter.label}: let another join it first."
            )
    for slug in [service.slug, *sorted(tree.below(service.slug) - {service.slug})]:
        follows = tree.participants_from(slug) == tree.participants_from(service.slug)
        hosted = tree.host_from(slug)
        if not follows or hosted is None:
            continue
        for spell in tree.nodes[hosted].hosting:
            quarter = max(first, spell.first)
            if spell.council == council.code and spell.covers(quarter) and ended.covers(quarter):
                return (
                    f"{council} hosts {tree.nodes[slug].name} in {quarter.label}: say who hosts "
                    "it from then on first."
                )
    return ""


def _why_it_cannot_host(
    tree: ServiceTree, service: Service, council: Council, first: Quarter, last: Quarter | None
) -> str:
    """Where from `first` to `last` a council takes no part in what it would host, in a sentence.

    What the host bears by a rule would else fall on a council that was never asked.
    """
    hosted = tree.host_from(service.slug)
    for slug in [service.slug, *sorted(tree.below(service.slug) - {service.slug})]:
        if tree.host_from(slug) != hosted:
            continue
        for quarter in tree.turns(slug, first):
            if last is not None and quarter > last:
                break
            if council.code in tree.participants(slug, quarter):
                continue
            name = tree.nodes[slug].name
            remedy = (
                "choose one that does."
                if slug == service.slug
                else f"say who hosts {name} by itself first, or choose a council that takes part "
                "in both."
            )
            return f"{council} takes no part in {name} in {quarter.label}: {remedy}"
    return ""


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
