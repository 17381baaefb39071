"""The boroughs' pages: who may open which, what they show, and what bad addresses get."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from savings.rollup.actions import roll_up_dirty
from tests.calling import Caller
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_claim, a_cost, a_saving, build

pytestmark = pytest.mark.django_db

THIRDS = {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}


@pytest.fixture
def empty() -> Partnership:
    """The partnership before anything is certified."""
    return build()


@pytest.fixture
@kept
def partnership(empty: Partnership) -> Partnership:
    empty.rule("library-service", THIRDS)
    empty.certified("LBHF", a_saving(amount="100.00", note="Shared desk"))
    empty.certified("RBKC", a_saving("cex", "55.00"))
    roll_up_dirty(at=NOW)
    return empty


@pytest.fixture
def signed_in(empty: Partnership) -> Callable[[str], Client]:
    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(empty.people[username])
        return client

    return sign_in


SignedIn = Callable[[str], Client]

ADDRESSES = [
    "/boroughs/WCC/",
    "/boroughs/WCC/?period=2013-14-Q1",
    "/boroughs/WCC/?period=nonsense",
    "/boroughs/WCC/2013-14-Q1.csv",
    "/boroughs/WCC/2013-14-Q1.xlsx",
    "/boroughs/WCC/nonsense.csv",
]


@pytest.mark.parametrize("address", ["/boroughs/", *ADDRESSES])
def test_a_stranger_signs_in_first(address: str, partnership: Partnership) -> None:
    response = Client().get(address)

    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("username", ["finance.lbhf", "s151.rbkc", "councillor.lbhf"])
def test_another_council_does_not_exist(
    address: str, username: str, partnership: Partnership, signed_in: SignedIn
) -> None:
    assert signed_in(username).get(address).status_code == 404


@pytest.mark.parametrize("username", ["councillor.wcc", "programme.office", "auditor"])
def test_ones_own_council_and_the_partnerships_people(
    username: str, partnership: Partnership, signed_in: SignedIn
) -> None:
    client = signed_in(username)

    assert [client.get(address).status_code for address in ADDRESSES] == [
        200,
        200,
        422,
        200,
        200,
        422,
    ]


def test_a_person_without_an_appointment_is_told_what_to_do(partnership: Partnership) -> None:
    person = type(partnership.people["auditor"]).objects.create_user("newcomer")
    client = Client()
    client.force_login(person)

    assert client.get("/boroughs/").status_code == 403
    assert client.get("/boroughs/WCC/").status_code == 403


@pytest.mark.parametrize(
    ("username", "names"),
    [
        ("finance.wcc", ["Westminster"]),
        ("auditor", ["Hammersmith & Fulham", "Kensington & Chelsea", "Westminster"]),
    ],
)
def test_the_list_has_the_councils_one_may_open(
    username: str, names: list[str], partnership: Partnership, signed_in: SignedIn
) -> None:
    response = signed_in(username).get("/boroughs/")

    assert [summary.council.name for summary in response.context["summaries"]] == names


def test_the_list_shows_what_each_has_saved(partnership: Partnership, signed_in: SignedIn) -> None:
    response = signed_in("auditor").get("/boroughs/")

    shown = {
        summary.council.code: (summary.quarter, summary.to_date, summary.certified)
        for summary in response.context["summaries"]
    }
    assert shown == {
        "LBHF": (33_34, 33_34, True),
        "RBKC": (33_33, 33_33, True),
        "WCC": (33_33, 33_33, False),
    }


def test_the_page_shows_the_councils_part_to_the_penny(
    partnership: Partnership, signed_in: SignedIn
) -> None:
    page = signed_in("finance.lbhf").get("/boroughs/LBHF/").content.decode()

    assert "Hammersmith &amp; Fulham, 2013/14 Q1" in page
    assert "£33.34" in page
    assert "Shared desk" in page
    assert "own return for 2013/14 Q1 is in these figures" in page
    assert "Savings of <strong>£55.00</strong> were reported as shared" in page
    assert reverse("borough-download", args=["LBHF", "2013-14-Q1", "csv"]) in page
    assert reverse("borough-download", args=["LBHF", "2013-14-Q1", "xlsx"]) in page


def test_a_later_quarter_keeps_the_earlier_ones_to_date(
    partnership: Partnership, signed_in: SignedIn
) -> None:
    response = signed_in("finance.lbhf").get("/boroughs/LBHF/?period=2013-14-Q2")

    total = response.context["figures"].total("saving")
    assert (total.quarter, total.year_to_date, total.to_date) == (0, 33_34, 33_34)
    assert "No certified entry of 2013/14 Q2 itself" in response.content.decode()


def test_the_quarter_shown_first_is_the_latest_certified(
    partnership: Partnership, signed_in: SignedIn
) -> None:
    assert signed_in("auditor").get("/boroughs/WCC/").context["quarter"] == Q1

    partnership.certified("RBKC", a_saving(), quarter=Q2)
    roll_up_dirty(at=NOW)

    assert signed_in("auditor").get("/boroughs/WCC/").context["quarter"] == Q2


def test_or_else_the_latest_closed(empty: Partnership, signed_in: SignedIn) -> None:
    client = signed_in("auditor")
    assert client.get("/boroughs/WCC/").context["quarter"] == Q1

    Period.objects.update(status=Period.Status.CLOSED)

    assert client.get("/boroughs/WCC/").context["quarter"] == Q2


def test_nothing_certified_is_said_in_plain_words(empty: Partnership, signed_in: SignedIn) -> None:
    client = signed_in("finance.wcc")
    page = client.get("/boroughs/WCC/").content.decode()

    assert "No certified saving or cost falls on Westminster up to the end of 2013/14 Q1." in page
    assert client.get("/boroughs/WCC/2013-14-Q1.xlsx").status_code == 200


def test_no_quarter_at_all(empty: Partnership, signed_in: SignedIn) -> None:
    Return.objects.all().delete()
    Period.objects.all().delete()
    client = signed_in("finance.wcc")

    assert "No quarter has been opened" in client.get("/boroughs/").content.decode()
    assert "No quarter has been opened" in client.get("/boroughs/WCC/").content.decode()
    assert client.get("/boroughs/WCC/2013-14-Q1.csv").status_code == 422


@pytest.mark.parametrize(
    ("period", "message"),
    [
        ("2013-14", "“2013-14” is not a quarter: write it as 2012-13-Q4."),
        ("<b>", "“&lt;b&gt;” is not a quarter"),
        ("2019-20-Q1", "No returns are made for 2019-20-Q1. Choose a quarter from the list."),
        ("9" * 5000, "is not a quarter"),
    ],
)
@pytest.mark.parametrize("address", ["/boroughs/", "/boroughs/WCC/"])
def test_a_wrong_quarter_says_what_to_do(
    address: str, period: str, message: str, partnership: Partnership, signed_in: SignedIn
) -> None:
    response = signed_in("auditor").get(address, {"period": period})

    page = response.content.decode()
    assert response.status_code == 422
    assert '<a href="#id_period">' in page
    assert message in page
    assert "<title>Error: " in page
    assert "£33.33" not in page


@pytest.mark.parametrize("extension", ["pdf", "CSV", "xls", ""])
def test_other_kinds_of_file_do_not_exist(
    extension: str, partnership: Partnership, signed_in: SignedIn
) -> None:
    response = signed_in("auditor").get(f"/boroughs/WCC/2013-14-Q1.{extension}")

    assert response.status_code == 404


def test_a_download_has_its_name_and_kind(partnership: Partnership, signed_in: SignedIn) -> None:
    response = signed_in("auditor").get("/boroughs/WCC/2013-14-Q1.csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        'attachment; filename="tri-borough-WCC-2013-14-Q1.csv"'
    )
    assert response.content.startswith(b"\xef\xbb\xbfcouncil,period,")


def test_only_reading_is_answered(partnership: Partnership, signed_in: SignedIn) -> None:
    assert signed_in("auditor").post("/boroughs/WCC/").status_code == 405


@pytest.mark.parametrize("address", ["/boroughs/", "/boroughs/LBHF/?period=2013-14-Q2"])
def test_as_many_queries_for_one_entry_as_for_many(
    address: str,
    partnership: Partnership,
    signed_in: SignedIn,
    django_assert_num_queries: Callable,
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = signed_in("auditor")
    partnership.certified("LBHF", a_saving(), quarter=Q2)
    roll_up_dirty(at=NOW)
    with CaptureQueriesContext(connection) as few:
        client.get(address)

    partnership.certified("RBKC", *(a_saving(amount=f"{n}.01") for n in range(70)), quarter=Q2)
    roll_up_dirty(at=NOW)

    with django_assert_num_queries(len(few)):
        page = client.get(address)
    if "entries" in page.context:
        assert len(page.context["entries"]) == 50
        assert page.context["page"].paginator.count == 71


def test_entries_link_to_their_explanation_only_where_it_may_be_opened(
    partnership: Partnership, signed_in: SignedIn
) -> None:
    entry = Entry.objects.get(service__slug="library-service")

    assert signed_in("finance.wcc").get("/boroughs/WCC/").context["openable"] == {entry.id}


def test_how_a_claim_falls_is_said(empty: Partnership, signed_in: SignedIn) -> None:
    """By net reductions, or as savings are split where there is none; alone what is its own."""
    empty.rule("libraries", THIRDS)
    empty.approval()
    no_reduction = empty.certified("RBKC", a_claim("30.00"))
    roll_up_dirty(at=NOW)
    client = signed_in("auditor")
    under = "under the transition budget “moves”"

    def falls() -> dict[str, str]:
        entries = client.get("/boroughs/LBHF/?period=2013-14-Q1").context["entries"]
        return {line.kind: line.falls for line in entries}

    assert falls() == {"transition_cost": f"As savings are split, {under}"}
    assert no_reduction.status == "certified"

    empty.certified(
        "LBHF",
        a_saving(amount="90.00", scope="own"),
        a_cost("variance", amount="5.00", cause="specification_change", caused_by="LBHF"),
    )
    roll_up_dirty(at=NOW)

    assert falls() == {
        "saving": "Hammersmith & Fulham alone",
        "transition_cost": f"By net reduction in spending, {under}",
        "variance": "Hammersmith & Fulham alone, which changed its specification",
    }
    page = client.get("/boroughs/LBHF/?period=2013-14-Q1").content.decode()
    assert f"By net reduction in spending, {under}" in page
    (claim,) = (
        entry
        for entry in Caller(empty.people["auditor"])
        .get("reports/LBHF/2013-14-Q1.json")
        .json()["entries"]
        if entry["approval"]
    )
    assert (claim["approval"], claim["falls"]) == (
        "moves",
        f"By net reduction in spending, {under}",
    )


def test_a_claim_that_a_budget_shares_is_not_said_to_be_alone(
    empty: Partnership, signed_in: SignedIn
) -> None:
    empty.rule("libraries", THIRDS)
    empty.approval()
    empty.certified("RBKC", a_saving(), a_claim("30.00"))
    roll_up_dirty(at=NOW)

    page = signed_in("auditor").get("/boroughs/LBHF/?period=2013-14-Q1").content.decode()

    assert "Hammersmith &amp; Fulham alone" not in page
    assert "By net reduction in spending, under the transition budget “moves”" in page
