"""Calling the API as one of the partnership's people: with a token, as a program would."""

from __future__ import annotations

from typing import Any

from django.test import Client
from knox.models import AuthToken

from sovereignty.models import User

ROOT = "/api/v1/"
PROBLEM = "application/problem+json"


class Caller:
    """Calls with a person's token, or with none; addresses are below the API's root."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {}
        if user is not None:
            _, token = AuthToken.objects.create(user)
            self.headers["Authorization"] = f"Token {token}"

    def get(self, path: str, **parameters: Any) -> Any:
        return self.client.get(f"{ROOT}{path}", parameters, headers=self.headers)

    def post(self, path: str, body: object = None) -> Any:
        return self.send("POST", path, body)

    def put(self, path: str, body: object = None) -> Any:
        return self.send("PUT", path, body)

    def send(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """`body` as JSON; text and bytes go as they are."""
        options = {"content_type": "application/json", "headers": self.headers, **more}
        data = {} if body is None else body
        return getattr(self.client, method.lower())(f"{ROOT}{path}", data, **options)


def problem(response: Any, status: int, kind: str) -> dict[str, Any]:
    """Check that a call answered with this problem, and return it."""
    assert response.status_code == status, (response.status_code, response.content[:500])
    assert response["Content-Type"] == PROBLEM
    said = response.json()
    assert set(said) == {"type", "title", "status", "detail", "errors"}
    assert said["type"] == f"/api/v1/docs/#{kind}"
    assert said["status"] == status
    assert said["detail"]
    for error in said["errors"]:
        assert (
            {"field", "message", "value"}
            <= set(error)
            <= {
                "field",
                "message",
                "value",
                "row",
                "column",
            }
        )
    return said


def mistakes(response: Any) -> dict[str, str]:
    """The message for each field of a 422, by field."""
    return {
        error["field"]: error["message"]
        for error in problem(response, 422, "bad-content")["errors"]
    }
