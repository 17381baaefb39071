"""Worlds in the database: stored as a partnership would have them, and read back as values."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from finance.money import from_pence, to_pence
from finance.periods import Quarter
from savings.budgets.models import TransitionApproval
from savings.drivers.models import Driver, DriverValue
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.quarters.models import Period
from savings.returns.models import DirtyReturn, Entry, Return
from savings.rollup.models import Fact
from services.models import Hosting, Participation, Service, ServiceState
from sovereignty.models import Appointment, Consent, Council, Decision, Role, User
from tests.partnership import NOW
from tests.savings.formulas.worlds import COUNCILS, DRIVERS

World = dict[str, Any]


def store(world: World) -> list[Return]:
    """Store a world except for certifying its returns, which are given back, submitted."""
    councils = {code: Council.objects.create(code=code, name=code) for code in COUNCILS}
    people = {code: _people(code, council) for code, council in councils.items()}
    services = _services(world, councils)
    _drivers(world, councils)
    _rules(world, services, councils, people)
    _approvals(world, services, councils, people)
    return _returns(world, services, councils, people)


def divided(rules: list[World]) -> None:
    """Close every quarter, store these rules that reach back, and mark all returns for rework."""
    Period.objects.update(status=Period.Status.CLOSED)
    councils = {council.code: council for council in Council.objects.all()}
    people = {
        code: (
            User.objects.get(username=f"finance.{code}"),
            User.objects.get(username=f"s151.{code}"),
        )
        for code in councils
    }
    services = {service.slug: service for service in Service.objects.all()}
    _rules({"rules": rules}, services, councils, people)
    DirtyReturn.objects.bulk_create(
        DirtyReturn(parent=parent, marked_at=NOW) for parent in Return.objects.all()
    )


def certified(parent: Return) -> None:
    """Certify a return past the actions, which would refuse a claim that is not agreed."""
    Return.objects.filter(id=parent.id).update(
        status=Return.Status.CERTIFIED,
        certified_by=User.objects.get(username=f"s151.{parent.council_code}"),
        certified_at=NOW,
    )
    DirtyReturn.objects.create(parent=parent, marked_at=NOW)


def _people(code: str, council: Council) -> tuple[User, User]:
    made = []
    for name, role in (("finance", Role.FINANCE_OFFICER), ("s151", Role.SECTION_151_OFFICER)):
        person = User.objects.create(username=f"{name}.{code}")
        Appointment.objects.create(user=person, role=role, council=council)
        made.append(person)
    return made[0], made[1]


def _services(world: World, councils: dict[str, Council]) -> dict[str, Service]:
    services: dict[str, Service] = {}
    for position, (slug, said) in enumerate(world["services"].items()):
        parent = services[said["parent"]] if said["parent"] else None
        made = Service.objects.create(slug=slug, name=slug, parent=parent, position=position)
        services[slug] = made
        for model, spells in ((Participation, said["participants"]), (Hosting, said["hosts"])):
            for code, first, last in spells:
                model.objects.create(
                    service=made,
                    council=councils[code],
                    from_quarter=Quarter.from_ordinal(first),
                    to_quarter=None if last is None else Quarter.from_ordinal(last),
                )
        for state, first, last in said["states"]:
            ServiceState.objects.create(
                service=made,
                state=state,
                from_quarter=Quarter.from_ordinal(first),
                to_quarter=None if last is None else Quarter.from_ordinal(last),
                settled_by="Nobody",
                document="Made up",
            )
    return services


def _drivers(world: World, councils: dict[str, Council]) -> None:
    drivers = {code: Driver.objects.create(code=code, name=code, unit="number") for code in DRIVERS}
    DriverValue.objects.bulk_create(
        DriverValue(
            driver=drivers[value["driver"]],
            council=councils[value["council"]],
            effective_from=Quarter.from_ordinal(value["from"]),
            value=Decimal(value["value"].numerator) / value["value"].denominator,
            source="Made up",
            provenance=Provenance.REPORTED,
        )
        for value in world["values"]
    )


def _decision(people: dict[str, tuple[User, User]]) -> Decision:
    proposer = people[COUNCILS[0]][0]
    return Decision.objects.create(title="Made up", proposed_by=proposer, proposed_at=NOW)


def _answered(
    decision: Decision,
    said: World,
    councils: dict[str, Council],
    people: dict[str, tuple[User, User]],
) -> None:
    Consent.objects.bulk_create(
        Consent(
            decision=decision,
            council=councils[code],
            agree=code in said["agreed"],
            by=people[code][1],
            at=NOW,
            minute_reference=f"{code} minute",
            reason="" if code in said["agreed"] else "No.",
        )
        # Once all others have agreed, a rule may be in force: then no council refuses it.
        for code in (*said["refused"], *said["agreed"])
    )
    if said["withdrawn"]:
        decision.withdrawn_by, decision.withdrawn_at = decision.proposed_by, NOW
        decision.withdrawn_reason = "Too early."
        decision.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawn_reason"])


def _rules(
    world: World,
    services: dict[str, Service],
    councils: dict[str, Council],
    people: dict[str, tuple[User, User]],
) -> None:
    for rule in world["rules"]:
        made = AttributionRule.objects.create(
            id=rule["id"],
            service=services[rule["service"]],
            kind=rule["kind"],
            method=rule["method"],
            effective_from=Quarter.from_ordinal(rule["from"]),
            shares={code: str(share) for code, share in rule["shares"].items()},
            driver=Driver.objects.get(code=rule["driver"]) if rule["driver"] else None,
            weights={code: str(weight) for code, weight in rule["weights"].items()},
            indirect_variance=rule["indirect_variance"],
            version=rule["id"],
            basis="Made up",
            provenance=Provenance.REPORTED,
            decision=_decision(people),
            reaches_back_until=None
            if rule["until"] is None
            else Quarter.from_ordinal(rule["until"]),
        )
        _answered(made.decision, rule, councils, people)


def _approvals(
    world: World,
    services: dict[str, Service],
    councils: dict[str, Council],
    people: dict[str, tuple[User, User]],
) -> None:
    for approval in world["approvals"]:
        made = TransitionApproval.objects.create(
            code=approval["code"],
            service=services[approval["service"]],
            ceiling=Decimal("99999999999.99"),
            effective_from=Quarter.from_ordinal(approval["from"]),
            description="Made up",
            provenance=Provenance.REPORTED,
            decision=_decision(people),
        )
        _answered(made.decision, approval, councils, people)


def _returns(
    world: World,
    services: dict[str, Service],
    councils: dict[str, Council],
    people: dict[str, tuple[User, User]],
) -> list[Return]:
    quarters = sorted({entry["quarter"] for entry in world["entries"]})
    periods = {q: Period.objects.create(quarter=Quarter.from_ordinal(q)) for q in quarters}
    returns = {
        (code, quarter): Return.objects.create(council=councils[code], period=periods[quarter])
        for code in COUNCILS
        for quarter in quarters
    }
    Entry.objects.bulk_create(
        Entry(
            id=entry["id"],
            parent=returns[entry["council"], entry["quarter"]],
            position=entry["id"],
            service=services[entry["service"]],
            kind=entry["kind"],
            scope=entry["scope"],
            amount=from_pence(entry["pence"]),
            recurrence="recurring" if entry["kind"] == "saving" else "",
            nature="cashable" if entry["kind"] == "saving" else "",
            cause=entry["cause"],
            caused_by=councils.get(entry["caused_by"]),
            tupe=entry["tupe"],
            approval=entry["approval"],
            corrects_id=entry["corrects"],
        )
        for entry in world["entries"]
    )
    for (code, _), parent in returns.items():
        parent.status, parent.submitted_by, parent.submitted_at = "submitted", people[code][0], NOW
        parent.save()
    return list(returns.values())


# --- Read back -------------------------------------------------------------------------


def read_world() -> World:
    """What the database holds, certified entries only, as `naive` takes it."""
    return {
        "services": {
            service.slug: {
                "parent": service.parent.slug if service.parent else None,
                "participants": _spells(service.participation),
                "hosts": _spells(service.hosting),
                "states": [
                    (
                        state.state,
                        state.from_quarter.ordinal,
                        state.to_quarter.ordinal if state.to_quarter else None,
                    )
                    for state in service.states.all()
                ],
            }
            for service in Service.objects.select_related("parent")
        },
        "rules": [
            {
                "id": rule.id,
                "service": rule.service.slug,
                "kind": rule.kind,
                "method": rule.method,
                "from": rule.effective_from.ordinal,
                **_answers(rule.decision),
                "shares": {code: Fraction(share) for code, share in rule.shares.items()},
                "driver": rule.driver.code if rule.driver else None,
                "weights": {code: Fraction(weight) for code, weight in rule.weights.items()},
                "indirect_variance": rule.indirect_variance,
                "until": rule.reaches_back_until.ordinal if rule.reaches_back_until else None,
                "turns": {
                    each.council.code: each.id
                    for each in rule.decision.consents.select_related("council")
                    if each.agree
                },
            }
            for rule in AttributionRule.objects.select_related("service", "driver", "decision")
        ],
        "values": [
            {
                "driver": value.driver.code,
                "council": value.council.code,
                "from": value.effective_from.ordinal,
                "value": Fraction(value.value),
            }
            for value in DriverValue.objects.select_related("driver", "council")
        ],
        "approvals": [
            {
                "code": approval.code,
                "service": approval.service.slug,
                "from": approval.effective_from.ordinal,
                **_answers(approval.decision),
            }
            for approval in TransitionApproval.objects.select_related("service", "decision")
        ],
        "entries": [
            {
                "id": entry.id,
                "council": entry.parent.council.code if entry.parent.council else None,
                "quarter": entry.parent.quarter.ordinal,
                "service": entry.service.slug,
                "kind": entry.kind,
                "scope": entry.scope,
                "pence": to_pence(entry.amount),
                "cause": entry.cause,
                "caused_by": entry.caused_by.code if entry.caused_by else None,
                "tupe": entry.tupe,
                "approval": entry.approval,
                "corrects": entry.corrects_id,
            }
            for entry in Entry.objects.filter(parent__status="certified")
            .order_by("id")
            .select_related("service", "caused_by", "parent__council", "parent__period")
        ],
    }


def facts() -> dict[int, dict[str, int]]:
    """What the rollup holds of each entry, as `naive` gives it."""
    found: dict[int, dict[str, int]] = {}
    for entry_id, code, pence in Fact.objects.values_list("entry_id", "council__code", "pence"):
        split = found.setdefault(entry_id, {})
        if code is not None:
            split[code] = pence
    return found


def _spells(spells: Any) -> list[tuple[str, int, int | None]]:
    return [
        (
            spell.council.code,
            spell.from_quarter.ordinal,
            spell.to_quarter.ordinal if spell.to_quarter else None,
        )
        for spell in spells.select_related("council")
    ]


def _answers(decision: Decision) -> World:
    consents = list(decision.consents.select_related("council"))
    return {
        "agreed": [each.council.code for each in consents if each.agree],
        "refused": [each.council.code for each in consents if not each.agree],
        "withdrawn": decision.withdrawn_at is not None,
    }
