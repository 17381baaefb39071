"""A restatement's true-up: what it moves, and a council's adjusting entries."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from savings.drivers.reports import restatements
from savings.permissions.rules import require
from savings.returns.api import NO_RETURN
from savings.returns.models import Return
from savings.trueup.actions import add_adjusting_entries
from savings.trueup.reports import restatements_for
from savings.trueup.serializers import AddingBody, TrueUpSerializer, as_json
from sovereignty.calls import Call, found
from sovereignty.refusals import NotAllowed
from sovereignty.shapes import check

NO_RESTATEMENT = "There is no such restatement: driver-restatements/ lists their ids."


class TrueUpCall(Call):
    """What a restated driver value would have split differently, and how far it is put right.

    Gives each council's part of what was certified, as it was split and by the restated value,
    to the penny, and the entries that it still has to add. Worked out again each time.
    """

    @extend_schema(responses=TrueUpSerializer)
    def get(self, request: Request, restatement_id: int) -> Response:
        row = found(restatements(), NO_RESTATEMENT, id=restatement_id)
        self.parameters()
        return Response(as_json(row, restatements_for(self.caller)))

    @extend_schema(request=AddingBody, responses=TrueUpSerializer)
    def post(self, request: Request, restatement_id: int) -> Response:
        """Add the adjusting entries of the caller's council to its draft for a quarter.

        For finance officers. It is refused if the entries are in a return already.
        """
        row = found(restatements(), NO_RESTATEMENT, id=restatement_id)
        council = self.caller.council
        if council is None:
            raise NotAllowed("Only a finance officer of a council can add to its return.")
        require(self.caller, "savings.fill_return", Return(council=council))
        body = check(AddingBody, request.data)
        parent = found(
            Return.objects.visible_to(self.caller),
            NO_RETURN,
            council=council,
            period__quarter=body["period"],
        )
        add_adjusting_entries(
            restatement_id=row.id,
            return_id=parent.id,
            version=body["version"],
            by=self.caller,
            at=timezone.now(),
        )
        return Response(as_json(row, restatements_for(self.caller)))
