"""A return from its empty draft to the end of its quarter, and an event for every step."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from savings.calendar.actions import close_period, open_period, reopen_period
from savings.certification.actions import certify, send_back, submit, withdraw
from savings.filling.actions import replace_entries
from savings.kit.provenance import Provenance
from savings.quarters.models import Period
from savings.returns.models import DirtyReturn, Return
from savings.returns.reports import row_of
from savings.returns.rows import describe
from sovereignty.refusals import WrongState
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving

Status = Return.Status

STATEMENT = """\
As section 151 officer or deputy of Westminster Council I certify version 5 of its return for \
2013/14 Q1. I have read its entries and totals, and to the best of my knowledge:
- they agree with the council's accounts for 1 April 2013 to 30 June 2013
- each saving has been made, is reported once, and the evidence for it is held
- the costs of making the savings, and any variances, are reported in full
- what I and others asked about its lines has been answered"""


def amounts(parent: Return) -> list[Decimal]:
    return list(parent.entries.order_by("position").values_list("amount", flat=True))


def events_of(subject: str, subject_id: str) -> list[tuple[str, str, str, str]]:
    """Who did what, why and in which chain, oldest first."""
    return [
        (event.by, event.action, event.reason, event.chain)
        for event in Event.objects.about(subject, subject_id)
    ]


def test_a_return_from_draft_to_certified(partnership: Partnership) -> None:
    finance, s151 = partnership.finance("WCC"), partnership.s151("WCC")
    empty = partnership.parent("WCC")
    assert (empty.status, empty.version, amounts(empty)) == (Status.DRAFT, 0, [])

    draft = partnership.draft("WCC", a_saving(amount="100"), a_saving(amount="(0.50)"))
    assert (draft.status, draft.version) == (Status.DRAFT, 1)
    assert amounts(draft) == [Decimal("100.00"), Decimal("-0.50")]

    sent = submit(return_id=draft.id, version=1, by=finance, at=NOW)
    assert (sent.status, sent.version) == (Status.SUBMITTED, 2)
    assert (sent.submitted_by, sent.submitted_at) == (finance, NOW)

    back = send_back(return_id=draft.id, version=2, reason=" One is missing. ", by=s151, at=NOW)
    assert (back.status, back.version, back.was_sent_back) == (Status.DRAFT, 3, True)
    assert (back.submitted_by, back.submitted_at) == (None, None)
    assert (back.sent_back_by, back.sent_back_at) == (s151, NOW)
    assert back.sent_back_reason == "One is missing."
    assert amounts(back) == [Decimal("100.00"), Decimal("-0.50")]

    partnership.draft("WCC", a_saving(amount="45k"))
    again = submit(return_id=draft.id, version=4, by=finance, at=NOW)
    assert (again.was_sent_back, again.sent_back_by, again.sent_back_reason) == (False, None, "")

    done = certify(return_id=draft.id, version=5, by=s151, at=NOW)
    stored = partnership.parent("WCC")
    for parent in (done, stored):
        assert (parent.status, parent.version) == (Status.CERTIFIED, 6)
        assert (parent.submitted_by, parent.certified_by) == (finance, s151)
        assert (parent.certified_at, amounts(parent)) == (NOW, [Decimal("45000.00")])
    assert [dirty.parent_id for dirty in DirtyReturn.objects.all()] == [draft.id]


def test_every_step_has_its_event(partnership: Partnership) -> None:
    finance, s151 = partnership.finance("WCC"), partnership.s151("WCC")
    first = partnership.submitted("WCC", a_saving(amount="100"), a_saving(amount="0.50"))
    send_back(return_id=first.id, version=2, reason=" Wrong. ", by=s151, at=NOW)
    partnership.draft("WCC", a_saving("cex", "7", note="Mended", scope="own"))
    submit(return_id=first.id, version=4, by=finance, at=NOW)
    certify(return_id=first.id, version=5, by=s151, at=NOW)

    assert events_of("return", "WCC/2013-14-Q1") == [
        ("finance.wcc", "saved", "", "WCC"),
        ("finance.wcc", "submitted", "", "WCC"),
        ("s151.wcc", "sent back", "Wrong.", "WCC"),
        ("finance.wcc", "saved", "", "WCC"),
        ("finance.wcc", "submitted", "", "WCC"),
        ("s151.wcc", "certified", "", "WCC"),
    ]
    assert Event.objects.first_break("WCC") is None
    saved, submitted, sent_back, mended, _, certified = Event.objects.about(
        "return", "WCC/2013-14-Q1"
    )
    a_hundred = {
        "service": "library-service",
        "kind": "saving",
        "scope": "shared",
        "amount": "100.00",
        "recurrence": "recurring",
        "nature": "cashable",
    }
    fifty_pence = {**a_hundred, "amount": "0.50"}
    seven = {**a_hundred, "service": "cex", "scope": "own", "amount": "7.00", "note": "Mended"}
    assert saved.after is not None
    assert mended.after is not None
    one, two = saved.after["order"]
    (three,) = mended.after["order"]
    was = [{"id": one, **a_hundred}, {"id": two, **fifty_pence}]
    assert (saved.before, saved.after) == (
        {"version": 0, "entries": []},
        {"version": 1, "entries": was, "order": [one, two]},
    )
    assert (mended.before, mended.after) == (
        {"version": 3, "entries": was},
        {"version": 4, "entries": [{"id": three, **seven}], "order": [three]},
    )
    assert submitted.after == {"status": "submitted", "version": 2, "sums": {"saving": "100.50"}}
    assert (sent_back.before, sent_back.after) == (
        {"status": "submitted", "version": 2, "sums": {"saving": "100.50"}},
        {"status": "draft", "version": 3, "sums": {"saving": "100.50"}},
    )
    assert (certified.before, certified.after) == (
        {"status": "submitted", "version": 5, "sums": {"saving": "7.00"}},
        {
            "status": "certified",
            "version": 6,
            "sums": {"saving": "7.00"},
            "statement": STATEMENT,
        },
    )


@pytest.mark.parametrize(
    ("reason", "kept"), [("", ""), (" A line is missing. ", "A line is missing.")]
)
def test_a_return_is_withdrawn_and_submitted_again(
    reason: str, kept: str, partnership: Partnership
) -> None:
    finance = partnership.finance("WCC")
    parent = partnership.submitted("WCC", a_saving(amount="100"))

    back = withdraw(return_id=parent.id, version=2, reason=reason, by=finance, at=NOW)

    assert (back.status, back.version, back.was_sent_back) == (Status.DRAFT, 3, False)
    assert (back.submitted_by, back.submitted_at) == (None, None)
    assert amounts(back) == [Decimal("100.00")]
    event = Event.objects.about("return", "WCC/2013-14-Q1").last()
    assert event is not None
    assert (event.by, event.action, event.reason) == ("finance.wcc", "withdrawn", kept)
    assert event.before == {"status": "submitted", "version": 2, "sums": {"saving": "100.00"}}
    assert event.after == {"status": "draft", "version": 3, "sums": {"saving": "100.00"}}
    again = submit(return_id=parent.id, version=3, by=finance, at=NOW)
    assert (again.status, again.version) == (Status.SUBMITTED, 4)


def test_an_empty_return_may_be_submitted_and_certified(partnership: Partnership) -> None:
    assert partnership.certified("WCC").status == Status.CERTIFIED


def test_saving_replaces_all_rows_and_keeps_their_order(partnership: Partnership) -> None:
    partnership.draft("WCC", *[a_saving(amount=str(n)) for n in (3, 1, 2)])
    parent = partnership.draft("WCC", *[a_saving(amount=str(n)) for n in (9, 5, 7, 5)])
    assert amounts(parent) == [9, 5, 7, 5]
    assert [entry.position for entry in parent.entries.order_by("position")] == [1, 2, 3, 4]
    assert amounts(partnership.draft("WCC")) == []


def test_an_entry_is_read_back_as_the_row_that_made_it(partnership: Partnership) -> None:
    earlier = partnership.certified("WCC", a_saving(amount="9"))
    entry = earlier.entries.get()
    rows: list[dict[str, object]] = [
        a_saving(amount="-0.01", corrects=str(entry.id), evidence="Minute 4", note="A slip"),
        {
            "service": "cex",
            "kind": "ongoing_cost",
            "scope": "shared",
            "amount": "5.00",
            "tupe": ["LBHF", "RBKC"],
        },
        {
            "service": "cex",
            "kind": "variance",
            "scope": "own",
            "amount": "5.00",
            "cause": "specification_change",
            "caused_by": "RBKC",
        },
    ]
    parent = partnership.draft("WCC", *rows, quarter=Q2)
    stored = parent.entries.select_related("service", "caused_by").order_by("position")
    assert [describe(row_of(entry)) for entry in stored] == [
        {**rows[0], "corrects": entry.id},
        rows[1],
        rows[2],
    ]


def test_queries_do_not_grow_with_the_rows(partnership: Partnership) -> None:
    partnership.draft("WCC", a_saving(amount="1"))
    taken = []
    for count in (2, 200):
        with CaptureQueriesContext(connection) as captured:
            partnership.draft("WCC", *[a_saving(amount="1")] * count)
        taken.append(len(captured))
    assert taken == [taken[0]] * 2


# --- Made up -------------------------------------------------------------------


def made_up(partnership: Partnership, *rows: dict[str, object]) -> Return:
    parent = partnership.parent("WCC")
    return replace_entries(
        return_id=parent.id,
        version=parent.version,
        rows=list(enumerate(rows, start=1)),
        by=partnership.finance("WCC"),
        at=NOW,
        provenance=Provenance.ILLUSTRATIVE,
    )


@pytest.mark.parametrize(
    ("count", "entries", "them"),
    [(1, "1 illustrative entry", "it"), (2, "2 illustrative entries", "them")],
)
def test_a_made_up_return_is_never_certified(
    count: int, entries: str, them: str, partnership: Partnership
) -> None:
    rows = [a_saving(amount=str(100 + number)) for number in range(count)]
    parent = made_up(partnership, *rows)
    submit(return_id=parent.id, version=1, by=partnership.finance("WCC"), at=NOW)
    with pytest.raises(WrongState) as refusal:
        certify(return_id=parent.id, version=2, by=partnership.s151("WCC"), at=NOW)
    assert str(refusal.value) == (
        f"This return has {entries}: send it back to have {them} replaced with the council's own "
        "figures."
    )
    assert partnership.parent("WCC").status == Status.SUBMITTED
    assert not DirtyReturn.objects.exists()


def test_a_made_up_row_sent_again_unchanged_stays_made_up(partnership: Partnership) -> None:
    made_up(partnership, a_saving(amount="100"), a_saving(amount="200"))
    parent = partnership.draft("WCC", a_saving(amount="100.00"), a_saving(amount="200.01"))
    assert list(parent.entries.order_by("position").values_list("provenance", flat=True)) == [
        "illustrative",
        "reported",
    ]
    partnership.certified("WCC", a_saving(amount="100.01"))
    assert not parent.entries.illustrative().exists()


# --- The quarter ---------------------------------------------------------------


def test_a_quarter_opens_with_an_empty_draft_for_every_council(partnership: Partnership) -> None:
    office, quarter = partnership.people["programme.office"], Q2.following
    period = open_period(quarter=quarter, by=office, at=NOW)
    assert (period.code, period.status) == ("2013-14-Q3", "open")
    assert [
        (parent.council_code, parent.status, parent.version, parent.entries.count())
        for parent in period.returns.order_by("council__code")
    ] == [("LBHF", "draft", 0, 0), ("RBKC", "draft", 0, 0), ("WCC", "draft", 0, 0)]
    with pytest.raises(WrongState, match="2013/14 Q3 has already been opened"):
        open_period(quarter=quarter, by=office, at=NOW)


def test_quarters_close_in_order_once_all_is_certified_and_reopen_backwards(
    partnership: Partnership,
) -> None:
    office = partnership.people["programme.office"]

    def refused(quarter: object) -> str:
        with pytest.raises(WrongState) as refusal:
            close_period(quarter=quarter, by=office, at=NOW)  # type: ignore[arg-type]
        return str(refusal.value)

    partnership.certified("LBHF")
    partnership.submitted("RBKC")
    waiting = "2013/14 Q1 can't be closed until these returns are certified: "
    assert refused(Q1) == waiting + "Kensington & Chelsea, Westminster."
    for code in partnership.councils:
        partnership.certified(code, quarter=Q2)
    assert refused(Q2) == "Close 2013/14 Q1 first: quarters are closed in order."
    rbkc = partnership.parent("RBKC")
    certify(return_id=rbkc.id, version=rbkc.version, by=partnership.s151("RBKC"), at=NOW)
    assert refused(Q1) == waiting + "Westminster."
    partnership.certified("WCC")
    assert close_period(quarter=Q1, by=office, at=NOW).status == Period.Status.CLOSED
    assert refused(Q1) == "2013/14 Q1 is closed already."
    assert close_period(quarter=Q2, by=office, at=NOW).status == Period.Status.CLOSED

    def refused_again(quarter: object) -> str:
        with pytest.raises(WrongState) as refusal:
            reopen_period(quarter=quarter, reason="Late.", by=office, at=NOW)  # type: ignore[arg-type]
        return str(refusal.value)

    assert refused_again(Q1) == "Only the latest closed quarter can be reopened."
    assert reopen_period(quarter=Q2, reason=" Late. ", by=office, at=NOW).is_open
    assert refused_again(Q2) == "2013/14 Q2 is open already."
    assert reopen_period(quarter=Q1, reason="Later.", by=office, at=NOW).is_open

    assert events_of("period", "2013-14-Q2") == [
        ("programme.office", "opened", "", "partnership"),
        ("programme.office", "closed", "", "partnership"),
        ("programme.office", "reopened", "Late.", "partnership"),
    ]
    assert [event.after for event in Event.objects.about("period", "2013-14-Q2")] == [
        {
            "status": "open",
            "opens_on": "2013-10-01",
            "due_on": "2013-10-31",
            "closes_on": "2013-11-15",
        },
        {"status": "closed"},
        {"status": "open"},
    ]
    assert Event.objects.first_break("partnership") is None
    # What was certified stays certified.
    assert set(Return.objects.values_list("status", flat=True)) == {"certified"}
