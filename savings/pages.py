"""Who a page of the partnership's figures is shown to."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from savings.rules import require
from sovereignty.models import User
from sovereignty.refusals import NotAllowed

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def partnership_page(view: View[P]) -> View[P]:
    """A view for whoever has an appointment; the others sign in, or are told to ask for one."""

    @login_required
    @wraps(view)
    def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            require(person(request), "savings.see_partnership")
        except NotAllowed as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        return view(request, *args, **kwargs)

    return page


def person(request: HttpRequest) -> User:
    """Who is signed in, on a page that nobody else gets to."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user
