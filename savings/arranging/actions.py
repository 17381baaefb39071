"""Arranging the tree of services: add one, rename it, move it, or record its state.

Nothing about a closed quarter changes. A name says nothing about figures, so a new one holds
everywhere. A service is in one place of the tree in all quarters, so it can only be moved while no
closed quarter has certified figures of it or of a service below it. A state holds from an open
quarter on. The reasons are in `docs/adr/0034-services-are-arranged-by-the-programme-office.md`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

import audit.actions
from finance.periods import PeriodError, Quarter
from savings.arranging.effects import hampered
from savings.arranging.reports import (
    Effects,
    Held,
    effects_of,
    first_open,
    held_entries,
    sealed_in,
)
from savings.formulas.arithmetic import SHARED, Attribution
from savings.formulas.reports import current_attribution
from savings.permissions.rules import require
from savings.quarters.basis import check_quarter_open
from savings.quarters.locks import change_basis
from savings.returns.models import Return
from savings.returns.outbox import rework_from
from services.models import Service, ServiceState
from services.states import LABELS, State
from services.tree import ServiceTree, StateSpell
from sovereignty.models import Council, User
from sovereignty.refusals import BadContent, FieldError, WrongState
from sovereignty.texts import LONGEST_TEXT, mistake_in

LONGEST_SLUG, LONGEST_NAME, LONGEST_SOURCE = 80, 120, 200
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
SLUG_MISSING = "Give it a short name, such as waste-collection."
NAME_MISSING = "Give the service a name."
#: Who settled a state, and where, if nobody says.
OFFICE = "The programme office"
RECORDED_HERE = "Recorded by the programme office"


@dataclass(frozen=True, slots=True)
class NewState:
    """A state, from a quarter on until further notice; by default from the first open one."""

    state: str
    effective_from: Quarter | None = None
    settled_by: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is to be: the slug of the service above, empty for a programme."""

    parent: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to change; what is None stays. `source` says where it was settled."""

    name: str | None = None
    description: str | None = None
    place: Place | None = None
    state: NewState | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The service, what the change did, whether anything is different, and the tree after it."""

    service: Service
    effects: Effects
    changed: bool
    tree: ServiceTree


def add_service(*, slug: str, changes: Changes, by: User, at: datetime) -> Done:
    """Add a service below another, or as a programme. It follows the service above.

    Raises NotAllowed; BadContent for a slug that is malformed or taken, a name that is missing or
    taken, a service above that does not exist or is retired, and a state that is not one;
    WrongState if the state would begin in a closed quarter.
    """
    with transaction.atomic():
        return _Arranging(by, at).add(slug.strip(), changes)


def change_service(*, service: Service, changes: Changes, by: User, at: datetime) -> Done:
    """Rename a service, move it, or record its state; all or nothing.

    Raises NotAllowed; BadContent for a name that is missing or taken, a place that does not exist,
    is below the service itself or is retired, and where entries of quarters that are not closed or
    a host would be left without what they need; WrongState if a closed quarter has certified
    figures of a service that would move, or if a state would begin in a closed quarter.
    """
    with transaction.atomic():
        return _Arranging(by, at).change(service, changes)


def try_it(do: Callable[[], Done]) -> Done:
    """What a change would do. It is made, looked at and taken back; the same is refused."""
    with transaction.atomic():
        done = do()
        transaction.set_rollback(True)
    return done


class _Arranging:
    """One change, under the lock that keeps what figures are split by."""

    def __init__(self, by: User, at: datetime) -> None:
        require(by, "savings.arrange_services")
        change_basis()
        self.by, self.at = by, at
        self.before = current_attribution()
        self.first_open = first_open()
        self.errors: list[FieldError] = []

    @property
    def tree(self) -> ServiceTree:
        return self.before.tree

    # --- What is done ------------------------------------------------------------------

    def add(self, slug: str, changes: Changes) -> Done:
        name, description = self._name(changes.name or "", ""), self._text(changes)
        parent = changes.place.parent if changes.place else ""
        self._check_slug(slug)
        self._check_parent(parent, "")
        state = self._state(changes)
        self._refuse_mistakes()
        above = Service.objects.get(slug=parent) if parent else None
        last = Service.objects.order_by("-position").first()
        service = Service.objects.create(
            slug=slug,
            name=name,
            parent=above,
            description=description or "",
            position=last.position + 1 if last else 0,
        )
        self._record(
            service,
            "service added",
            after={"name": name, "parent": parent or None, "source": changes.source.strip()},
        )
        if state:
            self._write_state([service], state)
            self._record_state(service, state, None)
        notes = ["No figure changes: nothing has been entered for it yet."]
        if parent:
            notes.insert(0, f"It follows {above}: who takes part, who hosts and which rules split.")
        else:
            notes.insert(
                0,
                "It is a programme: an area of the comparison. No council takes part until you "
                "record who does.",
            )
        after = current_attribution()
        effects = effects_of(self.before, after, [slug], since=self._since(state), notes=notes)
        return Done(service, effects, changed=True, tree=after.tree)

    def change(self, service: Service, changes: Changes) -> Done:
        service = Service.objects.get(id=service.id)
        slug = service.slug
        within = [slug, *sorted(self.tree.below(slug) - {slug})]
        name = self._name(changes.name, slug) if changes.name is not None else service.name
        description = self._text(changes)
        place = self._place(service, changes)
        state = self._state(changes)
        self._refuse_mistakes()
        if state and self._says_that_already(service, state):
            state = None
        if place and (quarter := sealed_in(within)):
            raise WrongState(self._sealed(slug, quarter, place))
        notes: list[str] = []
        described = description is not None and description != service.description
        if name != service.name or described:
            self._rename(service, name, description, changes, notes)
        if place:
            self._move(service, place, changes)
        if state:
            self._set_state(service, within, state)
        after = current_attribution()
        effects = self._effects(after, within, state, place=place, notes=notes)
        changed = bool(notes or described or place or state)
        return Done(service, effects, changed, after.tree)

    def _rename(
        self,
        service: Service,
        name: str,
        description: str | None,
        changes: Changes,
        notes: list[str],
    ) -> None:
        was, service.name = service.name, name
        if description is not None:
            service.description = description
        service.save(update_fields=["name", "description"])
        if was == name:
            self._record(service, "service described", after={"source": changes.source.strip()})
            return
        notes.append(
            f"Pages, files and the API call it {name}, for closed quarters too. Its short name "
            f"stays {service.slug}, so files and addresses keep working. Agreements that exist and "
            "the history keep the name that they were written with. No figure changes."
        )
        self._record(
            service,
            "service renamed",
            before={"name": was},
            after={"name": name, "source": changes.source.strip()},
        )

    def _move(self, service: Service, place: Place, changes: Changes) -> None:
        self._wait_for_saves()
        parent = place.parent
        was = service.parent.slug if service.parent else None
        service.parent = Service.objects.get(slug=parent) if parent else None
        service.save(update_fields=["parent"])
        self._record(
            service,
            "service moved",
            before={"parent": was},
            after={"parent": parent or None, "source": changes.source.strip()},
        )
        if self.first_open:
            rework_from(self.first_open, self.at)

    def _set_state(self, service: Service, within: Sequence[str], state: StateSpell) -> None:
        """Record it. A retirement is recorded for every service below too."""
        self._wait_for_saves()
        was = self.tree.state(service.slug, state.first)
        retired = state.state == State.RETIRED
        slugs = within if retired else [service.slug]
        self._write_state(list(Service.objects.filter(slug__in=slugs)), state)
        self._record_state(service, state, was)
        rework_from(state.first, self.at)

    def _write_state(self, services: Sequence[Service], state: StateSpell) -> None:
        """End what holds in its first quarter, remove what would begin later, and add it."""
        rows = ServiceState.objects.filter(service__in=services)
        rows.filter(from_quarter__gte=state.first).delete()
        rows.exclude(to_quarter__lt=state.first).update(to_quarter=state.first.preceding)
        # In one statement: after each, the database compares who shared closed quarters.
        ServiceState.objects.bulk_create(
            ServiceState(
                service=service,
                state=state.state,
                from_quarter=state.first,
                settled_by=state.settled_by,
                document=state.document,
            )
            for service in services
        )

    def _record_state(self, service: Service, state: StateSpell, was: str | None) -> None:
        self._record(
            service,
            "service retired" if state.state == State.RETIRED else "service state recorded",
            before={"state": was},
            after={
                "state": state.state,
                "effective_from": state.first.code,
                "settled_by": state.settled_by,
                "source": state.document,
            },
        )

    def _record(
        self,
        service: Service,
        action: str,
        *,
        before: dict[str, object] | None = None,
        after: dict[str, object],
    ) -> None:
        audit.actions.record(
            by=self.by.username,
            at=self.at,
            action=action,
            subject="service",
            subject_id=service.slug,
            before=before,
            after=after,
        )

    # --- What it does ------------------------------------------------------------------

    def _effects(
        self,
        after: Attribution,
        within: Sequence[str],
        state: StateSpell | None,
        *,
        place: Place | None,
        notes: list[str],
    ) -> Effects:
        """What it does to the service and those below. Raises BadContent if something hampers."""
        if not (place or state):
            return Effects((), tuple(notes))
        if self.first_open:
            field = "parent" if place else "state"
            self.errors += [
                FieldError(field, message) for message in self._in_the_way(after, within)
            ]
            found = hampered(self.before, after, within, self.first_open)
            if found:
                names = after.tree.nodes
                host = self._council(found.host)
                message = (
                    f"{host} hosts {names[found.host_of].name}, so it would host "
                    f"{names[found.service].name}, but takes no part in it in "
                    f"{found.quarter.label}: first record a separate host for "
                    f"{names[found.service].name}."
                )
                self.errors.append(FieldError(field, message))
            self._refuse_mistakes()
        notes = [*notes, "Nothing about a closed quarter changes."]
        if state:
            notes += self._replaced(within, state)
        if state and state.state == State.RETIRED:
            notes.append(
                f"From {state.first.label} on nobody can enter anything for it, other than "
                "corrections of earlier quarters. Figures of earlier quarters stay, and so do its "
                "plans and its agreements."
            )
            if len(within) > 1:
                below = ", ".join(after.tree.nodes[slug].name for slug in within[1:])
                notes.append(f"The services below are retired with it: {below}.")
        return effects_of(self.before, after, within, since=self._since(state), notes=notes)

    def _replaced(self, within: Sequence[str], state: StateSpell) -> list[str]:
        """In a sentence, the states recorded for later that it replaces."""
        slugs = within if state.state == State.RETIRED else within[:1]
        later = [
            f"{node.name}, {LABELS[State(each.state)].lower()} from {each.first.label}"
            for node in (self.tree.nodes[slug] for slug in slugs)
            for each in node.states
            if each.first >= state.first
        ]
        return [f"It replaces what is recorded for later: {'; '.join(later)}."] if later else []

    def _in_the_way(self, after: Attribution, within: Sequence[str]) -> list[str]:
        """Entries of quarters that are not closed which could not be made after it."""
        found: dict[tuple[str, str, Quarter, str], int] = {}
        for held in held_entries(within, self.first_open):
            why = self._why_not(after, held)
            if why:
                key = (why, held.council, held.quarter, held.status)
                found[key] = found.get(key, 0) + held.entries
        return [
            f"{council}’s return for {quarter.label} has "
            f"{'an entry' if count == 1 else f'{count} entries'} here that {why}. "
            + (
                "It is certified, so choose a later quarter."
                if status == Return.Status.CERTIFIED
                else "Ask for it to be changed first, or choose a later quarter."
            )
            for (why, council, quarter, status), count in found.items()
        ]

    def _why_not(self, after: Attribution, held: Held) -> str:
        service, quarter = held.service, held.quarter
        if after.tree.retired(service, quarter) and not self.tree.retired(service, quarter):
            return "could not be made in a retired service"
        if held.scope == SHARED and (
            len(after.tree.participants(service, quarter))
            < 2
            <= len(self.tree.participants(service, quarter))
        ):
            return "could not be shared any more"
        if (
            held.approval
            and self.before.budget_in_force(held.approval, service, quarter)
            and not after.budget_in_force(held.approval, service, quarter)
        ):
            return f"could not claim on the budget “{held.approval}” any more"
        return ""

    # --- What can't be done ------------------------------------------------------------

    def _refuse_mistakes(self) -> None:
        if self.errors:
            raise BadContent(self.errors)

    def _wrong(self, field: str, message: str, value: str = "") -> None:
        self.errors.append(FieldError(field, message, value[:LONGEST_SOURCE]))

    def _place(self, service: Service, changes: Changes) -> Place | None:
        """Where it is to be; None if it is there already. Adds what is wrong with it."""
        place = changes.place
        if place is None or place.parent == (self.tree.nodes[service.slug].parent or ""):
            return None
        self._check_parent(place.parent, service.slug)
        return place

    def _check_slug(self, slug: str) -> None:
        mistake = mistake_in(slug, "slug", SLUG_MISSING, longest=LONGEST_SLUG)
        if mistake:
            self.errors.append(mistake)
        elif not SLUG.fullmatch(slug):
            self._wrong(
                "slug",
                "Use small letters, digits and single hyphens between them, such as "
                "waste-collection.",
                slug,
            )
        elif slug in self.tree.nodes:
            name = self.tree.nodes[slug].name
            self._wrong("slug", f"{name} has this short name already: choose another.", slug)

    def _name(self, typed: str, slug: str) -> str:
        """The name on one line. No other service may have it: files may name services by it."""
        name = " ".join(typed.split())
        mistake = mistake_in(name, "name", NAME_MISSING, longest=LONGEST_NAME)
        if mistake:
            self.errors.append(mistake)
        for node in self.tree.nodes.values():
            if name and node.slug != slug and node.name.casefold() == name.casefold():
                remedy = f"“{node.slug}” is called {node.name} already: choose another name."
                self._wrong("name", remedy, name)
        return name

    def _text(self, changes: Changes) -> str | None:
        """The description. Adds what is wrong with it, and with the source."""
        mistakes: Iterable[FieldError | None] = (
            mistake_in(changes.description or "", "description", longest=LONGEST_TEXT),
            mistake_in(changes.source, "source", longest=LONGEST_SOURCE),
        )
        self.errors += [mistake for mistake in mistakes if mistake]
        return None if changes.description is None else changes.description.strip()

    def _check_parent(self, parent: str, slug: str) -> None:
        nodes = self.tree.nodes
        if not parent:
            return
        if parent not in nodes:
            self._wrong(
                "parent",
                f"There is no service “{parent[:LONGEST_SLUG]}”: use the short "
                "name of one that exists, or leave this empty for a programme.",
                parent,
            )
        elif slug and parent in self.tree.below(slug):
            self._wrong(
                "parent",
                f"{nodes[parent].name} is below {nodes[slug].name}: choose a service that is not."
                if parent != slug
                else f"{nodes[slug].name} can’t be below itself: choose another service.",
                parent,
            )
        elif self.first_open and (retired := self.tree.retired(parent, self.first_open)):
            self._wrong(
                "parent",
                f"{nodes[parent].name} is retired since {retired.first.label}: choose another "
                "service.",
                parent,
            )

    def _state(self, changes: Changes) -> StateSpell | None:
        """The state that is given, from its quarter on. Raises WrongState for a closed quarter."""
        given = changes.state
        if given is None:
            return None
        first = given.effective_from or self.first_open
        if given.state not in list(State):
            self._wrong("state", f"Choose one of: {', '.join(State)}.", given.state)
            return None
        mistake = mistake_in(given.settled_by, "settled_by", longest=LONGEST_SOURCE)
        if mistake:
            self.errors.append(mistake)
        if first is None:
            self._wrong("effective_from", "Give the quarter from which it has this state.")
            return None
        try:
            _ = (first.preceding, first.following)
        except PeriodError:
            self._wrong("effective_from", "Choose a quarter nearer to today.", first.code)
            return None
        check_quarter_open(first)
        return StateSpell(
            given.state,
            first,
            None,
            given.settled_by.strip() or OFFICE,
            changes.source.strip() or RECORDED_HERE,
        )

    def _says_that_already(self, service: Service, state: StateSpell) -> bool:
        """Whether its own state is this one, from then on and until further notice."""
        return any(
            each.state == state.state and each.first <= state.first and each.last is None
            for each in self.tree.nodes[service.slug].states
        )

    def _sealed(self, slug: str, quarter: Quarter, place: Place | None) -> str:
        name = self.tree.nodes[slug].name
        nodes = self.tree.nodes
        where = f"below {nodes[place.parent].name}" if place and place.parent else "as a programme"
        since = self.first_open.label if self.first_open else "then"
        return (
            f"{name}, or a service below it, has certified figures in {quarter.label}, which is "
            f"closed: how they fall and the area they count in stand. Add a new service {where} "
            f"for what comes from {since} on, and retire {name} from then on."
        )

    def _since(self, state: StateSpell | None) -> Quarter | None:
        return self.first_open or (state.first if state else None)

    def _council(self, code: str) -> str:
        return str(Council.objects.get(code=code))

    def _wait_for_saves(self) -> None:
        """Let saves that are under way end, and the next ones see what is recorded here."""
        if self.first_open:
            list(
                Return.objects.filter(period__quarter__gte=self.first_open)
                .order_by("id")
                .select_for_update()
                .values_list("id")
            )
