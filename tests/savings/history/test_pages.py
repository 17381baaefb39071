"""The pages of history as people read them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actions import record
from audit.chain import first_break
from audit.models import Event
from savings.quarters.models import Period
from savings.returns.models import Return
from tests.partnership import NOW, Q1, Partnership, a_saving
from tests.savings.history.conftest import PATH, SEES, SignIn
from tests.savings.pages import read

pytestmark = pytest.mark.django_db


def text(response: object) -> str:
    return b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]


def test_a_returns_history_lists_each_change_newest_first(
    with_history: Partnership, signed_in: SignIn
) -> None:
    page = read(signed_in("finance.wcc").get(f"{PATH}history/"))
    words = page.words
    heads = [
        "Certified, version 8",
        "Submitted, version 7",
        "Saved, version 6",
        "Answered",
        "Sent back, version 5",
        "Asked",
        "Submitted, version 4",
        "Forecasts saved, version 3",
        "Saved, version 2",
        "Saved, version 1",
    ]
    places = [words.index(head) for head in heads]
    assert places == sorted(places)
    assert (
        "Row 2 Changed: Library service, saving Amount from £100.00 → to £120.00 "
        "Note from nothing → to Two lines" in words
    )
    assert "Row 1 Added: Library service, saving −£3.50, shared, recurring, cashable" in words
    assert "Evidence: Ledger 5" in words
    assert "Row 2 Removed: Cex, saving £7.00, shared, recurring, cashable Note: =Gone" in words
    assert "Row 3 Added: Childrens, saving Illustrative £9.00" in words
    assert "Added: forecast of Library service" in words
    assert "Starts on: 1 September 2013" in words
    assert "The children's." in words
    assert "Row 2 Library service, saving, £120.00 Text: Why?" in words
    assert "Answer: Because." in words
    for version in range(1, 9):
        assert f"{PATH}as-it-stood/?version={version}" in page.hrefs
    assert page.inline == []
    assert len(page.ids) == len(set(page.ids))


def test_a_history_is_paged(
    with_history: Partnership, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("savings.history.views.DEEDS_A_PAGE", 4)
    client = signed_in("auditor")
    pages = [read(client.get(f"{PATH}history/?page={number}")).words for number in (1, 2, 3)]
    assert ["Saved, version 2" in words for words in pages] == [False, False, True]
    # The state before a page's first event comes from the page before.
    assert "Row 2 Removed: Cex" in pages[2]
    assert "Row 3 Removed: Childrens" in pages[0]


def test_a_long_save_is_cut_short_on_the_page_and_whole_in_the_file(
    partnership: Partnership, client: Client
) -> None:
    partnership.draft("WCC", *[a_saving(amount=str(number)) for number in range(1, 131)])
    client.force_login(partnership.people["finance.wcc"])
    words = read(client.get(f"{PATH}history/")).words
    assert "Row 50 Added" in words
    assert "Row 51" not in words
    assert "And 80 more changed rows" in words


def test_a_page_of_history_takes_a_fixed_number_of_queries(
    with_history: Partnership, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, taken = signed_in("auditor"), []
    for size in (1, 10):
        monkeypatch.setattr("savings.history.views.DEEDS_A_PAGE", size)
        with CaptureQueriesContext(connection) as captured:
            client.get(f"{PATH}history/")
        taken.append(len(captured))
    assert taken == [taken[0]] * 2


@pytest.mark.parametrize("page", ["history/", "history.csv", "history.json", "as-it-stood/"])
def test_a_returns_history_opens_for_those_who_see_the_return(
    page: str, with_history: Partnership, signed_in: SignIn
) -> None:
    with_history.draft("LBHF", a_saving())
    opened = {
        name: signed_in(name).get(f"{PATH}{page}").status_code for name in with_history.people
    }
    assert opened == SEES
    hidden = signed_in("councillor.lbhf").get(f"/returns/LBHF/2013-14-Q1/{page}")
    assert hidden.status_code == 404
    assert Client().get(f"{PATH}{page}").status_code == 302


def test_a_return_is_shown_as_it_was_on_a_day(with_history: Partnership, signed_in: SignIn) -> None:
    client = signed_in("finance.wcc")
    page = read(client.get(f"{PATH}as-it-stood/?as_at=2013-07-04"))
    assert "As it stood at the end of 4 July 2013" in page.words
    assert "This is the past. Draft Version 3, worked out from the return’s history." in page.words
    assert "£125.50" in page.words
    assert "Forecasts" in page.words
    assert "At risk" in page.words
    assert {PATH, f"{PATH}history/"} <= set(page.hrefs)
    assert page.form("as-it-stood/").sent == {"as_at": "2013-07-04"}
    assert page.inline == []

    back = read(client.get(f"{PATH}as-it-stood/?version=5"))
    assert "As it stood at version 5" in back.words
    assert "Had been sent back to be put right The children's." in back.words

    same = read(client.get(f"{PATH}as-it-stood/?as_at=2013-07-31"))
    assert (
        "This is the past, and the return has not changed since. Certified Version 8" in same.words
    )


def test_the_form_for_a_day_is_shown_until_one_is_chosen(
    with_history: Partnership, signed_in: SignIn
) -> None:
    client = signed_in("finance.wcc")
    asked = client.get(f"{PATH}as-it-stood/")
    assert asked.status_code == 200
    assert "Choose a day." in read(asked).words

    early = client.get(f"{PATH}as-it-stood/?as_at=2013-06-30")
    assert early.status_code == 200
    assert (
        "This return did not exist at the end of 30 June 2013: it was created on 1 July 2013."
        in read(early).words
    )

    written = client.get(f"{PATH}as-it-stood/?as_at=30/6/2013")
    assert read(written).words == read(early).words


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("31/06/2013", "“31/06/2013” is not a real date. For example, 1/8/2013."),
        ("June", "Give a day, such as 2013-08-01"),
    ],
)
def test_a_wrong_day_stays_in_the_form_and_is_named(
    typed: str, said: str, with_history: Partnership, signed_in: SignIn
) -> None:
    wrong = signed_in("finance.wcc").get(f"{PATH}as-it-stood/?as_at={typed}")
    page = read(wrong)
    assert wrong.status_code == 422
    assert f"There is a problem {said}" in page.words
    assert page.form("as-it-stood/").sent == {"as_at": typed}
    assert [control["type"] for control in page.controls] == ["text"]


def test_the_partnerships_own_return_is_shown_from_when_it_was_loaded(
    partnership: Partnership, client: Client
) -> None:
    own = Return.objects.create(period=Period.objects.get(quarter=Q1))
    Return.objects.filter(id=own.id).update(
        status="certified", certified_at=NOW, published_in="a-document", version=1
    )
    record(
        by="load_record",
        at=NOW,
        action="certified",
        subject="return",
        subject_id="partnership/2013-14-Q1",
        after={"status": "certified", "entries": {"cex": "1.00"}},
    )
    client.force_login(partnership.people["councillor.wcc"])
    path = "/returns/partnership/2013-14-Q1/"
    then = read(client.get(f"{path}as-it-stood/?as_at=2013-07-01"))
    assert "is shown as in its document, from the moment it was loaded here" in then.words
    early = read(client.get(f"{path}as-it-stood/?as_at=2013-06-30"))
    assert "This return did not exist at the end of 30 June 2013" in early.words
    assert "Certified" in read(client.get(f"{path}history/")).words


def test_the_page_of_a_return_links_to_its_history(
    with_history: Partnership, signed_in: SignIn
) -> None:
    assert f"{PATH}history/" in read(signed_in("finance.wcc").get(PATH)).hrefs


# --- Files of a return's history -----------------------------------------------------


def test_a_history_as_csv_has_a_row_for_each_changed_column(
    with_history: Partnership, signed_in: SignIn
) -> None:
    response = signed_in("finance.wcc").get(f"{PATH}history.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        'attachment; filename="tri-borough-WCC-2013-14-Q1-history.csv"'
    )
    written = text(response)
    assert written.startswith("\ufeffat,by,action,version,status,reason,change,row,line,column,")
    rows = list(csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline="")))
    changed = [row for row in rows if row["version"] == "2" and row["change"] == "changed"]
    assert [(row["row"], row["column"], row["before"], row["after"]) for row in changed] == [
        ("2", "amount", "100.00", "120.00"),
        ("2", "note", "", "Two\nlines"),
    ]
    gone = [row for row in rows if row["change"] == "removed" and row["column"] == "note"]
    assert [row["before"] for row in gone] == ["'=Gone"]  # not a formula
    added = [row for row in rows if row["change"] == "added" and row["column"] == "amount"]
    assert "-3.50" in [row["after"] for row in added]  # still a number
    assert [row["action"] for row in rows if row["change"] == ""][:1] == ["submitted"]
    assert ("forecast library-service", "this_year", "50.00") in [
        (row["line"], row["column"], row["after"]) for row in rows
    ]


def test_a_history_as_json_is_complete(with_history: Partnership, signed_in: SignIn) -> None:
    response = signed_in("auditor").get(f"{PATH}history.json")
    assert response["Content-Type"] == "application/json"
    document = json.loads(text(response))
    assert (document["council"], document["period"]) == ("WCC", "2013-14-Q1")
    assert [event["action"] for event in document["events"]][:3] == [
        "saved",
        "saved",
        "forecasts saved",
    ]
    assert [event["hash"] for event in document["events"]] == list(
        Event.objects.about("return", "WCC/2013-14-Q1").values_list("hash", flat=True)
    )
    assert document["events"][1]["changes"][1]["columns"]["amount"] == {
        "before": "100.00",
        "after": "120.00",
    }
    assert signed_in("auditor").get(f"{PATH}history.pdf").status_code == 404


# --- All events ----------------------------------------------------------------------


def test_an_auditor_sees_all_events(with_history: Partnership, signed_in: SignIn) -> None:
    response = signed_in("auditor").get("/history/")
    page = read(response)
    assert f"{Event.objects.count()} events, the latest first." in page.words
    assert "Everything that was done: who did it, when" in page.words
    assert page.words.index("Certified Return WCC/2013-14-Q1") < page.words.index("Opened Period")
    assert reverse("return-history", args=["WCC", "2013-14-Q1"]) in page.hrefs
    assert page.inline == []
    own = read(signed_in("finance.wcc").get("/history/"))
    assert "What was done in your council’s name" in own.words
    assert "10 events, the latest first." in own.words
    assert "Opened Period" not in own.words


def test_events_are_narrowed_as_asked(with_history: Partnership, signed_in: SignIn) -> None:
    client = signed_in("auditor")
    asked = "?chain=WCC&subject=return&by=s151.wcc&from=2013-07-05&to=2013-07-06"
    page = read(client.get(f"/history/{asked}"))
    assert "2 events, the latest first." in page.words
    assert {name: page.forms[-1].sent[name] for name in ("chain", "by", "from", "to")} == {
        "chain": "WCC",
        "by": "s151.wcc",
        "from": "2013-07-05",
        "to": "2013-07-06",
    }
    assert f"/history/events.jsonl{asked}" in page.hrefs
    refused = client.get("/history/?from=2013-07-06&to=2013-07-05")
    assert refused.status_code == 422
    assert "The last day comes before the first. Choose a later one." in read(refused).words
    assert "0 events" in read(client.get("/history/?chain=NOWHERE")).words


def test_a_page_of_events_takes_a_fixed_number_of_queries(
    with_history: Partnership, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, taken = signed_in("auditor"), []
    for size in (1, 10):
        monkeypatch.setattr("savings.history.views.EVENTS_A_PAGE", size)
        with CaptureQueriesContext(connection) as captured:
            client.get("/history/")
        taken.append(len(captured))
    assert taken == [taken[0]] * 2


def test_events_as_json_lines_can_be_checked(with_history: Partnership, signed_in: SignIn) -> None:
    response = signed_in("auditor").get("/history/events.jsonl?chain=WCC")
    assert response["Content-Type"] == "application/x-ndjson"
    events = [json.loads(line) for line in text(response).splitlines()]
    assert len(events) == Event.objects.filter(chain="WCC").count()
    assert first_break((e.pop("previous_hash"), e.pop("hash"), e) for e in events) is None
    partnership = text(signed_in("auditor").get("/history/events.jsonl?chain=partnership"))
    chains = [json.loads(line)["chain"] for line in partnership.splitlines()]
    assert chains == ["partnership"] * Event.objects.filter(chain="partnership").count() != []
    assert text(signed_in("finance.lbhf").get("/history/events.jsonl")) == ""


def test_events_as_csv_can_be_read_by_people(with_history: Partnership, signed_in: SignIn) -> None:
    written = text(signed_in("finance.wcc").get("/history/events.csv"))
    rows = list(csv.DictReader(io.StringIO(written.removeprefix("\ufeff"), newline="")))
    assert [row["action"] for row in rows][:2] == ["saved", "saved"]
    assert json.loads(rows[0]["after"])["version"] == 1
    assert signed_in("finance.wcc").get("/history/events.xlsx").status_code == 404
    assert signed_in("finance.wcc").get("/history/events.csv?from=x").status_code == 422
