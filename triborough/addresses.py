"""The network address that a request comes from, as far as it can be known."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address that the proxy in front saw or, without a proxy, the one that connected.

    Only the last part of `X-Forwarded-For` counts, because our own proxy wrote it. The parts
    before it are whatever the caller sent. Wrong passwords lock a username for one address.
    Without this, five of them from anywhere would lock it for everybody.
    """
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.BEHIND_PROXY and forwarded:
        return str(forwarded).rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
