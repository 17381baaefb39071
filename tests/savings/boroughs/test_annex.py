"""The annex of a council's report: every share behind its figures, and what it rests on."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl.worksheet.worksheet import Worksheet

from finance.periods import Quarter
from savings.boroughs.annex import figures_with_annex
from savings.boroughs.exports import ANNEX_COLUMNS, annex_as_csv, as_xlsx
from savings.drivers.actions import set_driver_value
from savings.drivers.models import Driver
from savings.formulas.actions import propose_rule
from savings.kit.provenance import Provenance
from savings.returns.models import Entry
from savings.rollup.actions import roll_up_dirty
from tests.calling import Caller, problem
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_claim, a_cost, a_saving, build
from tests.savings.attribution.rebuilding import rebuild, shown

pytestmark = pytest.mark.django_db

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
POSTS = {"LBHF": "3", "RBKC": "4", "WCC": "6.5"}
SHEET = "How it was worked out"


@pytest.fixture
@kept
def partnership() -> Partnership:
    """Savings by fixed shares and by an illustrative driver, a host's cost, a claim, minuses."""
    made = build()
    made.rule("libraries", THIRDS)
    made.rule("libraries", THIRDS, kind="ongoing_cost", indirect_variance="host")
    by_posts(made)
    made.approval()
    made.certified(
        "LBHF",
        a_saving(amount="100.00", note="A secret of the note"),
        a_saving("youth-offending", "-0.05"),
        a_saving("library-service", "7.01", scope="own"),
        a_cost(amount="0.01"),
        a_cost("variance", cause="indirect", amount="2.00"),
    )
    made.certified(
        "RBKC",
        a_saving("childrens-services", "1234567.89"),
        a_saving("libraries", "31.00", scope="own"),
        a_claim("10.00"),
    )
    made.certified("WCC", a_saving("cex", "55.00"), a_saving("libraries", "9.00", scope="own"))
    made.certified("LBHF", a_saving(amount="20.02"), quarter=Q2)
    roll_up_dirty(at=NOW)
    return made


def by_posts(made: Partnership) -> None:
    driver = Driver.objects.create(code="posts", name="Posts", unit="posts")
    office = made.people["programme.office"]
    for code, value in POSTS.items():
        set_driver_value(
            driver=driver,
            council=made.councils[code],
            effective_from=Q1,
            value=Decimal(value),
            source="=The establishment list",
            provenance=Provenance.ILLUSTRATIVE,
            by=office,
            at=NOW,
        )
    rule = propose_rule(
        service=made.services["childrens"],
        kind="saving",
        method="driver",
        effective_from=Q1,
        driver=driver,
        basis="By posts.",
        by=office,
        at=NOW,
    )
    for code in POSTS:
        made.agree(rule.decision_id, code)


def csv_rows(
    made: Partnership, code: str, username: str = "auditor", quarter: Quarter = Q1
) -> list[dict[str, str]]:
    _, annex = figures_with_annex(made.councils[code], quarter, made.people[username])
    return list(csv.DictReader(io.StringIO(annex_as_csv(annex).decode(), newline="")))


def workbook(made: Partnership, code: str) -> openpyxl.Workbook:
    read = figures_with_annex(made.councils[code], Q1, made.people["auditor"])
    return openpyxl.load_workbook(io.BytesIO(as_xlsx(*read)))


def table(page: Worksheet) -> list[dict[str, object]]:
    (reference,) = [found.ref for found in page.tables.values()]
    header, *rows = [[cell.value for cell in row] for row in page[reference]]
    return [dict(zip(header, row, strict=True)) for row in rows]


def as_json(made: Partnership, code: str) -> dict:
    return Caller(made.people["auditor"]).get(f"reports/{code}/2013-14-Q1.json").json()


@pytest.mark.parametrize("code", ["LBHF", "RBKC", "WCC"])
def test_the_councils_shares_add_up_to_its_figures(partnership: Partnership, code: str) -> None:
    said = as_json(partnership, code)
    figures = {total["kind"]: Decimal(total["quarter"]) for total in said["totals"]}

    from_csv: dict[str, Decimal] = defaultdict(Decimal)
    for row in csv_rows(partnership, code):
        if row["falls_on"] == code:
            from_csv[row["kind"]] += Decimal(row["attributed"])
    from_json: dict[str, Decimal] = defaultdict(Decimal)
    for each in said["annex"]["entries"]:
        for part in each["shares"]:
            if part["council"] == code:
                from_json[each["entry"]["kind"]] += Decimal(part["amount"])
    from_xlsx: dict[str, Decimal] = defaultdict(Decimal)
    kinds = {kind.label: kind.value for kind in Entry.Kind}
    for line in table(workbook(partnership, code)[SHEET]):
        if line["Council"] == partnership.councils[code].name:
            amount = Decimal(str(line["Amount after rounding (£)"]))
            from_xlsx[kinds[str(line["Kind"])]] += amount

    assert figures["saving"]
    assert from_csv == from_json == figures
    assert {kind: amount.quantize(Decimal("0.01")) for kind, amount in from_xlsx.items()} == figures


def test_every_entrys_rows_add_up_to_it_and_are_its_exact_shares(partnership: Partnership) -> None:
    by_entry = defaultdict(list)
    for row in csv_rows(partnership, "LBHF"):
        by_entry[row["entry"], Decimal(row["amount"])].append(row)

    assert len(by_entry) == 6
    for (_, amount), rows in by_entry.items():
        shares = [Fraction(int(r["share_numerator"]), int(r["share_denominator"])) for r in rows]
        exact = [
            Fraction(int(r["exact_pence_numerator"]), int(r["exact_pence_denominator"]))
            for r in rows
        ]
        assert sum(shares) == 1
        assert exact == [Fraction(amount) * 100 * share for share in shares]
        assert sum(Decimal(row["attributed"]) for row in rows) == amount
        assert [int(r["floored_pence"]) + int(r["odd_pence"]) for r in rows] == [
            Decimal(row["attributed"]) * 100 for row in rows
        ]


def test_every_share_can_be_worked_out_again_from_the_json_alone(partnership: Partnership) -> None:
    annex = as_json(partnership, "LBHF")["annex"]
    rules = {rule["id"]: rule for rule in annex["rules"]}
    values = {value["id"]: value for value in annex["driver_values"]}

    ways = set()
    for each in annex["entries"]:
        whole = {
            **each,
            "rule": rules[each["rule"]] if each["rule"] else None,
            "driver_values": [values[value] for value in each["driver_values"]],
        }
        assert rebuild(whole) == shown(whole)
        ways.add(each["because"])
    assert ways == {"rule", "own", "net_reduction"}
    assert len(rules) == 3
    assert {value["council"]: value["value"] for value in values.values()} == POSTS


def test_a_row_of_the_csv(partnership: Partnership) -> None:
    entry = Entry.objects.get(amount="1234567.89")
    agreed = "; ".join(f"{code} 2013-07-01 ({code} minute 1)" for code in THIRDS)
    values = "; ".join(
        f"posts {code} {value} from 2013-14-Q1 (=The establishment list)"
        for code, value in POSTS.items()
    )

    row = next(r for r in csv_rows(partnership, "WCC") if r["entry"] == str(entry.id))

    rule = entry.facts.values_list("rule_id", flat=True).distinct().get()
    assert row == {
        "council": "WCC",
        "period": "2013-14-Q1",
        "entry": str(entry.id),
        "service": "childrens-services",
        "service_name": "Childrens services",
        "kind": "saving",
        "amount": "1234567.89",
        "because": "rule",
        "reason": "The rule in force splits it between the councils that take part in the service.",
        "rule": str(rule),
        "rule_service": "childrens",
        "rule_kind": "saving",
        "rule_version": "1",
        "rule_effective_from": "2013-14-Q1",
        "rule_agreed": agreed,
        "driver_values": values,
        "attributed_in": "2013-14-Q1",
        "falls_on": "LBHF",
        "share_numerator": "2",
        "share_denominator": "9",
        "exact_pence_numerator": "27434842",
        "exact_pence_denominator": "1",
        "floored_pence": "27434842",
        "odd_pence": "0",
        "attributed": "274348.42",
        "odd_penny": "One penny is left over. It goes to WCC, which has the largest remainder, "
        "2/3 of a penny.",
        "counted": "true",
        "illustrative": "true",
        "pending_since": "",
    }
    assert tuple(row) == ANNEX_COLUMNS


def test_the_workbook_names_what_is_made_up(partnership: Partnership) -> None:
    book = workbook(partnership, "WCC")

    marks = {line["Full amount (£)"]: line["Illustrative"] for line in table(book[SHEET])}
    assert marks == {
        100: "No",
        -0.05: "Yes: a value of its driver",
        1234567.89: "Yes: a value of its driver",
        0.01: "No",
        10: "No",
        9: "No",
    }
    assert str(book[SHEET]["A6"].value).startswith("Illustrative:")
    values = [(v["Council"], v["Value"], v["Provenance"]) for v in table(book["Driver values"])]
    assert values == [
        (partnership.councils[code].name, value, "Illustrative") for code, value in POSTS.items()
    ]


def test_the_workbook_says_who_agreed_and_how_the_claim_is_split(partnership: Partnership) -> None:
    book = workbook(partnership, "WCC")

    agreed = table(book["Rules and budgets"])
    assert [(a["What it is for"], a["Council"], a["Minute"]) for a in agreed] == [
        (what, partnership.councils[code].name, f"{code} minute 1")
        for what in (
            "Savings of Libraries, version 1",
            "Ongoing costs of Libraries, version 1",
            "Savings of Childrens, version 1",
            "Transition budget of Libraries",
        )
        for code in THIRDS
    ]
    assert {(a["Answer"], a["Answered on"], str(a["By"])[:5]) for a in agreed} == {
        ("Agreed", "1 July 2013", "s151.")
    }
    assert agreed[0]["What it says"] == "Fixed shares: LBHF 1/3, RBKC 1/3, WCC 1/3"
    assert [(r["Council"], r["Net reduction (£)"]) for r in table(book["Net reductions"])] == [
        ("Hammersmith & Fulham", 40.34),
        ("Kensington & Chelsea", 33.33),
        ("Westminster", 33.33),
    ]


def test_nothing_in_the_workbook_is_a_formula_and_fractions_are_text(
    partnership: Partnership,
) -> None:
    book = workbook(partnership, "LBHF")

    for name in (SHEET, "Rules and budgets", "Driver values", "Net reductions"):
        assert {cell.data_type for row in book[name].iter_rows() for cell in row} <= {"s", "n"}
    first = table(book[SHEET])[0]
    assert (first["Exact share"], first["Pence before rounding"]) == ("1/3", "10000/3")
    assert (first["Whole pence"], first["Odd penny"]) == (3333, 1)


def test_only_entries_that_fall_on_the_council_are_in_it(partnership: Partnership) -> None:
    """RBKC's and WCC's own entries, the host's cost and what is unattributed are not LBHF's."""
    rows = csv_rows(partnership, "LBHF", "finance.lbhf")

    assert {row["amount"] for row in rows} == {
        "100.00",
        "-0.05",
        "7.01",
        "0.01",
        "1234567.89",
        "10.00",
    }
    host = {row["amount"]: row["falls_on"] for row in csv_rows(partnership, "RBKC")}
    assert host["2.00"] == "RBKC"


def test_entries_that_a_reader_may_not_open_are_not_in_it(partnership: Partnership) -> None:
    """WCC's officer has no access to LBHF's report; only what they may open would be read."""
    rows = csv_rows(partnership, "LBHF", "finance.wcc")

    assert "7.01" not in {row["amount"] for row in rows}
    assert {row["amount"] for row in rows} < {
        row["amount"] for row in csv_rows(partnership, "LBHF")
    }


def test_rows_that_are_not_in_the_totals_yet_say_so(partnership: Partnership) -> None:
    partnership.rule("library-service", {"LBHF": "1", "RBKC": "0", "WCC": "0"})

    rows = csv_rows(partnership, "LBHF")
    assert {row["amount"] for row in rows if row["counted"] == "false"} == {"100.00"}
    assert {
        each["entry"]["amount"]
        for each in as_json(partnership, "LBHF")["annex"]["entries"]
        if not each["counted"]
    } == {"100.00"}
    page = workbook(partnership, "LBHF")[SHEET]
    assert str(page["A6"].value).startswith("Rows marked “Not yet”")
    marked = {line["Full amount (£)"] for line in table(page) if line["In the totals"] != "Yes"}
    assert marked == {100}

    roll_up_dirty(at=NOW)
    assert {row["counted"] for row in csv_rows(partnership, "LBHF")} == {"true"}


def test_an_entry_that_will_fall_only_on_others_stays_until_it_does(
    partnership: Partnership,
) -> None:
    partnership.rule("childrens", {"LBHF": "0", "RBKC": "0", "WCC": "1"})

    (row,) = [row for row in csv_rows(partnership, "LBHF") if row["amount"] == "1234567.89"]
    assert (row["falls_on"], row["attributed"]) == ("WCC", "1234567.89")
    assert (row["share_numerator"], row["counted"]) == ("1", "false")

    roll_up_dirty(at=NOW)
    assert "1234567.89" not in {row["amount"] for row in csv_rows(partnership, "LBHF")}


def test_many_entries_take_as_many_queries_as_few(
    partnership: Partnership, django_assert_num_queries: Callable
) -> None:
    paths = [f"reports/LBHF/2013-14-Q1{ending}" for ending in (".json", ".xlsx", "-annex.csv")]
    caller = Caller(partnership.people["s151.lbhf"])
    few = []
    for path in paths:
        with CaptureQueriesContext(connection) as asked:
            assert caller.get(path).status_code == 200
        few.append(len(asked))

    later = [path.replace("Q1", "Q2") for path in paths]
    partnership.certified(
        "RBKC",
        *(a_saving(amount=f"{n}.01") for n in range(10, 40)),
        *(a_saving("childrens", f"{n}.02") for n in range(10, 40)),
        *(a_claim(f"0.{n}") for n in range(10, 40)),
        *(a_cost("variance", cause="indirect", amount=f"{n}.03") for n in range(10, 20)),
        quarter=Q2,
    )
    roll_up_dirty(at=NOW)
    for path, queries in zip(later, few, strict=True):
        with django_assert_num_queries(queries):
            assert caller.get(path).status_code == 200
    assert len({row["entry"] for row in csv_rows(partnership, "LBHF", quarter=Q2)}) == 91


def test_the_api_and_the_page_give_the_same_csv(partnership: Partnership) -> None:
    answer = Caller(partnership.people["councillor.lbhf"]).get("reports/LBHF/2013-14-Q1-annex.csv")
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"] == 'attachment; filename="LBHF-2013-14-Q1-annex.csv"'
    client = Client()
    client.force_login(partnership.people["councillor.lbhf"])

    address = "/boroughs/LBHF/2013-14-Q1-annex.csv"
    assert f'href="{address}"' in client.get("/boroughs/LBHF/?period=2013-14-Q1").content.decode()
    page = client.get(address)
    assert page["Content-Disposition"] == (
        'attachment; filename="tri-borough-LBHF-2013-14-Q1-annex.csv"'
    )
    assert page.content == b"\xef\xbb\xbf" + answer.content
    assert b"secret" not in page.content


def test_another_councils_annex_is_not_found(partnership: Partnership) -> None:
    for username in ("finance.wcc", "s151.rbkc", "councillor.wcc"):
        caller = Caller(partnership.people[username])
        problem(caller.get("reports/LBHF/2013-14-Q1-annex.csv"), 404, "not-found")
        client = Client()
        client.force_login(partnership.people[username])
        assert client.get("/boroughs/LBHF/2013-14-Q1-annex.csv").status_code == 404
    problem(
        Caller(partnership.people["auditor"]).get("reports/LBHF/2013-14-annex.csv"),
        404,
        "not-found",
    )


def test_a_quarter_without_entries_says_so() -> None:
    made = build()

    assert csv_rows(made, "WCC") == []
    book = workbook(made, "WCC")
    assert book[SHEET]["A6"].value == "No certified entry for the quarter falls on this council."
    assert as_json(made, "WCC")["annex"] == {"entries": [], "rules": [], "driver_values": []}
