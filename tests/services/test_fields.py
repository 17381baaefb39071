"""A quarter in the database."""

from __future__ import annotations

import json

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection
from django.forms import modelform_factory

from finance.periods import Quarter
from savings.quarters.models import Period
from services.fields import QuarterField
from services.models import Participation
from tests.partnership import Partnership

CODES = ["2011-12-Q4", "2012-13-Q1", "2012-13-Q4", "2013-14-Q1"]


@pytest.fixture
def periods(db: None) -> None:
    for code in reversed(CODES):
        Period.objects.create(quarter=Quarter.parse(code))


def codes(queryset) -> list[str]:
    return [period.quarter.code for period in queryset]


def test_quarters_come_back_as_quarters_in_order(periods: None) -> None:
    assert codes(Period.objects.order_by("quarter")) == CODES
    assert codes(Period.objects.order_by("-quarter")) == CODES[::-1]
    assert {type(q) for q in Period.objects.values_list("quarter", flat=True)} == {Quarter}


def test_a_quarter_is_kept_as_its_ordinal(periods: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT quarter FROM savings_period ORDER BY quarter")
        assert [row[0] for row in cursor.fetchall()] == [8047, 8048, 8051, 8052]


def test_quarters_are_looked_up_by_value_code_and_range(periods: None) -> None:
    first, second = Quarter.parse(CODES[1]), Quarter.parse(CODES[2])
    objects = Period.objects.order_by("quarter")
    assert codes(objects.filter(quarter=first)) == [CODES[1]]
    assert codes(objects.filter(quarter="2012-13-Q1")) == [CODES[1]]
    assert codes(objects.filter(quarter__in=[first, CODES[3]])) == [CODES[1], CODES[3]]
    assert codes(objects.filter(quarter__lt=first)) == CODES[:1]
    assert codes(objects.filter(quarter__lte=first)) == CODES[:2]
    assert codes(objects.filter(quarter__gt=second)) == CODES[3:]
    assert codes(objects.filter(quarter__range=(first, second))) == CODES[1:3]
    assert codes(objects.exclude(quarter=first)) == [CODES[0], *CODES[2:]]


def test_a_code_given_to_a_model_becomes_a_quarter(db: None) -> None:
    period = Period(quarter="2012-13-Q4")
    period.full_clean()
    period.save()
    assert Period.objects.get().quarter == Quarter.parse("2012-13-Q4")


@pytest.mark.parametrize("code", ["2012-13", "2012-13-Q5", "soon"])
def test_text_that_is_not_a_quarter_is_a_validation_error(code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        QuarterField().to_python(code)
    assert refusal.value.messages == [f"“{code}” is not a quarter: write it as 2012-13-Q4."]


def test_an_empty_code_is_a_validation_error() -> None:
    with pytest.raises(ValidationError) as refusal:
        QuarterField().to_python("")
    assert refusal.value.messages == ["Enter a quarter, such as 2013-14-Q3."]


@pytest.mark.parametrize("ordinal", [-1, 0, 2900 * 4])
def test_an_ordinal_outside_the_calendar_is_a_validation_error(ordinal: int) -> None:
    with pytest.raises(ValidationError):
        QuarterField().to_python(ordinal)


def test_a_null_quarter_stays_null() -> None:
    field = QuarterField(null=True)
    assert field.to_python(None) is None
    assert field.get_prep_value(None) is None
    assert field.from_db_value(None) is None


def test_a_quarter_is_serialised_and_read_back_as_its_code(partnership: Partnership) -> None:
    spells = Participation.objects.order_by("id")[:1]
    text = serializers.serialize("json", spells)
    assert json.loads(text)[0]["fields"]["from_quarter"] == "2011-12-Q1"
    assert json.loads(text)[0]["fields"]["to_quarter"] is None
    (spell,) = serializers.deserialize("json", text)
    read = spell.object
    assert isinstance(read, Participation)
    assert (read.from_quarter, read.to_quarter) == (Quarter.parse("2011-12-Q1"), None)


def test_a_form_takes_a_code_or_nothing(partnership: Partnership) -> None:
    form_class = modelform_factory(Participation, fields=["from_quarter", "to_quarter"])
    spell = Participation.objects.earliest("id")
    form = form_class({"from_quarter": "2012-13-Q1", "to_quarter": ""}, instance=spell)
    assert form.errors == {}
    form.save()
    spell.refresh_from_db()
    assert (spell.from_quarter, spell.to_quarter) == (Quarter.parse("2012-13-Q1"), None)
    wrong = form_class({"from_quarter": "2012-13-Q2", "to_quarter": "Q1"}, instance=spell)
    assert wrong.errors == {"to_quarter": ["“Q1” is not a quarter: write it as 2012-13-Q4."]}
    reversed_ = form_class({"from_quarter": "2012-13-Q2", "to_quarter": "2012-13-Q1"})
    assert reversed_.errors["to_quarter"] == ["The last quarter must not come before the first."]
