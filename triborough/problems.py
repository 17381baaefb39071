"""Refusals as problem details (RFC 9457): what an API call answers when it refuses.

Each is `application/problem+json` with `type`, `title`, `status`, `detail` and
`errors`: a list of mistakes that each name a field and say what to do. `type` is an
address on the page that documents the API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.defaults import page_not_found
from django.views.defaults import server_error as server_error_page
from psycopg2.errors import UniqueViolation
from rest_framework import exceptions
from rest_framework.response import Response

from savings.uploads.parts import NotAForm
from sovereignty.refusals import BadContent, FieldError, NotAllowed, StaleVersion, WrongState
from triborough.api_requests import TooLarge

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its status, its title, what it means and what to do about it."""

    status: int
    title: str
    meaning: str


#: The kinds of problem, by the name at the end of the address.
PROBLEMS = {
    "unknown-caller": Kind(
        401,
        "You are not signed in",
        "The call has no token, its token is unknown or has expired, the account is closed, or "
        "the username or password is wrong. Ask for a new token.",
    ),
    "not-allowed": Kind(
        403,
        "You may not do this",
        "You are signed in and may see this, but somebody else has to do it. The detail says "
        "who. A person without an appointment can't do anything.",
    ),
    "not-found": Kind(
        404,
        "Not found",
        "It does not exist, or you may not see it. Another council's return is treated as if it "
        "did not exist.",
    ),
    "method-not-allowed": Kind(
        405, "This can't be done here", "The Allow header says what can be done."
    ),
    "stale-version": Kind(
        409,
        "This has changed since you read it",
        "Read the return again, make your changes there, and send the version that you read.",
    ),
    "wrong-state": Kind(
        409,
        "This can't be done now",
        "The return, period or rule is in a state that does not allow it. The detail says which "
        "state, and what to do instead.",
    ),
    "too-large": Kind(413, "The body is too large", TooLarge.default_detail),
    "not-json": Kind(
        415,
        "Send JSON",
        "The body must be JSON, with the header Content-Type: application/json.",
    ),
    "not-a-form": Kind(
        415,
        "Send a form with a file",
        "This call takes a file: send it as multipart/form-data, in a part named file.",
    ),
    "malformed": Kind(
        422,
        "The body can't be read",
        "It is not JSON in UTF-8, is nested too deeply or has a name twice.",
    ),
    "bad-content": Kind(
        422,
        "There are mistakes to put right",
        "Nothing was saved. The list of errors has every mistake, with its field, the value that "
        "was sent and what to do. For an entry it has the row too, counted from 1 or as in the "
        "spreadsheet.",
    ),
    "too-many-requests": Kind(
        429,
        "Too many requests",
        "Wait as many seconds as the Retry-After header says. Five wrong passwords for one "
        "username lock it for your network address for 15 minutes.",
    ),
    "server-error": Kind(
        500, "Something went wrong", "Nothing was saved. The error is in our log."
    ),
}

NOTHING_HERE = (
    "This address does not exist, or you may not see what is there. Addresses end in a slash; "
    "the calls are listed at /api/v1/docs/."
)


def problem_details(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to a call that raised `exc`; None for an unexpected error, which is a 500."""
    problem = _problem_of(exc, context.get("request"))
    if problem is None:
        return None
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header  # type: ignore[attr-defined]
    if getattr(exc, "wait", None):
        headers["Retry-After"] = str(round(exc.wait) or 1)  # type: ignore[attr-defined]
    return Response(problem, status=problem["status"], content_type=MEDIA_TYPE, headers=headers)


def described(name: str, detail: str, errors: list[FieldError] | None = None) -> dict[str, Any]:
    """A problem of one of the known types, as plain JSON values."""
    kind = PROBLEMS[name]
    return {
        "type": f"{reverse('api-docs')}#{name}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "errors": [error.as_dict() for error in errors or []],
    }


def server_error(request: HttpRequest) -> HttpResponse:
    """Something broke: a problem for a program, a page for a person."""
    if not request.path.startswith("/api/"):
        return server_error_page(request)
    problem = described(
        "server-error", "Something broke here. Try again. If it happens again, tell us."
    )
    return JsonResponse(problem, status=500, content_type=MEDIA_TYPE)


def own_page_not_found(
    respond: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware for DEBUG: shows our “not found” page instead of a list of addresses."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if response.status_code != 404 or not is_page:
            return response
        return page_not_found(request, Http404())

    return middleware


def _problem_of(exc: Exception, request: Any) -> dict[str, Any] | None:
    if isinstance(exc, BadContent):
        return described("bad-content", _summary(exc, request), exc.errors)
    if isinstance(exc, exceptions.ValidationError):
        refusal = BadContent(list(_flattened(exc.detail)))
        return described("bad-content", _summary(refusal, request), refusal.errors)
    if isinstance(exc, IntegrityError) and isinstance(exc.__cause__, UniqueViolation):
        return described("wrong-state", "Somebody else did this at the same moment. Read it again.")
    if isinstance(exc, Http404 | exceptions.NotFound):
        said = str(getattr(exc, "detail", "") or exc)
        return described("not-found", said if said.endswith(".") else NOTHING_HERE)
    for kind, name in _BY_KIND:
        if isinstance(exc, kind):
            return described(name, str(getattr(exc, "detail", "") or exc) or PROBLEMS[name].meaning)
    return None


#: The first one that fits is used.
_BY_KIND: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (NotAllowed, "not-allowed"),
    (StaleVersion, "stale-version"),
    (WrongState, "wrong-state"),
    ((exceptions.NotAuthenticated, exceptions.AuthenticationFailed), "unknown-caller"),
    ((exceptions.PermissionDenied, PermissionDenied), "not-allowed"),
    (exceptions.MethodNotAllowed, "method-not-allowed"),
    (NotAForm, "not-a-form"),
    (exceptions.UnsupportedMediaType, "not-json"),
    (exceptions.ParseError, "malformed"),
    ((TooLarge, RequestDataTooBig), "too-large"),
    (exceptions.Throttled, "too-many-requests"),
)


def _summary(refusal: BadContent, request: Any) -> str:
    if request is not None and request.method in ("GET", "HEAD"):
        return "The address asks for something that can't be given: see the errors."
    return str(refusal)


def _flattened(detail: Any, field: str = "") -> Iterator[FieldError]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flattened(inner, f"{field}.{name}".strip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _flattened(inner, field)
    else:
        yield FieldError(field or "body", str(detail))
