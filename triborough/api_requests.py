"""How the API reads a request: its token, its JSON and the format it asks for.

Nothing here imports the framework's views, which read these names from the settings
while they are imported themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from django.http import HttpRequest
from knox.auth import TokenAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

#: The longest body that is read, in bytes: about 50,000 entries.
LONGEST_BODY = 16 * 1024 * 1024
#: Bodies need four levels: an object, its list, the list's objects, and a list in one of them.
DEEPEST = 12

_TOKEN = re.compile(rb"[0-9A-Za-z]{16,128}")


class TooLarge(APIException):
    status_code = 413
    default_detail = f"Send at most {LONGEST_BODY // 1024 // 1024} MB at a time."


class KnownToken(TokenAuthentication):
    """A token that was given out, sent as ``Authorization: Token …``."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        # The package decodes the token before it checks it, and fails on bytes that are not text.
        if not _TOKEN.fullmatch(token):
            raise AuthenticationFailed("This is not a token: ask for one at token/.")
        refusal = "The token is not known or has expired: ask for a new one at token/."
        try:
            user, known = super().authenticate_credentials(token)
        except AuthenticationFailed:
            raise AuthenticationFailed(refusal) from None
        if user.password_changed_at and known.created < user.password_changed_at:
            raise AuthenticationFailed(refusal)
        return user, known


class AlwaysJSON(DefaultContentNegotiation):
    """The format that was asked for if there is one, and otherwise JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        choice = list(renderers)
        try:
            return super().select_renderer(request, choice, format_suffix)
        except NotAcceptable:
            return choice[0], choice[0].media_type


class StrictJSON(JSONParser):
    """Strict JSON: exact numbers, no name twice, no infinity, a limited depth.

    Raises ParseError (or TooLarge), and says what is wrong if it can.
    """

    def parse(
        self,
        stream: IO[Any] | HttpRequest,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(LONGEST_BODY + 1)
        if len(body) > LONGEST_BODY:
            raise TooLarge
        try:
            text = body.decode("utf-8-sig")
            data = json.loads(
                text, parse_float=_exact, parse_constant=_refused, object_pairs_hook=_once
            )
            if "\\u" in text:
                # A lone surrogate can't be stored or sent.
                json.dumps(data, ensure_ascii=False, default=str).encode()
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8 text.") from None
        except UnicodeEncodeError:
            raise ParseError("The body has half of a character (a lone surrogate).") from None
        except json.JSONDecodeError as error:
            raise ParseError(
                f"The body is not JSON: {error.msg}, line {error.lineno}, column {error.colno}."
            ) from None
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {str(error)[:200]}.") from None
        if _is_deeper(data, DEEPEST):
            raise ParseError("The body is nested too deeply.")
        return data


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("a number is too large") from None


def _refused(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"“{twice[:60]}” is given twice")
    return data


def _is_deeper(data: Any, depth: int) -> bool:
    level = [data]
    for _ in range(depth):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)
