"""Who can see a page, and what it says when an action is refused.

A view finds what its address names, checks that the person may, and calls one action. The
page that answers a refusal is the same everywhere: 403 with the sentence that says who may,
422 with every error by its control, or 409 with why it can't be done now. The last two keep
everything that was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from sovereignty.refusals import BadContent, FieldError, NotAllowed, Refusal, WrongState

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def partnership_page(view: View[P]) -> View[P]:
    """A view for people with an appointment; others sign in, or are told to ask for one."""

    @login_required
    @wraps(view)
    def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            require(person(request), "sovereignty.see_partnership")
            return view(request, *args, **kwargs)
        except NotAllowed as refusal:
            return not_allowed(request, refusal)
        except PageAnswered as answered:
            return answered.page

    return page


def person(request: HttpRequest) -> User:
    """The person who is signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Sign in first.")
    return request.user


def not_allowed(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page that says who may do it, for a person who may not."""
    return render(request, "savings/returns/not_allowed.html", {"refusal": refusal}, status=403)


class PageAnswered(Exception):
    """The page that answers a refusal, on its way from `refusals_on` to the view's decorator."""

    def __init__(self, page: HttpResponse) -> None:
        super().__init__()
        self.page = page


@contextmanager
def refusals_on(
    again: Callable[..., HttpResponse],
    add_errors: Callable[[list[FieldError]], object] | None = None,
) -> Iterator[None]:
    """Call an action. If it is refused, the answer is the page that `again` renders.

    For views under `page` or `partnership_page`. `again` takes a `status` and a `problem`.
    `add_errors` puts errors by their controls. Without it, BadContent is raised again.
    """
    try:
        yield
    except BadContent as refusal:
        if add_errors is None:
            raise
        add_errors(refusal.errors)
        raise PageAnswered(again(status=422)) from refusal
    except WrongState as refusal:
        raise PageAnswered(again(problem=str(refusal), status=409)) from refusal


def revised(request: HttpRequest, proposed: QuerySet[M]) -> M | None:
    """The proposal that `revises` names by its decision, in the form or address; None without it.

    Raises Http404 if no proposal in `proposed` has that decision.
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
    """A request from a person who is signed in."""

    user: User


Params = ParamSpec("Params")


SignedInView = Callable[Concatenate[Any, Params], HttpResponse]


def page(*methods: str) -> Callable[[SignedInView[Params]], SignedInView[Params]]:
    """A page for people who are signed in. An action they may not do is a 403 that says why."""

    def decorate(view: SignedInView[Params]) -> SignedInView[Params]:
        @login_required
        @require_http_methods([*methods])
        @wraps(view)
        def shown(request: SignedIn, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponse:
            try:
                return view(request, *args, **kwargs)
            except NotAllowed as refusal:
                return not_allowed(request, refusal)
            except PageAnswered as answered:
                return answered.page

        return shown

    return decorate
