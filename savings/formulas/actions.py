"""The action on attribution rules: propose one.

Councils answer it with `savings.agreements.actions.answer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction

from django.db import transaction

from finance.apportionment import ShareError, check_whole, parse_share
from finance.periods import Quarter
from savings.agreements.actions import put_forward
from savings.drivers.models import Driver, DriverValue
from savings.drivers.values import held_by_council
from savings.formulas.models import AttributionRule
from savings.formulas.wording import cannot_share_by, takes_no_part
from savings.kit.provenance import Provenance
from savings.permissions.rules import require
from savings.quarters.basis import check_quarter_open
from savings.quarters.dates import is_closed
from savings.quarters.locks import change_basis
from savings.quarters.models import Period
from services.models import Service
from sovereignty.models import Council, Decision, User
from sovereignty.refusals import BadContent, FieldError, WrongState


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
    reaches_back_until: Quarter | None = None,
) -> AttributionRule:
    """Propose how a service's savings or ongoing costs are split, from a quarter on.

    It takes effect once every participating council has agreed. They are asked to answer by
    `answer_by`. It replaces `revises`, a disputed proposal for the same service and kind, whose
    dispute ends. With `reaches_back_until` it reaches back: it splits only what no rule in force
    has divided, from `effective_from` to that quarter, both of them closed. `shares` and `weights`
    map codes to decimals or fractions as text. Raises NotAllowed, WrongState if the quarter is
    closed (or not, if it reaches back) or `revises` is not disputed, or BadContent for shares that
    can't work.
    """
    require(by, "savings.propose_rule")
    # Nobody joins and no quarter closes between this check of who takes part and the rule.
    change_basis()
    _check_its_quarters(effective_from, reaches_back_until)
    tree = Service.objects.tree()
    participants = _names(
        code
        for quarter in effective_from.until(reaches_back_until or effective_from)
        for code in tree.participants(service.slug, quarter)
    )
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
    # Lock the service's row, so that two proposals don't take the same version.
    Service.objects.select_for_update().get(id=service.id)
    version = AttributionRule.objects.filter(service=service, kind=kind).count() + 1
    rule = AttributionRule(
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
        reaches_back_until=reaches_back_until,
    )
    reaching = f", reaching back to {effective_from.label}" if reaches_back_until else ""
    put_forward(
        rule,
        title=f"{service}: {AttributionRule.Kind(kind).label.lower()}, version {version}{reaching}",
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
            **({"reaches_back_until": reaches_back_until.code} if reaches_back_until else {}),
        },
        by=by,
        at=at,
        answer_by=answer_by,
        revises=revises,
        reason=rule.basis,
    )
    return rule


def _check_its_quarters(first: Quarter, last: Quarter | None) -> None:
    """Raise an error unless the quarters are open for a rule, or closed if it reaches back."""
    if last is None:
        check_quarter_open(first)
        return
    if last < first:
        raise BadContent(
            [FieldError("reaches_back_until", f"Give {first.label} or a later quarter.", last.code)]
        )
    closed = Period.objects.latest_closed_quarter()
    if not is_closed(last, closed):
        raise WrongState(
            f"{last.label} is not closed, so a rule from that quarter on can still divide it. "
            "Reach back over closed quarters only."
        )


def _mistakes(
    method: str,
    participants: Mapping[str, str],
    shares: Mapping[str, str],
    driver: Driver | None,
    weights: Mapping[str, str],
    effective_from: Quarter,
) -> list[FieldError]:
    if method == AttributionRule.Method.FIXED:
        errors = _not_whole("shares", shares)
        names = _names(shares)
        errors.extend(
            FieldError("shares", takes_no_part(names.get(code, code)), code)
            for code in shares
            if code not in participants
        )
        return errors
    if method == AttributionRule.Method.DRIVER:
        if driver is None:
            return [FieldError("driver", "Choose the driver to split by.")]
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
        FieldError("driver" if driver else "weights", wrong, found.code)
        for found in drivers
        if (
            wrong := cannot_share_by(
                str(found), in_force_by_council(found, effective_from), participants, effective_from
            )
        )
    ]


def _names(codes: Iterable[str]) -> dict[str, str]:
    """The names of councils by code, in order of code."""
    councils = Council.objects.filter(code__in=list(codes)).order_by("code")
    return dict(councils.values_list("code", "name"))


def _not_whole(field: str, shares: Mapping[str, str]) -> list[FieldError]:
    try:
        check_whole({code: parse_share(share) for code, share in shares.items()})
    except ShareError as error:
        return [FieldError(field, str(error))]
    return []


def in_force_by_council(driver: Driver, quarter: Quarter) -> dict[str, Fraction]:
    """The value of a driver that holds in a quarter, by council."""
    values = DriverValue.objects.filter(driver=driver).as_values()
    return {code: held.value for code, held in held_by_council(values, quarter).items()}
