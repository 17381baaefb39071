"""What becomes of a service in a quarter: whether councils share it, and if not, why not. Pure.

The state holds for the service and what lies below it, whatever councils the tree would give it
otherwise: `services.tree` has the rule. Source: the public contract, "A quarterly return".
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    SINGLE = "single"
    SHARED = "shared"
    UNDER_CONSIDERATION = "under_consideration"
    NOT_RECOMMENDED = "not_recommended"
    RETIRED = "retired"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    State.SINGLE: "Each council by itself",
    State.SHARED: "Shared by two or more councils",
    State.UNDER_CONSIDERATION: "Under consideration",
    State.NOT_RECOMMENDED: "Not recommended for sharing",
    State.RETIRED: "Retired",
}
#: To choose from: each state by its value, with its label.
CHOICES = [(state.value, label) for state, label in LABELS.items()]
#: What a sentence says of a service in such a quarter, after its name.
STATE_IN_WORDS = {
    State.SINGLE: "is run by each council by itself",
    State.SHARED: "is shared by two or more councils",
    State.UNDER_CONSIDERATION: "is still under consideration for sharing",
    State.NOT_RECOMMENDED: "is not recommended for sharing",
    State.RETIRED: "is retired",
}
