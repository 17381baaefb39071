"""Reading who shares a service: since when, by whose decision, and what depends on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import TypeVar

from django.db.models import Q, QuerySet

from audit.models import Event
from finance.periods import Quarter
from savings.agreements.reports import Proposal, ProposalStanding, decisions, proposals
from savings.formulas.models import AttributionRule
from savings.quarters.models import Period
from services.models import Hosting, Participation, Service, ServiceState
from services.states import LABELS, STATE_IN_WORDS, State
from services.tree import ServiceTree, StateSpell
from sovereignty.models import Council, User


@dataclass(frozen=True, slots=True)
class Part:
    """A service below another: whether it follows the participants there, or has its own.

    `kept_apart` if nobody shares it by a state of its own, even if councils take part there.
    `next_below` if it is directly below.
    """

    service: Service
    follows: bool
    kept_apart: bool
    next_below: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A change to a service that was recorded: what, by whom, when, and its source."""

    service: Service
    what: str
    by: str
    at: datetime
    source: str
    provenance: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """A rule or transition budget that depends on who takes part in the service.

    `without` are the councils that take no part in the first open quarter, and so would be
    asked first if they joined. `asked` if they could still answer.
    """

    proposal: Proposal
    without: tuple[Council, ...]
    asked: bool

    @property
    def to_the_host(self) -> bool:
        """Whether the councils agreed that the host bears variances in indirect costs."""
        to_host = AttributionRule.IndirectVariance.HOST
        return self.rule is not None and self.rule.indirect_variance == to_host

    @property
    def rule(self) -> AttributionRule | None:
        """The rule; None for a budget."""
        return _rule_of(self.proposal)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who takes part in a service, who hosts it and what becomes of it, in all quarters.

    The participants are those of `participants_from`, the hosts those of `host_from`: the
    service itself, or one above it. It is None if no service has any.
    `taking_part` are the councils that take part in any quarter that is not closed, in order of
    name. `agreements` are those of
    the service and of services that follow it. `above` are those of services above that apply
    here if the service has no rule of its own.
    """

    service: Service
    participants_from: Service | None
    participation: tuple[Participation, ...]
    taking_part: tuple[Council, ...]
    host_from: Service | None
    hosting: tuple[Hosting, ...]
    parts: tuple[Part, ...]
    agreements: tuple[Agreement, ...]
    above: tuple[Agreement, ...]
    recorded: tuple[Recorded, ...]
    first_open: Quarter | None
    as_at: Quarter | None
    tree: ServiceTree
    states: tuple[ServiceState, ...]

    @property
    def settled(self) -> tuple[str, StateSpell] | None:
        """The service whose recorded state it has as at the quarter shown, and that state."""
        return self.tree.state_from(self.service.slug, self.as_at) if self.as_at else None

    @property
    def state(self) -> State | None:
        """What becomes of it as at the quarter shown; None where nothing says so."""
        found = self.tree.state(self.service.slug, self.as_at) if self.as_at else None
        return State(found) if found else None

    @property
    def kept_apart(self) -> StateSpell | None:
        """The state by which nobody shares it in the quarter shown."""
        return self.tree.kept_apart(self.service.slug, self.as_at) if self.as_at else None

    @property
    def kept_apart_in_words(self) -> str:
        """Such as “is not recommended for sharing”, after the name of the service settled."""
        return STATE_IN_WORDS[State(self.kept_apart.state)] if self.kept_apart else ""

    @property
    def settled_of(self) -> Service | None:
        """The service above whose state it has, where that is not its own."""
        above = self.settled[0] if self.settled else ""
        found = (state.service for state in self.states if state.service.slug == above)
        return next((each for each in found if each != self.service), None)

    @property
    def participants_are_inherited(self) -> bool:
        return self.participants_from is not None and self.participants_from != self.service

    @property
    def host_is_inherited(self) -> bool:
        return self.host_from is not None and self.host_from != self.service

    @property
    def present(self) -> tuple[Council, ...]:
        """The councils that take part in the quarter shown, in order of name."""
        if self.kept_apart:
            return ()
        found = (spell.council for spell in self.participation if self._now(spell))
        return tuple(sorted(found, key=lambda council: council.name))

    @property
    def present_host(self) -> Hosting | None:
        if self.kept_apart:
            return None
        return next((spell for spell in self.hosting if self._now(spell)), None)

    def _now(self, spell: Participation | Hosting) -> bool:
        return self.as_at is not None and spell.as_spell().covers(self.as_at)

    @property
    def following(self) -> tuple[Service, ...]:
        return tuple(part.service for part in self.parts if part.follows)

    @property
    def next_following(self) -> tuple[Service, ...]:
        return tuple(part.service for part in self.parts if part.follows and part.next_below)

    @property
    def apart(self) -> tuple[Service, ...]:
        return tuple(part.service for part in self.parts if not (part.follows or part.kept_apart))

    @property
    def shared_by_nobody(self) -> tuple[Service, ...]:
        return tuple(part.service for part in self.parts if part.kept_apart)

    @property
    def rules(self) -> tuple[Agreement, ...]:
        """The rules that split figures here: its own, and those of services below and above."""
        return tuple(
            each
            for each in (*self.agreements, *self.above)
            if each.rule and each.proposal.standing == ProposalStanding.AGREED
        )

    @property
    def to_the_host(self) -> tuple[Agreement, ...]:
        """The rules by which the host bears variances in indirect costs."""
        return tuple(each for each in self.rules if each.to_the_host)


#: What each action of an event about a service means, in words.
IN_WORDS = {
    "council joined": "{council} joins from {quarter} on",
    "council left": "{council} leaves after {quarter}",
    "joining called off": "{council} does not join from {quarter} on after all",
    "host set": "{council} hosts it from {quarter} on",
    "service added": "added {where}",
    "service renamed": "renamed, {was} before",
    "service described": "described",
    "service moved": "moved {where}",
    "service state recorded": "{state} from {quarter} on",
    "service retired": "retired from {quarter} on",
}

S = TypeVar("S", Participation, Hosting)


def sharing_of(service: Service, quarter: Quarter | None = None) -> Sharing:
    """How a service is shared: the same number of queries for any number of rows.

    It is as at `quarter`, by default the first one that is open.
    """
    tree = Service.objects.tree()
    services = {each.slug: each for each in Service.objects.all()}
    nearest = tree.participants_from(service.slug)
    hosted = tree.host_from(service.slug)
    first_open = _first_open()
    as_at = quarter or first_open
    parts = tuple(
        _part(tree, services[node.slug], service, as_at, next_below=depth == 0)
        for node, depth in tree.walk(service.slug)
    )
    here = [service.slug, *(part.service.slug for part in parts if part.follows)]
    participation = _spells(Participation.objects.filter(service__slug=nearest))
    found = _agreements(tree, [*here, *tree.path(service.slug)[1:]], first_open)
    return Sharing(
        service=service,
        participants_from=services[nearest] if nearest else None,
        participation=participation,
        taking_part=tuple(
            council
            for council in sorted({each.council for each in participation}, key=attrgetter("name"))
            if first_open is None or tree.takes_part(service.slug, council.code, first_open)
        ),
        host_from=services[hosted] if hosted else None,
        hosting=_spells(Hosting.objects.filter(service__slug=hosted)),
        parts=parts,
        agreements=tuple(each for each in found if _slug(each) in here),
        above=tuple(each for each in found if _slug(each) not in here),
        recorded=_recorded(
            {services[slug] for slug in (service.slug, nearest, hosted) if slug},
            {slug: each.name for slug, each in services.items()},
        ),
        first_open=first_open,
        as_at=as_at,
        tree=tree,
        states=tuple(
            ServiceState.objects.filter(service__slug__in=tree.path(service.slug))
            .select_related("service")
            .order_by("from_quarter")
        ),
    )


def _part(
    tree: ServiceTree, part: Service, of: Service, quarter: Quarter | None, *, next_below: bool
) -> Part:
    kept_apart = quarter is not None and bool(
        tree.kept_apart(part.slug, quarter) and not tree.kept_apart(of.slug, quarter)
    )
    same = tree.participants_from(part.slug) == tree.participants_from(of.slug)
    return Part(part, same and not kept_apart, kept_apart, next_below)


def _slug(agreement: Agreement) -> str:
    service = agreement.proposal.service
    return service.slug if service else ""


def _spells(rows: QuerySet[S]) -> tuple[S, ...]:
    return tuple(rows.select_related("council").order_by("from_quarter", "council__code"))


def _recorded(services: Collection[Service], names: Mapping[str, str]) -> tuple[Recorded, ...]:
    """The changes recorded for these services, latest first: three queries."""
    by_slug = {service.slug: service for service in services}
    events = list(
        Event.objects.filter(
            subject="service", subject_id__in=by_slug, action__in=IN_WORDS
        ).order_by("-id")
    )
    councils = dict(Council.objects.values_list("code", "name"))
    users = User.objects.filter(username__in={event.by for event in events})
    people = {user.username: str(user.get_full_name()) for user in users}
    return tuple(
        Recorded(
            service=by_slug[event.subject_id],
            what=_in_words(event, councils, names),
            by=people.get(event.by) or event.by,
            at=event.at,
            source=(event.after or {}).get("source", ""),
            provenance=(event.after or {}).get("provenance", ""),
        )
        for event in events
    )


def _in_words(event: Event, councils: Mapping[str, str], names: Mapping[str, str]) -> str:
    before, after = event.before or {}, event.after or {}
    code = after.get("council") or after.get("host") or ""
    quarter = after.get("effective_from") or after.get("last_quarter") or ""
    parent, state = after.get("parent"), after.get("state")
    return IN_WORDS[event.action].format(
        council=councils.get(code, code),
        quarter=Quarter.parse(quarter).label if quarter else "",
        where=f"below {names.get(parent, parent)}" if parent else "as a programme",
        was=before.get("name", ""),
        state=LABELS[State(state)] if state else "",
    )


def _first_open() -> Quarter | None:
    """The quarter after the latest closed one, or the first period if none is closed, or None."""
    closed = Period.objects.latest_closed_quarter()
    if closed:
        return closed.following
    first = Period.objects.order_by("quarter").first()
    return first.quarter if first else None


def _agreements(tree: ServiceTree, slugs: list[str], first_open: Quarter | None) -> list[Agreement]:
    """Rules and budgets of these services that apply, or still could, in a quarter not closed."""
    if first_open is None:
        return []
    about = decisions().filter(
        Q(rule__service__slug__in=slugs) | Q(transition_approval__service__slug__in=slugs)
    )
    counting = (ProposalStanding.AGREED, ProposalStanding.WAITING, ProposalStanding.DISPUTED)
    # Who takes part from an open quarter on changes nothing in those that it reaches back over.
    found = [one for one in proposals(about) if one.standing in counting and not one.last_quarter]
    councils = list(Council.objects.order_by("code"))
    return sorted(
        (
            Agreement(one, _outside(one, tree, councils, first_open), not one.force.settled)
            for one in found
            if not any(_replaces(other, one, first_open) for other in found)
        ),
        key=lambda each: slugs.index(_slug(each)),
    )


def _rule_of(proposal: Proposal) -> AttributionRule | None:
    return proposal.about if isinstance(proposal.about, AttributionRule) else None


def _replaces(later: Proposal, one: Proposal, first_open: Quarter) -> bool:
    """Whether a rule replaces another in every quarter from the first open one on."""
    new, old = _rule_of(later), _rule_of(one)
    if new is None or old is None or (new.service_id, new.kind) != (old.service_id, old.kind):
        return False
    since = later.force.since
    return (
        (new.effective_from, new.id) > (old.effective_from, old.id)
        and since is not None
        and since <= first_open
        and later.force.ended is None
    )


def _outside(
    one: Proposal, tree: ServiceTree, councils: list[Council], quarter: Quarter
) -> tuple[Council, ...]:
    agreed = {each.council for each in one.answers if each.consent and each.consent.agree}
    inside = tree.participants(one.service.slug, quarter) if one.service else ()
    return tuple(each for each in councils if each not in agreed and each.code not in inside)
