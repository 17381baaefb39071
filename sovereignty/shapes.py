"""The shape of what the API accepts: exactly what it asks for, without guessing.

A `Shape` refuses fields it does not know; its fields refuse values of another
JSON type instead of converting them. `check` reads a request's body and
`parameters_of` the parameters of its address; both raise BadContent with every
mistake, named by field.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from sovereignty.refusals import BadContent, FieldError

#: The longest value that an answer repeats.
SHOWN = 200

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Shape(serializers.Serializer):
    """A JSON object with these fields and no others.

    `ignored` names fields that a caller may send back unchanged, although they can't
    be set this way.
    """

    ignored: Collection[str] = ()
    default_error_messages = {"invalid": "Send a JSON object."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = set(data) - set(self.fields) - set(self.ignored)
            if unknown:
                raise serializers.ValidationError(
                    {str(name): _unknown(self.fields) for name in sorted(unknown)}
                )
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """JSON text. `remedy` says what to do if it is missing or empty."""

    def __init__(self, remedy: str = "Give this.", **options: Any) -> None:
        options.setdefault("max_length", 2000)
        messages: dict[str, Any] = {
            "required": remedy,
            "blank": remedy,
            "null": remedy,
            "invalid": "Send this as text.",
            "max_length": "Shorten this to {max_length} characters.",
        }
        super().__init__(error_messages=messages, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Choice(serializers.ChoiceField):
    """One of a few words. `choices` are words with labels, as in a model field."""

    def __init__(self, choices: Collection[tuple[str, str]], **options: Any) -> None:
        words = ", ".join(word for word, _ in choices)
        messages: dict[str, Any] = {
            "required": f"Give one of: {words}.",
            "null": f"Give one of: {words}.",
            "invalid_choice": f"Use one of: {words}.",
        }
        super().__init__(choices=list(choices), error_messages=messages, **options)


class WholeNumber(serializers.IntegerField):
    """A JSON integer: not text, not 1.0, not true."""

    def __init__(self, remedy: str = "Send a whole number.", **options: Any) -> None:
        options.setdefault("min_value", 0)
        options.setdefault("max_value", 2_147_483_647)
        messages: dict[str, Any] = {
            "required": remedy,
            "null": remedy,
            "invalid": remedy,
            "min_value": "Send {min_value} or more.",
            "max_value": "Send {max_value} or less.",
        }
        super().__init__(error_messages=messages, **options)

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class Day(serializers.DateField):
    """A day as JSON text in one form only: ``2013-07-31``."""

    def __init__(self, remedy: str = "Send a day, such as 2013-07-31.", **options: Any) -> None:
        messages: dict[str, Any] = {
            "required": remedy,
            "null": remedy,
            "invalid": remedy,
            "datetime": remedy,
        }
        super().__init__(error_messages=messages, **options)

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(value)


class Flag(serializers.BooleanField):
    """JSON true or false."""

    def __init__(self, remedy: str = "Send true or false.", **options: Any) -> None:
        messages: dict[str, Any] = {"required": remedy, "null": remedy, "invalid": remedy}
        super().__init__(error_messages=messages, **options)

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


def check(shape: type[Shape], data: Any) -> dict[str, Any]:
    """The body as the shape reads it. Raises BadContent with every mistake.

    >>> class Reopening(Shape):
    ...     reason = Text("Say why.")
    >>> check(Reopening, {"reason": " A late invoice. "})
    {'reason': 'A late invoice.'}
    """
    # The framework skips validation without data; a list makes it report a missing object.
    reader = shape(data=[] if data is None else data)
    if not reader.is_valid():
        raise BadContent(list(_mistakes(reader.errors, data)))
    return dict(reader.validated_data)


def parameters_of(
    request: Request, shape: type[Shape], *, beside: Collection[str] = ()
) -> dict[str, Any]:
    """The parameters of the address. An empty one counts as not given.

    `beside` names parameters that other code reads, such as `page`. Raises
    BadContent for a parameter that is unknown, given twice or not valid.
    """
    given = request.query_params
    mine = list(shape().fields)
    known = [*mine, *beside]
    errors = [
        FieldError(name[:SHOWN], _unknown(known), given.getlist(name)[-1][:SHOWN])
        for name in given
        if name not in known
    ]
    errors.extend(
        FieldError(name, "Give this once.") for name in known if len(given.getlist(name)) > 1
    )
    if errors:
        raise BadContent(errors)
    return check(shape, {name: given[name] for name in mine if given.get(name)})


def _unknown(known: Iterable[str]) -> str:
    names = ", ".join(known)
    return f"This name is not known here: leave it out{f', or use {names}' * bool(names)}."


def _mistakes(detail: Any, data: Any, field: str = "") -> Iterator[FieldError]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            whole = name == "non_field_errors"
            value = data.get(name) if isinstance(data, Mapping) else None
            yield from _mistakes(
                inner, data if whole else value, field if whole else f"{field}.{name}".strip(".")
            )
    elif isinstance(detail, list):
        for inner in detail:
            yield from _mistakes(inner, data, field)
    else:
        yield FieldError(field=field or "body", message=str(detail), value=_shown(data))


def _shown(value: Any) -> str:
    if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
        return ""
    return str(value).replace("\x00", "\N{REPLACEMENT CHARACTER}")[:SHOWN]
