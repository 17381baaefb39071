"""Who may call the API: people who have a role in the partnership."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

from sovereignty.rules import PERMISSIONS, may

if TYPE_CHECKING:
    # The framework's views read this module's name from the settings while they are imported.
    from rest_framework.request import Request
    from rest_framework.views import APIView

CALL = "sovereignty.see_partnership"


class Appointed(BasePermission):
    """A known person with an appointment. What each may do is checked after this."""

    message = PERMISSIONS[CALL][1]

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.is_authenticated and may(request.user, CALL)
