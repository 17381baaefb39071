"""What councils agree to: each subject of the house registers what it puts to them.

A subject's proposal is a row that has a decision of its own. What it says in words, who is
asked, what follows an answer and when it may be refused or withdrawn are told here by the
subject that owns the row; `savings.agreements` knows nothing of rules, budgets or tests.

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

from sovereignty.models import Council, Decision
from sovereignty.refusals import WrongState

#: What is proposed, in words: a term and what is said of it.
Facts = tuple[tuple[str, str], ...]


class Subject:
    """One kind of thing that is put to councils.

    A subject `of_a_service` has a `service` and a first quarter, `effective_from`: it is
    put to each council that takes part in the service from then on. The others are put to every
    council, and hold as soon as all have agreed.
    """

    #: What `Decision.about` says, and what tells it apart in the API.
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
    #: Whether a council that shares a part alone has something to refuse.
    refused_in_part = True
    #: What is so until a council has agreed, in words: of what it takes part in, and of a part
    #: that it shares alone.
    held_back = "nothing follows from it"
    held_back_of_a_part = "nothing follows from it there"
    #: Where a reader sees beforehand what it would have done: the name of an address that takes
    #: `decision`; empty where there is no such page.
    seen_beforehand_at = ""
    #: What a revision shares with what it revises.
    keeps: Sequence[str] = ()

    def rows(self) -> QuerySet[Any]:
        """Every one that was proposed, with its decision and what `facts` reads."""
        raise NotImplementedError

    def named(self, about: Any) -> object:
        """What its events name it by."""
        return about.pk

    def facts(self, about: Any, councils: Mapping[str, Council]) -> Facts:
        """What is proposed, in words; `councils` by code."""
        raise NotImplementedError

    def in_force_in_words(self, about: Any, *, ended: bool) -> tuple[str, str]:
        """What is so while it is in force: words before and after its quarters."""
        until = "until another replaces it"
        return "it applies", "" if ended else f", {until}" if self.of_a_service else f" {until}"

    def lost(self, refused: set[str], asked_first: set[str]) -> set[str]:
        """Of the councils that refused, those by whose refusal it holds for nobody.

        `asked_first` take part when it is to begin.
        """
        return refused

    def check_refusal(self, about: Any, council: Council, *, a_part_alone: bool) -> None:
        """Raise WrongState where the council has nothing to refuse.

        `a_part_alone` where it takes no part in the service itself.
        """

    def check_withdrawal(self, about: Any) -> None:
        """Raise WrongState where it is not to be withdrawn, though not all have agreed."""

    def answered(self, about: Any, at: datetime) -> None:
        """What follows an answer, in its transaction."""

    def wake(self) -> None:
        """Have done what an answer made necessary, once it is committed."""


#: By kind, in the order in which pages offer to propose them. Filled as Django starts: see
#: `savings.apps`.
SUBJECTS: dict[str, Subject] = {}


def register(subject: Subject) -> None:
    """Make a kind of proposal known; once for each kind."""
    known = SUBJECTS.setdefault(subject.kind, subject)
    if type(known) is not type(subject):
        raise ValueError(f"Two subjects are called “{subject.kind}”.")


def subject_of(proposed: models.Model) -> Subject:
    """The subject whose row this is."""
    return next(each for each in SUBJECTS.values() if isinstance(proposed, each.model))


def about_of(decision: Decision) -> tuple[Subject, Any]:
    """What a decision decides on, and its subject.

    Raises WrongState where nothing was put under it, which no action leaves behind.
    """
    subject = SUBJECTS.get(decision.about)
    about = subject.rows().filter(decision=decision).first() if subject else None
    if subject is None or about is None:
        raise WrongState(f"Nothing was put to councils under “{decision}”.")
    return subject, about
