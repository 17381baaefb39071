"""The pages of the API's lists.

Nothing here imports the framework's views, which read this module's name from the
settings while they are imported themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import EmptyPage, Paginator
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from sovereignty.refusals import BadContent, FieldError

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Pages(PageNumberPagination):
    """Pages of 100 rows, or of `page_size` rows, up to 500."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any]:
        """The rows of the page asked for. Raises BadContent if there is no such page."""
        self.request = request
        size = _whole(request, "page_size", self.page_size, self.max_page_size)
        number = _whole(request, "page", 1)
        paginator = Paginator(queryset, size)
        try:
            self.page = paginator.page(number)
        except EmptyPage:
            raise BadContent(
                [FieldError("page", f"Give a page from 1 to {paginator.num_pages}.", str(number))]
            ) from None
        return list(self.page)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        # The examples are for a list with a single page.
        link = {"type": "string", "nullable": True, "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {
                    "type": "integer",
                    "description": "Rows on all pages.",
                    "example": 1,
                },
                "next": link,
                "previous": link,
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            _parameter("page", "The page to send, from 1.", {"minimum": 1, "default": 1}),
            _parameter(
                "page_size",
                "How many rows a page has.",
                {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size},
            ),
        ]


def _parameter(name: str, description: str, schema: dict[str, int]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "integer", **schema},
    }


def _whole(request: Request, name: str, unless_said: int, most: int = 1_000_000) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return unless_said
    if not (text.isascii() and text.isdigit() and len(text) < 8 and 1 <= int(text) <= most):
        raise BadContent([FieldError(name, f"Give a whole number from 1 to {most:,}.", text[:200])])
    return int(text)
