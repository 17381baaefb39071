"""How a call is described in the API's OpenAPI schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny

from sovereignty.calls import Listing
from triborough.problems import MEDIA_TYPE, PROBLEMS

#: The parts of addresses, by their name in the address.
ADDRESS_PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "council": ("A council's code; for a return also “partnership”.", {"example": "EDC"}),
    "period": ("A quarter.", {"example": "2013-14-Q1"}),
    "slug": ("A service's slug.", {"example": "libraries"}),
    "code": ("A plan's code.", {"example": "proposals-2011"}),
    "rule_id": ("The rule's id.", {"minimum": 1}),
    "test_id": ("The fairness test's id.", {"minimum": 1}),
    "restatement_id": ("The restatement's id.", {"minimum": 1}),
    "tolerance_id": ("The tolerance's id.", {"minimum": 1}),
    "entry_id": ("The entry's id.", {"minimum": 1}),
    "question_id": ("The question's id.", {"minimum": 1}),
    "extension": ("The format of the file.", {}),
}


class FieldErrorSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="The field, column or parameter that is wrong.")
    message = serializers.CharField(help_text="What to do about it.")
    value = serializers.CharField(allow_blank=True, help_text="What was sent there.")
    row = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="The entry, counted from 1. For a file, the row number in the spreadsheet, or "
        "null for a mistake that concerns the whole file.",
    )
    column = serializers.CharField(
        required=False, allow_null=True, help_text="The field again, for an entry."
    )


class ProblemSerializer(serializers.Serializer):
    type = serializers.CharField(help_text="An address that identifies the kind of problem.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened and what to do about it.")
    errors = FieldErrorSerializer(  # type: ignore[assignment]
        many=True, help_text="The mistakes, if there are any."
    )


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "triborough.api_requests.KnownToken"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return build_bearer_security_scheme_object(
            header_name="Authorization",
            # The name of the scheme, not a secret.
            token_prefix="Token",  # nosec B106
        )


class CallSchema(AutoSchema):
    """A call in the schema: its parameters, and the problems that it may answer with."""

    def get_override_parameters(self) -> list[Any]:
        shape = getattr(self.view, "parameters_shape", None)
        return [shape] if shape and self.method in SAFE_METHODS and shape().fields else []

    def _is_list_view(self, serializer: Any = None) -> bool:
        return isinstance(self.view, Listing) and self.method == "GET"

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        parameters = super()._resolve_path_parameters(variables)
        for parameter in parameters:
            description, more = ADDRESS_PARTS[parameter["name"]]
            parameter["description"] = description
            parameter["schema"].update(more)
        return parameters

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for status in self.problem_statuses():
            bodies[str(status)] = self._get_response_for_code(
                ProblemSerializer, str(status), [MEDIA_TYPE], direction
            )
            bodies[str(status)]["description"] = "; ".join(
                kind.title for kind in PROBLEMS.values() if kind.status == status
            )
        return dict(sorted(bodies.items()))

    def problem_statuses(self) -> set[int]:
        """Every status that the call may refuse with."""
        statuses = {422, 429}
        if AllowAny not in self.view.permission_classes:
            statuses |= {401, 403}
        if "{" in self.path:
            statuses.add(404)
        if self.method not in SAFE_METHODS:
            statuses |= {401, 413, 415}
            if AllowAny not in self.view.permission_classes:
                statuses.add(409)
        return statuses
