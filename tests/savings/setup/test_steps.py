"""What is done of a set-up and what is missing, from what there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from savings.setup.steps import Facts, Held, State, missing, steps

OFFICE = Held("Ola", "programme_office", "", True)
EASTON = (
    Held("Ann", "finance_officer", "Easton", True),
    Held("Bea", "section_151_officer", "Easton", True),
)
WESTON = (
    Held("Cy", "finance_officer", "Weston", True),
    Held("Di", "deputy_section_151_officer", "Weston", True),
)
WHOLE = Facts(
    councils=("Easton", "Weston"),
    held=(OFFICE, *EASTON, *WESTON),
    services=2,
    shared=1,
    drivers=1,
    quarters=1,
    plans=1,
)


def test_everything_is_missing_at_first() -> None:
    found = steps(Facts())
    assert [(step.name, step.state) for step in found] == [
        ("councils", State.MISSING),
        ("people", State.MISSING),
        ("services", State.MISSING),
        ("drivers", State.CAN_WAIT),
        ("calendar", State.MISSING),
        ("plan", State.MISSING),
    ]
    assert missing(found) == [
        "There is no council.",
        "Nobody is the programme office.",
        "There is no service.",
        "No quarter has been opened for returns.",
        "No adopted plan says what is promised.",
    ]


def test_nothing_is_missing_in_a_whole_partnership() -> None:
    found = steps(WHOLE)
    assert {step.state for step in found} == {State.DONE}
    assert [step.there for step in found] == [
        "Easton and Weston",
        "5 people",
        "2 services",
        "1 driver",
        "1 quarter",
        "1 plan",
    ]
    assert missing(found) == []


@pytest.mark.parametrize(
    ("facts", "lacks"),
    [
        (
            replace(WHOLE, councils=("Easton",), held=(OFFICE, *EASTON)),
            "Easton is the only council. Add those that it shares services with.",
        ),
        (replace(WHOLE, held=(*EASTON, *WESTON)), "Nobody is the programme office."),
        (
            replace(WHOLE, held=(OFFICE, *EASTON, WESTON[1])),
            "Weston has no finance officer.",
        ),
        (
            replace(WHOLE, held=(OFFICE, *EASTON, WESTON[0])),
            "Weston has no section 151 officer or deputy.",
        ),
        (
            replace(WHOLE, held=(OFFICE, *EASTON, WESTON[0], replace(WESTON[1], person="Cy"))),
            (
                "Weston needs a second person, because the person who fills in a return can’t "
                "certify it."
            ),
        ),
        (
            replace(WHOLE, held=(replace(OFFICE, active=False), *EASTON, *WESTON)),
            "Ola has not chosen a password.",
        ),
        (replace(WHOLE, services=0, shared=0), "There is no service."),
        (replace(WHOLE, shared=0), "No service has two councils that take part in it."),
        (replace(WHOLE, quarters=0), "No quarter has been opened for returns."),
        (replace(WHOLE, plans=0), "No adopted plan says what is promised."),
    ],
)
def test_one_thing_is_missing(facts: Facts, lacks: str) -> None:
    assert missing(steps(facts)) == [lacks]


def test_drivers_can_wait() -> None:
    found = steps(replace(WHOLE, drivers=0))
    assert missing(found) == []
    assert [step.name for step in found if step.state == State.CAN_WAIT] == ["drivers"]
