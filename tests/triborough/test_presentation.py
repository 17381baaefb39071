"""How figures, forms and pages are shown."""

import re
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import include, path

from triborough.templatetags import presentation


class Saving(forms.Form):
    service = forms.ChoiceField(choices=[("ict", "ICT")], error_messages={"required": "Choose."})
    amount = forms.CharField(help_text="Such as 45k", error_messages={"required": "Enter it."})
    kind = forms.ChoiceField(
        widget=forms.RadioSelect,
        choices=[("saving", "Saving"), ("variance", "Variance")],
        error_messages={"required": "Select one."},
    )
    password = forms.CharField(widget=forms.PasswordInput, required=False)
    sure = forms.BooleanField(required=False)

    def clean(self) -> None:
        if self.data.get("amount") == "0":
            raise forms.ValidationError("Nothing to save.")


def page(request):  # what the addresses below lead to
    raise NotImplementedError


returns_urls = [
    path("returns/", page, name="returns"),
    path("record/", page, name="record"),
]
urlpatterns = [path("", include(returns_urls))]


def render(source: str, **values: object) -> str:
    return Template("{% load presentation %}" + source).render(Context(values))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (123456, "£1,234.56"),
        (-50, "−£0.50"),
        (0, "£0.00"),
        (None, "not stated"),
    ],
)
def test_pounds_are_shown_to_the_penny(amount, shown):
    assert render("{{ amount|pounds }}", amount=amount) == shown


def test_millions_are_shown_short_and_a_missing_figure_is_not_shown_as_nil():
    assert render("{{ a|millions }} {{ b|millions }}", a=992000000, b=None) == ("£9.92m not stated")


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("address", "current"),
    [
        ("/returns/", [("Returns", "page"), ("The record", "")]),
        ("/returns/WCC/2013-14-Q1/", [("Returns", "true"), ("The record", "")]),
        ("/elsewhere/", [("Returns", ""), ("The record", "")]),
    ],
)
def test_navigation_has_the_pages_that_exist_and_marks_the_current_one(address, current):
    request = RequestFactory().get(address)
    items = presentation.navigation_items(Context({"request": request}))
    assert [(item.text, item.current) for item in items] == current


@pytest.mark.urls(__name__)
def test_navigation_needs_no_request():
    assert [item.url for item in presentation.navigation_items(Context())] == [
        "/returns/",
        "/record/",
    ]


def test_error_links_lead_to_the_fields_in_the_order_of_the_page():
    form = Saving({"service": "", "amount": "", "kind": ""})
    assert [(link.message, link.href) for link in presentation.error_links(form)] == [
        ("Choose.", "#id_service"),
        ("Enter it.", "#id_amount"),
        ("Select one.", "#id_kind_0"),
    ]


def test_error_links_begin_with_errors_that_belong_to_no_single_field():
    form = Saving({"service": "ict", "amount": "0", "kind": "saving"})
    assert [(link.message, link.href) for link in presentation.error_links(form)] == [
        ("Nothing to save.", "")
    ]


def test_error_links_of_a_formset_tell_its_rows_apart():
    formset = forms.formset_factory(Saving, extra=0)(
        {
            "form-TOTAL_FORMS": "2",
            "form-INITIAL_FORMS": "0",
            "form-0-service": "ict",
            "form-0-amount": "5",
            "form-0-kind": "saving",
            "form-1-service": "ict",
            "form-1-amount": "",
            "form-1-kind": "saving",
        }
    )
    # A row that was not touched may stay empty; this one was.
    assert [(link.message, link.href) for link in presentation.error_links(formset)] == [
        ("Enter it.", "#id_form-1-amount")
    ]


def test_without_a_form_there_are_no_error_links():
    assert presentation.error_links(None) == []
    assert render_to_string("components/error_summary.html", {}).strip() == ""


def test_a_field_ties_its_hint_and_error_to_its_control_and_keeps_its_text():
    form = Saving({"service": "gone", "amount": "", "kind": "saving"})
    html = render_to_string("components/field.html", {"field": form["amount"], "prefix": "£"})
    assert 'aria-describedby="id_amount_helptext id_amount_error"' in html
    assert 'id="id_amount_helptext"' in html
    assert 'id="id_amount_error"' in html
    assert 'class="govuk-input govuk-input--error"' in html
    kept = Saving({"amount": "1,50"})
    assert 'value="1,50"' in render_to_string("components/field.html", {"field": kept["amount"]})


def test_options_are_a_fieldset_and_the_chosen_one_stays_chosen():
    form = Saving({"kind": "variance"})
    html = render_to_string("components/field.html", {"field": form["kind"]})
    assert html.count("<fieldset") == 1
    assert html.count(" checked") == 1
    assert 'value="variance" checked' in html


@pytest.mark.parametrize(
    ("name", "kind"),
    [("amount", "plain"), ("kind", "options"), ("password", "password"), ("sure", "checkbox")],
)
def test_each_kind_of_field_has_its_control(name, kind):
    assert presentation.control_kind(Saving()[name]) == kind


def test_a_checkbox_has_one_hint_and_one_label():
    class Check(forms.Form):
        sure = forms.BooleanField(help_text="As they stand.")

    html = render_to_string("components/field.html", {"field": Check({})["sure"]})
    assert html.count("As they stand.") == 1
    assert html.count("<label") == 1


def test_pages_of_a_list_keep_the_rest_of_the_address():
    listing = Paginator(range(100), 10).page(5)
    request = RequestFactory().get("/record/", {"document": "options", "page": "5"})
    links = presentation.page_links(Context({"request": request}), listing)
    assert [(link.number, link.current) for link in links] == [
        (1, False),
        (None, False),
        (4, False),
        (5, True),
        (6, False),
        (None, False),
        (10, False),
    ]
    assert links[0].url == "?document=options&page=1"


def test_breadcrumbs_end_with_the_page_itself():
    html = render('{% breadcrumbs "Returns" "/returns/" "Westminster" %}')
    assert 'href="/returns/"' in html
    assert '<li class="govuk-breadcrumbs__list-item" aria-current="page">Westminster</li>' in html


def test_a_chart_is_title_sentence_picture_and_table_and_nothing_inline():
    html = render(
        '{% chart name="areas" title="By area" sentence="One line." figure=figure %}'
        "<table></table>{% endchart %}",
        figure={"data": [{"name": "</script><script>"}], "layout": {}},
    )
    assert '<h2 class="app-chart__title" id="areas-title">By area</h2>' in html
    assert 'data-chart="areas-figure" aria-hidden="true"' in html
    assert '<script id="areas-figure" type="application/json">' in html
    assert html.count("</script>") == 1
    assert "<table></table>" in html
    assert "style=" not in html


def test_a_chart_without_a_figure_is_its_table():
    html = render(
        '{% chart name="a" title="A" sentence="B." %}<table></table>{% endchart %}',
    )
    assert "data-chart" not in html
    assert "<table></table>" in html


def test_text_in_a_chart_is_escaped_once():
    html = render(
        "{% chart name='a' title=title sentence='B.' %}{{ title }}{% endchart %}", title="Q&A <b>"
    )
    assert html.count("Q&amp;A &lt;b&gt;") == 2


def test_a_wide_table_can_be_reached_with_the_keyboard():
    html = render('{% scroll label="Savings" wide=True %}<table></table>{% endscroll %}')
    assert 'role="region" aria-label="Savings" tabindex="0"><table></table></div>' in html
    assert "app-scroll--wide" in html


@pytest.mark.parametrize(
    ("arguments", "row", "key"),
    [
        ("key=name", "row govuk-summary-list__row--no-actions", "Q&amp;A"),
        ("key=name wide=True", "row", "Q&amp;A"),
        ("provenance='derived'", "row govuk-summary-list__row--no-actions", "Derived"),
        (
            "key='Sum' provenance='derived'",
            "row govuk-summary-list__row--no-actions",
            "Sum Derived",
        ),
        ("key='Sum' url='/here/'", "row", "Sum"),
    ],
)
def test_a_row_of_a_summary_list_has_a_key_a_value_and_an_action(
    arguments: str, row: str, key: str
) -> None:
    html = render(
        f"{{% summary_row {arguments} %}}<b>{{{{ value }}}}</b>{{% endsummary_row %}}",
        value="<1",
        name="Q&A",
        url="/elsewhere/",
        about="something else",
    )
    assert html.strip().startswith(f'<div class="govuk-summary-list__{row}">')
    shown = re.search(r'<dt class="govuk-summary-list__key">(.*?)</dt>', html, re.DOTALL)
    assert shown
    assert re.sub(r"<[^>]+>", "", shown[1]).strip() == key
    assert '<dd class="govuk-summary-list__value"><b>&lt;1</b></dd>' in html
    change = 'href="/here/">Change<span class="govuk-visually-hidden"> Sum</span></a>'
    assert (change in html) == ("url" in arguments)
    assert "elsewhere" not in html


def test_a_summary_list_shows_rows_given_as_data() -> None:
    rows = [
        {"key": "Kind", "value": "A <b>"},
        {"key": "To", "value": "Q1", "url": "/x/", "action": "Choose", "about": "the quarter"},
    ]
    html = render_to_string("components/summary_list.html", {"rows": rows})
    assert html.count("govuk-summary-list__row--no-actions") == 1
    assert '<dd class="govuk-summary-list__value">A &lt;b&gt;</dd>' in html
    choose = 'href="/x/">Choose<span class="govuk-visually-hidden"> the quarter</span></a>'
    assert choose in html


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"status": "draft"}, "Draft"),
        ({"status": "draft", "sent_back": True}, "Sent back"),
        ({"status": "submitted"}, "Submitted"),
        ({"status": "certified", "sent_back": True}, "Certified"),
        ({"status": "open"}, "Open"),
        ({"status": "closed"}, "Closed"),
    ],
)
def test_a_status_is_given_in_words(values, word):
    assert f">{word}</strong>" in render_to_string("components/status_tag.html", values)


@pytest.mark.parametrize(
    "provenance", ["published", "derived", "reported", "illustrative", "provisional"]
)
def test_the_source_of_a_figure_is_given_in_words(provenance):
    html = render_to_string("components/provenance_tag.html", {"provenance": provenance})
    assert f">{provenance.capitalize()}</strong>" in html


def test_a_measure_is_drawn_without_a_style_attribute():
    html = render_to_string("components/measure.html", {"percent": Decimal("29.35")})
    assert 'width="29.35"' in html
    assert "style=" not in html


def test_the_page_for_a_server_error_needs_nothing_but_its_template():
    html = render_to_string("500.html")
    assert "something went wrong" in html
    assert 'lang="en-GB"' in html


def test_a_person_signed_in_is_named_with_role_and_council():
    appointment = SimpleNamespace(
        get_role_display="Finance officer", council=SimpleNamespace(name="Westminster")
    )
    user = SimpleNamespace(
        is_authenticated=True,
        get_full_name="Jo Ash",
        get_username="jo",
        held_appointments=[appointment],
    )
    html = render_to_string("components/account.html", {"user": user})
    assert "Jo Ash" in html
    assert ", Finance officer, Westminster" in html
