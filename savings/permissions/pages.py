"""Who a page of the partnership's figures is shown to."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from savings.permissions.rules import require
from sovereignty.models import User
from sovereignty.refusals import NotAllowed, Refusal

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


def not_allowed(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page that says who may do what this person may not."""
    return render(request, "savings/returns/not_allowed.html", {"refusal": refusal}, status=403)


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


class SignedIn(HttpRequest):
    """A request of a person whom the site knows."""

    user: User


Params = ParamSpec("Params")


SignedInView = Callable[Concatenate[Any, Params], HttpResponse]


def page(*methods: str) -> Callable[[SignedInView[Params]], SignedInView[Params]]:
    """A page for people who are signed in; an action that it may not do is a 403 that says why."""

    def decorate(view: SignedInView[Params]) -> SignedInView[Params]:
        @login_required
        @require_http_methods([*methods])
        @wraps(view)
        def shown(request: SignedIn, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except NotAllowed as refusal:
                return not_allowed(request, refusal)

        return shown

    return decorate
