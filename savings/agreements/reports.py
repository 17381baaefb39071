"""Proposals and where each stands: in force, waiting for somebody, disputed or withdrawn.

A **proposal** is anything that takes effect only when every council concerned has agreed. Its
subject says what it is about (`savings.agreements.subjects`). The rest is read here, so that the
list, a proposal's page and the first page say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from finance.periods import Quarter
from savings.agreements.consent import all_agreed
from savings.agreements.subjects import SUBJECTS, Facts, Subject
from savings.permissions.rules import may
from savings.quarters.dates import is_closed
from savings.quarters.models import Period, latest_closed_of
from services.models import Service
from services.tree import ServiceTree
from sovereignty.models import (
    Consent,
    Council,
    Decision,
    Dispute,
    DisputeStep,
    User,
)


class ProposalStanding(StrEnum):
    AGREED = "agreed"
    WAITING = "waiting"
    DISPUTED = "disputed"
    LAPSED = "lapsed"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one council concerned has said: its consent, or None until it has answered."""

    council: Council
    consent: Consent | None


@dataclass(frozen=True, slots=True)
class Force:
    """When a rule or budget is in force by the answers given.

    It is in force from the quarter `since`, or never if that is None, to the quarter before
    `ended`, or to `until` if it reaches back. From `ended` on `ended_by` take part too and have not
    agreed, or nobody takes part. It is `settled` if nobody can answer: its first quarter is closed
    and it doesn't reach back, or no council is asked.
    """

    since: Quarter | None = None
    ended: Quarter | None = None
    ended_by: tuple[Council, ...] = ()
    settled: bool = False
    until: Quarter | None = None

    @property
    def in_words(self) -> str:
        """From when to when it is in force; empty if it never is."""
        if self.since is None:
            return ""
        until = self.ended.preceding if self.ended else self.until
        if until is None:
            return f"from {self.since.label} on"
        if until == self.since:
            return f"in {until.label}"
        return f"from {self.since.label} to {until.label}"


@dataclass(frozen=True, slots=True)
class SharesAPart:
    """A council that takes part in something below a service, and not in the service.

    Nobody waits for its answer. But a rule splits what it shares, or a budget pays for it, only
    once it has agreed too. `services` are the nearest ones that it takes part in.
    """

    council: Council
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A decision with the row of its subject that it is about.

    `facts` are what is proposed, in words. `answers` has every council concerned; `share_a_part`
    has those that take part only in a service below and have not answered. They can answer until it
    is settled.
    """

    decision: Decision
    subject: Subject
    about: Any
    facts: Facts
    answers: tuple[Answer, ...]
    force: Force = Force()
    share_a_part: tuple[SharesAPart, ...] = ()

    @property
    def id(self) -> int:
        return self.decision.id

    @property
    def kind(self) -> str:
        return self.subject.kind

    @property
    def in_force_in_words(self) -> tuple[str, str]:
        """What applies while it is in force: the words before and after its quarters."""
        return self.subject.in_force_in_words(self.about, ended=self.force.ended is not None)

    @property
    def service(self) -> Service | None:
        """The service that it is for; None if it concerns them all."""
        return self.about.service if self.subject.of_a_service else None

    @property
    def effective_from(self) -> Quarter | None:
        """Its first quarter; None if it applies as soon as all have agreed."""
        return self.about.effective_from if self.subject.of_a_service else None

    @property
    def last_quarter(self) -> Quarter | None:
        """The last quarter that it reaches back over; None if it doesn't reach back."""
        return self.subject.last_quarter(self.about)

    @property
    def illustrative(self) -> bool:
        return bool(self.about.is_illustrative)

    @property
    def dispute(self) -> Dispute | None:
        return getattr(self.decision, "dispute", None)

    @property
    def waiting_for(self) -> tuple[Council, ...]:
        """The councils concerned that have not answered, while an answer still counts."""
        if self.force.settled or self.standing in (
            ProposalStanding.REVISED,
            ProposalStanding.WITHDRAWN,
        ):
            return ()
        return tuple(answer.council for answer in self.answers if answer.consent is None)

    @property
    def refused_by(self) -> tuple[Council, ...]:
        return tuple(a.council for a in self.answers if a.consent and not a.consent.agree)

    @property
    def standing(self) -> ProposalStanding:
        """What was in force in any quarter stays agreed, even if a council joins later."""
        if self.decision.is_withdrawn:
            return ProposalStanding.WITHDRAWN
        if self.force.since:
            return ProposalStanding.AGREED
        if self.dispute:
            return ProposalStanding.DISPUTED if self.dispute.is_open else ProposalStanding.REVISED
        if self.answers and all(answer.consent for answer in self.answers):
            return ProposalStanding.AGREED
        return ProposalStanding.LAPSED if self.force.settled else ProposalStanding.WAITING


def decisions() -> QuerySet[Decision]:
    """Every decision with its answers and its dispute: four queries, however many there are."""
    return (
        Decision.objects.select_related("proposed_by", "withdrawn_by", "dispute", "revises")
        .prefetch_related(
            Prefetch("consents", Consent.objects.select_related("council", "by")),
            Prefetch(
                "dispute__steps",
                DisputeStep.objects.select_related("council", "by").order_by("at", "id"),
            ),
            "revisions",
        )
        .order_by("-proposed_at", "-id")
    )


def not_agreed_by_all() -> QuerySet[Decision]:
    """The decisions, not withdrawn, that some council of the partnership has not agreed to.

    All open ones are among them. One that concerns fewer councils may be agreed all the same.
    """
    agreed = Consent.objects.filter(decision=OuterRef(OuterRef("pk")), agree=True)
    others = Council.objects.exclude(id__in=agreed.values("council"))
    return decisions().filter(Exists(others), withdrawn_at=None)


def proposals(which: QuerySet[Decision] | None = None) -> list[Proposal]:
    """The proposals, the latest first."""
    found = list(decisions() if which is None else which)
    if not found:
        return []
    asked = _WhoMayAnswer(
        Service.objects.tree(),
        {council.code: council for council in Council.objects.all()},
        {period.quarter: period for period in Period.objects.all()},
    )
    about = {
        kind: {row.decision_id: row for row in subject.rows().filter(decision__in=found)}
        for kind, subject in SUBJECTS.items()
    }
    return [
        _proposal(decision, SUBJECTS[decision.about], row, asked)
        for decision in found
        if (row := about.get(decision.about, {}).get(decision.id))
    ]


def standings(decision_ids: Iterable[int]) -> dict[int, ProposalStanding]:
    """How each of these proposals stands, by the number of its decision."""
    found = proposals(decisions().filter(id__in=list(decision_ids)))
    return {one.id: one.standing for one in found}


def proposal(decision_id: int) -> Proposal | None:
    """One proposal; None if there is none with that number."""
    return next(iter(proposals(decisions().filter(id=decision_id))), None)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is waiting for this person's council, and what is waiting for others."""

    for_me: tuple[Proposal, ...]
    for_others: tuple[Proposal, ...]

    def __bool__(self) -> bool:
        return bool(self.for_me or self.for_others)


def waiting(user: User, found: Iterable[Proposal] | None = None) -> Waiting:
    """The open proposals, divided by whether this person is the one to answer."""
    open_ones = [
        one
        for one in (proposals(not_agreed_by_all()) if found is None else found)
        if one.waiting_for or one.standing in (ProposalStanding.WAITING, ProposalStanding.DISPUTED)
    ]
    mine = [one for one in open_ones if user.council in one.waiting_for and may_answer(one, user)]
    return Waiting(tuple(mine), tuple(one for one in open_ones if one not in mine))


def may_answer(one: Proposal, user: User) -> bool:
    """Whether the person answers for a council that is asked, or that may agree too."""
    council = user.council
    asked = council in one.waiting_for or (shares_a_part(one, user) and not one.force.settled)
    return asked and may(user, "savings.answer_decision")


def shares_a_part(one: Proposal, user: User) -> bool:
    """Whether the person's council takes part only in a service below."""
    return user.council in [each.council for each in one.share_a_part]


@dataclass(frozen=True, slots=True)
class _WhoMayAnswer:
    """Who may be asked, and until when: the services, the councils by code, the periods."""

    tree: ServiceTree
    councils: dict[str, Council]
    periods: dict[Quarter, Period]

    def concerned(self, slug: str, since: Quarter, until: Quarter | None) -> list[str]:
        """Codes of the councils that take part in any quarter from `since` on, or to `until`."""
        return [c for c in sorted(self.councils) if self.tree.takes_part(slug, c, since, until)]

    def answers(
        self, subject: Subject, about: Any, by_council: dict[str, Consent]
    ) -> tuple[Answer, ...]:
        """Answers of the councils concerned, and of those only in a service below that answered."""
        first, last = about.effective_from, subject.last_quarter(about)
        concerned = {*self.concerned(about.service.slug, first, last), *by_council}
        return tuple(
            Answer(self.councils[code], by_council.get(code)) for code in sorted(concerned)
        )

    def sharing_a_part(
        self, subject: Subject, about: Any, by_council: dict[str, Consent]
    ) -> tuple[SharesAPart, ...]:
        """Who may agree too, or could have; nobody if it is withdrawn."""
        slug, first, last = about.service.slug, about.effective_from, subject.last_quarter(about)
        if about.decision.is_withdrawn:
            return ()
        concerned = {*self.concerned(slug, first, last)}
        others = sorted(self.councils.keys() - by_council.keys() - concerned)
        found = {code: tuple(self._nearest(slug, code, first, last)) for code in others}
        return tuple(
            SharesAPart(self.councils[code], names) for code, names in found.items() if names
        )

    def _nearest(
        self, slug: str, council: str, since: Quarter, until: Quarter | None
    ) -> Iterator[str]:
        for child in self.tree.children.get(slug, ()):
            if self.tree.takes_part(child, council, since, until):
                yield self.tree.nodes[child].name
            else:
                yield from self._nearest(child, council, since, until)

    def closed(self, first: Quarter) -> bool:
        """Whether the quarter, or one after it, is closed."""
        return is_closed(first, latest_closed_of(self.periods.values()))

    def force(self, subject: Subject, about: Any, by_council: dict[str, Consent]) -> Force:
        """When it is in force by the answers: see `docs/adr/0008-when-a-rule-is-in-force.md`."""
        slug, first, last = about.service.slug, about.effective_from, subject.last_quarter(about)
        agreed = {code for code, consent in by_council.items() if consent.agree}
        refused = by_council.keys() - agreed

        def holds(quarter: Quarter) -> bool:
            return all_agreed(self.tree.participants(slug, quarter), agreed)

        closed = last is None and self.closed(first)
        settled = closed or not self.concerned(slug, first, last)
        lost = subject.lost(set(refused), {*self.tree.participants(slug, first)})
        if about.decision.is_withdrawn or lost:
            return Force(settled=settled)
        # While somebody may still answer, only what has begun counts.
        latest = max(self.periods, default=first)
        turns = [turn for turn in self.tree.turns(slug, first) if last is None or turn <= last]
        begun = [quarter for quarter in turns if closed or quarter <= max(first, latest)]
        since = next((quarter for quarter in begun if holds(quarter)), None)
        if since is None:
            return Force(settled=settled)
        ended = next((quarter for quarter in turns if quarter > since and not holds(quarter)), None)
        others = self.tree.participants(slug, ended) if ended else ()
        ended_by = tuple(self.councils[code] for code in others if code not in agreed)
        return Force(since, ended, ended_by, settled, last)


def _proposal(decision: Decision, subject: Subject, about: Any, asked: _WhoMayAnswer) -> Proposal:
    by_council = {consent.council.code: consent for consent in decision.consents.all()}
    facts = subject.facts(about, asked.councils)
    if not subject.of_a_service:
        everybody = sorted(asked.councils.items())
        answers = tuple(Answer(council, by_council.get(code)) for code, council in everybody)
        return Proposal(decision, subject, about, facts, answers)
    return Proposal(
        decision,
        subject,
        about,
        facts,
        asked.answers(subject, about, by_council),
        asked.force(subject, about, by_council),
        asked.sharing_a_part(subject, about, by_council),
    )
