"""From the savings on the page of forecasts to those of other pages, to the penny."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from savings.forecasts.reconciling import (
    FROM_OTHERS,
    FROM_PUBLISHED,
    NO_PART,
    NOT_ASKED,
    ON_NONE,
    ON_OTHERS,
    OWN_NO_PART,
    OWN_NOT_ASKED,
    UNDIVIDED,
    Certified,
    Lead,
    to_the_comparison,
    to_the_report,
)

FOUND = (
    Certified("LBHF", "LBHF", "libraries", 1_00),
    Certified("LBHF", "RBKC", "libraries", 2_00),
    Certified("LBHF", None, "libraries", 4_00),
    Certified("LBHF", "LBHF", "cex", 8_00),
    Certified("LBHF", "LBHF", "museums", 16_00),
    Certified("RBKC", "LBHF", "libraries", 32_00),
    Certified("RBKC", "RBKC", "libraries", 64_00),
    Certified(None, None, "libraries", 128_00),
    Certified(None, "LBHF", "adults", 256_00),
)


def counted(council: str | None, service: str) -> bool:
    return service == "libraries" and council != "RBKC"


def takes_part(council: str, service: str) -> bool:
    return service != "museums"


def test_to_the_comparison() -> None:
    assert to_the_comparison(FOUND, counted, takes_part) == Lead(
        start=135_00,
        steps=((NOT_ASKED, 104_00), (NO_PART, 16_00), (UNDIVIDED, 256_00)),
        end=511_00,
    )


def test_to_a_councils_report() -> None:
    assert to_the_report("LBHF", FOUND, counted, takes_part) == Lead(
        start=7_00,
        steps=(
            (OWN_NOT_ASKED, 8_00),
            (OWN_NO_PART, 16_00),
            (ON_OTHERS, -2_00),
            (ON_NONE, -4_00),
            (FROM_OTHERS, 32_00),
            (FROM_PUBLISHED, 256_00),
        ),
        end=313_00,
    )


codes = st.sampled_from(["LBHF", "RBKC", None])
slugs = st.sampled_from(["libraries", "cex", "museums"])


@given(
    found=st.lists(st.builds(Certified, codes, codes, slugs, st.integers(-9999, 9999))),
    asked=st.sets(st.tuples(codes, slugs)),
    part=st.sets(st.tuples(codes, slugs)),
)
@pytest.mark.parametrize("council", [None, "LBHF"])
def test_nothing_is_lost_on_the_way(
    council: str | None,
    found: list[Certified],
    asked: set[tuple[str | None, str]],
    part: set[tuple[str | None, str]],
) -> None:
    def is_asked(code: str | None, slug: str) -> bool:
        return (code, slug) in asked

    def has_part(code: str, slug: str) -> bool:
        return (code, slug) in part

    lead = (
        to_the_report(council, found, is_asked, has_part)
        if council
        else to_the_comparison(found, is_asked, has_part)
    )
    assert lead.start + sum(pence for _, pence in lead.steps) == lead.end
    assert 0 not in [pence for _, pence in lead.steps]
