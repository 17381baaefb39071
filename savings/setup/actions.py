"""What a site begins with, where there is no council yet: the published record, or more."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import transaction

import audit.actions
from savings.demonstration.loading import load as load_demonstration
from savings.permissions.rules import require
from savings.quarters.locks import change_basis
from savings.record.imports import read_record
from savings.record.loading import load as load_record
from sovereignty.models import Council, User
from sovereignty.refusals import WrongState


class Whose(StrEnum):
    """Whose partnership it is."""

    OWN = "own"
    RECORD = "record"
    DEMONSTRATION = "demonstration"


@transaction.atomic
def begin_with(*, whose: Whose, by: User, at: datetime) -> None:
    """Load the published record, and for the demonstration that too; nothing for one's own.

    Raises NotAllowed; WrongState if there is a council already, or if the demonstration is asked
    for where DEBUG is off: it has a published password.
    """
    require(by, "savings.begin")
    # Two people who choose at once: the second waits, and finds councils.
    change_basis()
    if Council.objects.exists():
        raise WrongState("This has been chosen already: there are councils.")
    if whose == Whose.OWN:
        return
    if whose == Whose.DEMONSTRATION and not settings.DEBUG:
        raise WrongState(
            "The demonstration has a published password, so it can’t be loaded if DEBUG is off."
        )
    load_record(read_record(settings.RECORD_DIR), at=at)
    if whose == Whose.DEMONSTRATION:
        load_demonstration(
            folder=settings.DEMONSTRATION_DIR, password=settings.DEMO_PASSWORD, at=at
        )
    audit.actions.record(
        by=by.username,
        at=at,
        action="loaded",
        subject="partnership",
        subject_id=whose.value,
        after={"loaded": whose.value},
    )
