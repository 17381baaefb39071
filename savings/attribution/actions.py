"""What can be done to rules and drivers: propose, host, and answer for one's council."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

import audit.actions
from finance.apportionment import ShareError, check_whole, parse_share
from finance.periods import Quarter
from savings.approvals.models import TransitionApproval
from savings.attribution.models import AttributionRule, Driver, DriverValue
from savings.attribution.reports import quarters_in_force
from savings.drivers.models import Tolerance
from savings.fairness.models import FairnessTest
from savings.provenance import Provenance
from savings.returns.models import Period, Return
from savings.rollup.locks import change_basis
from savings.rollup.models import DirtyReturn
from savings.rules import require
from savings.unanimous import Unanimous
from services.models import Hosting, Service
from sovereignty import disputes
from sovereignty.models import Consent, Council, Decision, User
from sovereignty.refusals import BadContent, FieldError, NotAllowed, WrongState


@transaction.atomic
def create_driver(*, code: str, name: str, unit: str, by: User, at: datetime) -> Driver:
    """Name something that is counted for each council, such as children in care.

    Raises NotAllowed; WrongState where the code is taken; BadContent where any is empty.
    """
    require(by, "savings.propose_rule")
    said = {"code": code.strip(), "name": name.strip(), "unit": unit.strip()}
    errors = [FieldError(field, "Enter this.") for field, text in said.items() if not text]
    if errors:
        raise BadContent(errors)
    if Driver.objects.filter(code=said["code"]).exists():
        raise WrongState(f"There is a driver “{said['code']}” already. Choose another code.")
    driver = Driver.objects.create(**said)
    audit.actions.record(
        by=by.username,
        at=at,
        action="created",
        subject="driver",
        subject_id=driver.code,
        after={"name": driver.name, "unit": driver.unit},
    )
    return driver


@transaction.atomic
def set_driver_value(
    *,
    driver: Driver,
    council: Council,
    effective_from: Quarter,
    value: Decimal,
    source: str,
    provenance: Provenance,
    by: User,
    at: datetime,
) -> DriverValue:
    """Give a driver its value for a council from a quarter on.

    Raises NotAllowed for another council's; WrongState where the quarter is closed or has a
    value already; BadContent for a value below nought or without a source.
    """
    require(by, "savings.give_driver_value", council)
    change_basis()
    errors = []
    if not value.is_finite() or value < 0:
        errors.append(FieldError("value", "Enter a number of nought or more.", str(value)))
    if not source.strip():
        errors.append(FieldError("source", "Say where the value comes from."))
    if errors:
        raise BadContent(errors)
    check_quarter_open(effective_from)
    if DriverValue.objects.filter(
        driver=driver, council=council, effective_from=effective_from
    ).exists():
        raise WrongState(
            f"{driver} has a value for {council} from {effective_from.label}. Give a later quarter."
        )
    made = DriverValue.objects.create(
        driver=driver,
        council=council,
        effective_from=effective_from,
        value=value,
        source=source.strip(),
        provenance=provenance,
    )
    audit.actions.record(
        by=by.username,
        at=at,
        action="set",
        subject="driver value",
        subject_id=f"{driver.code}/{council.code}/{effective_from.code}",
        chain=council.code,
        after={"value": str(value), "source": source.strip()},
    )
    _mark_dirty(effective_from, at)
    return made


@transaction.atomic
def propose_rule(
    *,
    service: Service,
    kind: str,
    method: str,
    effective_from: Quarter,
    basis: str,
    by: User,
    at: datetime,
    shares: Mapping[str, str] | None = None,
    driver: Driver | None = None,
    weights: Mapping[str, str] | None = None,
    indirect_variance: str = AttributionRule.IndirectVariance.SHARED,
    provenance: Provenance = Provenance.REPORTED,
    answer_by: date | None = None,
    revises: Decision | None = None,
) -> AttributionRule:
    """Propose how a service's savings or ongoing costs are split, from a quarter on.

    It takes effect once every participating council has agreed, which they are asked to
    do by `answer_by`. `revises` is a disputed proposal for the same service and kind, whose
    place it takes: its dispute ends. `shares` and `weights` map codes to decimals or fractions
    as text. Raises NotAllowed, WrongState where the quarter is closed or what it revises is
    not disputed, or BadContent for shares that can't work.
    """
    require(by, "savings.propose_rule")
    check_quarter_open(effective_from)
    check_revises(revises, AttributionRule, service=service, kind=kind)
    participants = Service.objects.tree().participants(service.slug, effective_from)
    errors = _mistakes(method, participants, shares or {}, driver, weights or {}, effective_from)
    if not participants:
        errors.append(
            FieldError(
                "effective_from",
                f"No council takes part in {service} in {effective_from.label}.",
                effective_from.code,
            )
        )
    if basis and not basis.strip():
        errors.append(FieldError("basis", "Say why these shares, or leave this out.", basis[:20]))
    if errors:
        raise BadContent(errors)
    # The service's row is held, so that two proposals don't take the same version.
    Service.objects.select_for_update().get(id=service.id)
    version = AttributionRule.objects.filter(service=service, kind=kind).count() + 1
    rule = AttributionRule.objects.create(
        service=service,
        kind=kind,
        method=method,
        effective_from=effective_from,
        shares=dict(shares or {}),
        driver=driver,
        weights=dict(weights or {}),
        indirect_variance=indirect_variance,
        version=version,
        basis=basis.strip(),
        provenance=provenance,
        decision=put_to_councils(
            title=f"{service}: {AttributionRule.Kind(kind).label.lower()}, version {version}",
            answer_by=answer_by,
            revises=revises,
            by=by,
            at=at,
        ),
    )
    audit.actions.record(
        by=by.username,
        at=at,
        action="proposed",
        subject="attribution rule",
        subject_id=rule.id,
        after={
            "service": service.slug,
            "kind": kind,
            "method": method,
            "effective_from": effective_from.code,
            "shares": rule.shares,
            "driver": driver.code if driver else None,
            "weights": rule.weights,
            "indirect_variance": indirect_variance,
            "version": version,
        },
        reason=rule.basis,
    )
    return rule


@transaction.atomic
def answer_rule(
    *,
    rule_id: int,
    agree: bool,
    minute_reference: str,
    by: User,
    at: datetime,
    reason: str = "",
) -> Consent:
    """Agree to or refuse a rule for one's own council, once: see `answer`."""
    return answer(
        decision_id=AttributionRule.objects.get(id=rule_id).decision_id,
        agree=agree,
        minute_reference=minute_reference,
        by=by,
        at=at,
        reason=reason,
    )


@transaction.atomic
def answer(
    *,
    decision_id: int,
    agree: bool,
    minute_reference: str,
    by: User,
    at: datetime,
    reason: str = "",
) -> Consent:
    """Agree to or refuse a rule, a budget, a fairness test or a tolerance for one's own council.

    Once. Raises NotAllowed; WrongState where the council has answered, takes no part in
    the service from the effective quarter on, or that quarter has closed (tests and
    tolerances have neither), or refuses a rule that is in force without it; BadContent
    without a minute reference, or for a refusal without reason.
    """
    require(by, "savings.answer_decision")
    council = by.council
    if council is None:
        raise NotAllowed("Only a council's own officer answers for it.")
    change_basis()
    decision = Decision.objects.select_for_update().get(id=decision_id)
    about = _subject_of(decision)
    errors = []
    if not minute_reference.strip():
        errors.append(FieldError("minute_reference", "Enter the minute that records it."))
    if not agree and not reason.strip():
        errors.append(FieldError("reason", "Say why your council refuses."))
    if errors:
        raise BadContent(errors)
    _check_it_is_asked(about, council)
    if not agree and isinstance(about, AttributionRule) and quarters_in_force(about):
        raise WrongState(
            "This is in force where every council taking part has agreed to it, so it can't be "
            f"refused any more. It splits nothing in the quarters in which {council} takes part "
            "until it agrees, too."
        )
    if decision.is_withdrawn:
        raise WrongState("This proposal is withdrawn, so there is nothing to answer.")
    if decision.consents.filter(council=council).exists():
        raise WrongState(f"{council} has answered this already; an answer is given once.")
    consent = Consent.objects.create(
        decision=decision,
        council=council,
        agree=agree,
        by=by,
        at=at,
        minute_reference=minute_reference.strip(),
        reason=reason.strip(),
    )
    if not agree:
        disputes.open_by_refusal(refusal=consent, by=by, at=at)
    subject, subject_id = _named(about)
    audit.actions.record(
        by=by.username,
        at=at,
        action="agreed" if agree else "refused",
        subject=subject,
        subject_id=subject_id,
        chain=council.code,
        after={"minute_reference": minute_reference.strip()},
        reason=reason.strip(),
    )
    if not isinstance(about, Unanimous):
        _mark_dirty(about.effective_from, at)
    return consent


Subject = AttributionRule | TransitionApproval | FairnessTest | Tolerance


def put_to_councils(
    *, title: str, answer_by: date | None, revises: Decision | None, by: User, at: datetime
) -> Decision:
    """The decision of something that is proposed; the dispute about what it revises ends."""
    decision = Decision.objects.create(
        title=title, proposed_by=by, proposed_at=at, answer_by=answer_by, revises=revises
    )
    disputes.end_by_revision(revision=decision, by=by, at=at)
    return decision


def check_revises(revises: Decision | None, what: type[Subject], **same: object) -> None:
    """Hold what revises a proposal, if it revises any, to be about the same and that disputed.

    `same` are the fields that both have to share. Raises BadContent or WrongState.
    """
    if revises is None:
        return
    about = _subject_of(revises)
    if not isinstance(about, what) or any(getattr(about, n) != v for n, v in same.items()):
        message = (
            f"This is about something else than “{revises}”: propose it without revising that."
        )
        raise BadContent([FieldError("revises", message, str(revises.id))])
    disputes.check_may_be_revised(revises)


def _subject_of(decision: Decision) -> Subject:
    """What a decision decides on."""
    rule = AttributionRule.objects.filter(decision=decision).select_related("service").first()
    return (
        rule
        or FairnessTest.objects.filter(decision=decision).first()
        or Tolerance.objects.filter(decision=decision).first()
        or TransitionApproval.objects.select_related("service").get(decision=decision)
    )


def _named(about: Subject) -> tuple[str, object]:
    """What the audit event calls it, and its number or code."""
    if isinstance(about, TransitionApproval):
        return "transition approval", about
    names = {AttributionRule: "attribution rule", FairnessTest: "fairness test"}
    return names.get(type(about), "tolerance"), about.id


def _check_it_is_asked(about: Subject, council: Council) -> None:
    """Raise WrongState where a council has nothing to answer, or no more.

    A fairness test or a tolerance concerns every council, of any quarter: it decides on no
    figure.
    """
    if isinstance(about, Unanimous):
        return
    check_quarter_open(about.effective_from)
    if not _concerns(about, council):
        raise WrongState(
            f"{council} takes no part in {about.service} from {about.effective_from.label} on, so "
            "it has nothing to answer."
        )


def _concerns(about: AttributionRule | TransitionApproval, council: Council) -> bool:
    """Whether a council is asked: of a budget, also one that shares a part of the service."""
    tree, first = Service.objects.tree(), about.effective_from
    slugs = {about.service.slug}
    if isinstance(about, TransitionApproval):
        slugs |= tree.below(about.service.slug)
    return any(tree.takes_part(slug, council.code, first) for slug in slugs)


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
    _mark_dirty(effective_from, at)
    return hosting


def _mistakes(
    method: str,
    participants: tuple[str, ...],
    shares: Mapping[str, str],
    driver: Driver | None,
    weights: Mapping[str, str],
    effective_from: Quarter,
) -> list[FieldError]:
    if method == AttributionRule.Method.FIXED:
        errors = _not_whole("shares", shares)
        errors.extend(
            FieldError("shares", f"{code} does not take part in this service.", code)
            for code in shares
            if code not in participants
        )
        return errors
    if method == AttributionRule.Method.DRIVER:
        if driver is None:
            return [FieldError("driver", "Choose the driver to share by.")]
        drivers = [driver]
    else:
        errors = _not_whole("weights", weights)
        drivers = list(Driver.objects.filter(code__in=weights))
        unknown = set(weights) - {found.code for found in drivers}
        errors.extend(
            FieldError("weights", f"There is no driver “{code}”.", code) for code in sorted(unknown)
        )
        if errors:
            return errors
    return [
        error for found in drivers for error in _without_values(found, participants, effective_from)
    ]


def _not_whole(field: str, shares: Mapping[str, str]) -> list[FieldError]:
    try:
        check_whole({code: parse_share(share) for code, share in shares.items()})
    except ShareError as error:
        return [FieldError(field, str(error))]
    return []


def _without_values(
    driver: Driver, participants: tuple[str, ...], quarter: Quarter
) -> list[FieldError]:
    values: dict[str, Decimal] = {}
    for value in driver.values.filter(effective_from__lte=quarter).select_related("council"):
        values[value.council.code] = value.value
    missing = [code for code in participants if code not in values]
    if missing:
        return [
            FieldError(
                "driver",
                f"{driver} has no value for {', '.join(missing)} by {quarter.label}: enter one.",
                driver.code,
            )
        ]
    if not any(values[code] for code in participants):
        return [FieldError("driver", f"Every value of {driver} is nought: nothing to share by.")]
    return []


def check_quarter_open(quarter: Quarter) -> None:
    """Raise WrongState where a quarter is closed, and so has figures that stand."""
    closed = Period.objects.latest_closed()
    if closed and quarter <= closed.quarter:
        raise WrongState(
            f"{quarter.label} is closed and its figures stand. Choose a quarter after "
            f"{closed.quarter.label}."
        )


def _mark_dirty(first: Quarter, at: datetime) -> None:
    """Have every certified return from a quarter on worked out again."""
    DirtyReturn.objects.bulk_create(
        DirtyReturn(parent=parent, marked_at=at)
        for parent in Return.objects.filter(
            status=Return.Status.CERTIFIED, period__quarter__gte=first
        )
    )
