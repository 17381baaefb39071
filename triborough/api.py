"""The API's own calls: the token, the schema, and addresses that do not exist."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from knox.settings import knox_settings
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, NotFound, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from sovereignty.models import User
from sovereignty.shapes import Shape, Text, check
from triborough.problems import NOTHING_HERE


class Credentials(Shape):
    username = Text("Give your username.", max_length=150)
    password = Text("Give your password.", max_length=1000, trim_whitespace=False)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField(help_text="Send it as Authorization: Token …")
    expiry = serializers.DateTimeField()


class Token(APIView):
    """Get a token for further calls, with a username and password.

    It is valid for 10 hours. Send it with each call as `Authorization: Token …`.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "token"

    def get_authenticate_header(self, request: Request) -> str:
        return knox_settings.AUTH_HEADER_PREFIX

    @extend_schema(request=Credentials, responses=TokenSerializer)
    def post(self, request: Request) -> Response:
        said = check(Credentials, request.data)
        user = authenticate(request=request, **said)
        if getattr(request, "axes_locked_out", False):
            raise Throttled(
                wait=settings.AXES_COOLOFF_TIME * 3600,
                detail="Too many wrong passwords for this username: it is locked for a while.",
            )
        if not isinstance(user, User):
            raise AuthenticationFailed("The username or the password is wrong.")
        # As with any sign-in: records the time, and resets the count of wrong passwords.
        user_logged_in.send(sender=User, request=request, user=user)
        made, token = AuthToken.objects.create(user=user)
        return Response(TokenSerializer({"token": token, "expiry": made.expiry}).data)


class NoSuchCall(APIView):
    """Every address under the API that is not one of its calls."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(NOTHING_HERE)


@cache
def schema() -> dict[str, Any]:
    """The whole schema as plain JSON values. It only changes with the code."""
    return SchemaGenerator().get_schema(request=None, public=True)


class SchemaDocument(APIView):
    """The schema, for everybody."""

    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(schema())
