"""The controls of a row of the form, written out as HTML: a select's options once for all rows.

With Django's own widgets, forty rows of sixty services take more than a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from savings.returns.models import Entry
from savings.returns.rows import COLUMNS
from services.tree import ServiceTree
from sovereignty.models import Council

INDENT = "\N{EM SPACE}"

Option = tuple[str, str]
Value = str | list[str]


class Control(StrEnum):
    SELECT = "select"
    TEXT = "text"
    WORDS = "words"
    TICKS = "ticks"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a return as the form shows it; `attributes` are the control's own."""

    name: str
    label: str
    control: Control
    hint: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


BY_NAME = {
    column.name: column
    for column in (
        Column("service", "Service", Control.SELECT),
        Column("kind", "Kind", Control.SELECT),
        Column("scope", "Falls on", Control.SELECT),
        Column(
            "amount",
            "Amount in pounds",
            Control.TEXT,
            attributes={"inputmode": "decimal", "spellcheck": "false"},
        ),
        Column("recurrence", "Recurrence", Control.SELECT),
        Column("nature", "Nature", Control.SELECT),
        Column("cause", "Cause", Control.SELECT),
        Column("caused_by", "Council that changed its specification", Control.SELECT),
        Column("tupe", "Staff transferred (TUPE)", Control.TICKS, hint="Falls only on these."),
        Column(
            "approval",
            "Transition budget",
            Control.TEXT,
            hint="Code of a budget that every council taking part has agreed to.",
            attributes={"spellcheck": "false"},
        ),
        Column(
            "corrects",
            "Corrects entry",
            Control.TEXT,
            hint="Number of the certified entry in an earlier quarter.",
            attributes={"inputmode": "numeric"},
        ),
        Column("evidence", "Evidence", Control.WORDS, hint="A reference to where it is shown."),
        Column("note", "Note", Control.WORDS),
    )
}

#: The columns that a row shows, and those under "More".
MAIN_COLUMNS = COLUMNS[:10]
OTHER_COLUMNS = COLUMNS[10:]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a select's content: an option, both chosen and not chosen, or a tag."""

    value: str | None
    plain: SafeString
    chosen: SafeString


class Options:
    """The content of a select, written out once for each value that any row chooses."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._values = {part.value for part in parts}
        self._written: dict[str, SafeString] = {}

    def choosing(self, value: str) -> SafeString:
        if value not in self._written:
            parts = [part.chosen if part.value == value else part.plain for part in self._parts]
            if value not in self._values:
                # Not sent by this page, but shown all the same.
                parts.append(_option(value, value).chosen)
            self._written[value] = format_html_join("", "{}", ((part,) for part in parts))
        return self._written[value]


def _option(value: str, words: str) -> Part:
    return Part(
        value,
        format_html('<option value="{}">{}</option>', value, words),
        format_html('<option value="{}" selected>{}</option>', value, words),
    )


def write_options(first: str, options: Iterable[Option]) -> list[Part]:
    """The options of a select; `first` is the text of the empty one."""
    return [_option("", first), *(_option(value, words) for value, words in options)]


def write_services(tree: ServiceTree) -> list[Part]:
    """The services under their programmes, indented by their level in the tree."""
    end = Part(None, SafeString("</optgroup>"), SafeString("</optgroup>"))
    services = write_options("Choose", [])
    for node, depth in tree.walk():
        if depth == 0:
            start = format_html('<optgroup label="{}">', node.name)
            services += [*([end] if len(services) > 1 else []), Part(None, start, start)]
            services.append(_option(node.slug, f"{node.name} (all of it)"))
        else:
            services.append(_option(node.slug, INDENT * (depth - 1) + node.name))
    if len(services) > 1:
        services.append(end)
    return services


@dataclass(frozen=True, slots=True)
class Lists:
    """What the controls of every row offer: selects written out, councils by code and name."""

    selects: dict[str, Options]
    councils: Sequence[Option]

    def choices(self) -> dict[str, Sequence[Option]]:
        """The choices by column; services are in the tree."""
        return {**CHOICES, "caused_by": self.councils, "tupe": self.councils}


CHOICES: dict[str, Sequence[Option]] = {
    "kind": Entry.Kind.choices,
    "scope": Entry.Scope.choices,
    "recurrence": Entry.Recurrence.choices,
    "nature": Entry.Nature.choices,
    "cause": Entry.Cause.choices,
}
#: What an empty select says: those without a visible label name themselves.
FIRST = {
    "kind": "Choose",
    "scope": "Choose",
    "recurrence": "Recurrence",
    "nature": "Nature",
    "cause": "Cause",
}


def lists_of(tree: ServiceTree, councils: Iterable[Council]) -> Lists:
    """What every row offers: the services as in the tree, the councils, the choices."""
    choices = [(council.code, council.name) for council in councils]
    selects = {
        column: Options(write_options(FIRST[column], options))
        for column, options in CHOICES.items()
    }
    selects["service"] = Options(write_services(tree))
    selects["caused_by"] = Options(write_options("Changed by", choices))
    return Lists(selects, choices)


@dataclass(frozen=True, slots=True)
class Cell:
    """A control with everything around it."""

    column: Column
    id: str
    html: SafeString
    errors: Sequence[str]


def cell(number: int | str, name: str, value: Value, errors: Sequence[str], lists: Lists) -> Cell:
    """The control of a row's column, which keeps what was typed, right or wrong."""
    column = BY_NAME[name]
    control_id = f"id_row-{number}-{name}"
    described = [f"{control_id}_helptext"] if column.hint else []
    described += [f"{control_id}_error"] if errors else []
    attributes: dict[str, str | bool] = {"name": f"row-{number}-{name}", "data-column": name}
    if errors:
        attributes["aria-invalid"] = "true"
    if column.control is Control.TICKS:
        return Cell(column, control_id, _ticks(control_id, attributes, value, lists), errors)
    if not isinstance(value, str):
        value = ",".join(value)
    block = BLOCKS[column.control]
    classes = [f"govuk-{block}"]
    classes += [f"govuk-{block}--error"] if errors else []
    classes += ["app-money-input"] if name == "amount" else []
    attributes["class"] = " ".join(classes)
    if described:
        attributes["aria-describedby"] = " ".join(described)
    attributes |= {"id": control_id, **column.attributes}
    if column.control is Control.SELECT:
        inside = lists.selects[name].choosing(value)
        html = format_html("<select{}>{}</select>", flatatt(attributes), inside)
    elif column.control is Control.WORDS:
        # The line break after the tag is not part of what was typed.
        html = format_html('<textarea{} rows="2">\n{}</textarea>', flatatt(attributes), value)
    else:
        # The placeholder lets the style sheet tell whether it is empty.
        attributes |= {"type": "text", "placeholder": " ", "value": value}
        html = format_html("<input{}>", flatatt(attributes))
    return Cell(column, control_id, html, errors)


BLOCKS = {Control.SELECT: "select", Control.WORDS: "textarea", Control.TEXT: "input"}


def _ticks(
    control_id: str, attributes: Mapping[str, str | bool], value: Value, lists: Lists
) -> SafeString:
    ticked = value if isinstance(value, list) else value.split(",") if value else []
    known = [code for code, _ in lists.councils]
    options = [*lists.councils, *((code, code) for code in ticked if code not in known)]
    return format_html_join(
        "",
        '<div class="govuk-checkboxes__item"><input{}>'
        '<label class="govuk-label govuk-checkboxes__label" for="{}">{}</label></div>',
        (
            (
                flatatt(
                    {
                        **attributes,
                        "type": "checkbox",
                        "class": "govuk-checkboxes__input",
                        "id": f"{control_id}_{place}",
                        "value": code,
                        "checked": code in ticked,
                    }
                ),
                f"{control_id}_{place}",
                name,
            )
            for place, (code, name) in enumerate(options)
        ),
    )
