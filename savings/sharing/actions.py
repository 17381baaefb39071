"""What can be done to who shares a service: let a council join, leave, or host it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

import audit.actions
from finance.periods import Quarter
from savings.basis import check_quarter_open, rework_from
from savings.provenance import Provenance
from savings.rollup.locks import change_basis
from savings.rules import require
from services.models import Hosting, Service
from sovereignty.models import Council, User
from sovereignty.refusals import BadContent, FieldError, WrongState


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
    without a source, or where the council takes no part.
    """
    require(by, "savings.set_host")
    change_basis()
    errors = []
    if not source.strip():
        errors.append(FieldError("source", "Say where this was settled."))
    if council.code not in Service.objects.tree().participants(service.slug, effective_from):
        errors.append(
            FieldError(
                "council",
                f"{council} takes no part in {service} in {effective_from.label}: choose one "
                "that does.",
                council.code,
            )
        )
    if errors:
        raise BadContent(errors)
    check_quarter_open(effective_from)
    # The service's row is held, so that two changes don't overlap.
    Service.objects.select_for_update().get(id=service.id)
    spells = service.hosting.order_by("from_quarter")
    if spells.filter(from_quarter=effective_from).exists():
        raise WrongState(
            f"{service} has a host from {effective_from.label} already. Give a later quarter."
        )
    following = spells.filter(from_quarter__gt=effective_from).first()
    present = spells.filter(from_quarter__lt=effective_from).exclude(to_quarter__lt=effective_from)
    before = [spell.council.code for spell in present.select_related("council")]
    present.update(to_quarter=effective_from.preceding)
    hosting = Hosting.objects.create(
        service=service,
        council=council,
        from_quarter=effective_from,
        to_quarter=following.from_quarter.preceding if following else None,
        source=source.strip(),
        provenance=provenance,
    )
    audit.actions.record(
        by=by.username,
        at=at,
        action="host set",
        subject="service",
        subject_id=service.slug,
        before={"host": before[0] if before else None},
        after={
            "host": council.code,
            "effective_from": effective_from.code,
            "source": source.strip(),
            "provenance": provenance.value,
        },
    )
    rework_from(effective_from, at)
    return hosting
