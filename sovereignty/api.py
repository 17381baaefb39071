"""The councils of the partnership."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from sovereignty.calls import Listing
from sovereignty.models import Council
from sovereignty.serializers import CouncilSerializer


class CouncilList(Listing):
    """The councils, in alphabetical order of code."""

    serializer_class = CouncilSerializer

    def rows(self, asked: dict[str, Any]) -> QuerySet[Council]:
        return Council.objects.order_by("code")
