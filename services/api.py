"""The service tree, with who takes part and who hosts in a quarter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finance.periods import Quarter
from services.models import Service
from services.serializers import ServiceParameters, ServiceRow, ServiceSerializer, service_rows
from sovereignty.calls import Listing


class ServiceList(Listing):
    """The services, each programme before what lies below it.

    Participants and host are inherited from the service above where a service has none
    of its own, as at `period`, or else the latest open quarter. Nobody shares a service whose
    state is another than `shared`, whatever lies above it.
    """

    serializer_class = ServiceSerializer
    parameters_shape = ServiceParameters
    #: Which quarter counts where none is asked for: the floor above knows the periods.
    unless_asked: Callable[[], Quarter | None] | None = None

    def rows(self, asked: dict[str, Any]) -> list[ServiceRow]:
        quarter = asked.get("period")
        if quarter is None and self.unless_asked:
            quarter = self.unless_asked()
        return service_rows(Service.objects.tree(), quarter)
