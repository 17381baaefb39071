"""What each sheet of the annex to a council's workbook says, before it is formatted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.utils import timezone

from finance.money import format_pounds
from savings.attribution.explaining import Explanation, PartOfEntry
from savings.boroughs.annex import Annex
from savings.boroughs.sheets import Cell, Column, Sheet, why_pending
from savings.formulas.models import AttributionRule
from savings.kit.provenance import Provenance
from savings.kit.wording import plain
from savings.returns.models import Entry
from sovereignty.models import Consent, Decision


def annex_sheets(annex: Annex) -> tuple[Sheet, ...]:
    """How it was worked out, Rules and budgets, Driver values and Net reductions."""
    return (_workings(annex), _agreements(annex), _values(annex), _reductions(annex))


def rule_name(rule: AttributionRule) -> str:
    """As in “Savings of Libraries”; its version goes beside it."""
    return f"{rule.get_kind_display()} of {rule.service.name}"


def made_up(explanation: Explanation) -> str:
    """Which parts of it are illustrative, in words, or No."""
    return f"Yes: {', '.join(explanation.made_up)}" if explanation.illustrative else "No"


def pennies(explanation: Explanation, names: Mapping[str, str]) -> str:
    """Who got the odd penny and why; empty if there is one part or none."""
    rounding = explanation.rounding
    return rounding.in_words(names) if rounding and len(rounding.parts) > 1 else ""


def _workings(annex: Annex) -> Sheet:
    warnings = []
    if annex.pending:
        warnings.append(
            "Rows marked “Not yet” were worked out again. The other sheets do not show this yet."
        )
    if annex.illustrative:
        warnings.append(
            "Illustrative: rows marked Yes rest on something made up, which the row names."
        )
    return Sheet(
        name="How it was worked out",
        title=f"{annex.council.name}: how {annex.quarter.label} was worked out",
        introduction=[
            "One row for each certified entry behind the quarter and each council with a share.",
            f"The rows of {annex.council.name} add up, by kind, to its figures for the quarter.",
            "Shares and pence before rounding are exact fractions, as text.",
            "Shares are rounded down to whole pence. Odd pennies go to the largest remainders.",
            *warnings,
        ],
        columns=(
            Column("Entry", 8, "whole"),
            Column("Service", 30),
            Column("Kind", 16),
            Column("Full amount (£)", 16, "money"),
            Column("Why", 44, "prose"),
            Column("Rule", 8, "whole"),
            Column("Rule for", 30),
            Column("Version", 9, "whole"),
            Column("In force from", 12),
            Column("Split as in", 12),
            Column("Council", 23),
            Column("Exact share", 14),
            Column("Pence before rounding", 20),
            Column("Whole pence", 14, "whole"),
            Column("Odd penny", 8, "whole"),
            Column("Amount after rounding (£)", 16, "money"),
            Column("Odd penny: who and why", 44, "prose"),
            Column("In the totals", 10),
            Column("Illustrative", 28, "prose"),
        ),
        rows=[
            row for explanation in annex.explanations for row in _working_rows(explanation, annex)
        ],
        when_empty=why_pending(annex.council, annex.waiting)
        or "No certified entry for the quarter falls on this council.",
        filters=True,
    )


def _working_rows(explanation: Explanation, annex: Annex) -> Iterator[Sequence[Cell]]:
    entry, rule, host = explanation.entry, explanation.rule, explanation.host
    because = explanation.reason
    if host:
        source = f" ({host.source})" if host.source else ""
        because += f" Host from {host.first.label}: {annex.names[host.council]}{source}."
    whole: tuple[Cell, ...] = (
        entry.id,
        entry.service.name,
        Entry.Kind(entry.kind).label,
        entry.pence,
        because,
        *((rule.id, rule_name(rule), rule.version) if rule else ("", "", "")),
        rule.effective_from.label if rule else "",
        explanation.facts.quarter.label,
    )
    ending = (
        pennies(explanation, annex.names),
        "Yes" if explanation.counted else "Not yet",
        made_up(explanation),
    )
    for part in explanation.parts:
        yield (*whole, annex.names[part.council], *_part(part), *ending)
    if not explanation.parts:
        yield (*whole, "No council", "", "", "", "", entry.pence, *ending)


def _part(part: PartOfEntry) -> tuple[Cell, ...]:
    return (
        str(part.share),
        str(part.exact_pence),
        part.floored_pence,
        part.odd_pence,
        part.amount,
    )


def _agreements(annex: Annex) -> Sheet:
    rows: list[Sequence[Cell]] = []
    for rule in annex.rules:
        what: tuple[Cell, ...] = (
            rule.id,
            f"{rule_name(rule)}, version {rule.version}",
            shared_how(rule),
            rule.effective_from.label,
            rule.basis,
        )
        rows.extend(_answers(what, rule.decision, rule.is_illustrative))
    for budget in annex.budgets:
        what = (
            budget.code,
            f"Transition budget of {budget.service.name}",
            f"Up to {format_pounds(budget.ceiling_pence)}",
            budget.effective_from.label,
            budget.description,
        )
        rows.extend(_answers(what, budget.decision, budget.is_illustrative))
    return Sheet(
        name="Rules and budgets",
        title="Rules and transition budgets used, and who agreed to them",
        introduction=["One row for each rule or budget and each council that answered."],
        columns=(
            Column("Rule or budget", 12, "whole"),
            Column("What it is for", 44),
            Column("What it says", 44, "prose"),
            Column("In force from", 12),
            Column("Basis", 50, "prose"),
            Column("Council", 23),
            Column("Answer", 9),
            Column("Answered on", 18),
            Column("By", 24),
            Column("Minute", 24, "prose"),
            Column("Illustrative", 11),
        ),
        rows=rows,
        when_empty="No entry for the quarter was split by a rule or a transition budget.",
        filters=True,
    )


def shared_how(rule: AttributionRule) -> str:
    """How a rule splits, such as “Fixed shares: LBHF 1/3, RBKC 2/3”."""
    given = [f"{code} {share}" for code, share in sorted((rule.shares or rule.weights).items())]
    said = ", ".join([rule.driver.name] if rule.driver else given)
    host = rule.indirect_variance == AttributionRule.IndirectVariance.HOST
    ending = ". Variances in indirect costs fall on the host" if host else ""
    return f"{rule.get_method_display()}: {said}{ending}"


def _answers(
    what: tuple[Cell, ...], decision: Decision, illustrative: bool
) -> Iterator[Sequence[Cell]]:
    for consent in decision.consents.all():
        yield (
            *what,
            consent.council.name,
            "Agreed" if consent.agree else "Refused",
            answered_on(consent),
            consent.by.get_full_name() or consent.by.username,
            consent.minute_reference,
            "Yes" if illustrative else "No",
        )


def answered_on(consent: Consent) -> str:
    """The day in London, as in 1 July 2013."""
    day = timezone.localtime(consent.at)
    return f"{day.day} {day:%B %Y}"


def _values(annex: Annex) -> Sheet:
    return Sheet(
        name="Driver values",
        title="Driver values that were used, with their sources",
        introduction=["Values are exact decimals, as text."],
        columns=(
            Column("Driver", 36),
            Column("Council", 23),
            Column("Value", 18),
            Column("Unit", 20),
            Column("In force from", 12),
            Column("Source", 60, "prose"),
            Column("Provenance", 14),
        ),
        rows=[
            (
                value.driver.name,
                value.council.name,
                plain(value.value),
                value.driver.unit,
                value.effective_from.label,
                value.source,
                Provenance(value.provenance).label,
            )
            for value in annex.values
        ],
        when_empty="No entry for the quarter was split by a driver.",
        filters=True,
    )


def _reductions(annex: Annex) -> Sheet:
    rows: list[Sequence[Cell]] = []
    for claim in annex.claims:
        working = claim.transition
        if working is None:
            continue
        rows.extend(
            (
                claim.entry.id,
                working.budget.code,
                working.quarter.label,
                annex.names[each.council],
                each.savings,
                each.ongoing_costs,
                each.net,
                "Yes" if each.illustrative else "No",
            )
            for each in working.reductions
        )
    return Sheet(
        name="Net reductions",
        title="How much each council's spending has fallen: claims on budgets are split by this",
        introduction=[
            "Certified savings less ongoing costs to date, of the entry's service and those below.",
            "Nothing falls on a council with 0 or less.",
            "If all have 0 or less, a claim is split as savings are.",
        ],
        columns=(
            Column("Entry", 8, "whole"),
            Column("Budget", 24),
            Column("To the end of", 14),
            Column("Council", 23),
            Column("Savings (£)", 16, "money"),
            Column("Ongoing costs (£)", 16, "money"),
            Column("Net reduction (£)", 16, "money"),
            Column("Illustrative", 14, "flag"),
        ),
        rows=rows,
        when_empty="No entry for the quarter claims on a transition budget.",
        filters=True,
    )
