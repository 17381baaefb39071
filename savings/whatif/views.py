"""The page of a what-if. The whole question is in the address, and nothing is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from finance.periods import FinancialYear
from savings.permissions.pages import partnership_page
from savings.returns.models import Entry
from savings.returns.reports import PLURALS
from savings.rollup.reports import one_version
from savings.whatif import charts, tables, wording
from savings.whatif.asking import QuestionAsGiven, described, in_words, read
from savings.whatif.forms import AskingForm, RuleForm, ValueForm, meant, typed
from savings.whatif.reports import Answered, Known, known, quarters_to_choose, work_out
from savings.whatif.whatif import PlannedLine
from sovereignty.refusals import BadContent

#: Parameters that show which of the two forms was filled in.
_OF_A_RULE = ("service", "kind", "method")
_OF_A_VALUE = ("council", "value")


@require_safe
@partnership_page
def what_if(request: HttpRequest) -> HttpResponse:
    """What a rule, a driver's value or a proposal would have done, compared with today."""
    query = {name: text for name, text in request.GET.items() if isinstance(text, str)}
    asked = meant(query)
    with one_version():
        now, quarters = known(), quarters_to_choose()
        answered = _answer(asked, query, now)
    about_value = any(name in query for name in _OF_A_VALUE)
    filled, empty = typed(query), QuestionAsGiven()
    rule_form: AskingForm = RuleForm(empty if about_value else filled, now, quarters)
    value_form: AskingForm = ValueForm(filled if about_value else empty, now, quarters)
    context: dict[str, Any] = {
        "rule_form": rule_form,
        "value_form": value_form,
        "about_value": about_value,
    }
    if isinstance(answered, BadContent):
        form = value_form if about_value else rule_form
        form.add_errors(answered.errors)
        return render(request, "savings/whatif/what_if.html", context | {"form": form}, status=422)
    if answered is not None:
        if answered.question.proposed is not None:
            context["rule_form"] = RuleForm(described(answered.question.proposed), now, quarters)
        context |= _told(answered, asked, now)
    return render(request, "savings/whatif/what_if.html", context)


def _answer(
    asked: QuestionAsGiven, query: Collection[str], now: Known
) -> Answered | BadContent | None:
    """The answer, or what is wrong with the question; None if nothing is asked."""
    if not asked.decision and not any(name in query for name in (*_OF_A_RULE, *_OF_A_VALUE)):
        return None
    try:
        return work_out(read(asked, now))
    except BadContent as refusal:
        return refusal


def _told(answered: Answered, asked: QuestionAsGiven, now: Known) -> dict[str, Any]:
    names = {code: council.name for code, council in now.councils.items()}
    lines, planned = answered.found.lines, answered.planned
    councils = tables.councils_in([*lines, *planned], names)
    kinds = _kinds(answered)
    return {
        "answered": answered,
        "question": answered.question,
        "sentence": in_words(answered.question, asked),
        "gains": wording.who_gains(lines, names, of="Of what is certified to date"),
        "kinds": [
            _of_a_kind(kind, answered, councils, names, several=len(kinds) > 1) for kind in kinds
        ],
        "planned": [
            {
                "plan": plan,
                "year": year,
                "moves": any(line.difference for line in of_year),
                "reading": wording.who_gains(of_year, names, of="Of this"),
                "table": tables.table_of(of_year, councils),
            }
            for (plan, year), of_year in _by_year(planned).items()
        ],
        "illustrative": any(line.illustrative for line in lines)
        or any(line.illustrative for line in planned),
        "query": asked.query(),
    }


def _by_year(
    planned: Iterable[PlannedLine],
) -> dict[tuple[str, FinancialYear], list[PlannedLine]]:
    found: dict[tuple[str, FinancialYear], list[PlannedLine]] = defaultdict(list)
    for line in planned:
        found[line.plan, line.year].append(line)
    return found


def _kinds(answered: Answered) -> list[str]:
    present = {line.kind for line in answered.found.lines}
    return [kind for kind in Entry.Kind.values if kind in present]


def _of_a_kind(
    kind: str,
    answered: Answered,
    councils: list[tuple[str, str]],
    names: dict[str, str],
    *,
    several: bool,
) -> dict[str, Any]:
    """The figures of one kind, with their own sentence if there are several kinds."""
    lines = [line for line in answered.found.lines if line.kind == kind]
    quarters = tables.by_quarter(lines, councils)
    table = tables.table_of(lines, councils)
    first = quarters[0][0]
    return {
        "kind": kind,
        "name": PLURALS[kind],
        "table": table,
        "reading": wording.who_gains(lines, names, of=f"Of the {wording.KINDS[kind]} to date")
        if several
        else "What falls on each council today, and what would have fallen on it.",
        "figure": charts.today_and_then(table.rows) if table.rows else None,
        "quarters": [
            {"quarter": quarter, "table": each, "closed": answered.is_closed(quarter)}
            for quarter, each in quarters
        ]
        if len(quarters) > 1
        else [],
        "quarters_figure": charts.differences(quarters),
        "alone": ""
        if len(quarters) > 1
        else wording.of_one_quarter(first.label, closed=answered.is_closed(first)),
    }
