"""Periods and returns through the API: who may do what, and what refuses."""

from decimal import Decimal

import pytest

from finance.periods import Quarter
from savings.provenance import Provenance
from savings.returns.models import Entry, Period, Return
from savings.returns.reports import next_steps
from savings.rollup.models import DirtyReturn, Total
from sovereignty.models import Appointment, Role, User
from tests.calling import Caller, mistakes, problem
from tests.partnership import NOW, PASSWORD, Partnership, a_saving, build

pytestmark = pytest.mark.django_db

WCC = "returns/WCC/2013-14-Q1/"


@pytest.fixture
def partnership() -> Partnership:
    return build()


@pytest.fixture
def finance(partnership: Partnership) -> Caller:
    return Caller(partnership.finance("WCC"))


@pytest.fixture
def s151(partnership: Partnership) -> Caller:
    return Caller(partnership.s151("WCC"))


@pytest.fixture
def office(partnership: Partnership) -> Caller:
    return Caller(partnership.people["programme.office"])


def published(partnership: Partnership) -> Return:
    """The partnership's own return for 2012/13 Q4, certified and closed."""
    period = Period.objects.create(quarter=Quarter.parse("2012-13-Q4"), status=Period.Status.CLOSED)
    parent = Return.objects.create(period=period, council=None)
    Entry.objects.create(
        parent=parent,
        position=1,
        service=partnership.services["libraries"],
        kind="saving",
        scope="shared",
        amount=Decimal("1000.00"),
        recurrence="recurring",
        nature="cashable",
        provenance=Provenance.PUBLISHED,
    )
    parent.status = Return.Status.CERTIFIED
    parent.certified_at = "2013-06-17T00:00Z"
    parent.published_in = "report-2013"
    parent.save()
    return parent


# --- Reading -----------------------------------------------------------------------


def test_an_empty_draft(finance: Caller):
    assert finance.get(WCC).json() == {
        "council": "WCC",
        "period": "2013-14-Q1",
        "status": "draft",
        "version": 0,
        "submitted": None,
        "certified": None,
        "sent_back": None,
        "published_in": "",
        "entry_count": 0,
        "illustrative": False,
        "as_at": None,
        "entries": [],
    }


def test_an_entry_has_every_column_of_a_return_file(partnership: Partnership, finance: Caller):
    partnership.draft("WCC", a_saving("libraries", "£1.2m", evidence="Ledger 7"))

    (entry,) = finance.get(WCC).json()["entries"]

    assert entry == {
        "id": Entry.objects.get().id,
        "service": "libraries",
        "kind": "saving",
        "scope": "shared",
        "amount": "1200000.00",
        "recurrence": "recurring",
        "nature": "cashable",
        "cause": "",
        "caused_by": "",
        "tupe": [],
        "approval": "",
        "corrects": None,
        "evidence": "Ledger 7",
        "note": "",
        "provenance": "reported",
    }


def test_what_is_illustrative_says_so(partnership: Partnership, finance: Caller):
    parent = partnership.draft("WCC", a_saving())
    parent.entries.update(provenance=Provenance.ILLUSTRATIVE)

    answer = finance.get(WCC).json()

    assert answer["illustrative"] is True
    assert answer["entries"][0]["provenance"] == "illustrative"


def test_the_partnerships_own_return_is_for_everybody(partnership: Partnership):
    published(partnership)

    for person in partnership.people.values():
        answer = Caller(person).get("returns/partnership/2012-13-Q4/").json()
        assert answer["council"] == "partnership"
        assert answer["certified"] == {"by": None, "at": "2013-06-17T01:00:00+01:00"}
        assert answer["published_in"] == "report-2013"
        assert answer["entries"][0]["provenance"] == "published"


@pytest.mark.parametrize(
    "path",
    [
        "returns/wcc/2013-14-Q1/",
        "returns/XYZ/2013-14-Q1/",
        "returns/WCC/2013-14-Q3/",
        "returns/WCC/2013-14-Q5/",
        "returns/WCC/2013-15-Q1/",
        "returns/WCC/2013-14-q1/",
        "returns/WCC/2013-14/",
        "returns/WCC/nonsense/",
        "returns/W%00C/2013-14-Q1/",
        "returns/WCC/%00/",
        "returns/WCC/2013-14-Q%D9%A1/",
        "returns/W%D0%A1C/2013-14-Q1/",
        "returns/partnership/2013-14-Q1/",
        "returns/Partnership/2013-14-Q1/",
    ],
)
def test_a_return_that_is_none_is_not_found(office: Caller, path):
    problem(office.get(path), 404, "not-found")
    problem(office.put(path, {}), 404, "not-found")
    problem(office.post(f"{path}submit/"), 404, "not-found")


@pytest.mark.parametrize("status", ["draft", "submitted", "certified"])
def test_another_councils_return_is_not_there_in_any_state(partnership: Partnership, status):
    {
        "draft": partnership.draft,
        "submitted": partnership.submitted,
        "certified": partnership.certified,
    }[status]("WCC", a_saving())

    for name in ("finance", "s151", "councillor"):
        other = Caller(partnership.people[f"{name}.rbkc"])
        problem(other.get(WCC), 404, "not-found")
        problem(other.put(WCC, {"version": 1, "entries": []}), 404, "not-found")
        for step in ("submit", "send-back", "certify"):
            problem(other.post(f"{WCC}{step}/", {"version": 1}), 404, "not-found")
        rows = other.get("returns/").json()["results"]
        assert {row["council"] for row in rows} <= {"RBKC"}


def test_a_councillor_sees_a_return_once_it_is_certified(partnership: Partnership):
    councillor = Caller(partnership.people["councillor.wcc"])
    problem(councillor.get(WCC), 404, "not-found")

    partnership.certified("WCC", a_saving())

    assert councillor.get(WCC).json()["status"] == "certified"


def test_the_programme_office_and_auditors_see_every_return(partnership: Partnership):
    published(partnership)
    for name in ("programme.office", "auditor"):
        rows = Caller(partnership.people[name]).get("returns/").json()["results"]
        assert [(row["period"], row["council"]) for row in rows] == [
            ("2013-14-Q2", "LBHF"),
            ("2013-14-Q2", "RBKC"),
            ("2013-14-Q2", "WCC"),
            ("2013-14-Q1", "LBHF"),
            ("2013-14-Q1", "RBKC"),
            ("2013-14-Q1", "WCC"),
            ("2012-13-Q4", "partnership"),
        ]


def test_returns_are_found_by_council_period_and_status(partnership: Partnership, office: Caller):
    published(partnership)
    partnership.submitted("WCC", a_saving())

    def found(**asked: str) -> list[str]:
        rows = office.get("returns/", **asked).json()["results"]
        return [f"{row['council']} {row['period']} {row['status']}" for row in rows]

    assert found(council="WCC", status="submitted") == ["WCC 2013-14-Q1 submitted"]
    assert found(council="partnership") == ["partnership 2012-13-Q4 certified"]
    assert found(period="2013-14-Q2") == [
        "LBHF 2013-14-Q2 draft",
        "RBKC 2013-14-Q2 draft",
        "WCC 2013-14-Q2 draft",
    ]
    assert found(council="XYZ") == []
    assert found(council="", period="", status="submitted") == ["WCC 2013-14-Q1 submitted"]


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        ({"period": "2013"}, "“2013” is not a quarter: write it as 2012-13-Q4."),
        ({"status": "closed"}, "Use one of: draft, submitted, certified."),
        ({"council": "W\x00C"}, "Null characters are not allowed."),
    ],
)
def test_a_wrong_filter_is_named(office: Caller, asked, remedy):
    assert mistakes(office.get("returns/", **asked)) == {next(iter(asked)): remedy}


# --- Filling -----------------------------------------------------------------------


def test_a_draft_is_replaced_whole(partnership: Partnership, finance: Caller):
    first = finance.put(WCC, {"version": 0, "entries": [a_saving(), a_saving(amount="2.00")]})
    assert first.status_code == 200
    assert first.json()["version"] == 1

    second = finance.put(WCC, {"version": 1, "entries": [a_saving(amount="3.00")]})

    assert second.json()["version"] == 2
    assert [entry["amount"] for entry in second.json()["entries"]] == ["3.00"]
    assert second.json() == finance.get(WCC).json()


def test_an_empty_list_empties_a_draft(partnership: Partnership, finance: Caller):
    partnership.draft("WCC", a_saving())

    assert finance.put(WCC, {"version": 1, "entries": []}).json()["entries"] == []


def test_what_was_read_may_be_sent_back_as_it_is(partnership: Partnership, finance: Caller):
    rows = [
        a_saving(evidence="Ledger 7", note="=1+1"),
        {
            "service": "libraries",
            "kind": "ongoing_cost",
            "scope": "shared",
            "amount": "(1,234)",
            "tupe": "WCC, LBHF",
        },
        {
            "service": "libraries",
            "kind": "variance",
            "scope": "shared",
            "amount": "-",
            "cause": "specification_change",
            "caused_by": "RBKC",
        },
    ]
    read = finance.put(WCC, {"version": 0, "entries": rows}).json()

    again = finance.put(WCC, read)

    assert again.status_code == 200, again.content
    without_ids = [
        [{**entry, "id": None} for entry in answer["entries"]] for answer in (read, again.json())
    ]
    assert without_ids[0] == without_ids[1]
    assert without_ids[0][1]["tupe"] == ["LBHF", "WCC"]
    assert without_ids[0][1]["amount"] == "-1234.00"


def test_every_mistake_of_every_row_comes_back_at_once_and_nothing_is_stored(
    partnership: Partnership, finance: Caller
):
    partnership.draft("WCC", a_saving(amount="7.00"))
    rows = [
        a_saving(amount="1,50"),
        a_saving(),
        {"service": "nowhere", "kind": "cost", "scope": "", "amount": 1.5, "colour": "red"},
    ]

    said = problem(finance.put(WCC, {"version": 1, "entries": rows}), 422, "bad-content")

    assert [(error["row"], error["column"], error["value"]) for error in said["errors"]] == [
        (1, "amount", "1,50"),
        (3, "colour", "red"),
        (3, "service", "nowhere"),
        (3, "kind", "cost"),
        (3, "scope", ""),
        (3, "amount", "1.5"),
    ]
    assert all(error["field"] == error["column"] for error in said["errors"])
    assert said["detail"] == "Nothing was saved. There are 6 mistakes to put right."
    assert [entry["amount"] for entry in finance.get(WCC).json()["entries"]] == ["7.00"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"version", "entries"}),
        ({"version": 0}, {"entries"}),
        ({"entries": []}, {"version"}),
        ({"version": "0", "entries": []}, {"version"}),
        ({"version": 0.0, "entries": []}, {"version"}),
        ({"version": True, "entries": []}, {"version"}),
        ({"version": None, "entries": []}, {"version"}),
        ({"version": -1, "entries": []}, {"version"}),
        ({"version": 2**31, "entries": []}, {"version"}),
        ({"version": 10**400, "entries": []}, {"version"}),
        ({"version": [0], "entries": {}}, {"version", "entries"}),
        ({"version": 0, "entries": None}, {"entries"}),
        ({"version": 0, "entries": "none"}, {"entries"}),
        ({"version": 0, "entries": [], "comment": "x"}, {"comment"}),
        ({"version": 0, "entries": [], "council": "RBKC"}, {"council"}),
        ({"version": 0, "entries": [], "period": ["2013-14-Q1"]}, {"period"}),
        ([], {"body"}),
        ('"text"', {"body"}),
        ("null", {"body"}),
    ],
)
def test_a_body_of_another_shape_is_refused_by_field(finance: Caller, body, fields):
    assert set(mistakes(finance.put(WCC, body))) == fields


def test_an_entry_that_is_no_object_is_named_by_its_row(finance: Caller):
    body = {"version": 0, "entries": [a_saving(), 1, "x", None, []]}

    said = problem(finance.put(WCC, body), 422, "bad-content")

    assert [error["row"] for error in said["errors"]] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("service", "\x00"),
        ("service", {"slug": "libraries"}),
        ("amount", "1" * 5000),
        ("amount", "9" * 30),
        ("amount", 10**300),
        ("amount", None),
        ("amount", ["1"]),
        ("note", "x" * 2001),
        ("note", "a\x00b"),
        ("evidence", 7),
        ("corrects", 10**100),
        ("corrects", True),
        ("corrects", "1"),
        ("corrects", [[[["deep"]]]]),
        ("tupe", {"a": 1}),
        ("tupe", ["\x00"]),
        ("kind", []),
        ("scope", False),
        ("\x00", "x"),
        ("Amount", "1.00"),
    ],
)
def test_whatever_a_column_holds_is_never_more_than_a_mistake(finance: Caller, column, value):
    body = {"version": 0, "entries": [{**a_saving(), column: value}]}

    said = problem(finance.put(WCC, body), 422, "bad-content")

    assert {error["row"] for error in said["errors"]} == {1}


def test_a_stale_version_is_refused_before_the_rows_are_read(
    partnership: Partnership, finance: Caller
):
    partnership.draft("WCC", a_saving())

    answer = finance.put(WCC, {"version": 0, "entries": [{"amount": "nonsense"}]})

    said = problem(answer, 409, "stale-version")
    assert "version 1" in said["detail"]


def test_only_the_councils_finance_officer_fills_a_return(partnership: Partnership):
    for name in ("s151.wcc", "programme.office", "auditor"):
        caller = Caller(partnership.people[name])
        said = problem(caller.put(WCC, {"nonsense": True}), 403, "not-allowed")
        assert "finance officer" in said["detail"]
        problem(caller.post(f"{WCC}submit/", {"version": 0}), 403, "not-allowed")


def test_a_return_that_was_handed_in_can_not_be_filled(partnership: Partnership, finance: Caller):
    parent = partnership.submitted("WCC", a_saving())

    answer = finance.put(WCC, {"version": parent.version, "entries": []})

    assert "submitted" in problem(answer, 409, "wrong-state")["detail"]


# --- Moving on ---------------------------------------------------------------------


def test_a_return_goes_from_draft_to_certified(
    partnership: Partnership, finance: Caller, s151: Caller
):
    partnership.rule("libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"})
    finance.put(WCC, {"version": 0, "entries": [a_saving(amount="100.00")]})

    submitted = finance.post(f"{WCC}submit/", {"version": 1})
    assert submitted.status_code == 200
    assert submitted.json()["status"] == "submitted"
    assert submitted.json()["submitted"]["by"] == "finance.wcc"

    sent_back = s151.post(f"{WCC}send-back/", {"version": 2, "reason": "  Which ledger? "})
    assert sent_back.json()["status"] == "draft"
    assert sent_back.json()["sent_back"]["by"] == "s151.wcc"
    assert sent_back.json()["sent_back"]["reason"] == "Which ledger?"
    assert sent_back.json()["submitted"] is None

    finance.post(f"{WCC}submit/", {"version": 3})
    certified = s151.post(f"{WCC}certify/", {"version": 4})

    assert certified.status_code == 200
    assert certified.json()["status"] == "certified"
    assert certified.json()["version"] == 5
    assert certified.json()["certified"]["by"] == "s151.wcc"
    # The rollup was woken and has done its work.
    assert not DirtyReturn.objects.exists()
    assert sum(Total.objects.values_list("pence", flat=True)) == 10_000


def test_nobody_certifies_what_they_submitted(partnership: Partnership):
    both = User.objects.create_user("both.wcc", password=PASSWORD)
    for role in (Role.FINANCE_OFFICER, Role.DEPUTY_SECTION_151_OFFICER):
        Appointment.objects.create(user=both, role=role, council=partnership.councils["WCC"])
    caller = Caller(both)
    caller.post(f"{WCC}submit/", {"version": 0})

    said = problem(caller.post(f"{WCC}certify/", {"version": 1}), 403, "not-allowed")

    assert "never who filled it in" in said["detail"]


def test_nobody_certifies_what_they_typed_though_another_saved_last_and_submitted(
    partnership: Partnership, everything
):
    both, other = (User.objects.create_user(name, password=PASSWORD) for name in ("a", "b"))
    for user, role in (
        (both, Role.FINANCE_OFFICER),
        (both, Role.SECTION_151_OFFICER),
        (other, Role.FINANCE_OFFICER),
    ):
        Appointment.objects.create(user=user, role=role, council=partnership.councils["WCC"])
    typist, colleague = Caller(both), Caller(other)
    rows = [a_saving(amount=str(number)) for number in range(1, 41)]
    typed = typist.put(WCC, {"version": 0, "entries": rows}).json()
    typed["entries"][0]["note"] = "Another note"
    assert colleague.put(WCC, typed).json()["version"] == 2
    assert colleague.post(f"{WCC}submit/", {"version": 2}).json()["version"] == 3
    before = everything()

    said = problem(typist.post(f"{WCC}certify/", {"version": 3}), 403, "not-allowed")

    assert "never who filled it in" in said["detail"]
    assert everything() == before
    assert [step.kind for step in next_steps(both, NOW.date())] == ["fill in"]  # the next quarter
    certified = Caller(partnership.s151("WCC")).post(f"{WCC}certify/", {"version": 3})
    assert certified.json()["certified"]["by"] == "s151.wcc"


def test_a_submitted_return_is_withdrawn_by_its_finance_officer(
    partnership: Partnership, finance: Caller
):
    partnership.submitted("WCC", a_saving())
    for name in ("s151.wcc", "programme.office", "auditor"):
        answer = Caller(partnership.people[name]).post(f"{WCC}withdraw/", {"version": 2})
        assert "finance officer" in problem(answer, 403, "not-allowed")["detail"]
    for name in ("finance.lbhf", "councillor.wcc"):
        answer = Caller(partnership.people[name]).post(f"{WCC}withdraw/", {"version": 2})
        problem(answer, 404, "not-found")
    assert set(mistakes(finance.post(f"{WCC}withdraw/", {"version": 2, "reason": None}))) == {
        "reason"
    }
    problem(finance.post(f"{WCC}withdraw/", {"version": 1}), 409, "stale-version")

    withdrawn = finance.post(f"{WCC}withdraw/", {"version": 2, "reason": "A line is missing."})

    assert withdrawn.status_code == 200
    assert (withdrawn.json()["status"], withdrawn.json()["version"]) == ("draft", 3)
    assert withdrawn.json()["submitted"] is None
    problem(finance.post(f"{WCC}withdraw/", {"version": 3}), 409, "wrong-state")


@pytest.mark.parametrize("step", ["certify", "send-back"])
def test_only_the_section_151_officer_decides(partnership: Partnership, step):
    partnership.submitted("WCC", a_saving())

    for name in ("finance.wcc", "programme.office", "auditor"):
        answer = Caller(partnership.people[name]).post(f"{WCC}{step}/", {"version": 2})
        problem(answer, 403, "not-allowed")


@pytest.mark.parametrize("step", ["certify", "send-back"])
def test_a_draft_can_not_be_decided(s151: Caller, step):
    body = {"version": 0, **({"reason": "Why?"} if step == "send-back" else {})}

    problem(s151.post(f"{WCC}{step}/", body), 409, "wrong-state")


@pytest.mark.parametrize("step", ["submit", "certify", "send-back"])
def test_every_step_needs_the_version_that_was_read(
    partnership: Partnership, finance: Caller, s151: Caller, step
):
    caller = finance if step == "submit" else s151
    reason = {"reason": "Why?"} if step == "send-back" else {}

    assert set(mistakes(caller.post(f"{WCC}{step}/", reason))) == {"version"}
    problem(caller.post(f"{WCC}{step}/", {"version": 9, **reason}), 409, "stale-version")
    assert set(mistakes(caller.post(f"{WCC}{step}/", {"version": "0", **reason}))) == {"version"}


@pytest.mark.parametrize("reason", [None, "", "  ", 7, ["why"], "x" * 2001])
def test_sending_back_needs_its_reason(partnership: Partnership, s151: Caller, reason):
    partnership.submitted("WCC", a_saving())

    answer = s151.post(f"{WCC}send-back/", {"version": 2, "reason": reason})

    assert set(mistakes(answer)) == {"reason"}


def test_what_is_illustrative_is_never_certified(partnership: Partnership, s151: Caller):
    parent = partnership.draft("WCC", a_saving())
    parent.entries.update(provenance=Provenance.ILLUSTRATIVE)
    Caller(partnership.finance("WCC")).post(f"{WCC}submit/", {"version": 1})

    said = problem(s151.post(f"{WCC}certify/", {"version": 2}), 409, "wrong-state")

    assert "illustrative" in said["detail"]
