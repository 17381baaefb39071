"""The worked examples of `docs/attribution.md`, worked out so that none goes out of date."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from savings.drivers.actions import create_driver, set_driver_value
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.record.imports import read_record
from services.models import Service
from tests.partnership import NOW, Q1, Q2, Partnership, a_claim, a_cost, a_saving
from tests.savings.sharing.changing import join, leave
from tests.scenarios.accounts import Accounts
from tests.scenarios.telling import entries, told

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "attribution.md"
NAMES = {"H&F": "LBHF", "RBKC": "RBKC", "WCC": "WCC", "K&C": "RBKC"}

#: The tables that the document shows, each after a comment that names its scenario.
QUOTED = dict(
    re.findall(
        r"<!-- scenario: ([a-z0-9-]+) -->\n\n((?:\|.*\n)+)", DOCUMENT.read_text(encoding="utf-8")
    )
)

HALF_AND_QUARTERS = {"LBHF": "1/2", "RBKC": "1/4", "WCC": "1/4"}
THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


def quoted(name: str) -> str:
    """The table of a scenario as the document shows it."""
    return QUOTED[name].strip()


def printed(table: str, column: str) -> dict[str, Decimal]:
    """The record's figures of a column by council, where it prints them by council."""
    return {
        NAMES[row.cell.row]: row.cell.value
        for row in read_record(settings.RECORD_DIR).figures
        if (row.cell.table, row.cell.column) == (table, column)
        and row.cell.row in NAMES
        and row.cell.value is not None
    }


def figure(table: str, row: str, column: str) -> Decimal:
    """One figure of the record in pounds, where it is printed in thousands."""
    (found,) = [
        each.cell.value
        for each in read_record(settings.RECORD_DIR).figures
        if (each.cell.table, each.cell.row, each.cell.column) == (table, row, column)
    ]
    return (found or Decimal(0)) * 1000


def service(partnership: Partnership, slug: str) -> Service:
    """A service below children's services that the small partnership does not have yet."""
    made, _ = Service.objects.get_or_create(
        slug=slug,
        defaults={"name": slug, "parent": partnership.services["childrens-services"]},
    )
    partnership.services[slug] = made
    return made


def driven(partnership: Partnership, slug: str, values: dict[str, Decimal]) -> AttributionRule:
    """A rule that shares a service's savings by what the record says of each council."""
    office = partnership.people["programme.office"]
    driver = create_driver(code=slug, name=slug, unit="£", by=office, at=NOW)
    for code, value in values.items():
        set_driver_value(
            driver=driver,
            council=partnership.councils[code],
            effective_from=Q1,
            value=value,
            source="The record",
            provenance=Provenance.PUBLISHED,
            by=office,
            at=NOW,
        )
    rule = propose_rule(
        service=partnership.services[slug],
        kind="saving",
        method="driver",
        driver=driver,
        effective_from=Q1,
        basis="In proportion to the record's figures.",
        by=office,
        at=NOW,
    )
    for code in values:
        partnership.agree(rule.decision_id, code)
    return rule


def test_youth_offending(partnership: Partnership, accounts: Accounts) -> None:
    values = printed("proposals-2011-youth-offending", "Saving")
    assert values == {"LBHF": 71, "RBKC": 80, "WCC": 281}
    driven(partnership, "youth-offending", values)
    planned = partnership.certified("WCC", a_saving("youth-offending", "432k"))
    actual = partnership.certified("LBHF", a_saving("youth-offending", "£100,000.01"), quarter=Q2)
    accounts.roll_up()
    labels = ["A year's saving, as planned", "A quarter's, as it turns out"]
    lines = zip(labels, entries(planned, actual), strict=True)
    assert told(accounts, lines) == quoted("youth-offending")


def test_fostering(partnership: Partnership, accounts: Accounts) -> None:
    table = "proposals-2011-fostering"
    values = printed(table, "Net expenditure")
    assert values == {"LBHF": 902, "RBKC": 596, "WCC": 772}
    service(partnership, "fostering")
    driven(partnership, "fostering", values)
    staff = figure(table, "Combined staff costs", "Saving")
    productivity = figure(table, "Improved productivity", "Saving")
    parent = partnership.certified(
        "RBKC",
        a_saving("fostering", str(staff)),
        a_saving("fostering", str(productivity)),
    )
    accounts.roll_up()
    lines = zip(["Fewer staff", "Better productivity"], entries(parent), strict=True)
    assert told(accounts, lines) == quoted("fostering")


def test_the_safeguarding_board(partnership: Partnership, accounts: Accounts) -> None:
    table = "proposals-2011-safeguarding"
    values = printed(table, "Net")
    assert values == {"LBHF": 128_000, "RBKC": 56_000, "WCC": 87_000}
    service(partnership, "safeguarding-board")
    driven(partnership, "safeguarding-board", values)
    saving = figure(table, "Combined", "Saving 2012/13") / 1000  # printed in pounds
    parent = partnership.certified("LBHF", a_saving("safeguarding-board", str(saving)))
    accounts.roll_up()
    lines = [("One board's support for three", entries(parent)[0])]
    assert told(accounts, lines) == quoted("safeguarding-board")


def test_education_in_2010(partnership: Partnership, accounts: Accounts) -> None:
    """Two councils, before the third joined."""
    service(partnership, "education")
    leave(partnership, "education", "RBKC", last=Q1.preceding)
    partnership.rule("education", {"LBHF": "1/2", "WCC": "1/2"})
    table, row = "options-2010-education-posts", "Total indicative savings"
    options = [figure(table, row, f"Option {option} saving") for option in ("1A", "1B")]
    parent = partnership.certified("WCC", *(a_saving("education", str(each)) for each in options))
    accounts.roll_up()
    labels = ["Option 1A: fewer managers", "Option 1B: and fewer staff"]
    lines = zip(labels, entries(parent), strict=True)
    assert told(accounts, lines) == quoted("education-2010")


def test_an_indirect_variance_with_a_host(partnership: Partnership, accounts: Accounts) -> None:
    partnership.rule("libraries", HALF_AND_QUARTERS, kind="ongoing_cost", indirect_variance="host")
    parent = partnership.certified(
        "LBHF",
        a_cost("variance", amount="1234.56", cause="indirect"),
        a_cost("variance", amount="100.03", cause="demand"),
    )
    accounts.roll_up()
    lines = zip(["The host's own overheads", "More readers"], entries(parent), strict=True)
    assert told(accounts, lines) == quoted("indirect-variance")


def test_a_changed_specification(partnership: Partnership, accounts: Accounts) -> None:
    partnership.rule("libraries", HALF_AND_QUARTERS, kind="ongoing_cost")
    changed = {"cause": "specification_change", "caused_by": "WCC"}
    parent = partnership.certified(
        "RBKC",
        a_cost("variance", amount="10000.01", **changed),
        a_cost("variance", amount="10000.01", cause="quality"),
    )
    accounts.roll_up()
    labels = ["Westminster opens on Sundays", "Better books for all"]
    lines = zip(labels, entries(parent), strict=True)
    assert told(accounts, lines) == quoted("specification-change")


def test_transferred_staff(partnership: Partnership, accounts: Accounts) -> None:
    partnership.rule("libraries", HALF_AND_QUARTERS, kind="ongoing_cost")
    parent = partnership.certified(
        "WCC",
        a_cost(amount="400.00"),
        a_cost(amount="90.01", tupe="LBHF, WCC"),
        a_cost(amount="12.34", tupe="RBKC"),
    )
    accounts.roll_up()
    labels = ["The contract", "Old terms from two councils", "Old terms from one"]
    lines = zip(labels, entries(parent), strict=True)
    assert told(accounts, lines) == quoted("transferred-staff")


def test_a_transition_cost_where_one_council_has_gained_nothing(
    partnership: Partnership, accounts: Accounts
) -> None:
    partnership.rule("libraries", HALF_AND_QUARTERS)
    partnership.approval()
    first = partnership.certified("WCC", a_claim("90.00"))
    saved = partnership.certified("LBHF", a_saving(amount="600.00"), quarter=Q2)
    cost = partnership.certified(
        "WCC",
        a_cost(amount="200.00", scope="own"),
        a_claim("90.00"),
        a_cost("transition_cost", amount="90.00"),
        quarter=Q2,
    )
    accounts.roll_up()
    labels = [
        "Moving, before anybody has saved",
        "A saving, shared",
        "An ongoing cost of one council's own",
        "Moving, a quarter later",
        "Moving, claimed on no budget",
    ]
    lines = zip(labels, entries(first, saved, cost), strict=True)
    assert told(accounts, lines) == quoted("transition-cost")


def test_negative_amounts(partnership: Partnership, accounts: Accounts) -> None:
    partnership.rule("libraries", THIRDS)
    partnership.rule("libraries", THIRDS, kind="ongoing_cost")
    saved = partnership.certified("LBHF", a_saving(amount="100.01"))
    back = partnership.certified(
        "LBHF",
        a_saving(amount="(100.01)", corrects=str(entries(saved)[0].id)),
        a_cost("variance", amount="-0.01", cause="direct"),
        quarter=Q2,
    )
    accounts.roll_up()
    labels = ["A saving", "All of it taken back", "An underspend of one penny"]
    lines = zip(labels, entries(saved, back), strict=True)
    assert told(accounts, lines) == quoted("negative-amounts")


def test_a_council_that_joins(partnership: Partnership, accounts: Accounts) -> None:
    partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"})
    join(partnership, "cex", "WCC", since=Q2)
    two = partnership.certified("RBKC", a_saving("cex", "50,000"))
    three = partnership.certified("RBKC", a_saving("cex", "60,000"), quarter=Q2)
    accounts.roll_up()
    first, second = entries(two, three)
    before = told(
        accounts,
        [
            ("By two, in the first quarter", first),
            ("Westminster has joined and agreed to nothing", second),
        ],
    )
    partnership.rule("cex", THIRDS, effective_from=Q2)
    accounts.roll_up()
    after = told(accounts, [("The same, once all three agree to thirds", second)])
    assert "\n".join([before, after.splitlines()[-1]]) == quoted("a-council-joins")


def test_a_council_that_leaves(partnership: Partnership, accounts: Accounts) -> None:
    partnership.rule("libraries", HALF_AND_QUARTERS)
    leave(partnership, "libraries", "WCC", last=Q1)
    both = [
        partnership.certified("LBHF", a_saving(amount="100.00"), quarter=quarter)
        for quarter in (Q1, Q2)
    ]
    accounts.roll_up()
    labels = ["By three, in the first quarter", "Westminster has left"]
    lines = zip(labels, entries(*both), strict=True)
    assert told(accounts, lines) == quoted("a-council-leaves")


def test_a_restated_population(partnership: Partnership, accounts: Accounts) -> None:
    partnership.driven("libraries", {"LBHF": 180, "RBKC": 160, "WCC": 260}, code="population")
    saved = partnership.certified("LBHF", a_saving(amount="60,000"))
    partnership.tolerance("1/100")
    restatement = partnership.restated("population", "WCC", "220")
    for code in partnership.councils:
        partnership.adjusted(restatement, code)
    put_right = [partnership.certify_draft(code, Q2) for code in partnership.councils]
    accounts.roll_up()
    labels = [
        "A saving, by 180, 160 and 260 thousand people",
        "Put right by Hammersmith & Fulham, once Westminster's 260 turn out to be 220",
        "Put right by Kensington & Chelsea",
        "Put right by Westminster",
    ]
    lines = zip(labels, entries(saved, *put_right), strict=True)
    assert told(accounts, lines) == quoted("restated-population")


# --- The document --------------------------------------------------------------------


def test_every_table_of_the_document_has_a_scenario() -> None:
    """Each is used by a scenario above, and each has a name."""
    asked = set(re.findall(r'quoted\("([a-z0-9-]+)"\)', Path(__file__).read_text(encoding="utf-8")))
    assert set(QUOTED) == asked
    assert len(QUOTED) == 12
    assert DOCUMENT.read_text(encoding="utf-8").count("\n| Reported ") == len(QUOTED)
