"""What every page knows: whether anything illustrative is loaded in this site."""

from django.http import HttpRequest

from savings.formulas.models import AttributionRule
from savings.returns.models import Entry


def site(request: HttpRequest) -> dict[str, object]:
    """`demonstration`: true where an illustrative rule or entry stands in the database."""
    return {
        "demonstration": AttributionRule.objects.illustrative().exists()
        or Entry.objects.illustrative().exists()
    }
