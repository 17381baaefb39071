"""What the pages of a return have in common: finding the return, and going back to it.

Every look-up starts from what the person may see, so that another council's return is not
found.
"""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from finance.periods import PeriodError, Quarter
from savings.permissions.pages import SignedIn
from savings.returns.models import PARTNERSHIP, Return

NOT_WHOLE = "The form did not arrive complete, so nothing was saved. Open the return and try again."


def return_called(request: SignedIn, council: str, period: str) -> Return:
    visible = Return.objects.visible_to(request.user).select_related(
        "council", "period__reopened_by", "submitted_by", "certified_by", "sent_back_by"
    )
    owner = {"council": None} if council == PARTNERSHIP else {"council__code": council}
    return get_object_or_404(visible, period__quarter=_quarter(period), **owner)


def as_it_stands(request: SignedIn, parent: Return) -> Return:
    """The return as it is now."""
    return return_called(request, parent.council_code, parent.period.code)


def _quarter(code: str) -> Quarter:
    try:
        return Quarter.parse(code)
    except PeriodError as error:
        raise Http404(str(error)) from error


def to_return(parent: Return) -> HttpResponse:
    return redirect("return", council=parent.council_code, period=parent.period.code)


def trail(parent: Return, last: str = "") -> list[dict[str, str]]:
    """The breadcrumbs of a return's pages; `last` is the page below the return itself."""
    codes = {"council": parent.council_code, "period": parent.period.code}
    owner = parent.council.name if parent.council else "The partnership"
    here = {"text": f"{owner}, {parent.period}", "url": reverse("return", kwargs=codes)}
    trail = [{"text": "Returns", "url": reverse("returns")}, here]
    if not last:
        here["url"] = ""
        return trail
    return [*trail, {"text": last, "url": ""}]
