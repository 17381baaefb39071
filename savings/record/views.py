"""The record's pages, for everybody with an appointment, since all of it was published."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from savings.permissions.pages import partnership_page
from savings.record import reports
from savings.record.models import SourceDocument

RECORD = {"text": "The record", "url": reverse_lazy("record")}


@method_decorator(partnership_page, name="dispatch")
class RecordPage(TemplateView):
    """A page for people who are signed in, with an appointment of any kind."""


class Overview(RecordPage):
    template_name = "savings/record/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            documents=reports.document_summaries(), counted=reports.counted(), **kwargs
        )


class Document(RecordPage):
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


class Differences(RecordPage):
    template_name = "savings/record/differences.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            documents=reports.differences_by_document(),
            breadcrumbs=[RECORD, {"text": "Differences"}],
            **kwargs,
        )


class Plans(RecordPage):
    template_name = "savings/record/plans.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            plans=reports.plans(), breadcrumbs=[RECORD, {"text": "Plans"}], **kwargs
        )


class Services(RecordPage):
    template_name = "savings/record/services.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            programmes=reports.programmes(),
            breadcrumbs=[RECORD, {"text": "Services and who shares them"}],
            **kwargs,
        )
