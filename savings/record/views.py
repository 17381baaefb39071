"""The record's pages, for everybody with an appointment, since all of it was published."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView, View

from savings.permissions.pages import partnership_page, person
from savings.permissions.rules import may
from savings.record import exports, reports, searching, wording
from savings.record.forms import FiguresForm, WordsForm
from savings.record.models import SourceDocument

FIGURES_A_PAGE = 50
RECORD = {"text": "The record", "url": reverse_lazy("record")}


@method_decorator(partnership_page, name="dispatch")
class RecordPage(TemplateView):
    """A page for people who are signed in, with an appointment of any kind."""


class Overview(RecordPage):
    template_name = "savings/record/overview.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            documents=reports.document_summaries(),
            counted=reports.counted(),
            form=WordsForm(),
            **kwargs,
        )


@method_decorator(partnership_page, name="dispatch")
class Figures(View):
    """The figures that are looked for, a page of them at a time."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        form = FiguresForm(request.GET, searching.choices())
        return self.answer(form) if form.is_valid() else self.page(form, status=422)

    def answer(self, form: FiguresForm) -> HttpResponseBase:
        figures = form.asked().figures()
        page = Paginator(figures, FIGURES_A_PAGE).get_page(self.request.GET.get("page"))
        query = self.request.GET.copy()
        query.pop("page", None)
        narrowed = any(form.cleaned_data.values())
        return self.page(
            form,
            found=wording.found(page.paginator.count, form.cleaned_data["q"], narrowed=narrowed),
            page=page,
            span=f"{page.start_index():,} to {page.end_index():,}",
            tables=searching.by_table(searching.described(page)),
            narrowed=narrowed,
            query=query.urlencode(),
        )

    def page(self, form: FiguresForm, status: int = 200, **more: object) -> HttpResponse:
        context = {"form": form, "breadcrumbs": [RECORD, {"text": "Figures"}], **more}
        return render(self.request, "savings/record/figures.html", context, status=status)


class FiguresDownload(Figures):
    """All figures that are looked for, as a file."""

    def answer(self, form: FiguresForm) -> HttpResponseBase:
        figures = form.asked().figures().iterator(chunk_size=500)
        return StreamingHttpResponse(
            exports.as_csv(searching.described(figures)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{exports.FILE_NAME}"'},
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
            may_arrange=may(person(self.request), "savings.arrange_services"),
            breadcrumbs=[RECORD, {"text": "Services and who shares them"}],
            **kwargs,
        )
