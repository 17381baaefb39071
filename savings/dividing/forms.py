"""The form that proposes how what lies undivided in one place is divided."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from savings.dividing.reports import Undivided
from savings.drivers.models import Driver
from savings.formulas.arithmetic import ONGOING_COST
from savings.formulas.forms import RuleForm
from services.tree import ServiceTree


class DividingForm(RuleForm):
    """The form of a rule, with what the place says already."""

    def __init__(
        self, found: Undivided, tree: ServiceTree, drivers: Iterable[Driver], data: Any = None
    ) -> None:
        super().__init__(tree, found.councils, drivers, data)
        place = found.place
        self.place = {
            "service": place.service.slug,
            "kind": place.kind,
            "effective_from": place.quarter.code,
            "reaches_back_until": place.quarter.code,
        }
        for name in self.place:
            del self.fields[name]
        if place.kind != ONGOING_COST:
            del self.fields["indirect_variance"]

    def say(self, name: str) -> str:
        if name in self.place:
            return self.place[name]
        return super().say(name) if name in self.fields else ""
