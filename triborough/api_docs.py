"""The page that documents the API, made from its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.generic import TemplateView

from triborough.api import schema
from triborough.problems import PROBLEMS

Schema = Mapping[str, Any]

_KINDS = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "object",
    "string": "text",
}
_FORMATS = {"binary": "file", "date": "date", "date-time": "date and time", "uri": "address"}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a field of a request or an answer. `name` is its path."""

    name: str
    kind: str
    words: SafeString
    required: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `answers` are the fields of its JSON; `formats` are its other formats."""

    group: str
    method: str
    address: str
    anchor: str
    words: list[SafeString]
    parameters: list[Field]
    sends: list[Field]
    answers: list[Field]
    formats: list[str]
    refusals: list[str]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    anchor: str
    calls: list[Call]


class Docs(TemplateView):
    template_name = "triborough/api_docs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            groups=groups(), problems=PROBLEMS, address=self.request.build_absolute_uri("/api/v1/")
        )


@cache
def groups() -> list[Group]:
    """The calls of the schema, grouped by what they are about, in alphabetical order."""
    calls = [
        _call(address, method, operation)
        for address, operations in schema()["paths"].items()
        for method, operation in operations.items()
    ]
    calls.sort(key=lambda call: (call.group, call.address))
    return [
        Group(group.replace("-", " ").capitalize(), f"calls-{group}", list(of_group))
        for group, of_group in groupby(calls, key=attrgetter("group"))
    ]


def _call(address: str, method: str, operation: Schema) -> Call:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    good, *refusals = operation["responses"].items()
    formats = good[1].get("content", {})
    return Call(
        group=operation["tags"][0],
        method=method.upper(),
        address=address,
        anchor=operation["operationId"].replace("_", "-").replace(".", ""),
        words=[marked(text) for text in operation.get("description", "").split("\n\n")],
        parameters=[
            _field(given["name"], given["schema"], given.get("required", False), given)
            for given in operation.get("parameters", [])
        ],
        sends=list(_fields(body.get("schema", {}))),
        answers=list(_fields(formats.get("application/json", {}).get("schema", {}))),
        formats=[name for name in formats if name != "application/json"],
        refusals=[status for status, _ in refusals],
    )


def _fields(given: Schema, within: str = "") -> Iterator[Field]:
    """The fields of an object. Fields of objects inside it are named by their path."""
    shape, prefix = _resolved(given), within
    if shape.get("type") == "array":
        shape, prefix = _resolved(shape["items"]), f"{within}[]"
    for name, inner in shape.get("properties", {}).items():
        path = f"{prefix}.{name}" if prefix else name
        yield _field(path, inner, name in shape.get("required", []), inner)
        yield from _fields(inner, path)


def _field(name: str, given: Schema, required: bool, described: Schema) -> Field:
    lines = str(described.get("description", "")).split("\n")
    # A choice's values are in its kind, so the schema's list of their names is left out.
    words = " ".join(line for line in lines if not line.startswith("* `")).strip()
    return Field(name, _kind(given), marked(words), required)


def _resolved(given: Schema) -> Schema:
    """What a reference points to, or the first schema of an `allOf` or `oneOf`."""
    if "$ref" in given:
        return _resolved(schema()["components"]["schemas"][given["$ref"].rsplit("/", 1)[1]])
    choices = given.get("allOf") or given.get("oneOf")
    if not choices:
        return given
    return {**_resolved(choices[0]), "nullable": given.get("nullable", False)}


def _kind(given: Schema) -> str:
    shape = _resolved(given)
    if "enum" in shape:
        said = ", ".join(str(value) for value in shape["enum"])
    elif shape.get("type") == "array":
        inner = _kind(shape["items"])
        said = "list" if inner == "object" else f"list of {inner}"
    elif shape.get("type") == "string" and "example" in shape:
        said = f"text such as {shape['example']}"
    else:
        said = _FORMATS.get(shape.get("format", ""), _KINDS.get(shape.get("type", ""), "any"))
    return f"{said}, or null" if shape.get("nullable") else said


def marked(text: str) -> SafeString:
    """Text with everything between backticks marked as code."""
    parts = enumerate(text.split("`"))
    return format_html_join(
        "",
        "{}",
        ((format_html("<code>{}</code>", part) if at % 2 else part,) for at, part in parts),
    )
