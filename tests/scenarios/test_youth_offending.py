"""Youth offending: three budgets become one, and each council saves a different amount.

In February 2011 the record printed what the merger of the three youth offending services would
save: £281,000 in Westminster, £80,000 in Kensington & Chelsea and £71,000 in Hammersmith & Fulham,
£432,000 together. The councils agree to share what it really saves in that proportion.
"""

from __future__ import annotations

import csv
from decimal import Decimal

from django.conf import settings

from savings.agreements.actions import answer
from savings.drivers.actions import create_driver, set_driver_value
from savings.formulas.actions import propose_rule
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.record.imports import read_record
from savings.returns.models import Entry
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving
from tests.scenarios.accounts import Accounts, Told

TABLE = "proposals-2011-youth-offending"
COUNCILS = {"H&F": "LBHF", "RBKC": "RBKC", "WCC": "WCC"}


def printed_savings() -> dict[str, Decimal | None]:
    """The record's savings in thousands of pounds, by council, with their printed total."""
    return {
        COUNCILS.get(row.cell.row, row.cell.row): row.cell.value
        for row in read_record(settings.RECORD_DIR).figures
        if (row.cell.table, row.cell.column) == (TABLE, "Saving")
    }


def agreed(partnership: Partnership, rule: AttributionRule) -> None:
    for code in partnership.councils:
        answer(
            decision_id=rule.decision_id,
            agree=True,
            minute_reference=f"{code} minute 1",
            by=partnership.s151(code),
            at=NOW,
        )


def test_savings_are_shared_by_what_the_record_says_each_would_save(
    partnership: Partnership, accounts: Accounts
) -> None:
    """The printed savings are the driver: 71, 80 and 281 of 432, whatever is really saved."""
    printed = printed_savings()
    assert printed == {"LBHF": 71, "RBKC": 80, "WCC": 281, "Total": 432}

    office = partnership.people["programme.office"]
    driver = create_driver(
        code="planned-saving", name="Planned saving", unit="£ thousand", by=office, at=NOW
    )
    for code, council in partnership.councils.items():
        set_driver_value(
            driver=driver,
            council=council,
            effective_from=Q1,
            value=Decimal(printed[code] or 0),
            source=f"{TABLE}, Saving",
            provenance=Provenance.PUBLISHED,
            by=office,
            at=NOW,
        )
    rule = propose_rule(
        service=partnership.services["youth-offending"],
        kind="saving",
        method="driver",
        driver=driver,
        effective_from=Q1,
        basis="In proportion to the savings planned in February 2011.",
        by=office,
        at=NOW,
    )
    agreed(partnership, rule)

    # Westminster reports a whole year's saving, exactly as planned.
    partnership.certified("WCC", a_saving("youth-offending", "432,000.00"))
    accounts.roll_up()
    assert accounts.attributed(service="youth-offending") == {
        "LBHF": "71000.00",
        "RBKC": "80000.00",
        "WCC": "281000.00",
        "unattributed": "0.00",
        "total": "432000.00",
    }

    # In the next quarter Hammersmith & Fulham reports one that does not come out even.
    partnership.certified("LBHF", a_saving("youth-offending", "£100,000.01"), quarter=Q2)
    accounts.roll_up()
    assert accounts.explained(Entry.objects.get(amount=Decimal("100000.01"))) == Told(
        because="rule",
        quarter="2013-14-Q2",
        rule_version=1,
        shares={
            "LBHF": ("71/432", "16435.19"),
            "RBKC": ("5/27", "18518.52"),  # 80/432
            "WCC": ("281/432", "65046.30"),
        },
    )
    assert accounts.attributed(service="childrens", **{"from": "2013-14-Q1"}) == {
        "LBHF": "87435.19",
        "RBKC": "98518.52",
        "WCC": "346046.30",
        "unattributed": "0.00",
        "total": "532000.01",
    }


def test_the_demonstrations_fixed_shares_give_the_same_split(
    partnership: Partnership, accounts: Accounts
) -> None:
    """The demonstration has the same proportion as fixed shares, and says that it made it up."""
    with (settings.DEMONSTRATION_DIR / "rules.csv").open(encoding="utf-8", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["service"] == "youth-offending"]
    rule = propose_rule(
        service=partnership.services["youth-offending"],
        kind=row["kind"],
        method=row["method"],
        shares=dict(share.split("=") for share in row["shares"].split()),
        effective_from=Q1,
        basis=row["basis"],
        provenance=Provenance.ILLUSTRATIVE,
        by=partnership.people["programme.office"],
        at=NOW,
    )
    agreed(partnership, rule)
    partnership.certified(
        "RBKC",
        a_saving("youth-offending", "108000.00"),
        # What a council saved in its own service stays with it, and needs no rule.
        a_saving("childrens-services", "1500.50", scope="own"),
    )
    accounts.roll_up()
    assert accounts.attributed(service="childrens") == {
        "LBHF": "17750.00",
        "RBKC": "21500.50",
        "WCC": "70250.00",
        "unattributed": "0.00",
        "total": "109500.50",
    }
    rows = accounts.caller.get("attribution/", group_by="council,service").json()["rows"]
    assert {(row["council"], row["service"]): row["illustrative"] for row in rows} == {
        ("LBHF", "youth-offending"): True,
        ("RBKC", "childrens-services"): False,
        ("RBKC", "youth-offending"): True,
        ("WCC", "youth-offending"): True,
    }
