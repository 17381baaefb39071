"""Whose address a request comes from, as far as it can be known."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the proxy in front saw, where there is one, or the one that connected.

    Of `X-Forwarded-For` only the last part counts, which our own proxy wrote: what stands
    before it is whatever the caller said. Wrong passwords close a name to an address, so
    without this five from anywhere would close it to everybody.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.BEHIND_PROXY and forwarded:
        return str(forwarded).rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
