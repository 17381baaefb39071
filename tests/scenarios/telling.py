"""Scenarios told as tables, which `docs/attribution.md` quotes."""

from __future__ import annotations

from collections.abc import Iterable

from finance.money import format_pounds, read_json_money
from savings.returns.models import Entry, Return
from tests.scenarios.accounts import Accounts

COUNCILS = ("LBHF", "RBKC", "WCC")


def told(accounts: Accounts, lines: Iterable[tuple[str, Entry]]) -> str:
    """Each entry with every council's exact share and amount, and why: a table in Markdown."""
    rows = [
        f"| Reported | Amount | {' | '.join(COUNCILS)} | Because |",
        f"|---|---:|{'---:|' * len(COUNCILS)}---|",
    ]
    for label, entry in lines:
        found = accounts.explained(entry)
        cells = [_cell(found.shares.get(code)) for code in COUNCILS]
        amount = format_pounds(entry.pence)
        rows.append(f"| {label} | {amount} | {' | '.join(cells)} | `{found.because}` |")
    return "\n".join(rows)


def entries(*returns: Return) -> list[Entry]:
    """The entries of these returns, in their order."""
    return [entry for parent in returns for entry in parent.entries.order_by("position")]


def _cell(part: tuple[str, str] | None) -> str:
    if part is None:
        return "–"
    share, amount = part
    return f"{share}: {format_pounds(read_json_money(amount))}"
