"""What every page knows: whether anything illustrative is in this site's database."""

from django.http import HttpRequest

from savings.formulas.models import AttributionRule
from savings.returns.models import Entry


def site(request: HttpRequest) -> dict[str, object]:
    """`demonstration`: true if there is an illustrative rule or entry in the database."""
    return {
        "demonstration": AttributionRule.objects.illustrative().exists()
        or Entry.objects.illustrative().exists()
    }
