"""The action that proposes how what lies undivided is divided, and its preview."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from savings.dividing import reports
from savings.dividing.reports import Preview
from savings.formulas.actions import propose_rule
from sovereignty.models import User


@transaction.atomic
def preview_of(*, proposed: Mapping[str, Any], by: User, at: datetime) -> Preview:
    """What a rule would divide if every council agreed. Nothing is stored.

    It is proposed, worked out and taken back, so it is refused just as `propose_rule` refuses it.
    """
    found = reports.preview(propose_rule(**proposed, by=by, at=at))
    transaction.set_rollback(True)
    return found
