"""How figures, forms and pages are shown: filters and tags for every template.

Nothing here works out a figure, and only `finance.money` formats amounts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.core.paginator import Page
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    MultiWidget,
    RadioSelect,
    Select,
    Textarea,
)
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from finance.money import format_millions, format_pounds
from savings.kit import wording

register = template.Library()

NOT_STATED = "not stated"


@register.filter
def pounds(pence: int | None) -> str:
    """Whole pence to the penny: `{{ entry.pence|pounds }}` gives £1,234.56.

    None is a figure that was not given, which is not the same as 0.
    """
    return NOT_STATED if pence is None else format_pounds(pence)


@register.filter
def ago(moment: datetime) -> str:
    """How long ago a moment was, in its largest whole unit: `3 minutes ago`."""
    return wording.ago(moment, timezone.now())


@register.filter
def millions(pence: int | None) -> str:
    """Whole pence as a headline: `{{ compared.planned|millions }}` gives £33.8m."""
    return NOT_STATED if pence is None else format_millions(pence)


# --- The service navigation ------------------------------------------------------

NAVIGATION = (
    ("Promised and delivered", "comparison"),
    ("Returns", "returns"),
    ("Forecasts", "forecasts"),
    ("Boroughs", "boroughs"),
    ("Agreements", "agreements"),
    ("What if?", "what-if"),
    ("Fairness", "fairness"),
    ("The record", "record"),
    ("API", "api-docs"),
)

#: Pages that belong to an item although their addresses are not below its own.
BESIDE = {"returns": ("board", "calendar")}


@dataclass(frozen=True)
class NavigationItem:
    """`current` is the value of aria-current: "page", "true" (within) or ""."""

    text: str
    url: str
    current: str


@register.simple_tag(takes_context=True)
def navigation_items(context: template.Context) -> list[NavigationItem]:
    """The items whose pages exist. The item of the present page is marked.

    It works without a request too, such as on the page for a server error.
    """
    request: HttpRequest | None = context.get("request")
    path = request.path if request else ""
    return [
        NavigationItem(text=text, url=url, current=_current(path, url, name))
        for text, name in NAVIGATION
        if (url := _address(name))
    ]


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _current(path: str, url: str, name: str) -> str:
    if path == url:
        return "page"
    beside = [_address(other) for other in BESIDE.get(name, ())]
    return "true" if any(path.startswith(here) for here in (url, *beside) if here > "/") else ""


@register.inclusion_tag("components/breadcrumbs.html")
def breadcrumbs(*texts_and_urls: str) -> dict[str, list[dict[str, str]]]:
    """The links to the pages above: text, url, text, url …, and last the page's own name.

    `{% breadcrumbs "Returns" returns_url "Westminster, quarter 4" %}`
    """
    texts, urls = texts_and_urls[::2], texts_and_urls[1::2]
    return {
        "items": [
            {"text": text, "url": urls[place] if place < len(urls) else ""}
            for place, text in enumerate(texts)
        ]
    }


# --- Forms -----------------------------------------------------------------------


@register.simple_tag
def govuk_widget(field: BoundField, classes: str = "") -> SafeString:
    """A bound field's control, with the GOV.UK classes that its kind needs.

    `classes` are added, for example `govuk-input--width-10`. Django links it to the ids
    of the hint and the error message (`aria-describedby`).
    """
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        return field.as_widget(attrs={"class": classes})
    if isinstance(widget, Select):
        block = "govuk-select"
    elif isinstance(widget, Textarea):
        block = "govuk-textarea"
    else:
        block = "govuk-input"
    names = [block, classes, f"{block}--error" if field.errors else ""]
    attrs: dict[str, str | bool] = {"class": " ".join(name for name in names if name)}
    if isinstance(widget, Textarea):
        attrs.setdefault("rows", "4")
    return field.as_widget(attrs=attrs)


@register.filter
def control_kind(field: BoundField) -> str:
    """The markup that a bound field needs: options, checkbox, password, date or plain."""
    widget = field.field.widget
    if isinstance(widget, MultiWidget):
        return "date"
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    if isinstance(widget, RadioSelect):
        return "options"
    return "password" if getattr(widget, "input_type", "") == "password" else "plain"


@register.filter
def option_block(field: BoundField) -> str:
    """The GOV.UK component for a bound field's options: for one choice, or for several."""
    several = isinstance(field.field.widget, CheckboxSelectMultiple)
    return "govuk-checkboxes" if several else "govuk-radios"


@dataclass(frozen=True)
class ErrorLink:
    """One line of an error summary. `href` is empty if the error is not in one field."""

    message: str
    href: str


@register.filter
def error_links(forms: BaseForm | Iterable[BaseForm] | None) -> list[ErrorLink]:
    """Every error of a form, or of a formset, in the order of the page."""
    if forms is None:
        return []
    if isinstance(forms, BaseForm):
        return _form_errors(forms)
    general = getattr(forms, "non_form_errors", None)
    links = [ErrorLink(str(message), "") for message in general()] if general else []
    for form in forms:
        links.extend(_form_errors(form))
    return links


def _form_errors(form: BaseForm) -> list[ErrorLink]:
    links = [ErrorLink(str(message), "") for message in form.non_field_errors()]
    for field in form:
        links.extend(ErrorLink(str(message), _anchor(field)) for message in field.errors)
    return links


def _anchor(field: BoundField) -> str:
    # A group of options or checkboxes has no control with its own id: link to its first one.
    suffix = "_0" if control_kind(field) in ("options", "date") else ""
    return f"#{field.auto_id}{suffix}" if field.auto_id else ""


# --- Lists in pages --------------------------------------------------------------


@dataclass(frozen=True)
class PageLink:
    """A page's number and address. The number is None where pages are left out."""

    number: int | None
    url: str
    current: bool


@register.simple_tag(takes_context=True)
def page_links(context: template.Context, page: Page) -> list[PageLink]:
    """The numbered links of a paginated list, keeping the rest of the address."""
    return [
        PageLink(
            number=number if isinstance(number, int) else None,
            url=_page_url(context, number) if isinstance(number, int) else "",
            current=number == page.number,
        )
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]


@register.simple_tag(takes_context=True)
def page_url(context: template.Context, number: int) -> str:
    """The address of one page of a list, keeping the rest of the address."""
    return _page_url(context, number)


def _page_url(context: template.Context, number: int) -> str:
    request: HttpRequest | None = context.get("request")
    query = request.GET.copy() if request else None
    if query is None:
        return f"?page={number}"
    query["page"] = str(number)
    return f"?{query.urlencode()}"


# --- Blocks, with a table or a value inside -------------------------------------------


@register.simple_block_tag(takes_context=True)
def chart(
    context: template.Context,
    content: SafeString,
    *,
    name: str,
    title: str,
    sentence: str,
    figure: dict[str, object] | None = None,
    note: str = "",
    level: int = 2,
) -> SafeString:
    """One chart: its title, its sentence, the picture, and the table inside the block.

    `name` is the id, unique on the page; `figure` a Plotly figure as plain data
    (`figure.to_plotly_json()`), or None for a table without a picture.
    """
    return _render(
        context,
        "components/chart.html",
        content=content,
        name=name,
        title=title,
        sentence=sentence,
        figure=figure,
        note=note,
        level=level,
    )


@register.simple_block_tag(takes_context=True)
def scroll(
    context: template.Context, content: SafeString, *, label: str, wide: bool = False
) -> SafeString:
    """A frame in which a wide table scrolls sideways, also by keyboard."""
    return _render(context, "components/scroll.html", content=content, label=label, wide=wide)


@register.simple_block_tag(takes_context=True)
def summary_row(
    context: template.Context,
    content: SafeString,
    *,
    key: str = "",
    provenance: str = "",
    wide: bool = False,
    url: str = "",
    action: str = "",
    about: str = "",
) -> SafeString:
    """One row of a summary list: its key, and the value inside the block.

    `{% summary_row key="Kind" %}{{ entry.get_kind_display }}{% endsummary_row %}`
    """
    return _render(
        context,
        "components/summary_row.html",
        content=content,
        key=key,
        provenance=provenance,
        wide=wide,
        url=url,
        action=action,
        about=about,
    )


def _render(context: template.Context, component: str, /, **values: object) -> SafeString:
    with context.push(**values):
        return template.Engine.get_default().get_template(component).render(context)
