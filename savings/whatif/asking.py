"""What an address asks. The page and the API have the same parameters, which are read here.

A rule is described by `service`, `kind`, `method` and what its method splits by; a
driver's value by `driver`, `council` and `value`; a proposal by `decision`. Each may have
`effective_from`. Without it, the answer is as if it had applied from the start. `shares`
and `weights` are codes and shares, such as `LBHF:1/3,WCC:2/3`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
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
#: How much of a value is repeated in an error.
_SHOWN = 60
_OF_A_RULE = ("service", "kind", "method", "shares", "weights", "indirect_variance")
_OF_A_VALUE = ("council", "value")
_SHARED_BY = {FIXED: "shares", DRIVER: "driver", BLEND: "weights"}


def pairs(text: str) -> dict[str, str]:
    """Codes and shares, from text: the parts before and after each colon.

    A code that is given twice keeps both shares, which together are not valid.

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
    """The inverse of `pairs`, in alphabetical order.

    >>> as_text({"WCC": "2/3", "LBHF": "1/3"})
    'LBHF:1/3,WCC:2/3'
    """
    return ",".join(f"{code}:{share}" for code, share in sorted(shares.items()))


@dataclass(frozen=True)
class QuestionAsGiven:
    """The parameters as given, each as text; empty if it was not given."""

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
        """The parameters among these that were given."""
        return [name for name in names if getattr(self, name)]

    def query(self) -> str:
        """The address's query string, which has the whole question."""
        said = {name: getattr(self, name) for name in self.__dataclass_fields__}
        said |= {"shares": as_text(self.shares), "weights": as_text(self.weights)}
        return urlencode({name: text for name, text in said.items() if text}, safe=":/,")


def read(asked: QuestionAsGiven, known: Known) -> Question:
    """The question that the parameters ask. Raises BadContent with every mistake in them."""
    reading = _Reading(asked, known)
    if asked.decision:
        return _proposal(reading)
    if asked.given(*_OF_A_VALUE):
        return _value(reading)
    return _rule(reading)


@dataclass(frozen=True)
class _Reading:
    """A question while it is read: its parameters, and the mistakes found so far.

    Each kind of question refuses the parameters of other kinds, reads its own, and is refused
    once with everything that is wrong.
    """

    asked: QuestionAsGiven
    known: Known
    errors: list[FieldError] = field(default_factory=list)

    def wrong(self, name: str, message: str, said: str = "") -> None:
        self.errors.append(FieldError(name, message, said[:_SHOWN]))

    def leave_out(self, *names: str, because: str) -> None:
        """Refuse parameters that this kind of question doesn't have."""
        for name in self.asked.given(*names):
            self.wrong(name, because)

    def one_of(self, name: str, known: Collection[str], what: str) -> None:
        """Check a parameter that must be given, and known."""
        said = getattr(self.asked, name)
        if not said:
            self.wrong(name, f"Choose the {what}.")
        elif said not in known:
            self.wrong(name, f"There is no {what} of this name.", said)

    def since(self) -> Quarter | None:
        """The quarter in which it begins; None if it applies from the start."""
        if not self.asked.effective_from:
            return None
        try:
            return Quarter.parse(self.asked.effective_from[:_SHOWN])
        except PeriodError as error:
            self.wrong("effective_from", str(error), self.asked.effective_from)
            return None

    def refusal(self) -> BadContent:
        return BadContent(self.errors)


# --- The three kinds of question -----------------------------------------------------


def _proposal(reading: _Reading) -> Question:
    asked, known = reading.asked, reading.known
    reading.leave_out(
        *_OF_A_RULE,
        "driver",
        *_OF_A_VALUE,
        because="The proposal already says this: leave it out, or leave the proposal out.",
    )
    since = reading.since()
    row = known.rules.get(int(asked.decision) if _ID.fullmatch(asked.decision) else 0)
    if row is None:
        reading.wrong(
            "decision",
            "This decision proposes no rule. Budgets and tests split nothing by themselves.",
            asked.decision,
        )
    if reading.errors or row is None:
        raise reading.refusal()
    if row.reaches_back:
        # It has no other quarters than those that it reaches.
        since = row.effective_from
    return Question(known, since, rule=row.as_rule(), proposed=row)


def _value(reading: _Reading) -> Question:
    asked, known = reading.asked, reading.known
    reading.leave_out(
        *_OF_A_RULE, because="This is for a rule: leave it out, or ask for no driver's value."
    )
    reading.one_of("driver", known.drivers, "driver")
    reading.one_of("council", known.councils, "council")
    if not asked.value:
        reading.wrong("value", "Enter the value, such as 412.")
    elif not _NUMBER.fullmatch(asked.value):
        reading.wrong(
            "value",
            "Enter a number of 0 or more, such as 412 or 12.5, with at most four decimals.",
            asked.value,
        )
    since = reading.since()
    if reading.errors:
        raise reading.refusal()
    number = Fraction(Decimal(asked.value.replace(",", "")))
    # The world that it is put into decides from when it applies.
    value = ValueOfDriver(0, asked.driver, asked.council, since or _SOME_QUARTER, number)
    return Question(known, since, value=value)


def _rule(reading: _Reading) -> Question:
    asked, known = reading.asked, reading.known
    reading.one_of("service", known.tree.nodes, "service")
    reading.one_of("kind", AttributionRule.Kind.values, "kind")
    reading.one_of("method", _SHARED_BY, "method")
    since = reading.since()
    to_host = asked.indirect_variance == AttributionRule.IndirectVariance.HOST
    if asked.indirect_variance:
        reading.one_of("indirect_variance", AttributionRule.IndirectVariance.values, "option")
    if to_host and asked.kind != ONGOING_COST:
        reading.wrong(
            "indirect_variance", "Only a rule for ongoing costs can say this: leave it out."
        )
    shares, weights = _shared_by(reading, since)
    if reading.errors:
        raise reading.refusal()
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


# --- What a rule splits by -------------------------------------------------------------


def _shared_by(
    reading: _Reading, since: Quarter | None
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """The shares or weights of a rule, by its method; the other is empty."""
    asked, known = reading.asked, reading.known
    wanted = _SHARED_BY.get(asked.method)
    if wanted is None:
        return {}, {}
    for name in asked.given(*(each for each in _SHARED_BY.values() if each != wanted)):
        reading.wrong(name, f"A rule by {asked.method} has no {name}: leave it out.")
    if wanted == "driver":
        reading.one_of("driver", known.drivers, "driver")
        _check_values(reading, since, {"driver": asked.driver})
        return {}, {}
    shares = _fractions(reading, wanted, getattr(asked, wanted))
    if wanted == "weights":
        _check_codes(reading, "weights", asked.weights, known.drivers, "driver")
        _check_values(reading, since, {f"weights.{code}": code for code in asked.weights})
        return {}, shares
    _check_codes(reading, "shares", asked.shares, known.councils, "council")
    if asked.service in known.tree.nodes:
        _check_taking_part(reading, since, shares)
    return shares, {}


def _fractions(reading: _Reading, name: str, given: Mapping[str, str]) -> dict[str, Fraction]:
    """Shares that add up to 1. Mistakes are named by the code."""
    if not given:
        reading.wrong(name, f"Give the {name}: they add up to 1.")
        return {}
    found: dict[str, Fraction] = {}
    for code, text in given.items():
        try:
            found[code] = parse_share(text)
        except ShareError as error:
            reading.wrong(f"{name}.{code}"[:_SHOWN], str(error), text)
    if len(found) == len(given):
        try:
            check_whole(found)
        except ShareError as error:
            reading.wrong(name, str(error), as_text(given))
    return found


def _check_codes(
    reading: _Reading, name: str, given: Iterable[str], known: Collection[str], what: str
) -> None:
    for code in given:
        if code not in known:
            message = f"There is no {what} of this code."
            reading.wrong(f"{name}.{code}"[:_SHOWN], message, code)


def _check_taking_part(reading: _Reading, since: Quarter | None, shares: Iterable[str]) -> None:
    """Refuse a share of a council that takes no part when the rule begins, or ever if always."""
    tree, service = reading.known.tree, reading.asked.service
    for code in shares:
        if code in reading.known.councils and not (
            code in tree.participants(service, since)
            if since
            else tree.takes_part(service, code, _SOME_QUARTER)
        ):
            name = reading.known.councils[code].name
            reading.wrong(f"shares.{code}", takes_no_part(name), code)


def _check_values(reading: _Reading, since: Quarter | None, drivers: Mapping[str, str]) -> None:
    """Check that drivers, by the parameter that names each, have values when the rule begins.

    For a rule from the start, they need values in the last quarter that returns are made for.
    """
    service, known = reading.asked.service, reading.known
    if service not in known.tree.nodes or not known.drivers.keys() & {*drivers.values()}:
        return
    quarter = since or last_quarter()
    if quarter is None:
        return
    participants = {
        code: known.councils[code].name for code in known.tree.participants(service, quarter)
    }
    for name, code in drivers.items():
        if code not in known.drivers:
            continue
        values = known.world.values_by(code, quarter)
        refused = cannot_share_by(known.drivers[code].name, values, participants, quarter)
        if refused:
            reading.wrong(name, refused, code)


# --- What is asked, in words -----------------------------------------------------------


def described(rule: AttributionRule) -> QuestionAsGiven:
    """A proposed rule as the parameters that describe it, without its first quarter."""
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
        return f"What if {what}, from the start?"
    return f"What if {what}, from {question.since.label} on?"
