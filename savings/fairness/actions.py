"""The action on the fairness test: propose one.

Councils answer it with `savings.agreements.actions.answer`.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from django.db import transaction

from finance.apportionment import ShareError, parse_share
from savings.agreements.actions import put_forward
from savings.agreements.unanimous import SHARE
from savings.fairness.models import MOST_QUARTERS, FairnessTest
from savings.kit.provenance import Provenance
from savings.permissions.rules import require
from sovereignty.models import Decision, User
from sovereignty.refusals import BadContent, FieldError


@transaction.atomic
def propose_test(
    *,
    below: str,
    quarters: int,
    by: User,
    at: datetime,
    provenance: Provenance = Provenance.REPORTED,
    answer_by: date | None = None,
    revises: Decision | None = None,
) -> FairnessTest:
    """Propose a test of when a council gains too little for too long.

    `below` is a decimal or a fraction as text, above 0 and at most 1. It replaces the test in force
    once every council has agreed. They are asked to answer by `answer_by`. It also replaces
    `revises`, a disputed test. Raises NotAllowed, WrongState if `revises` is not disputed, or
    BadContent.
    """
    require(by, "savings.propose_fairness_test")
    text = below.strip()
    errors = [*_mistakes_in_below(text)]
    if not 1 <= quarters <= MOST_QUARTERS:
        errors.append(
            FieldError("quarters", f"Give a number from 1 to {MOST_QUARTERS}.", str(quarters)[:20])
        )
    if errors:
        raise BadContent(errors)
    test = FairnessTest(below=text, quarters=quarters, provenance=provenance)
    put_forward(
        test,
        title=f"Fairness test: below {text} of its share, {quarters} in a row",
        after={"below": text, "quarters": quarters, "provenance": provenance.value},
        by=by,
        at=at,
        answer_by=answer_by,
        revises=revises,
    )
    return test


def _mistakes_in_below(text: str) -> list[FieldError]:
    if not text:
        return [FieldError("below", "Give a decimal or a fraction, such as 0.5 or 1/2.")]
    try:
        share = parse_share(text)
    except ShareError as error:
        return [FieldError("below", str(error), text[:20])]
    if not share:
        return [
            FieldError(
                "below", "Give a share above 0: no council can gain less than nothing.", text
            )
        ]
    if not re.fullmatch(SHARE, text):
        return [FieldError("below", "Give fewer digits: at most nine on either side.", text[:20])]
    return []
