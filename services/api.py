"""The service tree, with who takes part and who hosts in a quarter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finance.periods import Quarter
from services.models import Service
from services.serializers import ServiceParameters, ServiceRow, ServiceSerializer, service_rows
from sovereignty.calls import Listing


class ServiceList(Listing):
    """The services, each programme before the services below it.

    The participants and host are those in `period`, or by default in the latest open quarter. A
    service that has none of its own inherits them from the service above. Nobody shares a
    service whose state is not `shared`, even if councils share the service above it.
    """

    serializer_class = ServiceSerializer
    parameters_shape = ServiceParameters
    #: The quarter if none is asked for: set by the floor above, which knows the periods.
    unless_asked: Callable[[], Quarter | None] | None = None

    def rows(self, asked: dict[str, Any]) -> list[ServiceRow]:
        quarter = asked.get("period")
        if quarter is None and self.unless_asked:
            quarter = self.unless_asked()
        return service_rows(Service.objects.tree(), quarter)
