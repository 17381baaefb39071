"""Where administrators open accounts, name councils and appoint people.

Each of these writes an event. `triborough.urls` removes what other packages would show here.

Figures, rules, answers and events are not registered: the people responsible for them enter
them on their own pages.
"""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from sovereignty.actions import (
    appoint,
    end_appointment,
    mistakes_in_appointing,
    record_account,
    record_council,
)
from sovereignty.models import Appointment, Council, User


@admin.register(Council)
class CouncilAdmin(admin.ModelAdmin):
    list_display = ("code", "name", "full_name")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Council | None = None
    ) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Council | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Council, form: Any, change: bool) -> None:
        by, at = cast(User, request.user), timezone.now()
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            record_council(council=obj, new=not change, by=by, at=at)


@admin.register(User)
class PersonAdmin(UserAdmin):
    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        # Events name people by their username.
        return ("username",) if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        by, at = cast(User, request.user), timezone.now()
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            record_account(user=obj, fields=form.changed_data, new=not change, by=by, at=at)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class AppointmentForm(forms.ModelForm):
    """Asks the action whether it would appoint, so that its errors appear at the fields."""

    class Meta:
        model = Appointment
        fields = ("user", "role", "council")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            for mistake in mistakes_in_appointing(
                cleaned["user"], cleaned["role"], cleaned["council"]
            ):
                self.add_error(mistake.field, mistake.message)
        return cleaned


@admin.register(Appointment)
class AppointmentAdmin(admin.ModelAdmin):
    form = AppointmentForm
    list_display = ("user", "role", "council")
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Appointment, form: Any, change: bool) -> None:
        made = appoint(
            user=obj.user,
            role=obj.role,
            council=obj.council,
            by=cast(User, request.user),
            at=timezone.now(),
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Appointment) -> None:
        end_appointment(appointment=obj, by=cast(User, request.user), at=timezone.now())
