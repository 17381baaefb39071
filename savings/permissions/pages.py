"""Who a page of the partnership's figures is shown to."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase

from savings.permissions.rules import require
from sovereignty.models import User
from sovereignty.refusals import NotAllowed

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
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


def revised(request: HttpRequest, proposed: QuerySet[M]) -> M | None:
    """What `revises` names by its decision, in the form or the address; None without it.

    Raises Http404 where none of them is of that decision.
    """
    number = request.POST.get("revises") or request.GET.get("revises") or ""
    if not number:
        return None
    plain = number.isascii() and number.isdigit() and len(number) < 18
    found = proposed.filter(decision=int(number)).first() if plain else None
    if found is None:
        raise Http404("There is no such proposal to revise.")
    return found
