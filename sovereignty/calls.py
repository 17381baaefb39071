"""What every API call has in common: it knows its parameters and refuses others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from django.db import models
from rest_framework.exceptions import NotFound
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sovereignty.models import User
from sovereignty.shapes import Shape, parameters_of

M = TypeVar("M", bound=models.Model)


class Call(APIView):
    """A call with the parameters of `parameters_shape` in its address, and no others."""

    parameters_shape: type[Shape] = Shape
    beside: Sequence[str] = ()

    @property
    def caller(self) -> User:
        """The person who calls. The permission class has checked that it is a person."""
        return cast(User, self.request.user)

    def parameters(self) -> dict[str, Any]:
        return parameters_of(self.request, self.parameters_shape, beside=self.beside)


class Listing(Call, GenericAPIView):
    """A list. `rows` gives what the caller may see and asked for."""

    beside = ("page", "page_size")

    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.rows(self.parameters())) or []
        return self.get_paginated_response(self.get_serializer(self.shown(page), many=True).data)

    def rows(self, asked: dict[str, Any]) -> models.QuerySet[Any] | Sequence[Any]:
        raise NotImplementedError

    def shown(self, page: Sequence[Any]) -> Sequence[Any]:
        """The rows of one page, with what is read for all of them at once."""
        return page


def found(queryset: models.QuerySet[M], sentence: str, **which: object) -> M:
    """The row that matches. Raises NotFound with the sentence if the caller can't see one."""
    row = queryset.filter(**which).first()
    if row is None:
        raise NotFound(sentence)
    return row
