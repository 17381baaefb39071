"""Questions on pages: asked from a line or while sending back, answered, shown beside the line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from savings.returns.models import Entry, Question, Return
from savings.returns.questions.actions import answer, ask
from sovereignty.models import User
from tests.partnership import NOW, Partnership, a_saving
from tests.savings.conftest import Everything
from tests.savings.pages import not_found, read

pytestmark = pytest.mark.django_db

RETURN = "/returns/WCC/2013-14-Q1/"
Turn = Callable[[str], Client]
PEOPLE = (
    "finance.wcc",
    "s151.wcc",
    "councillor.wcc",
    "finance.lbhf",
    "s151.lbhf",
    "programme.office",
    "auditor",
    "nobody",
)


@pytest.fixture
def as_(partnership: Partnership) -> Turn:
    """A browser of one of the partnership's people."""
    partnership.people["nobody"] = User.objects.create_user("nobody")

    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(partnership.people[username])
        return client

    return sign_in


@pytest.fixture
def parent(partnership: Partnership) -> Return:
    return partnership.submitted(
        "WCC", a_saving(amount="1"), a_saving("youth-offending", "2", note="Two posts")
    )


def entry_of(parent: Return, row: int) -> Entry:
    return parent.entries.get(position=row)


def press(client: Client, page: str, button: str, **typed: str) -> Any:
    form = read(client.get(page)).form(button)
    return client.post(form.action, {**form.sent, **typed}, follow=True)


def asked_on(p: Partnership, parent: Return, row: int, text: str = "Which?") -> Question:
    entry = entry_of(parent, row)
    return ask(return_id=parent.id, entry_id=entry.id, text=text, by=p.s151("WCC"), at=NOW)


def now() -> Return:
    return Return.objects.get(council__code="WCC", period__quarter="2013-14-Q1")


# --- Who -----------------------------------------------------------------------------


def test_only_the_section_151_officer_and_the_office_can_ask(
    parent: Return, as_: Turn, everything: Callable[[], Everything]
) -> None:
    page = f"/questions/WCC/2013-14-Q1/{entry_of(parent, 1).id}/"
    before = everything()
    opened = {who: as_(who).get(page).status_code for who in PEOPLE}
    assert opened == dict(zip(PEOPLE, (403, 200, 404, 404, 404, 200, 403, 404), strict=True))
    others = [who for who in PEOPLE if who not in ("s151.wcc", "programme.office")]
    sent = {who: as_(who).post(page, {"text": "Which?"}).status_code for who in others}
    assert sent == {who: opened[who] for who in others}
    assert everything() == before
    linked = {who for who in PEOPLE[:2] if page in read(as_(who).get(RETURN)).hrefs}
    assert linked == {"s151.wcc"}
    assert page in read(as_("programme.office").get(RETURN)).hrefs


def test_only_the_finance_officer_can_answer(
    partnership: Partnership, parent: Return, as_: Turn, everything: Callable[[], Everything]
) -> None:
    page = f"/questions/{asked_on(partnership, parent, 1).id}/answer/"
    before = everything()
    opened = {who: as_(who).get(page).status_code for who in PEOPLE}
    assert opened == dict(zip(PEOPLE, (200, 403, 404, 404, 404, 403, 403, 404), strict=True))
    others = [who for who in PEOPLE if who != "finance.wcc"]
    sent = {who: as_(who).post(page, {"text": "That."}).status_code for who in others}
    assert sent == {who: opened[who] for who in others}
    assert everything() == before
    assert page in read(as_("finance.wcc").get(RETURN)).hrefs
    assert page not in read(as_("s151.wcc").get(RETURN)).hrefs


@pytest.mark.parametrize(
    "address",
    [
        "/questions/WCC/2013-14-Q1/0/",
        "/questions/WCC/2013-14-Q1/99999999999999999999999/",
        "/questions/0/answer/",
        "/questions/99999999999999999999999/answer/",
    ],
)
def test_an_unknown_question_or_entry_is_not_found(address: str, parent: Return, as_: Turn) -> None:
    office = as_("programme.office")
    not_found(office.get(address))
    not_found(office.post(address, {"text": "Which?"}))
    assert not Question.objects.exists()


def test_a_line_of_another_return_is_not_found(
    partnership: Partnership, parent: Return, as_: Turn
) -> None:
    other = partnership.submitted("LBHF", a_saving()).entries.get()
    page = f"/questions/WCC/2013-14-Q1/{other.id}/"
    not_found(as_("programme.office").get(page))
    not_found(as_("programme.office").post(page, {"text": "Which?"}))
    assert not Question.objects.exists()


# --- Asked and answered --------------------------------------------------------------


def test_a_question_is_asked_and_answered_beside_the_line(parent: Return, as_: Turn) -> None:
    s151, finance = as_("s151.wcc"), as_("finance.wcc")
    page = f"/questions/WCC/2013-14-Q1/{entry_of(parent, 2).id}/"
    shown = read(s151.get(page))
    assert "Ask about row 2 Service Youth offending Entry Saving, shared" in shown.words
    assert "Amount £2.00 Note Two posts" in shown.words

    asked = press(s151, page, page, text="Which\r\nposts?")

    question = Question.objects.get()
    assert (question.text, question.entry) == ("Which\nposts?", entry_of(parent, 2))
    assert asked.redirect_chain == [(f"{RETURN}#question-{question.id}", 302)]
    assert "Your question has been sent to the finance officer." in read(asked).words
    assert "It can be certified once the finance officer has answered" in read(asked).words
    assert f"{RETURN}certify/" not in read(asked).hrefs
    assert s151.get(f"{RETURN}certify/")["Location"] == RETURN

    told = read(finance.get("/returns/")).words
    assert "2013/14 Q1 has 1 question to answer before it can be certified." in told
    shown = read(finance.get(RETURN))
    assert "Question by s151.wcc," in shown.words
    assert "To be answered Which posts? Answer this question" in shown.words
    assert "Answer the questions below: it cannot be certified until you do." in shown.words

    answered = press(finance, f"/questions/{question.id}/answer/", "answer/", text="Payroll's.")

    assert "Answered. The section 151 officer or deputy certifies the return next." in (
        read(answered).words
    )
    assert "Answer by finance.wcc," in read(answered).words
    assert "Payroll's." in read(answered).words
    assert f"{RETURN}certify/" in read(s151.get(RETURN)).hrefs
    history = read(s151.get(f"{RETURN}history/")).words
    assert history.count("Row 2 Youth offending, saving, £2.00") == 2
    certify = read(s151.get(f"{RETURN}certify/"))
    assert "Questions and answers Row 2: Youth offending, saving, £2.00" in certify.words
    assert "No questions were asked about its rows." not in certify.words
    press(s151, f"{RETURN}certify/", "certify/", confirmed="on")
    assert now().status == "certified"
    assert "Payroll's." in read(as_("councillor.wcc").get(RETURN)).words


def test_an_empty_text_is_named_and_nothing_is_stored(
    partnership: Partnership, parent: Return, as_: Turn, everything: Callable[[], Everything]
) -> None:
    question = asked_on(partnership, parent, 1)
    before = everything()
    for who, page, words in (
        (
            "s151.wcc",
            f"/questions/WCC/2013-14-Q1/{entry_of(parent, 2).id}/",
            "Write what you want to know.",
        ),
        ("finance.wcc", f"/questions/{question.id}/answer/", "Write the answer."),
    ):
        response = press(as_(who), page, page, text=" ")
        shown = read(response)
        assert response.status_code == 422
        assert shown.words.startswith("Error: ")
        assert shown.words.count(words) == 2
        assert "#id_text" in shown.hrefs
        long = press(as_(who), page, page, text="x" * 2001)
        assert long.status_code == 422
        assert read(long).form(page).sent["text"] == "x" * 2001
    assert everything() == before


def test_a_question_that_comes_too_late_keeps_what_was_typed(
    partnership: Partnership, parent: Return, as_: Turn
) -> None:
    question = asked_on(partnership, parent, 1)
    given = answer(question_id=question.id, text="First.", by=partnership.finance("WCC"), at=NOW)
    page = f"/questions/{given.id}/answer/"
    late = as_("finance.wcc").post(page, {"text": "Typed at length"})
    assert late.status_code == 409
    assert "This question has been answered already." in read(late).words
    assert read(late).form(page).sent["text"] == "Typed at length"
    assert as_("finance.wcc").get(page)["Location"] == f"{RETURN}#question-{given.id}"

    partnership.certified("LBHF", a_saving())
    draft = partnership.draft("RBKC", a_saving())
    page = f"/questions/RBKC/2013-14-Q1/{draft.entries.get().id}/"
    office = as_("programme.office")
    assert office.get(page).status_code == 409
    early = office.post(page, {"text": "Typed at length"})
    assert early.status_code == 409
    assert "a draft that its finance officer is still filling in" in read(early).words
    assert read(early).form(page).sent["text"] == "Typed at length"


# --- While sending back ----------------------------------------------------------------


def test_rows_are_ticked_and_asked_about_while_sending_back(parent: Return, as_: Turn) -> None:
    one, two = entry_of(parent, 1), entry_of(parent, 2)
    page = read(as_("s151.wcc").get(f"{RETURN}send-back/"))
    assert "Row 1: Library service, saving, £1.00" in page.words
    assert page.form("send-back/").sent == {
        "version": "2",
        "reason": "",
        f"question-{one.id}": "",
        f"question-{two.id}": "",
    }
    ticks = {f"ask-{two.id}": "1", f"question-{two.id}": "Which posts?"}

    press(as_("s151.wcc"), f"{RETURN}send-back/", "send-back/", reason="See row 2.", **ticks)

    assert (now().status, now().was_sent_back) == ("draft", True)
    question = Question.objects.get()
    assert (question.entry, question.text) == (two, "Which posts?")
    told = read(as_("finance.wcc").get("/returns/")).words
    assert "2013/14 Q1 was sent back by s151.wcc, with 1 question to answer" in told
    shown = read(as_("finance.wcc").get(RETURN))
    assert "Answer the questions below and put right what must change" in shown.words
    assert not [form for form in shown.forms if form.action.endswith("submit/")]
    refused = as_("finance.wcc").post(f"{RETURN}submit/", {"version": "3"})
    assert refused.status_code == 409
    said = "A question on row 2 (Youth offending) is not answered yet. Answer each on the return's"
    assert said in read(refused).words
    answered = press(
        as_("finance.wcc"), f"/questions/{question.id}/answer/", "answer/", text="That."
    )
    assert "Answered. Submit the return when it is complete." in read(answered).words
    press(as_("finance.wcc"), RETURN, "submit/")
    assert now().status == "submitted"


def test_a_tick_without_a_question_and_a_question_without_a_tick_are_mistakes(
    parent: Return, as_: Turn, everything: Callable[[], Everything]
) -> None:
    one, two = entry_of(parent, 1), entry_of(parent, 2)
    before = everything()
    typed = {f"ask-{one.id}": "1", f"question-{two.id}": "Kept", "reason": " "}
    response = press(as_("s151.wcc"), f"{RETURN}send-back/", "send-back/", **typed)

    page = read(response)
    assert response.status_code == 422
    assert page.words.startswith("Error: ")
    assert {"#id_reason", f"#question-{one.id}", f"#ask-{two.id}"} <= set(page.hrefs)
    assert "Row 1: Write what you want to know, or untick the row." in page.words
    assert "Row 2: Tick the row to ask this, or clear the question." in page.words
    assert page.form("send-back/").sent[f"question-{two.id}"] == "Kept"
    assert page.form("send-back/").sent[f"ask-{one.id}"] == ["1"]
    long = {f"ask-{one.id}": "1", f"question-{one.id}": "x" * 2001, "reason": "Why"}
    response = press(as_("s151.wcc"), f"{RETURN}send-back/", "send-back/", **long)
    assert response.status_code == 422
    assert "Row 1: Shorten this to 2,000 characters." in read(response).words
    assert everything() == before


def test_text_about_rows_removed_meanwhile_is_shown(
    partnership: Partnership, parent: Return, as_: Turn
) -> None:
    s151 = as_("s151.wcc")
    form = read(s151.get(f"{RETURN}send-back/")).form("send-back/")
    gone = entry_of(parent, 2)
    Return.objects.filter(id=parent.id).update(status="draft", submitted_by=None, submitted_at=None)
    partnership.submitted("WCC", a_saving(amount="1"))

    typed = {f"ask-{gone.id}": "1", f"question-{gone.id}": "Which posts?", "reason": "Why"}
    stale = s151.post(form.action, {**form.sent, **typed})

    assert stale.status_code == 409
    assert "about rows that have since been removed: Which posts?" in read(stale).words
    assert read(stale).form("send-back/").sent["reason"] == "Why"


def test_a_long_return_offers_its_first_rows(partnership: Partnership, as_: Turn) -> None:
    partnership.submitted("WCC", *(a_saving(amount=str(n)) for n in range(1, 202)))
    page = read(as_("s151.wcc").get(f"{RETURN}send-back/"))
    assert len([name for name in page.form("send-back/").sent if "question-" in name]) == 200
    assert "These are the first 200 of 201 rows." in page.words


# --- Beside the line -------------------------------------------------------------------


def test_a_question_is_shown_beside_its_row_while_it_is_changed(
    partnership: Partnership, parent: Return, as_: Turn
) -> None:
    finance = as_("finance.wcc")
    two = entry_of(parent, 2)
    ticks = {f"ask-{two.id}": "1", f"question-{two.id}": "Which posts?"}
    press(as_("s151.wcc"), f"{RETURN}send-back/", "send-back/", reason="Why", **ticks)
    question = Question.objects.get()

    page = read(finance.get(f"{RETURN}edit/"))
    assert "Which posts? Answer this question (opens in a new tab)" in page.words
    assert f"/questions/{question.id}/answer/" in page.hrefs
    sent = page.form("edit/").sent
    assert sent["row-2-id"] == str(two.id)
    # With another service and kind, and one row before it gone, it is still the same line.
    changed = {
        **sent,
        "row-1-remove": "on",
        "row-2-service": "cex",
        "row-2-kind": "ongoing_cost",
        "row-2-recurrence": "",
        "row-2-nature": "",
    }
    wrong = finance.post(f"{RETURN}edit/", {**changed, "row-2-amount": "1,50"})
    assert wrong.status_code == 422
    assert "Which posts?" in read(wrong).words
    finance.post(f"{RETURN}edit/", changed)
    (entry,) = now().entries.all()
    assert (entry.id, entry.service.slug, entry.position) == (two.id, "cex", 1)
    question.refresh_from_db()
    assert question.entry == entry


def test_a_removed_rows_question_is_shown_with_the_row_as_it_was(
    partnership: Partnership, parent: Return, as_: Turn
) -> None:
    finance = as_("finance.wcc")
    two = entry_of(parent, 2)
    ticks = {f"ask-{two.id}": "1", f"question-{two.id}": "Which posts?"}
    press(as_("s151.wcc"), f"{RETURN}send-back/", "send-back/", reason="Why", **ticks)
    press(finance, f"{RETURN}edit/", "edit/", **{"row-2-remove": "on"})

    words = (
        "Questions on rows since removed Row 2: Youth offending, saving, £2.00 (as it was when "
        "this was asked)"
    )
    assert words in read(finance.get(RETURN)).words
    assert words in read(finance.get(f"{RETURN}edit/")).words
    question = Question.objects.get()
    page = read(finance.get(f"/questions/{question.id}/answer/"))
    assert "as it was when this was asked; the row has been removed since." in page.words
    press(finance, f"/questions/{question.id}/answer/", "answer/", text="It was a slip.")
    press(finance, RETURN, "submit/")
    assert now().status == "submitted"


def test_questions_and_answers_are_shown_as_text(
    partnership: Partnership, parent: Return, as_: Turn
) -> None:
    question = asked_on(partnership, parent, 1, "<script>alert(1)</script>\nWhich?")
    answer(question_id=question.id, text="<b>That</b>", by=partnership.finance("WCC"), at=NOW)
    for who, page in (("finance.wcc", RETURN), ("s151.wcc", f"{RETURN}certify/")):
        html = as_(who).get(page).content.decode()
        assert "<script>alert" not in html
        assert "<b>That" not in html
        assert "&lt;b&gt;That" in html


# --- However many ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "page"),
    [("s151.wcc", RETURN), ("finance.wcc", RETURN), ("finance.wcc", "/returns/")],
)
def test_queries_do_not_grow_with_the_questions(
    who: str, page: str, partnership: Partnership, parent: Return, as_: Turn
) -> None:
    counts = []
    for row in (1, 2, 2):
        asked_on(partnership, parent, row)
        client = as_(who)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(page).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1] == counts[2]


def test_every_control_is_labelled_and_nothing_is_inline(
    partnership: Partnership, parent: Return, as_: Turn
) -> None:
    number = asked_on(partnership, parent, 1).id
    for who, address in (
        ("s151.wcc", f"/questions/WCC/2013-14-Q1/{entry_of(parent, 2).id}/"),
        ("finance.wcc", f"/questions/{number}/answer/"),
        ("s151.wcc", f"{RETURN}send-back/"),
        ("finance.wcc", f"{RETURN}withdraw/"),
        ("finance.wcc", RETURN),
    ):
        page = read(as_(who).get(address))
        named = {control.get("id") for control in page.controls if control.get("id")}
        assert named <= page.labelled, address
        assert page.inline == []
        assert len(page.ids) == len(set(page.ids)), address
