"""A return as a file, to fill in and send.

An upload is refused in this order: 404 if the caller may not see the return, 403 if they may
not do it, 415, 413 or 422 for a body of the wrong shape, 409 for a stale version or the wrong
state, 422 for mistakes in the file.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from savings.permissions.rules import require
from savings.returns.api import return_called
from savings.uploads import actions
from savings.uploads.exports import FORMATS, template_file
from savings.uploads.parts import FormWithFile, parts_of
from savings.uploads.reports import filled_template
from savings.uploads.serializers import UploadBody, UploadParameters, UploadSerializer, answer_of
from sovereignty.calls import Call


class UploadReturn(Call):
    """Replacing a draft's entries by a file: all of its rows are stored, or none."""

    parser_classes = (FormWithFile,)
    parameters_shape = UploadParameters

    @extend_schema(
        request={"multipart/form-data": UploadBody},
        parameters=[UploadParameters],
        responses=UploadSerializer,
    )
    def post(self, request: Request, council: str, period: str) -> Response:
        """Replace a draft's entries by the rows of a file. For finance officers.

        Takes the first sheet of an XLSX or ODS workbook, or a CSV file in UTF-8 with commas. The
        content decides the format, not the name. The first row names the columns: `service`,
        `kind`, `scope` and `amount`, and any of `recurrence`, `nature`, `cause`, `caused_by`,
        `tupe`, `approval`, `corrects`, `evidence` and `note`, in any order. Sending the same
        file again changes nothing. All mistakes in all rows come back at once, each with the
        row number in the spreadsheet, the column, the value and what to do. Row and column are
        null for a mistake that concerns the whole file.
        """
        parent = return_called(self.caller, council, period)
        require(self.caller, "savings.fill_return", parent)
        dry_run = self.parameters().get("dry_run") == "true"
        parts = parts_of(request)
        if dry_run:
            outcome = actions.try_file(
                return_id=parent.id, version=parts.version, content=parts.content, by=self.caller
            )
        else:
            outcome = actions.store_file(
                return_id=parent.id,
                version=parts.version,
                content=parts.content,
                filename=parts.filename,
                by=self.caller,
                at=timezone.now(),
            )
        return Response(answer_of(outcome))


class Template(Call):
    """A return as a file to fill in and send back: its columns, and the entries it has."""

    @extend_schema(
        parameters=[OpenApiParameter("extension", str, OpenApiParameter.PATH, enum=list(FORMATS))],
        responses={
            (200, form.content_type): OpenApiTypes.STR
            if form.content_type.startswith("text/")
            else OpenApiTypes.BINARY
            for form in FORMATS.values()
        },
    )
    def get(self, request: Request, council: str, period: str, extension: str) -> HttpResponse:
        """A return as a file: its columns and its entries. For everybody who can see it.

        XLSX and ODS have lists to choose from, notes on the columns, and the services and
        councils to look up. CSV has only the rows, in UTF-8 without a byte order mark.
        """
        self.parameters()
        parent = return_called(self.caller, council, period)
        if extension not in FORMATS:
            raise NotFound(
                f"A template is available as {', '.join(FORMATS)}: ask for one of these."
            )
        return template_file(filled_template(parent), extension)
