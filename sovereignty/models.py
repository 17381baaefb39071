"""Who may act for whom.

A **council** is a member of the partnership. A **user** is a person. An
**appointment** gives a person a role: finance officer, section 151 officer
(or deputy) or councillor *of one council*, or programme office or auditor *of
the partnership*. A person without an appointment sees nothing.

A **decision** is anything that needs the agreement of every council concerned.
A **consent** is one council's answer to it: agreed or refused, by a person, at a
time, with a minute reference, once. No council can be outvoted or overridden:
only the consents count.

A refusal opens a **dispute**: it is discussed, may be mediated, and ends with a revised
proposal (a new decision that `revises` this one) or with the proposal withdrawn.
Each step is kept.
"""

from __future__ import annotations

import pgtrigger
from django.contrib.auth.models import AbstractUser
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from audit.triggers import Protect, ReadOnly, Trigger, append_only, no_truncate


class Council(models.Model):
    code = models.CharField(
        max_length=12,
        unique=True,
        validators=[RegexValidator(r"^[A-Z][A-Z0-9]+$", "Use capital letters and digits.")],
    )
    name = models.CharField(max_length=80)
    full_name = models.CharField(max_length=120)

    class Meta:
        ordering = ["code"]
        triggers = [
            # Chains of events and the shares of rules name councils by it.
            ReadOnly(name="code_stays", fields=["code"]),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.code,)


class User(AbstractUser):
    password_changed_at = models.DateTimeField(
        null=True, editable=False, help_text="Tokens given out before it are refused."
    )

    class Meta(AbstractUser.Meta):
        triggers = [
            # Events name people by it forever: an account is closed, never removed or renamed.
            ReadOnly(name="username_stays", fields=["username"]),
            Protect(name="user_stays", operation=pgtrigger.Delete),
        ]

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self.password_changed_at = timezone.now()

    @cached_property
    def held_appointments(self) -> list[Appointment]:
        """The person's appointments, read once for each request."""
        return list(self.appointments.select_related("council"))

    @property
    def council(self) -> Council | None:
        """The council that the person acts for; None for the partnership's own people."""
        return next((a.council for a in self.held_appointments if a.council), None)

    def holds(self, *roles: str, council: Council | None = None) -> bool:
        """Whether the person holds one of the roles, for that council if one is given."""
        return any(
            appointment.role in roles and (council is None or appointment.council_id == council.id)
            for appointment in self.held_appointments
        )

    @property
    def handles_returns(self) -> bool:
        """Whether the person fills in or certifies a council's returns."""
        return self.holds(*RETURN_ROLES)

    @property
    def sees_every_council(self) -> bool:
        return self.holds(Role.PROGRAMME_OFFICE, Role.AUDITOR)


class Role(models.TextChoices):
    FINANCE_OFFICER = "finance_officer", "Finance officer"
    SECTION_151_OFFICER = "section_151_officer", "Section 151 officer"
    DEPUTY_SECTION_151_OFFICER = "deputy_section_151_officer", "Deputy section 151 officer"
    COUNCILLOR = "councillor", "Councillor"
    PROGRAMME_OFFICE = "programme_office", "Programme office"
    AUDITOR = "auditor", "Auditor"


COUNCIL_ROLES = [
    Role.FINANCE_OFFICER,
    Role.SECTION_151_OFFICER,
    Role.DEPUTY_SECTION_151_OFFICER,
    Role.COUNCILLOR,
]
CERTIFYING_ROLES = [Role.SECTION_151_OFFICER, Role.DEPUTY_SECTION_151_OFFICER]
RETURN_ROLES = [Role.FINANCE_OFFICER, *CERTIFYING_ROLES]
PARTNERSHIP_ROLES = [Role.PROGRAMME_OFFICE, Role.AUDITOR]


class Appointment(models.Model):
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="appointments")
    role = models.CharField(max_length=30, choices=Role)
    council = models.ForeignKey(
        Council, on_delete=models.PROTECT, related_name="appointments", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=COUNCIL_ROLES, council__isnull=False)
                | Q(role__in=PARTNERSHIP_ROLES, council__isnull=True),
                name="appointment_role_fits_council",
                violation_error_message="A council's role needs a council; the programme "
                "office and auditors act for the whole partnership.",
            ),
            models.UniqueConstraint(fields=["user", "role"], name="appointment_once_per_role"),
        ]
        triggers = [
            # Acting for two councils would show one what only the other may see.
            Trigger(
                name="one_council_each",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                condition=pgtrigger.Q(new__council__isnull=False),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM sovereignty_appointment a
                        WHERE a.user_id = NEW.user_id AND a.id <> NEW.id
                          AND a.council_id <> NEW.council_id
                    ) THEN
                        RAISE EXCEPTION 'a person acts for one council'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # People who audit or run the calendar for all councils act for none of them.
            Trigger(
                name="partnership_apart",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM sovereignty_appointment a
                        WHERE a.user_id = NEW.user_id AND a.id <> NEW.id
                          AND (a.council_id IS NULL) <> (NEW.council_id IS NULL)
                    ) THEN
                        RAISE EXCEPTION 'a person acts for a council or for the partnership'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}" + (
            f" · {self.council}" if self.council else ""
        )


class Decision(models.Model):
    """Something that takes effect only when every council concerned has agreed to it."""

    title = models.CharField(max_length=200)
    about = models.CharField(
        max_length=20,
        blank=True,
        help_text="What kind of thing it is about, as its subject is called; "
        "set as that is put under it.",
    )
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    answer_by = models.DateField(
        null=True, blank=True, help_text="The day by which every council is asked to answer."
    )
    revises = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="revisions",
        null=True,
        blank=True,
        help_text="The disputed decision that this one takes the place of.",
    )
    withdrawn_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    withdrawn_by__isnull=True, withdrawn_at__isnull=True, withdrawn_reason=""
                )
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False)
                & ~Q(withdrawn_reason=""),
                name="decision_withdrawn_whole",
            ),
            models.CheckConstraint(
                condition=Q(revises__isnull=True) | ~Q(revises=F("id")),
                name="decision_revises_another",
            ),
        ]
        triggers = [
            # What councils answered can't be changed afterwards.
            ReadOnly(
                name="what_was_proposed_stays",
                fields=["title", "proposed_by", "proposed_at", "revises"],
            ),
            Protect(
                name="about_stays",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__about="")
                & pgtrigger.Q(old__about__df=pgtrigger.F("new__about")),
            ),
            Protect(
                name="withdrawn_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__withdrawn_at__isnull=False),
            ),
            Protect(name="decision_stays", operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    @property
    def agreed_by(self) -> frozenset[str]:
        """Codes of the councils that have agreed. Prefetch the consents and their councils."""
        return frozenset(each.council.code for each in self.consents.all() if each.agree)

    @property
    def turns(self) -> dict[str, int]:
        """In which turn each council agreed, among all answers ever given.

        Prefetch the consents and their councils.
        """
        return {each.council.code: each.id for each in self.consents.all() if each.agree}

    @property
    def refused_by(self) -> frozenset[str]:
        """Codes of the councils that have refused. Prefetch the consents and their councils."""
        return frozenset(each.council.code for each in self.consents.all() if not each.agree)


class Consent(models.Model):
    """One council's answer to a decision: given once, never changed."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="consents")
    council = models.ForeignKey(Council, on_delete=models.PROTECT, related_name="+")
    agree = models.BooleanField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    minute_reference = models.CharField(max_length=200)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["council__code"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "council"], name="consent_once"),
            models.CheckConstraint(
                condition=Q(agree=True) | Q(reason__regex=r"\S"),
                name="consent_refusal_has_reason",
                violation_error_message="Say why your council refuses.",
            ),
            models.CheckConstraint(
                condition=Q(minute_reference__regex=r"\S"),
                name="consent_has_minute",
                violation_error_message="Enter the minute that records it.",
            ),
        ]
        triggers = [
            *append_only(),
            # Only people who may answer for a council can, whatever writes the row.
            Trigger(
                name="by_who_may",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM sovereignty_appointment a
                        JOIN sovereignty_user u ON u.id = a.user_id AND u.is_active
                        WHERE a.user_id = NEW.by_id AND a.council_id = NEW.council_id
                          AND a.role IN ('section_151_officer', 'deputy_section_151_officer')
                    ) THEN
                        RAISE EXCEPTION 'a council answers by its section 151 officer or deputy'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            Trigger(
                name="not_to_the_withdrawn",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("withdrawn", "timestamptz")],
                func="""
                    SELECT d.withdrawn_at INTO withdrawn FROM sovereignty_decision d
                    WHERE d.id = NEW.decision_id FOR SHARE;
                    IF withdrawn IS NOT NULL THEN
                        RAISE EXCEPTION 'a withdrawn proposal is not answered'
                            USING ERRCODE = 'restrict_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.council} {'agrees' if self.agree else 'refuses'}: {self.decision}"


class Dispute(models.Model):
    """What follows a refusal, until the proposal is revised or withdrawn."""

    class Stage(models.TextChoices):
        DISCUSSION = "discussion", "In discussion"
        MEDIATION = "mediation", "In mediation"
        REVISED = "revised", "Ended by a revised proposal"
        WITHDRAWN = "withdrawn", "Ended by withdrawal"

    #: The stages in which it is still open.
    OPEN = (Stage.DISCUSSION, Stage.MEDIATION)

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="dispute")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.DISCUSSION)
    mediator = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(stage="mediation") | ~Q(mediator=""),
                name="dispute_mediation_has_mediator",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["discussion", "mediation"], ended_at__isnull=True)
                | Q(stage__in=["revised", "withdrawn"], ended_at__isnull=False),
                name="dispute_ends_once",
            ),
        ]
        triggers = [
            Protect(
                name="ended_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__ended_at__isnull=False),
            ),
            Protect(name="dispute_stays", operation=pgtrigger.Delete),
            no_truncate(),
        ]

    def __str__(self) -> str:
        return f"{self.decision}: {self.get_stage_display().lower()}"

    @property
    def is_open(self) -> bool:
        return self.stage in self.OPEN


class DisputeStep(models.Model):
    """One thing said or done in a dispute. `council` is None for the programme office."""

    class Kind(models.TextChoices):
        REFUSAL = "refusal", "Refused"
        STATEMENT = "statement", "Said"
        MEDIATION = "mediation", "Went to mediation"
        REVISION = "revision", "Revised the proposal"
        WITHDRAWAL = "withdrawal", "Withdrew the proposal"

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    council = models.ForeignKey(
        Council, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="dispute_step_says_something"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text[:60]}"
