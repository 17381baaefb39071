"""The list of returns, one return, and each step from draft to closed quarter, as pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from savings.certification.actions import send_back, submit
from savings.filling.actions import replace_entries
from savings.kit.provenance import Provenance
from savings.quarters.models import Period
from savings.record.models import SourceDocument
from savings.returns.models import DirtyReturn, Entry, Return
from savings.rollup.models import Total
from sovereignty.models import Appointment, Role, User
from tests.partnership import NOW, Q1, Q2, Partnership, Quarter, a_saving
from tests.savings.conftest import Everything
from tests.savings.pages import Reading, read

pytestmark = pytest.mark.django_db

RETURN = "/returns/WCC/2013-14-Q1/"
Turn = Callable[[str], Client]


@pytest.fixture
def as_(partnership: Partnership) -> Turn:
    """A browser of one of the partnership's people."""

    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(partnership.people[username])
        return client

    return sign_in


def press(client: Client, page: str, button: str, **typed: str) -> Any:
    """Open a page, fill in its form and send it; return the answer, with redirects followed."""
    form = read(client.get(page)).form(button)
    return client.post(form.action, {**form.sent, **typed}, follow=True)


def now() -> Return:
    return Return.objects.get(council__code="WCC", period__quarter=Q1)


def test_a_return_goes_from_an_empty_draft_to_a_closed_quarter(
    partnership: Partnership, as_: Turn
) -> None:
    """Every step by the buttons that the person's own pages show."""
    for code in ("LBHF", "RBKC"):
        partnership.certified(code)
    finance, s151, office = as_("finance.wcc"), as_("s151.wcc"), as_("programme.office")

    assert f"{RETURN}edit/" in read(finance.get("/returns/")).hrefs
    saved = press(
        finance,
        f"{RETURN}edit/",
        "edit/",
        **{f"row-1-{name}": value for name, value in a_saving(amount="£1.2k").items()},
    )
    assert "2013/14 Q1 is saved as version 1." in read(saved).words
    submitted = press(finance, RETURN, "submit/")
    assert "2013/14 Q1 is submitted." in read(submitted).words
    assert now().status == "submitted"

    assert "Review and certify 2013/14 Q1" in read(s151.get("/returns/")).words
    returned = press(s151, f"{RETURN}send-back/", "send-back/", reason="The quarter only, please.")
    assert "2013/14 Q1 is sent back to the finance officer." in read(returned).words
    page = read(finance.get(RETURN))
    assert "Sent back to be put right The quarter only, please. s151.wcc," in page.words
    assert "Put 2013/14 Q1 right" in read(finance.get("/returns/")).words
    press(finance, RETURN, "submit/")

    assert "It is waiting for: Westminster Submitted" in read(office.get("/calendar/")).words
    confirm = read(s151.get(f"{RETURN}certify/"))
    assert "Savings £1,200.00 1 entry" in confirm.words
    assert (
        "Once you certify this return, its savings count as delivered and its figures can never "
        "be changed."
    ) in confirm.words
    certified = press(s151, f"{RETURN}certify/", "certify/", confirmed="on")
    assert "2013/14 Q1 is certified. Its savings count as delivered." in read(certified).words
    assert now().status == "certified"
    assert now().certified_by == partnership.s151("WCC")

    closed = press(office, "/calendar/", "close/")
    assert "2013/14 Q1 is closed." in read(closed).words
    assert not Period.objects.get(quarter=Q1).is_open
    reopened = press(office, "/calendar/", "reopen/", reason="A late invoice.")
    assert "2013/14 Q1 is open again." in read(reopened).words
    assert Period.objects.get(quarter=Q1).is_open
    assert [
        (event.by, event.action, event.reason)
        for event in Event.objects.about("return", "WCC/2013-14-Q1")
    ] == [
        ("finance.wcc", "saved", ""),
        ("finance.wcc", "submitted", ""),
        ("s151.wcc", "sent back", "The quarter only, please."),
        ("finance.wcc", "submitted", ""),
        ("s151.wcc", "certified", ""),
        ("system", "told of a reopening", ""),
    ]


def test_certifying_wakes_the_rollup(partnership: Partnership, as_: Turn) -> None:
    partnership.submitted("WCC", a_saving("libraries", "70.00", scope="own"))

    press(as_("s151.wcc"), f"{RETURN}certify/", "certify/", confirmed="on")

    assert not DirtyReturn.objects.exists()
    assert list(Total.objects.values_list("service__slug", "council__code", "pence")) == [
        ("libraries", "WCC", 7000)
    ]


@pytest.mark.parametrize(
    ("state", "step", "who"),
    [
        ("draft", "submit/", "finance.wcc"),
        ("submitted", "withdraw/", "finance.wcc"),
        ("submitted", "send-back/", "s151.wcc"),
        ("submitted", "certify/", "s151.wcc"),
    ],
)
def test_a_step_from_a_page_that_is_out_of_date_is_not_taken(
    state: str,
    step: str,
    who: str,
    partnership: Partnership,
    as_: Turn,
    everything: Callable[[], Everything],
) -> None:
    make = partnership.draft if state == "draft" else partnership.submitted
    parent = make("WCC", a_saving())
    before = everything()
    sent = {"version": parent.version - 1, "reason": "Typed at length", "confirmed": "on"}

    stale = as_(who).post(f"{RETURN}{step}", sent)
    unversioned = as_(who).post(f"{RETURN}{step}", {**sent, "version": "latest"})

    page = read(stale)
    assert (stale.status_code, unversioned.status_code) == (409, 422)
    assert everything() == before
    assert page.words.startswith("Error: ")
    assert f"it is at version {parent.version}, you have version {parent.version - 1}" in page.words
    assert "The form did not arrive complete" in read(unversioned).words


@pytest.mark.parametrize(
    ("step", "who"), [("withdraw/", "finance.wcc"), ("send-back/", "s151.wcc")]
)
def test_a_reason_typed_on_a_page_that_is_out_of_date_is_not_lost(
    step: str, who: str, partnership: Partnership, as_: Turn
) -> None:
    parent = partnership.submitted("WCC", a_saving())
    sent = {"version": parent.version - 1, "reason": "Typed at length", "confirmed": "on"}

    page = read(as_(who).post(f"{RETURN}{step}", sent))

    assert page.form(step).sent["reason"] == "Typed at length"
    assert RETURN in page.hrefs


@pytest.mark.parametrize("step", ["send-back", "withdraw"])
def test_a_reason_with_a_null_character_is_a_mistake_and_stays_in_the_form(
    step: str, partnership: Partnership, as_: Turn, everything: Callable[[], Everything]
) -> None:
    partnership.submitted("WCC", a_saving())
    before = everything()
    who = "s151.wcc" if step == "send-back" else "finance.wcc"

    response = press(as_(who), f"{RETURN}{step}/", f"{step}/", reason="a\x00b")

    page = read(response)
    assert response.status_code == 422
    assert everything() == before
    assert page.words.count("Remove the null character.") == 2


def test_sending_back_needs_a_reason(
    partnership: Partnership, as_: Turn, everything: Callable[[], Everything]
) -> None:
    partnership.submitted("WCC", a_saving())
    before = everything()

    response = press(as_("s151.wcc"), f"{RETURN}send-back/", "send-back/", reason="  ")

    page = read(response)
    assert response.status_code == 422
    assert everything() == before
    assert "#id_reason" in page.hrefs
    assert page.words.count("Say what has to change.") == 2


@pytest.mark.parametrize("submitter", ["finance.wcc", "other.wcc"])
def test_nobody_can_certify_what_they_filled_in_or_submitted(
    submitter: str, partnership: Partnership, as_: Turn, everything: Callable[[], Everything]
) -> None:
    both = partnership.finance("WCC")
    Appointment.objects.create(
        user=both, role=Role.SECTION_151_OFFICER, council=partnership.councils["WCC"]
    )
    other = User.objects.create_user("other.wcc")
    Appointment.objects.create(
        user=other, role=Role.FINANCE_OFFICER, council=partnership.councils["WCC"]
    )
    by = User.objects.get(username=submitter)
    parent = partnership.draft("WCC", a_saving())
    parent = submit(return_id=parent.id, version=parent.version, by=by, at=NOW)
    client, before = as_("finance.wcc"), everything()

    page = read(client.get(RETURN))
    assert "You filled it in or submitted it, so someone else must certify it." in page.words
    assert "It is waiting for the section 151 officer" not in page.words
    assert f"{RETURN}certify/" not in page.hrefs
    assert f"{RETURN}send-back/" in page.hrefs
    assert "Review and certify" not in read(client.get("/returns/")).words
    assert client.get(f"{RETURN}certify/").status_code == 403
    sent = client.post(f"{RETURN}certify/", {"version": parent.version})
    assert sent.status_code == 403
    assert everything() == before


def test_an_illustrative_return_is_marked_and_not_certified(
    partnership: Partnership, as_: Turn, everything: Callable[[], Everything]
) -> None:
    parent = partnership.parent("WCC")
    finance, s151 = as_("finance.wcc"), as_("s151.wcc")
    replace_entries(
        return_id=parent.id,
        version=parent.version,
        rows=[(1, a_saving()), (2, a_saving("libraries", "5"))],
        by=partnership.finance("WCC"),
        at=NOW,
        provenance=Provenance.ILLUSTRATIVE,
    )
    replacing = read(finance.get(f"{RETURN}edit/")).form("edit/").sent
    finance.post(f"{RETURN}edit/", {**replacing, "row-1-amount": "1"})
    press(finance, RETURN, "submit/")
    before = everything()

    page = read(s151.get(RETURN))
    # Beside the entry, beside its kind's figure and total, and where the page explains it.
    assert page.texts.count("Illustrative") == 4
    assert "One entry is made up for the demonstration." in page.words
    assert f"{RETURN}certify/" not in page.hrefs
    assert read(s151.get("/returns/")).texts.count("Illustrative") == 1
    assert s151.get(f"{RETURN}certify/")["Location"] == RETURN
    refused = s151.post(f"{RETURN}certify/", {"version": now().version, "confirmed": "on"})
    assert refused.status_code == 409
    assert "This return has 1 illustrative entry: send it back" in read(refused).words
    assert everything() == before


def test_a_nil_return_can_be_submitted_and_certified(partnership: Partnership, as_: Turn) -> None:
    press(as_("finance.wcc"), RETURN, "submit/")
    assert "This is a nil return" in read(as_("s151.wcc").get(RETURN)).words
    press(as_("s151.wcc"), f"{RETURN}certify/", "certify/", confirmed="on")

    assert now().status == "certified"
    assert not Entry.objects.exists()


def test_each_person_sees_the_returns_that_exist_for_them(
    partnership: Partnership, as_: Turn
) -> None:
    partnership.certified("WCC", a_saving())
    partnership.draft("LBHF", a_saving())

    def listed(username: str) -> list[str]:
        hrefs = read(as_(username).get("/returns/")).hrefs
        # Each only once: the buttons of the next step lead to the same pages.
        found = {href for href in hrefs if href.startswith("/returns/") and href.count("/") == 4}
        return sorted(found)

    own = ["/returns/WCC/2013-14-Q1/", "/returns/WCC/2013-14-Q2/"]
    every = [f"/returns/{code}/2013-14-{q}/" for code in partnership.councils for q in ("Q1", "Q2")]
    assert listed("finance.wcc") == own
    assert listed("s151.wcc") == own
    assert listed("councillor.wcc") == own[:1]
    assert listed("councillor.lbhf") == []
    assert listed("programme.office") == every
    assert listed("auditor") == every


def test_each_person_is_shown_their_own_next_step(partnership: Partnership, as_: Turn) -> None:
    def step(username: str) -> list[str]:
        page = read(as_(username).get("/returns/"))
        begins = ("Fill in", "Continue with", "Put", "Review and certify", "You have nothing")
        return [text for text in page.texts if text.startswith(begins)]

    nothing = ["You have nothing to do at the moment."]
    assert step("finance.wcc") == ["Fill in 2013/14 Q1"]
    assert step("s151.wcc") == nothing
    partnership.draft("WCC", a_saving())
    assert step("finance.wcc") == ["Continue with 2013/14 Q1"]
    parent = partnership.submitted("WCC", a_saving())
    assert step("finance.wcc") == ["Fill in 2013/14 Q2"]
    assert step("s151.wcc") == ["Review and certify 2013/14 Q1"]
    send_back(
        return_id=parent.id,
        version=parent.version,
        reason="Again",
        by=partnership.s151("WCC"),
        at=NOW,
    )
    assert step("finance.wcc") == ["Put 2013/14 Q1 right", "Fill in 2013/14 Q2"]
    partnership.certified("WCC", a_saving())
    partnership.certified("WCC", quarter=Q2)
    assert step("finance.wcc") == nothing
    assert step("councillor.wcc") == step("auditor") == step("programme.office") == []
    assert step("s151.lbhf") == nothing


def test_entries_are_listed_by_kind_with_a_sum_for_each(
    partnership: Partnership, as_: Turn
) -> None:
    partnership.certified(
        "WCC",
        a_saving("youth-offending", "100.10", evidence="Ledger 1", note="Two\nlines"),
        {"service": "cex", "kind": "ongoing_cost", "scope": "own", "amount": "5", "tupe": ["WCC"]},
        a_saving("libraries", "(0.20)"),
    )
    first = Entry.objects.earliest("position")
    partnership.draft("WCC", a_saving("youth-offending", "-1", corrects=str(first.id)), quarter=Q2)

    page = read(as_("councillor.wcc").get(RETURN))
    assert (
        "Youth offending Childrens › Childrens services £100.10 Shared Recurring Cashable "
        f"Ledger 1 Two lines {first.id}"
    ) in page.words
    assert "Savings in total, 2 entries £99.90" in page.words
    assert "£5.00 This council alone TUPE, only on WCC" in page.words
    assert "Ongoing costs in total, 1 entry £5.00" in page.words
    assert f"entry-{first.id}" in page.ids
    later = read(as_("finance.wcc").get("/returns/WCC/2013-14-Q2/"))
    assert f"/returns/WCC/2013-14-Q1/#entry-{first.id}" in later.hrefs


def test_a_note_on_every_entry_of_a_kind_is_shown_once(partnership: Partnership, as_: Turn) -> None:
    partnership.draft(
        "WCC",
        a_saving("youth-offending", "1", note="Twice the same"),
        a_saving("libraries", "2", note="Twice the same"),
        {"service": "cex", "kind": "ongoing_cost", "scope": "own", "amount": "5", "note": "Alone"},
        {"service": "cex", "kind": "variance", "scope": "own", "amount": "1", "cause": "demand"},
        {
            "service": "cex",
            "kind": "variance",
            "scope": "own",
            "amount": "2",
            "cause": "demand",
            "note": "On one of two",
        },
    )
    words = read(as_("finance.wcc").get(RETURN)).words
    assert words.count("Twice the same") == 1
    assert "On each of these entries: Twice the same" in words
    assert words.count("On each of these entries") == 1
    assert words.count("Alone") == words.count("On one of two") == 1


def test_the_partnerships_own_return_names_its_document(
    partnership: Partnership, as_: Turn
) -> None:
    SourceDocument.objects.create(
        code="report-2013", title="A progress report", publisher="Councils", published="2013-03"
    )
    period = Period.objects.create(quarter=Quarter.parse("2012-13-Q4"), status="closed")
    published = Return.objects.create(period=period, published_in="report-2013")
    Entry.objects.create(
        parent=published,
        position=1,
        service=partnership.services["libraries"],
        kind="saving",
        scope="shared",
        amount="520000.00",
        recurrence="recurring",
        nature="cashable",
        provenance=Provenance.PUBLISHED,
        evidence="report-2013: Table 3",
    )
    published.status, published.certified_at = Return.Status.CERTIFIED, NOW
    published.save()

    page = read(as_("finance.wcc").get("/returns/partnership/2012-13-Q4/"))

    assert "The partnership, 2012/13 Q4" in page.words
    assert "Source A progress report Councils, March 2013" in page.words
    assert "/record/documents/report-2013/" in page.hrefs
    assert "£520,000.00 Published Shared Recurring Cashable Table 3 1" in page.words
    assert [form.action for form in page.forms] == ["/sign-out/"]


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("address", ["/returns/", RETURN, f"{RETURN}edit/"])
def test_queries_do_not_grow_with_the_entries(
    address: str, partnership: Partnership, as_: Turn
) -> None:
    counts = []
    for rows in (1, 3, 40):
        partnership.draft("WCC", *(a_saving(amount=f"{n}", note="n") for n in range(rows)))
        counts.append(queries(as_("finance.wcc"), address))

    assert counts[0] == counts[1] == counts[2]


def test_queries_of_the_list_do_not_grow_with_the_returns(
    partnership: Partnership, as_: Turn
) -> None:
    counts = []
    for code in partnership.councils:
        partnership.submitted(code, a_saving())
        counts.append(queries(as_("programme.office"), "/returns/"))

    assert counts[0] == counts[1] == counts[2]


def test_a_long_list_is_paged_by_quarter(partnership: Partnership, as_: Turn) -> None:
    for ordinal in range(1, 13):
        period = Period.objects.create(
            quarter=Quarter.from_ordinal(Q2.ordinal + ordinal), status="open"
        )
        Return.objects.create(period=period, council=partnership.councils["WCC"])
    client = as_("finance.wcc")

    first, second = read(client.get("/returns/")), read(client.get("/returns/?page=2"))
    last, odd = read(client.get("/returns/?page=99")), read(client.get("/returns/?page=x"))

    assert "?page=2" in first.hrefs
    assert second.words == last.words
    assert first.words == odd.words


def pages_of(partnership: Partnership, as_: Turn) -> list[tuple[str, Reading]]:
    """Each page of the returns, right and wrong, as shown to the person who can do most there."""
    partnership.draft("WCC", a_saving())
    waiting = partnership.submitted("LBHF", a_saving())
    finance, s151, office = as_("finance.wcc"), as_("s151.lbhf"), as_("programme.office")
    wrong = read(finance.get(f"{RETURN}edit/")).form("edit/").sent
    lbhf = "/returns/LBHF/2013-14-Q1/"
    Period.objects.create(quarter=Quarter.parse("2012-13-Q4"), status="closed")
    responses = {
        "list": finance.get("/returns/"),
        "list of all": office.get("/returns/"),
        "reopening": office.post("/returns/periods/2012-13-Q4/reopen/"),
        "draft": finance.get(RETURN),
        "form": finance.get(f"{RETURN}edit/"),
        "form in error": finance.post(f"{RETURN}edit/", {**wrong, "row-1-amount": "x"}),
        "form out of date": finance.post(f"{RETURN}edit/", {**wrong, "version": "0"}),
        "more rows": finance.post(f"{RETURN}edit/", {**wrong, "more": "1"}),
        "submitted": s151.get(lbhf),
        "certify": s151.get(f"{lbhf}certify/"),
        "out of date": s151.post(f"{lbhf}certify/", {"version": waiting.version - 1}),
        "send back": s151.get(f"{lbhf}send-back/"),
        "no reason": s151.post(f"{lbhf}send-back/", {"version": waiting.version}),
        "not allowed": s151.get(f"{lbhf}edit/"),
    }
    return [(name, read(response)) for name, response in responses.items()]


def test_every_page_has_accessible_markup(partnership: Partnership, as_: Turn) -> None:
    """Every control has a label, no id occurs twice, and nothing is inline."""
    pages = pages_of(partnership, as_)

    assert len(pages) == 14
    for name, page in pages:
        unlabelled = [c for c in page.controls if c.get("id") not in page.labelled]
        assert unlabelled == [], name
        assert len(page.ids) == len(set(page.ids)), name
        assert page.inline == [], name
