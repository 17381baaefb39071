"""The record's pages, for everybody with an appointment, since all of it was published."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.views.generic import TemplateView

from savings.record import reports
from savings.record.models import SourceDocument

RECORD = {"text": "The record", "url": reverse_lazy("record")}


class RecordMixin(LoginRequiredMixin, PermissionRequiredMixin):
    """For people who are signed in and have an appointment."""

    permission_required = "savings.see_partnership"

    def get_permission_denied_message(self) -> str:
        return "Your account has no appointment yet: ask the programme office for one."


class Overview(RecordMixin, TemplateView):
    template_name = "savings/record/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            documents=reports.document_summaries(), counted=reports.counted(), **kwargs
        )


class Document(RecordMixin, TemplateView):
    template_name = "savings/record/document.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        document = get_object_or_404(SourceDocument, code=kwargs["code"])
        return super().get_context_data(
            document=document,
            published=reports.date_label(document.published),
            tables=reports.document_tables(document),
            breadcrumbs=[RECORD, {"text": document.title}],
            **kwargs,
        )


class Differences(RecordMixin, TemplateView):
    template_name = "savings/record/differences.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            documents=reports.differences_by_document(),
            breadcrumbs=[RECORD, {"text": "Differences"}],
            **kwargs,
        )


class Plans(RecordMixin, TemplateView):
    template_name = "savings/record/plans.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            plans=reports.plans(), breadcrumbs=[RECORD, {"text": "Plans"}], **kwargs
        )


class Services(RecordMixin, TemplateView):
    template_name = "savings/record/services.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            programmes=reports.programmes(),
            breadcrumbs=[RECORD, {"text": "Services and who shares them"}],
            **kwargs,
        )
