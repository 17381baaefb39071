"""What is done of a partnership's set-up, and what is still missing. Pure.

Nothing of this is stored: each step is read from what is there, so a step that was done on
another page is done here too, and one that is undone is missing again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

#: A partnership is at least two councils.
FEWEST = 2
#: In the words that the steps use.
PROGRAMME_OFFICE, FINANCE = "programme_office", "finance_officer"
CERTIFYING = ("section_151_officer", "deputy_section_151_officer")


class State(StrEnum):
    DONE = "done"
    MISSING = "missing"
    CAN_WAIT = "can wait"


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds. `council` is empty for the partnership's own."""

    person: str
    role: str
    council: str
    #: Whether the person has an account that they can sign in to.
    active: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is. Councils by name; `shared` counts services that two or more take part in."""

    councils: Sequence[str] = ()
    held: Sequence[Held] = ()
    services: int = 0
    shared: int = 0
    drivers: int = 0
    quarters: int = 0
    plans: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `there` says what there is, `missing` each thing that is not, in a sentence."""

    name: str
    title: str
    there: str
    missing: tuple[str, ...] = ()
    can_wait: bool = False

    @property
    def state(self) -> State:
        if not self.missing:
            return State.DONE
        return State.CAN_WAIT if self.can_wait else State.MISSING


def steps(facts: Facts) -> tuple[Step, ...]:
    """The steps in the order in which they are best done."""
    services = ["No service has two councils that take part in it."] if not facts.shared else []
    return (
        Step("councils", "Councils", _listed(facts.councils), tuple(_councils(facts.councils))),
        Step("people", "People", _people_there(facts.held), tuple(_people(facts))),
        Step(
            "services",
            "Services",
            counted(facts.services, "service"),
            tuple(services if facts.services else ["There is no service."]),
        ),
        Step(
            "drivers",
            "Drivers",
            counted(facts.drivers, "driver"),
            () if facts.drivers else ("There is no driver. Rules can split by fixed shares too.",),
            can_wait=True,
        ),
        Step(
            "calendar",
            "Calendar",
            counted(facts.quarters, "quarter"),
            () if facts.quarters else ("No quarter has been opened for returns.",),
        ),
        Step(
            "plan",
            "Plan",
            counted(facts.plans, "plan"),
            () if facts.plans else ("No adopted plan says what is promised.",),
        ),
    )


def missing(found: Iterable[Step]) -> list[str]:
    """Everything that is still missing, without what can wait."""
    return [sentence for step in found if step.state == State.MISSING for sentence in step.missing]


def counted(many: int, thing: str) -> str:
    """How many there are.

    >>> counted(0, "driver"), counted(1, "driver"), counted(1200, "driver")
    ('', '1 driver', '1,200 drivers')
    """
    return f"{many:,} {thing}{'' if many == 1 else 's'}" if many else ""


def _councils(councils: Sequence[str]) -> list[str]:
    if not councils:
        return ["There is no council."]
    if len(councils) < FEWEST:
        return [f"{councils[0]} is the only council. Add those that it shares services with."]
    return []


def _people(facts: Facts) -> list[str]:
    held = facts.held
    found = []
    if not any(each.role == PROGRAMME_OFFICE for each in held):
        found.append("Nobody is the programme office.")
    for council in facts.councils:
        own = [each for each in held if each.council == council]
        finance = {each.person for each in own if each.role == FINANCE}
        certifies = {each.person for each in own if each.role in CERTIFYING}
        if not finance:
            found.append(f"{council} has no finance officer.")
        if not certifies:
            found.append(f"{council} has no section 151 officer or deputy.")
        if finance and certifies and len(finance | certifies) < FEWEST:
            found.append(
                f"{council} needs a second person, because the person who fills in a "
                "return can’t certify it."
            )
    waiting = sorted({each.person for each in held if not each.active})
    return found + [f"{person} has not chosen a password." for person in waiting]


def _people_there(held: Sequence[Held]) -> str:
    many = len({each.person for each in held})
    return counted(many, "person").replace("persons", "people")


def _listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> _listed(["Easton", "Weston", "Norton"]), _listed([])
    ('Easton, Weston and Norton', '')
    """
    if len(names) < FEWEST:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
