"""What an address asks: the same parameters of the page and of the API, read once here.

A rule is described by `service`, `kind`, `method` and what its method shares by; a
driver's value by `driver`, `council` and `value`; a proposal by `decision`. Each may have
`effective_from`: without it the answer is as if it had held all along. `shares` and
`weights` are codes and shares, as `LBHF:1/3,WCC:2/3`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlencode

from finance.apportionment import ShareError, check_whole, parse_share
from finance.periods import PeriodError, Quarter
from savings.drivers.values import ValueOfDriver
from savings.formulas.arithmetic import BLEND, DRIVER, FIXED, ONGOING_COST, Rule
from savings.formulas.models import AttributionRule
from savings.formulas.wording import cannot_share_by, takes_no_part
from savings.whatif import wording
from savings.whatif.reports import Known, Question, last_quarter
from sovereignty.refusals import BadContent, FieldError

_SOME_QUARTER = Quarter.parse("1900-01-Q1")
_NUMBER = re.compile(r"([0-9]{1,3}(,[0-9]{3}){1,4}|[0-9]{1,14})(\.[0-9]{1,4})?", re.ASCII)
_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
#: The longest value that is repeated.
_SHOWN = 60
_OF_A_RULE = ("service", "kind", "method", "shares", "weights", "indirect_variance")
_OF_A_VALUE = ("council", "value")
_SHARED_BY = {FIXED: "shares", DRIVER: "driver", BLEND: "weights"}


def pairs(text: str) -> dict[str, str]:
    """Codes and shares as text: what is left of each colon, and what is right of it.

    A code that is given twice keeps both, which are no share together.

    >>> pairs("LBHF:1/3, WCC:2/3"), pairs("WCC:1/2,WCC:1/2")
    ({'LBHF': '1/3', 'WCC': '2/3'}, {'WCC': '1/2 1/2'})
    """
    found: dict[str, str] = {}
    for part in text.split(","):
        code, _, share = (each.strip() for each in part.partition(":"))
        if part.strip():
            found[code] = f"{found[code]} {share}" if code in found else share
    return found


def as_text(shares: Mapping[str, str]) -> str:
    """The same the other way round, in alphabetical order.

    >>> as_text({"WCC": "2/3", "LBHF": "1/3"})
    'LBHF:1/3,WCC:2/3'
    """
    return ",".join(f"{code}:{share}" for code, share in sorted(shares.items()))


@dataclass(frozen=True)
class QuestionAsGiven:
    """The parameters as they were given, each text; empty where it was not."""

    decision: str = ""
    service: str = ""
    kind: str = ""
    method: str = ""
    shares: dict[str, str] = field(default_factory=dict)
    driver: str = ""
    weights: dict[str, str] = field(default_factory=dict)
    indirect_variance: str = ""
    council: str = ""
    value: str = ""
    effective_from: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> QuestionAsGiven:
        """From the parameters of an address."""
        said = {name: given.get(name, "").strip() for name in cls.__dataclass_fields__}
        shares, weights = pairs(said.pop("shares")), pairs(said.pop("weights"))
        return cls(shares=shares, weights=weights, **said)

    def given(self, *names: str) -> list[str]:
        """Those of these parameters that were given."""
        return [name for name in names if getattr(self, name)]

    def query(self) -> str:
        """The address's query string, in which all of the question is."""
        said = {name: getattr(self, name) for name in self.__dataclass_fields__}
        said |= {"shares": as_text(self.shares), "weights": as_text(self.weights)}
        return urlencode({name: text for name, text in said.items() if text}, safe=":/,")


def read(asked: QuestionAsGiven, known: Known) -> Question:
    """The question that the parameters ask; raises BadContent with every mistake in them."""
    if asked.decision:
        return _proposal(asked, known)
    if asked.given(*_OF_A_VALUE):
        return _value(asked, known)
    return _rule(asked, known)


def _proposal(asked: QuestionAsGiven, known: Known) -> Question:
    errors = [
        FieldError(name, "A proposal says this itself: leave it out, or leave the proposal out.")
        for name in asked.given(*_OF_A_RULE, "driver", *_OF_A_VALUE)
    ]
    since = _since(asked, errors)
    number = int(asked.decision) if _ID.fullmatch(asked.decision) else 0
    row = known.rules.get(number)
    if row is None:
        errors.append(
            FieldError(
                "decision",
                "No rule is proposed by this decision. Budgets and tests split nothing by "
                "themselves.",
                asked.decision[:_SHOWN],
            )
        )
    if errors or row is None:
        raise BadContent(errors)
    return Question(known, since, rule=row.as_rule(), proposed=row)


def _value(asked: QuestionAsGiven, known: Known) -> Question:
    errors = [
        FieldError(name, "This is of a rule: leave it out, or ask for no driver's value.")
        for name in asked.given(*_OF_A_RULE)
    ]
    _one_of(asked, "driver", known.drivers, "driver", errors)
    _one_of(asked, "council", known.councils, "council", errors)
    if not asked.value:
        errors.append(FieldError("value", "Enter the value, such as 412."))
    elif not _NUMBER.fullmatch(asked.value):
        errors.append(
            FieldError(
                "value",
                "Enter a number of nought or more, such as 412 or 12.5, with at most four "
                "decimals.",
                asked.value[:_SHOWN],
            )
        )
    since = _since(asked, errors)
    if errors:
        raise BadContent(errors)
    number = Fraction(Decimal(asked.value.replace(",", "")))
    # When it holds from, the world that it is put into says.
    value = ValueOfDriver(0, asked.driver, asked.council, since or _SOME_QUARTER, number)
    return Question(known, since, value=value)


def _rule(asked: QuestionAsGiven, known: Known) -> Question:
    errors: list[FieldError] = []
    _one_of(asked, "service", known.tree.nodes, "service", errors)
    _one_of(asked, "kind", AttributionRule.Kind.values, "kind", errors)
    _one_of(asked, "method", _SHARED_BY, "method", errors)
    since = _since(asked, errors)
    to_host = asked.indirect_variance == AttributionRule.IndirectVariance.HOST
    if asked.indirect_variance:
        _one_of(
            asked,
            "indirect_variance",
            AttributionRule.IndirectVariance.values,
            "such way",
            errors,
        )
    if to_host and asked.kind != ONGOING_COST:
        errors.append(
            FieldError(
                "indirect_variance", "Only a rule for ongoing costs says this: leave it out."
            )
        )
    shares, weights = _shared_by(asked, known, since, errors)
    if errors:
        raise BadContent(errors)
    return Question(
        known,
        since,
        rule=Rule(
            id=0,
            service=asked.service,
            kind=asked.kind,
            method=asked.method,
            effective_from=since or _SOME_QUARTER,
            agreed_by=frozenset(),
            shares=shares,
            driver=asked.driver or None,
            weights=weights,
            indirect_variance_to_host=to_host,
        ),
    )


def _shared_by(
    asked: QuestionAsGiven, known: Known, since: Quarter | None, errors: list[FieldError]
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """What the rule shares by, and nothing beside it."""
    wanted = _SHARED_BY.get(asked.method)
    if wanted is None:
        return {}, {}
    errors.extend(
        FieldError(name, f"A rule by {asked.method} has no {name}: leave it out.")
        for name in asked.given(*(each for each in _SHARED_BY.values() if each != wanted))
    )
    if wanted == "driver":
        _one_of(asked, "driver", known.drivers, "driver", errors)
        errors.extend(_without_values(asked, known, since, {"driver": asked.driver}))
        return {}, {}
    shares = _fractions(wanted, getattr(asked, wanted), errors)
    if wanted == "weights":
        errors.extend(_strangers("weights", asked.weights, known.drivers, "driver"))
        by_field = {f"weights.{code}": code for code in asked.weights}
        errors.extend(_without_values(asked, known, since, by_field))
        return {}, shares
    errors.extend(_strangers("shares", asked.shares, known.councils, "council"))
    if asked.service in known.tree.nodes:
        errors.extend(_outsiders(asked.service, shares, known, since))
    return shares, {}


def _fractions(
    name: str, shares: Mapping[str, str], errors: list[FieldError]
) -> dict[str, Fraction]:
    """Shares that add up to one; each mistake named by its code."""
    if not shares:
        errors.append(FieldError(name, f"Give the {name}: they add up to 1."))
        return {}
    found: dict[str, Fraction] = {}
    wrong = False
    for code, text in shares.items():
        try:
            found[code] = parse_share(text)
        except ShareError as error:
            wrong = True
            errors.append(FieldError(f"{name}.{code}"[:_SHOWN], str(error), text[:_SHOWN]))
    if not wrong:
        try:
            check_whole(found)
        except ShareError as error:
            errors.append(FieldError(name, str(error), as_text(shares)[:_SHOWN]))
    return found


def _strangers(
    name: str, shares: Mapping[str, str], known: Mapping[str, object], what: str
) -> Iterator[FieldError]:
    for code in shares:
        if code not in known:
            yield FieldError(
                f"{name}.{code}"[:_SHOWN], f"There is no {what} of this code.", code[:_SHOWN]
            )


def _outsiders(
    service: str, shares: Mapping[str, Fraction], known: Known, since: Quarter | None
) -> Iterator[FieldError]:
    """Councils with a share in what they take no part in: when it begins, or ever if all along."""
    tree = known.tree
    for code in shares:
        if code in known.councils and not (
            code in tree.participants(service, since)
            if since
            else tree.takes_part(service, code, _SOME_QUARTER)
        ):
            yield FieldError(f"shares.{code}", takes_no_part(known.councils[code].name), code)


def _without_values(
    asked: QuestionAsGiven, known: Known, since: Quarter | None, drivers: Mapping[str, str]
) -> Iterator[FieldError]:
    """Drivers, by the field that names each, that a rule couldn't share by when it begins.

    A rule that is to have held all along has to be able to share by the last quarter that
    returns are made for.
    """
    if asked.service not in known.tree.nodes or not known.drivers.keys() & {*drivers.values()}:
        return
    quarter = since or last_quarter()
    if quarter is None:
        return
    participants = {
        code: known.councils[code].name for code in known.tree.participants(asked.service, quarter)
    }
    for field_name, code in drivers.items():
        if code not in known.drivers:
            continue
        wrong = cannot_share_by(
            known.drivers[code].name, known.world.values_by(code, quarter), participants, quarter
        )
        if wrong:
            yield FieldError(field_name, wrong, code)


def _since(asked: QuestionAsGiven, errors: list[FieldError]) -> Quarter | None:
    if not asked.effective_from:
        return None
    try:
        return Quarter.parse(asked.effective_from[:_SHOWN])
    except PeriodError as error:
        errors.append(FieldError("effective_from", str(error), asked.effective_from[:_SHOWN]))
        return None


def _one_of(
    asked: QuestionAsGiven, name: str, known: Collection[str], what: str, errors: list[FieldError]
) -> None:
    given = getattr(asked, name)
    if not given:
        errors.append(FieldError(name, f"Choose the {what}."))
    elif given not in known:
        errors.append(FieldError(name, f"There is no {what} of this name.", given[:_SHOWN]))


def described(rule: AttributionRule) -> QuestionAsGiven:
    """A proposed rule as the parameters that would describe it, without when it begins."""
    return QuestionAsGiven(
        service=rule.service.slug,
        kind=rule.kind,
        method=rule.method,
        shares=dict(rule.shares),
        driver=rule.driver.code if rule.driver else "",
        weights=dict(rule.weights),
        indirect_variance=rule.indirect_variance,
    )


def in_words(question: Question, asked: QuestionAsGiven) -> str:
    """What the parameters ask, as one sentence."""
    now = question.known
    if question.value is not None:
        driver = now.drivers[question.value.driver]
        council = now.councils[question.value.council]
        what = (
            f"{driver.name} ({driver.unit}) were {wording.number(asked.value)} for {council.name}"
        )
    else:
        said = described(question.proposed) if question.proposed else asked
        what = wording.asked_of_rule(
            service=now.tree.nodes[said.service].name,
            kind=said.kind,
            method=said.method,
            shares={now.councils[code].name: said.shares[code] for code in sorted(said.shares)},
            driver=now.drivers[said.driver].name if said.driver else "",
            weights={now.drivers[code].name: said.weights[code] for code in sorted(said.weights)},
            to_host=said.indirect_variance == AttributionRule.IndirectVariance.HOST,
        )
    if question.since is None:
        return f"What if {what}, all along?"
    return f"What if {what}, from {question.since.label} on?"
