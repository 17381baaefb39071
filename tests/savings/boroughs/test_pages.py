"""The boroughs' pages: who may open which, what they show, and what wrong addresses get."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from savings.quarters.models import Period
from savings.returns.models import Entry, Return
from savings.rollup.actions import roll_up_dirty
from tests.calling import Caller
from tests.kept import kept
from tests.partnership import NOW, Q1, Q2, Partnership, a_claim, a_cost, a_saving, build
from tests.savings.pages import heading, not_found, read

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
LBHF_IN_Q2 = "/boroughs/LBHF/?period=2013-14-Q2"


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("username", ["finance.lbhf", "s151.rbkc", "councillor.lbhf"])
def test_another_councils_page_is_as_if_there_were_no_such_council(
    address: str, username: str, partnership: Partnership, signed_in: SignedIn
) -> None:
    client = signed_in(username)
    page = client.get(address)
    not_found(page)
    assert "Westminster" not in read(page).words
    assert read(page).words == read(client.get(address.replace("WCC", "XYZ"))).words


@pytest.mark.parametrize("username", ["councillor.wcc", "programme.office", "auditor"])
def test_a_councils_page_is_open_to_its_people_the_office_and_auditors(
    username: str, partnership: Partnership, signed_in: SignedIn
) -> None:
    client = signed_in(username)

    page, of_a_quarter, wrong, csv, xlsx, wrong_file = (client.get(each) for each in ADDRESSES)
    assert [page.status_code, of_a_quarter.status_code] == [200, 200]
    assert [heading(page), heading(of_a_quarter)] == ["Westminster, 2013/14 Q1"] * 2
    assert [wrong.status_code, wrong_file.status_code] == [422, 422]
    assert ["#id_period" in read(each).hrefs for each in (wrong, wrong_file)] == [True, True]
    assert csv.content.startswith(b"\xef\xbb\xbfcouncil,period,")
    assert xlsx.content.startswith(b"PK")


@pytest.mark.parametrize(
    ("username", "names"),
    [
        ("finance.wcc", ["Westminster"]),
        ("auditor", ["Hammersmith & Fulham", "Kensington & Chelsea", "Westminster"]),
    ],
)
def test_the_list_has_the_councils_that_the_person_may_open(
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


def test_the_sum_to_date_includes_earlier_quarters(
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


def test_without_certified_figures_the_latest_closed_quarter_is_shown_first(
    empty: Partnership, signed_in: SignedIn
) -> None:
    client = signed_in("auditor")
    assert client.get("/boroughs/WCC/").context["quarter"] == Q1

    Period.objects.update(status=Period.Status.CLOSED)

    assert client.get("/boroughs/WCC/").context["quarter"] == Q2


def test_a_page_without_certified_figures_says_so_in_plain_words(
    empty: Partnership, signed_in: SignedIn
) -> None:
    client = signed_in("finance.wcc")
    page = client.get("/boroughs/WCC/").content.decode()

    assert "No certified saving or cost falls on Westminster up to the end of 2013/14 Q1." in page
    assert client.get("/boroughs/WCC/2013-14-Q1.xlsx").status_code == 200


def test_before_the_first_quarter_the_pages_say_so(empty: Partnership, signed_in: SignedIn) -> None:
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
def test_other_kinds_of_file_are_not_found(
    extension: str, partnership: Partnership, signed_in: SignedIn
) -> None:
    not_found(signed_in("auditor").get(f"/boroughs/WCC/2013-14-Q1.{extension}"))


def test_a_download_has_its_name_and_kind(partnership: Partnership, signed_in: SignedIn) -> None:
    response = signed_in("auditor").get("/boroughs/WCC/2013-14-Q1.csv")

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        'attachment; filename="tri-borough-WCC-2013-14-Q1.csv"'
    )
    assert response.content.startswith(b"\xef\xbb\xbfcouncil,period,")


@pytest.mark.parametrize("address", ["/boroughs/", LBHF_IN_Q2])
def test_many_entries_take_as_many_queries_as_one(
    address: str,
    partnership: Partnership,
    signed_in: SignedIn,
    django_assert_num_queries: Callable,
) -> None:
    client = signed_in("auditor")
    partnership.certified("LBHF", a_saving(), quarter=Q2)
    roll_up_dirty(at=NOW)
    with CaptureQueriesContext(connection) as few:
        client.get(address)

    seventy_more(partnership)

    with django_assert_num_queries(len(few)):
        client.get(address)


def test_fifty_entries_stand_on_a_page(partnership: Partnership, signed_in: SignedIn) -> None:
    partnership.certified("LBHF", a_saving(), quarter=Q2)
    seventy_more(partnership)

    page = signed_in("auditor").get(LBHF_IN_Q2)

    assert len(page.context["entries"]) == 50
    assert page.context["page"].paginator.count == 71


def seventy_more(partnership: Partnership) -> None:
    """Kensington & Chelsea saves as often in Q2, with a part for everybody."""
    partnership.certified("RBKC", *(a_saving(amount=f"{n}.01") for n in range(70)), quarter=Q2)
    roll_up_dirty(at=NOW)


def test_entries_link_to_their_explanation_only_if_the_person_may_open_it(
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
