"""Drivers, rules, attributed amounts and explanations, through the API."""

from decimal import Decimal

import pytest

from audit.models import Event
from savings.attribution.actions import propose_rule
from savings.attribution.models import AttributionRule, Driver, DriverValue
from savings.calendar.actions import close_period
from savings.drivers.actions import set_driver_value
from savings.provenance import Provenance
from savings.returns.models import Entry
from savings.rollup.tasks import roll_up
from sovereignty.models import Decision
from tests.calling import Caller, mistakes, problem
from tests.partnership import NOW, Q1, Q2, Partnership, a_saving, build

pytestmark = pytest.mark.django_db

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}
A_RULE = {
    "service": "libraries",
    "kind": "saving",
    "method": "fixed",
    "effective_from": "2013-14-Q1",
    "shares": THIRDS,
}


@pytest.fixture
def partnership() -> Partnership:
    return build()


@pytest.fixture
def office(partnership: Partnership) -> Caller:
    return Caller(partnership.people["programme.office"])


def count(partnership: Partnership, code: str, **values: str) -> Driver:
    """A driver with a value for each council from Q1 on."""
    driver = Driver.objects.create(code=code, name=code.title(), unit="each")
    for council, value in values.items():
        set_driver_value(
            driver=driver,
            council=partnership.councils[council],
            effective_from=Q1,
            value=Decimal(value),
            source="Counted for the tests.",
            provenance=Provenance.REPORTED,
            by=partnership.people["programme.office"],
            at=NOW,
        )
    return driver


# --- Drivers -----------------------------------------------------------------------


def test_a_driver_is_named_once(office: Caller):
    body = {"code": "looked-after-children", "name": "Looked-after children", "unit": "children"}

    made = office.post("drivers/", body)

    assert (made.status_code, made.json()) == (201, body)
    assert office.get("drivers/").json()["results"] == [body]
    assert Event.objects.about("driver", "looked-after-children").get().action == "created"
    assert "another code" in problem(office.post("drivers/", body), 409, "wrong-state")["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "two words"),
        ("code", ""),
        ("code", "x" * 61),
        ("code", "é"),
        ("code", "\x00"),
        ("name", " "),
        ("name", "x" * 121),
        ("unit", None),
        ("unit", 5),
        ("weight", 1),
    ],
)
def test_a_driver_of_another_shape_is_refused(office: Caller, field, value):
    body = {"code": "posts", "name": "Posts", "unit": "posts", field: value}

    assert set(mistakes(office.post("drivers/", body))) == {field}
    assert not Driver.objects.exists()


def test_who_may_name_drivers_and_values_and_propose_rules(partnership: Partnership):
    for name, person in partnership.people.items():
        caller = Caller(person)
        for path in ("drivers/", "driver-values/", "attribution-rules/"):
            answer = caller.post(path)
            if name == "auditor" or name.startswith("councillor"):
                problem(answer, 403, "not-allowed")
            else:
                assert mistakes(answer)


@pytest.mark.parametrize("username", ["finance.lbhf", "s151.lbhf"])
def test_a_council_gives_its_own_values_alone(partnership: Partnership, username: str):
    count(partnership, "posts")
    caller = Caller(partnership.people[username])

    problem(caller.post("driver-values/", A_VALUE), 403, "not-allowed")
    assert caller.post("driver-values/", {**A_VALUE, "council": "LBHF"}).status_code == 201
    assert DriverValue.objects.get().council.code == "LBHF"
    said = {**A_VALUE, "council": "LBHF", "value": "13"}
    assert caller.post("driver-restatements/", said).status_code == 201
    Caller(partnership.people["programme.office"]).post("driver-values/", A_VALUE)
    theirs = {**A_VALUE, "value": "13"}
    problem(caller.post("driver-restatements/", theirs), 403, "not-allowed")


A_VALUE = {
    "driver": "posts",
    "council": "WCC",
    "effective_from": "2013-14-Q1",
    "value": "12.50",
    "source": "The establishment list.",
}


def test_a_value_of_a_driver_holds_from_its_quarter_on(partnership: Partnership, office: Caller):
    count(partnership, "posts")

    made = office.post("driver-values/", A_VALUE)

    assert made.status_code == 201
    assert made.json() == {
        "id": DriverValue.objects.get().id,
        **A_VALUE,
        "value": "12.5",
        "provenance": "reported",
        "illustrative": False,
    }
    assert office.get("driver-values/", driver="posts", council="WCC").json()["count"] == 1
    assert office.get("driver-values/", driver="posts", council="LBHF").json()["count"] == 0
    assert office.get("driver-values/", driver="\t").status_code == 422
    problem(office.post("driver-values/", A_VALUE), 409, "wrong-state")


def test_a_value_may_be_a_number_and_is_kept_exactly(partnership: Partnership, office: Caller):
    count(partnership, "posts")

    made = office.send(
        "POST", "driver-values/", str({**A_VALUE, "value": 0}).replace("'", '"').replace("0}", "0}")
    )
    assert made.status_code == 201
    body = (
        '{"driver":"posts","council":"LBHF","effective_from":"2013-14-Q1","value":0.1,"source":"x"}'
    )

    assert office.send("POST", "driver-values/", body).json()["value"] == "0.1"
    assert DriverValue.objects.get(council__code="LBHF").value == Decimal("0.1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("driver", "nothing"),
        ("driver", None),
        ("council", "wcc"),
        ("council", "\x00"),
        ("effective_from", "2013-14"),
        ("effective_from", 2013),
        ("value", "-1"),
        ("value", "1.00001"),
        ("value", "1e30"),
        ("value", "NaN"),
        ("value", "Infinity"),
        ("value", "1,000"),
        ("value", "٣"),
        ("value", True),
        ("value", [1]),
        ("value", 10**40),
        ("value", "9" * 2000),
        ("value", ""),
        ("source", ""),
        ("source", "x" * 301),
    ],
)
def test_a_value_of_another_shape_is_refused(partnership, office: Caller, field, value):
    count(partnership, "posts")

    assert set(mistakes(office.post("driver-values/", {**A_VALUE, field: value}))) == {field}


# --- Rules -------------------------------------------------------------------------


def test_a_rule_is_proposed_and_agreed_by_every_council(partnership: Partnership, office: Caller):
    made = office.post("attribution-rules/", {**A_RULE, "basis": "In equal parts."})

    assert made.status_code == 201
    rule = made.json()
    assert {key: rule[key] for key in rule if key not in ("id", "proposed_at")} == {
        **A_RULE,
        "version": 1,
        "driver": None,
        "weights": {},
        "indirect_variance": "shared",
        "basis": "In equal parts.",
        "provenance": "reported",
        "illustrative": False,
        "proposed_by": "programme.office",
        "standing": "waiting",
        "answer_by": None,
        "revises": None,
        "withdrawn_at": None,
        "decision": Decision.objects.get().id,
        "consents": [],
        "waiting_for": ["LBHF", "RBKC", "WCC"],
        "agreed": False,
    }
    path = f"attribution-rules/{rule['id']}/"
    for code in ("LBHF", "RBKC", "WCC"):
        answer = Caller(partnership.s151(code)).post(
            f"{path}consent/", {"agree": True, "minute_reference": f"{code} 7/13"}
        )
        assert answer.status_code == 200

    agreed = office.get(path).json()
    assert (agreed["waiting_for"], agreed["agreed"]) == ([], True)
    assert [(c["council"], c["agree"], c["by"]) for c in agreed["consents"]] == [
        ("LBHF", True, "s151.lbhf"),
        ("RBKC", True, "s151.rbkc"),
        ("WCC", True, "s151.wcc"),
    ]
    assert office.get("attribution-rules/").json()["results"] == [agreed]


def test_rules_by_a_driver_and_by_a_blend(partnership: Partnership, office: Caller):
    count(partnership, "posts", LBHF="1", RBKC="2", WCC="3")
    count(partnership, "budget", LBHF="5", RBKC="5", WCC="0")
    plain = {key: value for key, value in A_RULE.items() if key != "shares"}

    by_driver = office.post(
        "attribution-rules/", {**plain, "method": "driver", "driver": "posts", "shares": {}}
    )
    by_blend = office.post(
        "attribution-rules/",
        {
            **plain,
            "kind": "ongoing_cost",
            "method": "blend",
            "weights": {"posts": "0.25", "budget": "3/4"},
            "driver": None,
            "indirect_variance": "host",
        },
    )

    assert (by_driver.status_code, by_driver.json()["driver"]) == (201, "posts")
    assert (by_blend.status_code, by_blend.json()["weights"]) == (
        201,
        {"posts": "0.25", "budget": "3/4"},
    )
    assert by_blend.json()["indirect_variance"] == "host"
    assert office.get("attribution-rules/", kind="ongoing_cost").json()["count"] == 1
    assert office.get("attribution-rules/", service="cex").json()["count"] == 0


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"service": "nowhere"}, {"service"}),
        ({"service": "\x00"}, {"service"}),
        ({"kind": "variance"}, {"kind"}),
        ({"method": "guess"}, {"method"}),
        ({"effective_from": "2013"}, {"effective_from"}),
        ({"effective_from": "1950-51-Q1"}, {"effective_from", "shares"}),
        ({"shares": {}}, {"shares"}),
        ({"shares": None}, {"shares"}),
        ({"shares": [["WCC", "1"]]}, {"shares"}),
        ({"shares": {"WCC": "0.5"}}, {"shares"}),
        ({"shares": {"WCC": 1}}, {"shares.WCC"}),
        ({"shares": {"WCC": "1/0"}}, {"shares.WCC"}),
        ({"shares": {"WCC": "-1", "LBHF": "2"}}, {"shares.WCC", "shares.LBHF"}),
        ({"shares": {"WCC": "one"}}, {"shares.WCC"}),
        ({"shares": {"": "1"}}, {"shares"}),
        ({"shares": {"XYZ": "1"}}, {"shares"}),
        ({"shares": {"W\x00C": "1"}}, {"shares.W\x00C"}),
        ({"driver": "posts"}, {"driver"}),
        ({"weights": {"posts": "1"}}, {"weights"}),
        ({"method": "driver"}, {"shares", "driver"}),
        ({"method": "blend"}, {"shares", "weights"}),
        ({"method": "driver", "shares": {}, "driver": "nothing"}, {"driver"}),
        ({"method": "driver", "shares": {}, "driver": "posts"}, {"driver"}),
        ({"method": "blend", "shares": {}, "weights": {"nothing": "1"}}, {"weights"}),
        ({"indirect_variance": "both"}, {"indirect_variance"}),
        ({"basis": 7}, {"basis"}),
        ({"version": 7}, {"version"}),
    ],
)
def test_a_rule_that_can_not_work_is_refused(partnership, office: Caller, changed, fields):
    Driver.objects.create(code="posts", name="Posts", unit="posts")

    answer = office.post("attribution-rules/", {**A_RULE, **changed})

    assert set(mistakes(answer)) == fields
    assert not AttributionRule.objects.exists()


def test_a_rule_can_not_begin_in_a_closed_quarter(partnership: Partnership, office: Caller):
    for code in ("LBHF", "RBKC", "WCC"):
        partnership.certified(code)
    close_period(quarter=Q1, by=partnership.people["programme.office"], at=NOW)

    problem(office.post("attribution-rules/", A_RULE), 409, "wrong-state")
    count(partnership, "posts")
    problem(office.post("driver-values/", A_VALUE), 409, "wrong-state")


def test_a_refusal_needs_its_reason_and_an_answer_is_given_once(partnership: Partnership):
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])
    path = f"attribution-rules/{rule.id}/consent/"
    s151 = Caller(partnership.s151("WCC"))
    refusal = {"agree": False, "minute_reference": "WCC 7/13"}
    assert set(mistakes(s151.post(path, refusal))) == {"reason"}

    refused = s151.post(path, {**refusal, "reason": "We buy no books."})

    assert refused.json()["consents"][0]["reason"] == "We buy no books."
    assert refused.json()["waiting_for"] == ["LBHF", "RBKC", "WCC"]
    problem(s151.post(path, {**refusal, "agree": True}), 409, "wrong-state")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"agree", "minute_reference"}),
        ({"agree": "true", "minute_reference": "7"}, {"agree"}),
        ({"agree": 1, "minute_reference": "7"}, {"agree"}),
        ({"agree": None, "minute_reference": "7"}, {"agree"}),
        ({"agree": True, "minute_reference": " "}, {"minute_reference"}),
        ({"agree": True, "minute_reference": "x" * 201}, {"minute_reference"}),
        ({"agree": True, "minute_reference": "7", "council": "LBHF"}, {"council"}),
    ],
)
def test_an_answer_of_another_shape_is_refused(partnership: Partnership, body, fields):
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])

    answer = Caller(partnership.s151("WCC")).post(f"attribution-rules/{rule.id}/consent/", body)

    assert set(mistakes(answer)) == fields


def test_only_a_section_151_officer_answers(partnership: Partnership):
    rule = partnership.rule("libraries", THIRDS, agreed_by=[])
    for name, person in partnership.people.items():
        if not name.startswith("s151"):
            answer = Caller(person).post(f"attribution-rules/{rule.id}/consent/", {"x": 1})
            problem(answer, 403, "not-allowed")


@pytest.mark.parametrize("rule_id", ["0", "999999", "9" * 30, "9" * 5000, "-1", "x", "%00"])
def test_a_rule_that_is_none_is_not_found(office: Caller, rule_id):
    problem(office.get(f"attribution-rules/{rule_id}/"), 404, "not-found")
    problem(office.post(f"attribution-rules/{rule_id}/consent/"), 404, "not-found")


def test_the_last_consent_moves_what_is_certified_already(partnership: Partnership):
    partnership.certified("WCC", a_saving(amount="100.00"))
    rule = partnership.rule("libraries", THIRDS, agreed_by=["LBHF", "RBKC"])
    roll_up()
    caller = Caller(partnership.s151("WCC"))
    before = caller.get("attribution/", group_by="council").json()
    assert (before["total"], before["unattributed"], before["rows"]) == ("100.00", "100.00", [])

    caller.post(
        f"attribution-rules/{rule.id}/consent/", {"agree": True, "minute_reference": "WCC 7"}
    )

    after = caller.get("attribution/", group_by="council").json()
    assert (after["total"], after["unattributed"]) == ("100.00", "0.00")
    assert [(row["council"], row["amount"]) for row in after["rows"]] == [
        ("LBHF", "33.34"),
        ("RBKC", "33.33"),
        ("WCC", "33.33"),
    ]


# --- Attributed amounts ------------------------------------------------------------


@pytest.fixture
def delivered(partnership: Partnership) -> Partnership:
    partnership.rule("libraries", THIRDS)
    partnership.certified(
        "WCC",
        a_saving(amount="100.00"),
        a_saving("libraries", "0.01"),
        a_saving("youth-offending", "7.00"),
    )
    partnership.certified("LBHF", a_saving("cex", "5.00", scope="own"), quarter=Q2)
    roll_up()
    return partnership


def test_amounts_by_council_service_and_period(delivered: Partnership):
    answer = Caller(delivered.people["councillor.wcc"]).get("attribution/").json()

    assert answer["kind"] == "saving"
    assert answer["total"] == "112.01"
    assert answer["unattributed"] == "7.00"
    assert answer["illustrative"] is False
    assert answer["rows"][0] == {
        "council": "LBHF",
        "service": "cex",
        "period": "2013-14-Q2",
        "amount": "5.00",
        "illustrative": False,
    }
    assert len(answer["rows"]) == 7
    assert sum(Decimal(row["amount"]) for row in answer["rows"]) == Decimal("105.01")


@pytest.mark.parametrize(
    ("asked", "total", "unattributed", "rows"),
    [
        (
            {"group_by": "council"},
            "112.01",
            "7.00",
            [{"council": "LBHF", "amount": "38.35"}, {"council": "RBKC", "amount": "33.33"}],
        ),
        ({"group_by": "period", "to": "2013-14-Q1"}, "107.01", "7.00", [{"period": "2013-14-Q1"}]),
        ({"group_by": "council", "from": "2013-14-Q2"}, "5.00", "0.00", [{"council": "LBHF"}]),
        (
            {"group_by": "service,service", "service": "libraries"},
            "100.01",
            "0.00",
            [{"service": "libraries", "amount": "0.01"}, {"service": "library-service"}],
        ),
        ({"service": "childrens", "group_by": "period"}, "7.00", "7.00", []),
        ({"kind": "variance", "group_by": "council"}, "0.00", "0.00", []),
        (
            {"from": "", "to": "", "kind": "", "service": "cex", "group_by": ""},
            "5.00",
            "0.00",
            [{}],
        ),
    ],
)
def test_amounts_of_what_is_asked_for(delivered: Partnership, asked, total, unattributed, rows):
    answer = Caller(delivered.people["auditor"]).get("attribution/", **asked).json()

    assert (answer["total"], answer["unattributed"]) == (total, unattributed)
    for row, expected in zip(answer["rows"], rows, strict=False):
        assert row == {**row, **expected}
    if asked.get("group_by") == "council":
        assert all(set(row) == {"council", "amount", "illustrative"} for row in answer["rows"])
    assert bool(answer["rows"]) == bool(rows)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kind": "savings"}, "kind"),
        ({"service": "nowhere"}, "service"),
        ({"service": "\x00"}, "service"),
        ({"from": "2013"}, "from"),
        ({"to": "Q1"}, "to"),
        ({"from": "2013-14-Q2", "to": "2013-14-Q1"}, "to"),
        ({"group_by": "area"}, "group_by"),
        ({"group_by": "council,,"}, "group_by"),
        ({"council": "WCC"}, "council"),
    ],
)
def test_what_can_not_be_asked_for_is_named(delivered: Partnership, asked, field):
    answer = Caller(delivered.people["auditor"]).get("attribution/", **asked)

    assert set(mistakes(answer)) == {field}


# --- One entry's explanation -------------------------------------------------------


def test_an_entry_is_explained_to_the_last_penny(delivered: Partnership):
    entry = Entry.objects.get(service__slug="library-service")
    rule = AttributionRule.objects.get()

    answer = Caller(delivered.people["councillor.lbhf"]).get(f"attribution/entries/{entry.id}/")

    said = answer.json()
    assert said["entry"]["id"] == entry.id
    assert (said["entry"]["council"], said["entry"]["period"], said["entry"]["status"]) == (
        "WCC",
        "2013-14-Q1",
        "certified",
    )
    assert said["attributed_in"] == "2013-14-Q1"
    assert (said["attributed"], said["because"]) == (True, "rule")
    assert said["shares"] == [
        {
            "council": "LBHF",
            "share": "1/3",
            "amount": "33.34",
            "exact_pence": "10000/3",
            "floored_pence": 3333,
            "remainder": "1/3",
            "odd_pence": 1,
        },
        {
            "council": "RBKC",
            "share": "1/3",
            "amount": "33.33",
            "exact_pence": "10000/3",
            "floored_pence": 3333,
            "remainder": "1/3",
            "odd_pence": 0,
        },
        {
            "council": "WCC",
            "share": "1/3",
            "amount": "33.33",
            "exact_pence": "10000/3",
            "floored_pence": 3333,
            "remainder": "1/3",
            "odd_pence": 0,
        },
    ]
    assert said["rule"]["id"] == rule.id
    assert (said["rule"]["version"], said["rule"]["method"]) == (1, "fixed")
    assert [consent["minute_reference"] for consent in said["rule"]["consents"]] == [
        "LBHF minute 1",
        "RBKC minute 1",
        "WCC minute 1",
    ]
    assert said["driver_values"] == []
    assert (said["provisional"], said["illustrative"]) == (False, False)


def test_what_is_nobodys_has_no_shares_and_says_why(delivered: Partnership):
    entry = Entry.objects.get(service__slug="youth-offending")

    said = Caller(delivered.people["auditor"]).get(f"attribution/entries/{entry.id}/").json()

    assert (said["shares"], said["rule"], said["attributed"]) == ([], None, False)
    assert said["because"] == "no_rule"
    assert "not attributed" in said["reason"]


def test_a_split_by_a_driver_shows_the_values_it_used(partnership: Partnership):
    rule = propose_rule(
        service=partnership.services["libraries"],
        kind="saving",
        method="driver",
        effective_from=Q1,
        driver=count(partnership, "posts", LBHF="1", RBKC="2", WCC="3.5"),
        basis="Made up.",
        provenance=Provenance.ILLUSTRATIVE,
        by=partnership.people["programme.office"],
        at=NOW,
    )
    for code in THIRDS:
        Caller(partnership.s151(code)).post(
            f"attribution-rules/{rule.id}/consent/", {"agree": True, "minute_reference": "7"}
        )
    partnership.draft("WCC", a_saving(amount="65.00"))

    entry = Entry.objects.get()
    said = Caller(partnership.finance("WCC")).get(f"attribution/entries/{entry.id}/").json()

    assert [(part["council"], part["share"], part["amount"]) for part in said["shares"]] == [
        ("LBHF", "2/13", "10.00"),
        ("RBKC", "4/13", "20.00"),
        ("WCC", "7/13", "35.00"),
    ]
    assert [(value["council"], value["value"]) for value in said["driver_values"]] == [
        ("LBHF", "1"),
        ("RBKC", "2"),
        ("WCC", "3.5"),
    ]
    assert said["driver_values"][0]["source"] == "Counted for the tests."
    assert (said["provisional"], said["illustrative"]) == (True, True)


def test_an_entry_of_a_draft_is_not_there_for_other_councils(partnership: Partnership):
    partnership.draft("WCC", a_saving())
    path = f"attribution/entries/{Entry.objects.get().id}/"

    assert Caller(partnership.s151("WCC")).get(path).status_code == 200
    for name in ("finance.lbhf", "councillor.wcc"):
        problem(Caller(partnership.people[name]).get(path), 404, "not-found")


@pytest.mark.parametrize("entry_id", ["0", "999999", "9" * 30, "9" * 5000, "x"])
def test_an_entry_that_is_none_is_not_found(office: Caller, entry_id):
    problem(office.get(f"attribution/entries/{entry_id}/"), 404, "not-found")


def test_a_proposal_says_how_it_stands(partnership: Partnership, office: Caller):
    rule = office.post("attribution-rules/", {**A_RULE, "answer_by": "2013-09-30"}).json()
    assert (rule["standing"], rule["answer_by"]) == ("waiting", "2013-09-30")
    again = {**A_RULE, "revises": rule["decision"]}
    problem(office.post("attribution-rules/", again), 409, "wrong-state")
    no = {"agree": False, "minute_reference": "7", "reason": "Too much."}
    path = f"attribution-rules/{rule['id']}/"
    answer = Caller(partnership.s151("WCC")).post(f"{path}consent/", no)
    assert answer.json()["standing"] == "disputed"
    revision = office.post("attribution-rules/", again).json()
    assert (revision["standing"], revision["revises"]) == ("waiting", rule["decision"])
    assert office.get(path).json()["standing"] == "revised"
    assert set(mistakes(office.post("attribution-rules/", {**A_RULE, "revises": 999}))) == {
        "revises"
    }
    assert set(mistakes(office.post("attribution-rules/", {**A_RULE, "answer_by": "soon"}))) == {
        "answer_by"
    }
