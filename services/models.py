"""Who shares what, and since when.

A **service** is a node of a tree: a programme at the root, shared services
below it, and initiatives below those. **Participation** says which councils take
part in it from which quarter to which. **Hosting** says which council hosts it.
A service that has none of its own inherits them from the service above
(`services.tree` has that rule). A **state** says what becomes of a service from which
quarter to which: nobody shares one that is single, under consideration or not
recommended, even if councils share the service above it. A figure may be recorded
at any node.
"""

from __future__ import annotations

from collections import defaultdict

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value

from audit.triggers import READ_COMMITTED, ReadOnly, Trigger
from finance.periods import Quarter
from services.fields import QuarterField
from services.provenance import Provenance
from services.states import CHOICES
from services.tree import Node, ServiceTree, Spell, StateSpell
from sovereignty.models import Council

#: A lock in the database, held by an action that places a service in the tree. Otherwise two
#: actions at once could each put their service below the other's.
TREE = 7_301_117


class ServiceQuerySet(models.QuerySet["Service"]):
    def tree(self) -> ServiceTree:
        """All services as a pure tree: three queries for any number of services."""
        participation: dict[int, list[Spell]] = defaultdict(list)
        hosting: dict[int, list[Spell]] = defaultdict(list)
        columns = ("service_id", "council__code", "from_quarter", "to_quarter")
        taking_part = Participation.objects.values_list(
            Value("participation"), *columns, Value(""), Value("")
        )
        hosts = Hosting.objects.values_list(Value("hosting"), *columns, "provenance", "source")
        for what, service_id, *spell in taking_part.union(hosts, all=True):
            found = participation if what == "participation" else hosting
            found[service_id].append(Spell(*spell))
        states: dict[int, list[StateSpell]] = defaultdict(list)
        for state in ServiceState.objects.order_by("from_quarter"):
            states[state.service_id].append(state.as_spell())
        services = list(Service.objects.order_by("position", "slug"))
        slugs = {service.id: service.slug for service in services}
        return ServiceTree.of(
            Node(
                slug=service.slug,
                name=service.name,
                parent=slugs[service.parent_id] if service.parent_id else None,
                participation=tuple(participation[service.id]),
                hosting=tuple(hosting[service.id]),
                states=tuple(states[service.id]),
            )
            for service in services
        )


class Service(models.Model):
    slug = models.CharField(
        max_length=80,
        unique=True,
        validators=[
            RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$", "Use small letters, digits and hyphens.")
        ],
    )
    name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="children", null=True, blank=True
    )
    position = models.PositiveIntegerField(default=0, help_text="Order among all services.")
    description = models.TextField(blank=True)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["position", "slug"]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("id")), name="service_not_own_parent"),
        ]
        triggers = [
            # Events, addresses of rules and people's files name services by it.
            ReadOnly(name="slug_stays", fields=["slug"]),
            Trigger(
                name="no_circle",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("parent_id"),
                condition=pgtrigger.Q(new__parent__isnull=False),
                func=f"""
                    PERFORM pg_advisory_xact_lock({TREE});
                    {READ_COMMITTED}
                    IF EXISTS (
                        WITH RECURSIVE above(id) AS (
                            SELECT NEW.parent_id
                            UNION
                            SELECT s.parent_id FROM services_service s
                            JOIN above ON s.id = above.id WHERE s.parent_id IS NOT NULL
                        ) SELECT 1 FROM above WHERE id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'service % would lie below itself', NEW.slug
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # nosec B608
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Same(Func):
    """An id as a range of one, so that a range index can compare ids.

    An exclusion constraint on plain ids needs the extension btree_gist, which the
    embedded PostgreSQL does not have. It can index ranges without it.
    """

    function = "int8range"

    def __init__(self, field: str) -> None:
        super().__init__(F(field), F(field), Value("[]"))


class QuarterSpan(Func):
    """The quarters of a spell as a range, both ends included, and open if there is no end."""

    function = "int4range"

    def __init__(self) -> None:
        super().__init__(F("from_quarter"), F("to_quarter"), Value("[]"))


class _Quarters(models.Model):
    from_quarter = QuarterField()
    to_quarter = QuarterField(null=True, blank=True)

    class Meta:
        abstract = True

    def clean(self) -> None:
        # Checked here, because the constraints would fail to make a range of it.
        first, last = self.from_quarter, self.to_quarter
        if isinstance(first, Quarter) and isinstance(last, Quarter) and last < first:
            raise ValidationError(
                {"to_quarter": "The last quarter must not come before the first."}
            )


class _SpellModel(_Quarters):
    council = models.ForeignKey(Council, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True

    def as_spell(self) -> Spell:
        return Spell(self.council.code, self.from_quarter, self.to_quarter)


def _ends_after_it_begins(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(to_quarter__isnull=True) | Q(to_quarter__gte=F("from_quarter")),
        name=name,
        violation_error_message="The last quarter must not come before the first.",
    )


class Participation(_SpellModel):
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="participation")

    class Meta:
        constraints = [
            _ends_after_it_begins("participation_in_order"),
            ExclusionConstraint(
                name="participation_once_at_a_time",
                expressions=[
                    (Same("service"), RangeOperators.OVERLAPS),
                    (Same("council"), RangeOperators.OVERLAPS),
                    (QuarterSpan(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.council} in {self.service} from {self.from_quarter}"


class Hosting(_SpellModel):
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="hosting")
    provenance = models.CharField(max_length=12, choices=Provenance, default=Provenance.REPORTED)

    class Meta:
        constraints = [
            _ends_after_it_begins("hosting_in_order"),
            ExclusionConstraint(
                name="hosting_one_at_a_time",
                expressions=[
                    (Same("service"), RangeOperators.OVERLAPS),
                    (QuarterSpan(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.council} hosts {self.service} from {self.from_quarter}"

    def as_spell(self) -> Spell:
        return Spell(
            self.council.code, self.from_quarter, self.to_quarter, self.provenance, self.source
        )


class ServiceState(_Quarters):
    """What becomes of a service from a quarter on, who settled that, and where it can be read."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="states")
    state = models.CharField(max_length=20, choices=CHOICES)
    settled_by = models.CharField(max_length=200)
    document = models.CharField(max_length=200)
    place = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            _ends_after_it_begins("state_in_order"),
            models.CheckConstraint(
                condition=Q(state__in=[value for value, _ in CHOICES]), name="state_known"
            ),
            models.CheckConstraint(
                condition=~Q(settled_by="") & ~Q(document=""), name="state_settled_somewhere"
            ),
            ExclusionConstraint(
                name="state_one_at_a_time",
                expressions=[
                    (Same("service"), RangeOperators.OVERLAPS),
                    (QuarterSpan(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}, {self.get_state_display()} from {self.from_quarter}"

    def as_spell(self) -> StateSpell:
        return StateSpell(
            self.state,
            self.from_quarter,
            self.to_quarter,
            self.settled_by,
            self.document,
            self.place,
        )
