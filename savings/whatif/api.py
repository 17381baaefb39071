"""What another rule or driver value would have done."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from savings.rollup.reports import one_version
from savings.whatif.asking import QuestionAsGiven, read
from savings.whatif.reports import known, work_out
from savings.whatif.serializers import WhatIfParameters, WhatIfSerializer, as_json
from sovereignty.calls import Call


class WhatIfCall(Call):
    """What a rule, a driver's value or a proposal would have done for every council.

    It is compared with today's figures for every quarter to date and over the adopted plans, to
    the penny, and not stored. Closed quarters stay as they are, whatever is agreed. Give the
    parameters of a rule (service, kind, method and what it splits by), of a driver's value
    (driver, council, value), or a decision.
    """

    parameters_shape = WhatIfParameters

    @extend_schema(
        responses=WhatIfSerializer,
        examples=[
            OpenApiExample(
                "A saving of which two thirds would fall on one council",
                value={
                    "question": "What if the savings of Libraries and the services below it were "
                    "split by fixed shares, Norton 1/3 and Weston 2/3, from "
                    "the start?",
                    "gains": "Of what is certified to date, Weston would have £10.00 more of "
                    "the savings; Norton would have £10.00 less.",
                    "entries_looked_at": 1,
                    "entries_moved": 1,
                    "rows": [
                        {
                            "council": "WDC",
                            "period": "2013-14-Q1",
                            "kind": "saving",
                            "closed": True,
                            "today": "30.00",
                            "then": "40.00",
                            "difference": "10.00",
                            "illustrative": False,
                        }
                    ],
                    "plan_rows": [],
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        self.parameters()
        asked = QuestionAsGiven.of(
            {name: request.query_params[name] for name in request.query_params}
        )
        with one_version():
            answered = work_out(read(asked, known()))
        return Response(as_json(answered, asked))
