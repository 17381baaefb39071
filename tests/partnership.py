"""A small partnership to test with: three councils, their people, a few services, two quarters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from finance.money import to_pence
from finance.periods import Quarter
from savings.agreements.actions import answer
from savings.budgets.actions import propose_budget
from savings.budgets.models import TransitionApproval
from savings.calendar.actions import close_period, open_period
from savings.certification.actions import certify, submit
from savings.drivers.actions import create_driver, propose_tolerance, restate, set_driver_value
from savings.drivers.models import Driver, DriverValue, Restatement, Tolerance
from savings.filling.actions import replace_entries
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.quarters.models import Period
from savings.returns.models import Return
from savings.trueup.actions import add_adjusting_entries
from services.models import Hosting, Participation, Service
from sovereignty.models import Appointment, Consent, Council, Role, User
from tests.kept import kept

NOW = datetime(2013, 7, 1, 9, 30, tzinfo=UTC)
Q1 = Quarter.parse("2013-14-Q1")
Q2 = Quarter.parse("2013-14-Q2")
PASSWORD = "a-long-enough-password"

COUNCILS = {
    "LBHF": "Hammersmith & Fulham",
    "RBKC": "Kensington & Chelsea",
    "WCC": "Westminster",
}
COUNCIL_ROLES = {
    "finance": Role.FINANCE_OFFICER,
    "s151": Role.SECTION_151_OFFICER,
    "councillor": Role.COUNCILLOR,
}
#: Service, the one above it, and who takes part where it has participants of its own.
SERVICES: Sequence[tuple[str, str | None, Sequence[str]]] = (
    ("childrens", None, ("LBHF", "RBKC", "WCC")),
    ("childrens-services", "childrens", ()),
    ("youth-offending", "childrens-services", ()),
    ("libraries", None, ("LBHF", "RBKC", "WCC")),
    ("library-service", "libraries", ()),
    ("cex", None, ("LBHF", "RBKC")),
    ("chief-executive-leadership", "cex", ()),
)


@dataclass(frozen=True)
class Partnership:
    """What `build` made; people by username, councils by code, services by slug."""

    councils: dict[str, Council]
    people: dict[str, User]
    services: dict[str, Service]

    def finance(self, code: str) -> User:
        return self.people[f"finance.{code.lower()}"]

    def s151(self, code: str) -> User:
        return self.people[f"s151.{code.lower()}"]

    def parent(self, code: str, quarter: Quarter = Q1) -> Return:
        """The return of a council for a quarter, as it stands in the database now."""
        return Return.objects.select_related("council", "period").get(
            council__code=code, period__quarter=quarter
        )

    def draft(self, code: str, *rows: Mapping[str, object], quarter: Quarter = Q1) -> Return:
        """Save these rows as the council's draft."""
        parent = self.parent(code, quarter)
        return replace_entries(
            return_id=parent.id,
            version=parent.version,
            rows=list(enumerate(rows, start=1)),
            by=self.finance(code),
            at=NOW,
        )

    def submitted(self, code: str, *rows: Mapping[str, object], quarter: Quarter = Q1) -> Return:
        parent = self.draft(code, *rows, quarter=quarter)
        return submit(return_id=parent.id, version=parent.version, by=self.finance(code), at=NOW)

    def certified(self, code: str, *rows: Mapping[str, object], quarter: Quarter = Q1) -> Return:
        """Save, submit and certify these rows; the rollup is left waiting."""
        self.draft(code, *rows, quarter=quarter)
        return self.certify_draft(code, quarter)

    def certify_draft(self, code: str, quarter: Quarter = Q1) -> Return:
        """Submit and certify what stands in the council's draft."""
        draft = self.parent(code, quarter)
        sent = submit(return_id=draft.id, version=draft.version, by=self.finance(code), at=NOW)
        return certify(return_id=sent.id, version=sent.version, by=self.s151(code), at=NOW)

    def close(self, quarter: Quarter = Q1) -> Period:
        """Certify whatever of the quarter is not certified yet, and close it."""
        for code in self.councils:
            if self.parent(code, quarter).status != Return.Status.CERTIFIED:
                self.certify_draft(code, quarter)
        return close_period(quarter=quarter, by=self.people["programme.office"], at=NOW)

    def rule(
        self,
        slug: str,
        shares: dict[str, str],
        *,
        kind: str = "saving",
        effective_from: Quarter = Q1,
        agreed_by: Sequence[str] | None = None,
        indirect_variance: str = "shared",
    ) -> AttributionRule:
        """A fixed rule, agreed by the councils it names unless told otherwise."""
        rule = propose_rule(
            service=self.services[slug],
            kind=kind,
            method="fixed",
            effective_from=effective_from,
            shares=shares,
            basis="Agreed for the tests.",
            indirect_variance=indirect_variance,
            by=self.people["programme.office"],
            at=NOW,
        )
        for code in shares if agreed_by is None else agreed_by:
            self.agree(rule.decision_id, code)
        return rule

    def approval(
        self,
        code: str = "moves",
        slug: str = "libraries",
        *,
        ceiling: str = "1000.00",
        effective_from: Quarter = Q1,
        agreed_by: Sequence[str] | None = None,
        provenance: Provenance = Provenance.REPORTED,
    ) -> TransitionApproval:
        """A transition budget, agreed by all who take part unless told otherwise."""
        approval = propose_budget(
            code=code,
            service=self.services[slug],
            ceiling=to_pence(Decimal(ceiling)),
            effective_from=effective_from,
            description="Moving in together.",
            provenance=provenance,
            by=self.people["programme.office"],
            at=NOW,
        )
        everybody = Service.objects.tree().participants(slug, effective_from)
        for council in everybody if agreed_by is None else agreed_by:
            self.agree(approval.decision_id, council)
        return approval

    def tolerance(
        self,
        share: str = "0.01",
        *,
        agreed_by: Iterable[str] = COUNCILS,
        provenance: Provenance = Provenance.REPORTED,
    ) -> Tolerance:
        """How much a restated driver may move, agreed by every council unless told otherwise."""
        tolerance = propose_tolerance(
            share=share, provenance=provenance, by=self.people["programme.office"], at=NOW
        )
        for code in agreed_by:
            self.agree(tolerance.decision_id, code)
        return tolerance

    def driven(
        self,
        slug: str,
        values: Mapping[str, int | Decimal],
        *,
        code: str = "",
        kind: str = "saving",
    ) -> AttributionRule:
        """A rule that shares by a driver with these values, agreed by the councils they are of."""
        office = self.people["programme.office"]
        driver = Driver.objects.filter(code=code or slug).first() or create_driver(
            code=code or slug, name=(code or slug).capitalize(), unit="people", by=office, at=NOW
        )
        for council, value in values.items():
            if not driver.values.filter(council__code=council).exists():
                set_driver_value(
                    driver=driver,
                    council=self.councils[council],
                    effective_from=Q1,
                    value=Decimal(value),
                    source="An estimate",
                    provenance=Provenance.REPORTED,
                    by=office,
                    at=NOW,
                )
        rule = propose_rule(
            service=self.services[slug],
            kind=kind,
            method="driver",
            driver=driver,
            effective_from=Q1,
            basis="In proportion.",
            by=office,
            at=NOW,
        )
        for council in values:
            self.agree(rule.decision_id, council)
        return rule

    def restated(self, driver: str, council: str, value: str, *, at: datetime = NOW) -> Restatement:
        """What the council's first value of the driver should have been."""
        first = DriverValue.objects.filter(driver__code=driver, council__code=council)[0]
        return restate(
            value_id=first.id,
            value=Decimal(value),
            source="The census",
            by=self.people["programme.office"],
            at=at,
        )

    def adjusted(self, restatement: Restatement, code: str, quarter: Quarter = Q2) -> Return:
        """Add what puts a restatement right for a council to its draft."""
        draft = self.parent(code, quarter)
        return add_adjusting_entries(
            restatement_id=restatement.id,
            return_id=draft.id,
            version=draft.version,
            by=self.finance(code),
            at=NOW,
        )

    def agree(self, decision_id: int, code: str) -> Consent:
        """The council's section 151 officer agrees."""
        return answer(
            decision_id=decision_id,
            agree=True,
            minute_reference=f"{code} minute 1",
            by=self.s151(code),
            at=NOW,
        )


@kept
def build() -> Partnership:
    """Make the partnership, with 2013/14 Q1 and Q2 open."""
    return make()


def make() -> Partnership:
    """Make the partnership by actions."""
    councils = {
        code: Council.objects.create(code=code, name=name, full_name=f"{name} Council")
        for code, name in COUNCILS.items()
    }
    people: dict[str, User] = {}
    for code, council in councils.items():
        for name, role in COUNCIL_ROLES.items():
            username = f"{name}.{code.lower()}"
            people[username] = _person(username)
            Appointment.objects.create(user=people[username], role=role, council=council)
    for username, role in (
        ("programme.office", Role.PROGRAMME_OFFICE),
        ("auditor", Role.AUDITOR),
    ):
        people[username] = _person(username)
        Appointment.objects.create(user=people[username], role=role)
    services: dict[str, Service] = {}
    for position, (slug, above, participants) in enumerate(SERVICES):
        services[slug] = Service.objects.create(
            slug=slug,
            name=slug.replace("-", " ").capitalize(),
            parent=services[above] if above else None,
            position=position,
        )
        for code in participants:
            Participation.objects.create(
                service=services[slug],
                council=councils[code],
                from_quarter=Quarter.parse("2011-12-Q1"),
            )
    Hosting.objects.create(
        service=services["libraries"],
        council=councils["RBKC"],
        from_quarter=Quarter.parse("2011-12-Q1"),
    )
    for quarter in (Q1, Q2):
        open_period(quarter=quarter, by=people["programme.office"], at=NOW)
    return Partnership(councils, people, services)


def _person(username: str) -> User:
    return User.objects.create_user(username, f"{username}@example.com", PASSWORD)


def a_saving(slug: str = "library-service", amount: str = "100.00", **more: object) -> dict:
    """A row for a shared, recurring, cashable saving."""
    return {
        "service": slug,
        "kind": "saving",
        "scope": "shared",
        "amount": amount,
        "recurrence": "recurring",
        "nature": "cashable",
        **more,
    }


def a_cost(
    kind: str = "ongoing_cost",
    slug: str = "library-service",
    amount: str = "100.00",
    **more: object,
) -> dict[str, object]:
    """A row for a shared cost of a kind, or for a variance where `more` gives its cause."""
    return {"service": slug, "kind": kind, "scope": "shared", "amount": amount, **more}


def a_claim(amount: str = "100.00", code: str = "moves", **more: object) -> dict[str, object]:
    """A row for a transition cost that claims on a budget."""
    return {**a_cost("transition_cost", amount=amount, approval=code), **more}
