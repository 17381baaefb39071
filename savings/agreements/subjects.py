"""What councils agree to: each subject registers what it puts to them.

A subject's proposal is a row with its own decision. The subject that owns the row says what it says
in words, who is asked, what follows an answer, and when it may be refused or withdrawn.
`savings.agreements` knows nothing of rules, budgets or tests.

>>> from savings.agreements.subjects import SUBJECTS
>>> sorted(SUBJECTS)
['budget', 'rule', 'test', 'tolerance']
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import QuerySet

from finance.periods import Quarter
from sovereignty.models import Council, Decision
from sovereignty.refusals import WrongState

#: What is proposed, in words: a term and what is said of it.
Facts = tuple[tuple[str, str], ...]


class Subject:
    """One kind of thing that is put to councils.

    A subject `of_a_service` has a `service` and a first quarter, `effective_from`: it is put to
    each council that takes part in the service from then on. The others are put to every council,
    and apply as soon as all have agreed.
    """

    #: What `Decision.about` and the API call it.
    kind: str
    #: What its events call it.
    name: str
    #: What a page calls it, and the name of the address that proposes one.
    title: str
    propose_at: str
    #: The permission that who proposes or revises one needs.
    proposed_with: str
    model: type[models.Model]
    of_a_service = False
    #: Whether a council that takes part only in a service below may refuse it.
    refused_in_part = True
    #: What applies until a council has agreed, in words: in the service, and in a service below if
    #: it takes part only there.
    held_back = "nothing follows from it"
    held_back_of_a_part = "nothing follows from it there"
    #: The name of the page that shows what it would have done; its address takes `decision`. Empty
    #: if there is no such page.
    seen_beforehand_at = ""
    #: The fields that a revision has in common with what it revises.
    keeps: Sequence[str] = ()

    def rows(self) -> QuerySet[Any]:
        """Every proposed row, with its decision and what `facts` reads."""
        raise NotImplementedError

    def named(self, about: Any) -> object:
        """What identifies it in its events."""
        return about.pk

    def last_quarter(self, about: Any) -> Quarter | None:
        """The last quarter that it reaches back over; None if it goes on from its first quarter.

        One that reaches back is put to who took part in those quarters, and never lapses.
        """
        return None

    def facts(self, about: Any, councils: Mapping[str, Council]) -> Facts:
        """What is proposed, in words; `councils` by code."""
        raise NotImplementedError

    def in_force_in_words(self, about: Any, *, ended: bool) -> tuple[str, str]:
        """What applies while it is in force: the words before and after its quarters."""
        until = "until another replaces it"
        return "it applies", "" if ended else f", {until}" if self.of_a_service else f" {until}"

    def lost(self, refused: set[str], asked_first: set[str]) -> set[str]:
        """Of the councils that refused, those whose refusal means that it applies to nobody.

        `asked_first` take part in the quarter in which it begins.
        """
        return refused

    def check_refusal(self, about: Any, council: Council, *, a_part_alone: bool) -> None:
        """Raise WrongState if the council has nothing to refuse.

        `a_part_alone`: it takes part only in a service below.
        """

    def check_withdrawal(self, about: Any) -> None:
        """Raise WrongState if it can't be withdrawn, although not all have agreed."""

    def answered(self, about: Any, at: datetime) -> None:
        """Do what follows from an answer, in its transaction."""

    def wake(self) -> None:
        """Start the work that an answer made necessary, once it is committed."""


#: By kind, in the order in which pages offer to propose them. Filled as Django starts: see
#: `savings.apps`.
SUBJECTS: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Register a kind of proposal, once for each kind."""
    known = SUBJECTS.setdefault(subject.kind, subject)
    if type(known) is not type(subject):
        raise ValueError(f"Two subjects are called “{subject.kind}”.")


def subject_of(proposed: models.Model) -> Subject:
    """The subject whose row this is."""
    return next(each for each in SUBJECTS.values() if isinstance(proposed, each.model))


def about_of(decision: Decision) -> tuple[Subject, Any]:
    """A decision's subject, and the row that it is about.

    Raises WrongState if nothing was put under it, which no action leaves behind.
    """
    subject = SUBJECTS.get(decision.about)
    about = subject.rows().filter(decision=decision).first() if subject else None
    if subject is None or about is None:
        raise WrongState(f"Nothing was put to councils under “{decision}”.")
    return subject, about
