"""The live totals of the form, by kind and by service, in a real browser."""

from __future__ import annotations

import pytest

from finance.money import MoneyError, format_pounds, parse_money
from savings.filling.actions import replace_entries
from savings.kit.provenance import Provenance
from tests.partnership import NOW, Q2, Partnership, a_saving
from tests.savings.filling.grids import EDIT, Opening

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.requires_browser]


def test_money_is_read_in_the_browser_as_on_the_server(opened: Opening) -> None:
    texts = [
        *("1,234.50", "£1,234", "(1,234)", "45k", "£1.2m", "-", "–", "—", "-5", "-£5", "£-5"),
        *("£ 5", "( 5 )", "(£1.2m)", "0", "0.00", "-0", "00012", "1,234,567.89", "0.1k", "12.5K"),
        *("99999999999.99", "100000000000", "1.2345M", "0.000001m", "12345678901234567890"),
        *("", " ", "1,50", "1e3", "1.005", "NaN", "=1+1", "12/04/2013", "5-", "--5", "(-5)"),
        *("1,2345", "0,123", "1 234", "£", "k", ".5", "5.", "+5", "5 k", "$5"),
        "1.1234567890123456789012",
        *(
            "١٢٣",
            "５",
            "\N{NO-BREAK SPACE}7 ",
            "\ufeff7",
            "\u200b7",
            "7\n",
            "7\x1c",
            "()",
            "(",
            "5)",
        ),
    ]
    grid = opened()

    def server(text: str) -> str | None:
        try:
            return str(parse_money(text))
        except MoneyError:
            return None

    read = grid.page.evaluate(
        """async (texts) => {
            const { pence } = await import("/static/js/returns/money.js");
            return texts.map((text) => pence(text)?.toString() ?? null);
        }""",
        texts,
    )
    assert dict(zip(texts, read, strict=True)) == {text: server(text) for text in texts}
    amounts = ["0", "5", "-5", "123456", "-99999999999999", "100000000"]
    shown = grid.page.evaluate(
        """async (amounts) => {
            const { pounds } = await import("/static/js/returns/money.js");
            return amounts.map((amount) => pounds(BigInt(amount)));
        }""",
        amounts,
    )
    assert shown == [format_pounds(int(amount)) for amount in amounts]


def test_totals_follow_what_is_typed_to_the_penny(
    partnership: Partnership, opened: Opening
) -> None:
    partnership.certified("WCC", a_saving("youth-offending", "100.10"))
    partnership.draft("WCC", a_saving("childrens", "0.10"), quarter=Q2)
    grid = opened(address=EDIT.replace("Q1", "Q2"))

    assert grid.beside("childrens") == ["–", "£100.10", "£100.20", "£0.10"]
    grid.fill(2, service="youth-offending", kind="saving", amount="0.2")
    grid.fill(3, service="libraries", kind="ongoing_cost", amount="45k")
    grid.fill(4, service="cex", kind="saving", amount="(1,000,000,000.01)")
    grid.fill(5, service="cex", kind="saving", amount="not money")

    assert grid.total("saving") == "−£999,999,999.71"
    assert grid.total("ongoing_cost") == "£45,000.00"
    assert grid.beside("childrens") == ["–", "£100.10", "£100.40", "£0.30"]
    assert grid.beside("youth-offending") == ["–", "£100.10", "£100.30", "£0.20"]
    assert grid.beside("libraries") == ["–", "–", "–", "–"]
    assert grid.beside("cex") == ["–", "–", "−£1,000,000,000.01", "−£1,000,000,000.01"]
    assert grid.page.locator("[data-service=cex]").is_visible()  # it has figures now
    assert grid.beside("")[2:] == ["−£999,999,899.61", "−£999,999,999.71"]
    grid.announces(r"Savings −£999,999,999\.71, Ongoing costs £45,000\.00\.")
    grid.page.get_by_label("Show", exact=True).select_option("ongoing_cost")
    assert grid.beside("libraries") == ["–", "–", "£45,000.00", "£45,000.00"]
    assert grid.beside("childrens")[1:] == ["–", "–", "–"]
    grid.cell(3, "remove").check()
    assert grid.total("ongoing_cost").startswith("–")


def test_an_illustrative_row_is_marked_until_it_is_changed(
    partnership: Partnership, opened: Opening
) -> None:
    replace_entries(
        return_id=partnership.parent("WCC").id,
        version=0,
        rows=[(1, a_saving(amount="5"))],
        by=partnership.finance("WCC"),
        at=NOW,
        provenance=Provenance.ILLUSTRATIVE,
    )
    grid = opened()

    assert grid.total("saving") == "£5.00 illustrative"
    assert grid.beside("libraries")[3] == "£5.00 illustrative"
    tag = grid.page.locator("#row-1 [data-illustrative-tag]")
    assert tag.is_visible()
    grid.fill(1, amount="6")
    assert grid.total("saving") == "£6.00"
    assert not tag.is_visible()
    grid.fill(1, amount="5.00")
    assert grid.total("saving") == "£5.00 illustrative"


def test_a_service_at_the_side_starts_a_row(opened: Opening) -> None:
    grid = opened()
    names = grid.page.get_by_role("region", name="Figures by service")
    grid.fill(1, service="childrens")
    button = names.get_by_role("button", name="Library service")
    button.click()

    assert grid.at() == "2-kind"
    assert grid.value(2, "service") == "library-service"
    # The services are one stop for Tab; arrows move among them.
    button.focus()
    grid.press("ArrowUp")
    assert grid.page.evaluate("document.activeElement.value") == "libraries"
    grid.press("Home", "Enter")
    assert (grid.at(), grid.value(3, "service")) == ("3-kind", "childrens")
    stops = grid.page.locator("button[name=add]:not([tabindex='-1'])")
    assert stops.count() == 1
