"""Questions through the API: read, asked, answered, and asked while sending back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from savings.returns.models import Entry, Question
from tests.calling import Caller, mistakes, problem
from tests.partnership import Partnership, a_saving, build

pytestmark = pytest.mark.django_db

WCC = "returns/WCC/2013-14-Q1/"
QUESTIONS = f"{WCC}questions/"


@pytest.fixture
def partnership() -> Partnership:
    return build()


@pytest.fixture
def entry(partnership: Partnership) -> Entry:
    """The one line of Westminster's submitted return."""
    return partnership.submitted("WCC", a_saving(amount="75k", note="Two posts")).entries.get()


def test_a_question_is_asked_read_and_answered(finance: Caller, s151: Caller, entry: Entry):
    asked = s151.post(QUESTIONS, {"entry": entry.id, "text": " Which posts? "})

    question = asked.json()
    assert asked.status_code == 201
    at = question["asked"].pop("at")
    assert at
    assert question == {
        "id": Question.objects.get().id,
        "council": "WCC",
        "period": "2013-14-Q1",
        "entry": entry.id,
        "line": {
            "row": 1,
            "id": entry.id,
            "service": "library-service",
            "kind": "saving",
            "scope": "shared",
            "amount": "75000.00",
            "recurrence": "recurring",
            "nature": "cashable",
            "note": "Two posts",
        },
        "text": "Which posts?",
        "asked": {"by": "s151.wcc"},
        "answer": "",
        "answered": None,
    }
    held_up = problem(s151.post(f"{WCC}certify/", {"version": 2}), 409, "wrong-state")
    assert "on row 1 (Library service)" in held_up["detail"]

    answered = finance.post(f"questions/{question['id']}/answer/", {"answer": "Payroll."})

    assert answered.status_code == 200
    assert answered.json()["answer"] == "Payroll."
    assert answered.json()["answered"]["by"] == "finance.wcc"
    assert s151.get(QUESTIONS).json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [answered.json()],
    }
    again = finance.post(f"questions/{question['id']}/answer/", {"answer": "Payroll."})
    assert "already" in problem(again, 409, "wrong-state")["detail"]
    assert s151.post(f"{WCC}certify/", {"version": 2}).status_code == 200


def test_questions_are_found_by_whether_they_are_answered(
    finance: Caller, s151: Caller, entry: Entry
):
    for text in ("One?", "Two?"):
        s151.post(QUESTIONS, {"entry": entry.id, "text": text})
    first = Question.objects.earliest("id")
    finance.post(f"questions/{first.id}/answer/", {"answer": "Yes."})

    def found(**asked: str) -> list[str]:
        return [row["text"] for row in finance.get(QUESTIONS, **asked).json()["results"]]

    assert found() == ["One?", "Two?"]
    assert found(answered="true") == ["One?"]
    assert found(answered="false") == ["Two?"]
    assert set(mistakes(finance.get(QUESTIONS, answered="perhaps"))) == {"answered"}
    assert set(mistakes(finance.get(QUESTIONS, entry="1"))) == {"entry"}


def test_each_person_can_ask_or_answer_only_as_their_role_allows(
    partnership: Partnership, entry: Entry
):
    statuses = {}
    for name, person in partnership.people.items():
        answer = Caller(person).post(QUESTIONS, {"entry": entry.id, "text": "Which?"})
        statuses[name] = answer.status_code
    hidden = {name: 404 for name in partnership.people if not name.endswith(".wcc")}
    assert statuses == hidden | {
        "finance.wcc": 403,
        "s151.wcc": 201,
        "councillor.wcc": 404,
        "programme.office": 201,
        "auditor": 403,
    }
    question = Question.objects.earliest("id")
    answers = {
        name: Caller(person).post(f"questions/{question.id}/answer/", {"answer": "Yes."})
        for name, person in partnership.people.items()
        if name != "finance.wcc"
    }
    assert {name: answer.status_code for name, answer in answers.items()} == hidden | {
        "s151.wcc": 403,
        "councillor.wcc": 404,
        "programme.office": 403,
        "auditor": 403,
    }
    assert Question.objects.unanswered().count() == 2


def test_people_who_see_the_return_can_read_its_questions(partnership: Partnership, entry: Entry):
    Caller(partnership.s151("WCC")).post(QUESTIONS, {"entry": entry.id, "text": "Which?"})
    readers = {"finance.wcc", "s151.wcc", "programme.office", "auditor"}
    for name in readers:
        found = Caller(partnership.people[name]).get(QUESTIONS).json()["results"]
        assert [(row["entry"], row["text"]) for row in found] == [(entry.id, "Which?")]
    for name in set(partnership.people) - readers:
        problem(Caller(partnership.people[name]).get(QUESTIONS), 404, "not-found")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"entry", "text"}),
        ({"entry": "1", "text": "Which?"}, {"entry"}),
        ({"entry": 0, "text": ""}, {"entry", "text"}),
        ({"entry": 2**63, "text": None}, {"entry", "text"}),
        ({"entry": 2**63 - 1, "text": "Which?"}, {"entry"}),
        ({"entry": True, "text": ["Which?"]}, {"entry", "text"}),
        ({"entry": 1, "text": "x" * 2001, "row": 1}, {"row"}),
        ([], {"body"}),
    ],
)
def test_a_wrong_question_is_refused(s151: Caller, entry: Entry, body, fields):
    assert set(mistakes(s151.post(QUESTIONS, body))) == fields
    assert not Question.objects.exists()


@pytest.mark.parametrize("body", [{}, {"answer": " "}, {"answer": None}, {"answer": 7}])
def test_an_answer_needs_a_text(finance: Caller, s151: Caller, entry: Entry, body):
    number = s151.post(QUESTIONS, {"entry": entry.id, "text": "Which?"}).json()["id"]
    assert set(mistakes(finance.post(f"questions/{number}/answer/", body))) == {"answer"}


@pytest.mark.parametrize("number", [0, 999, 2**70])
def test_an_unknown_question_is_not_found(finance: Caller, number):
    problem(finance.post(f"questions/{number}/answer/", {"answer": "Yes."}), 404, "not-found")


def test_a_draft_can_not_be_asked_about(partnership: Partnership, s151: Caller):
    entry = partnership.draft("WCC", a_saving()).entries.get()
    body = {"entry": entry.id, "text": "Which?"}
    problem(s151.post(QUESTIONS, body), 409, "wrong-state")


# --- While sending back ----------------------------------------------------------------


def test_a_return_is_sent_back_with_its_questions(finance: Caller, s151: Caller, entry: Entry):
    answer = s151.post(
        f"{WCC}send-back/",
        {
            "version": 2,
            "reason": "See the question.",
            "questions": [{"entry": entry.id, "text": "Which?"}],
        },
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "draft")
    assert [row["text"] for row in finance.get(QUESTIONS).json()["results"]] == ["Which?"]
    held_up = problem(finance.post(f"{WCC}submit/", {"version": 3}), 409, "wrong-state")
    assert held_up["detail"] == (
        "A question on row 1 (Library service) is not answered yet. Answer each on the return's "
        "page, then submit."
    )


@pytest.mark.parametrize(
    ("questions", "wrong"),
    [
        ("Which?", [(None, "questions")]),
        (None, [(None, "questions")]),
        ([{"entry": 1}, "Which?"], [(1, "text"), (2, "body")]),
        ([{"entry": 2**60, "text": "Which?"}], [(1, "entry")]),
    ],
)
def test_a_wrong_question_sends_nothing_back(s151: Caller, entry: Entry, questions, wrong):
    body = {"version": 2, "reason": "Why", "questions": questions}
    said = problem(s151.post(f"{WCC}send-back/", body), 422, "bad-content")
    assert [(error.get("row"), error["field"]) for error in said["errors"]] == wrong
    assert s151.get(WCC).json()["status"] == "submitted"
    assert not Question.objects.exists()


def test_queries_do_not_grow_with_the_questions(s151: Caller, finance: Caller, entry: Entry):
    counts = []
    for _ in range(3):
        number = s151.post(QUESTIONS, {"entry": entry.id, "text": "Which?"}).json()["id"]
        finance.post(f"questions/{number}/answer/", {"answer": "That."})
        with CaptureQueriesContext(connection) as captured:
            s151.get(QUESTIONS)
        counts.append(len(captured))
    assert counts[0] == counts[1] == counts[2]
