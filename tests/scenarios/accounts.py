"""The accounts as an auditor reads them: through the API, to the penny."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from savings.returns.models import Entry
from savings.rollup.tasks import roll_up
from tests.calling import Caller
from tests.partnership import Partnership

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Told:
    """An entry's explanation: which quarter and rule counted, why, and each council's part."""

    because: str
    quarter: str
    rule_version: int | None
    shares: dict[str, tuple[str, str]]


class Accounts:
    """The accounts, rolled up by the real task and read by the auditor."""

    def __init__(self, partnership: Partnership) -> None:
        self.caller = Caller(partnership.people["auditor"])

    def attributed(self, **asked: str) -> dict[str, str]:
        """Amounts by council, the unattributed amount and the total."""
        answer = self._attribution(group_by="council", **asked)
        rows = {row["council"]: row["amount"] for row in answer["rows"]}
        return {**rows, "unattributed": answer["unattributed"], "total": answer["total"]}

    def explained(self, entry: Entry) -> Told:
        said = self._explanation(entry.id)
        return Told(
            because=said["because"],
            quarter=said["attributed_in"],
            rule_version=said["rule"]["version"] if said["rule"] else None,
            shares={part["council"]: (part["share"], part["amount"]) for part in said["shares"]},
        )

    def roll_up(self) -> None:
        """Roll up, and check every sum against the explanations of its entries."""
        roll_up()
        for kind in Entry.Kind.values:
            answer = self._attribution(kind=kind)
            found = {
                (row["council"], row["service"], row["period"]): Decimal(row["amount"])
                for row in answer["rows"]
            }
            told, unattributed = self._sum_of_explanations(kind)
            assert found == told
            assert Decimal(answer["unattributed"]) == unattributed
            assert Decimal(answer["total"]) == sum(told.values(), unattributed)

    def _sum_of_explanations(self, kind: str) -> tuple[dict[Key, Decimal], Decimal]:
        sums: dict[Key, Decimal] = defaultdict(Decimal)
        unattributed = Decimal(0)
        for entry_id in Entry.objects.filter(kind=kind, parent__status="certified").values_list(
            "id", flat=True
        ):
            said = self._explanation(entry_id)
            entry, amount = said["entry"], Decimal(said["entry"]["amount"])
            for part in said["shares"]:
                sums[part["council"], entry["service"], entry["period"]] += Decimal(part["amount"])
                amount -= Decimal(part["amount"])
            # All of it falls on councils or none, and either way it is said why.
            assert (amount, said["shares"] != []) in ((0, True), (Decimal(entry["amount"]), False))
            unattributed += amount
        return dict(sums), unattributed

    def _attribution(self, **asked: str) -> dict[str, Any]:
        answer = self.caller.get("attribution/", **asked)
        assert answer.status_code == 200
        return answer.json()

    def _explanation(self, entry_id: int) -> dict[str, Any]:
        answer = self.caller.get(f"attribution/entries/{entry_id}/")
        assert answer.status_code == 200
        return answer.json()
