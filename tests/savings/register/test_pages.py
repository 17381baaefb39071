"""The register's pages: what is shown and stored, and that a file is stored whole or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Event
from savings.drivers.actions import create_driver
from savings.drivers.models import Driver, DriverValue, Restatement
from savings.drivers.reports import drivers, history
from sovereignty.models import Council, User
from tests.partnership import NOW, Partnership
from tests.savings.tables import table_headed

HEAD = b"council,effective_from,value,source\n"
WHOLE = HEAD + b"LBHF,2013-14-Q1,71,Count\nRBKC,2013-14-Q1,80,Count\nWCC,2013-14-Q1,281,Count\n"


def signed_in(partnership: Partnership, username: str) -> Client:
    client = Client()
    client.force_login(partnership.people[username], "django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def client(partnership: Partnership) -> Client:
    return signed_in(partnership, "programme.office")


@pytest.fixture
def cases(partnership: Partnership) -> Driver:
    return create_driver(
        code="cases", name="Cases", unit="cases", by=partnership.finance("WCC"), at=NOW
    )


def send(client: Client, content: bytes) -> int:
    file = SimpleUploadedFile("values.csv", content, "text/csv")
    return client.post("/drivers/cases/file/", {"file": file}).status_code


def test_a_file_is_stored_whole_and_shown_over_time(client: Client, cases: Driver) -> None:
    assert send(client, WHOLE) == 302
    assert send(client, HEAD + b"WCC,2013-14-Q2,300,Recount\n") == 302
    page = client.get("/drivers/cases/")
    assert table_headed(page, "From") == [
        ["2013/14 Q1", "71", "80", "281"],
        ["2013/14 Q2", "71", "80", "300"],
    ]
    assert "Westminster has the most from 2013/14 Q2 on: 300 of 451 cases." in (
        page.content.decode()
    )
    assert Event.objects.filter(subject="driver value").count() == 4


def test_a_file_with_a_mistake_in_one_row_stores_nothing(client: Client, cases: Driver) -> None:
    DriverValue.objects.create(
        driver=cases,
        council=Council.objects.get(code="WCC"),
        effective_from="2013-14-Q1",
        value=1,
        source="Before",
        provenance="reported",
    )
    file = SimpleUploadedFile("values.csv", WHOLE, "text/csv")
    answer = client.post("/drivers/cases/file/", {"file": file})
    assert answer.status_code == 422
    (row,) = table_headed(answer, "Row")
    assert row[:3] == ["4", "effective_from", "2013-14-Q1"]
    assert DriverValue.objects.count() == 1
    assert send(client, HEAD + b"WCC,2013-14-Q3,-5,x\n") == 422
    assert client.post("/drivers/cases/file/").status_code == 422


def test_a_value_is_added_and_a_form_with_mistakes_keeps_its_text(
    client: Client, cases: Driver
) -> None:
    given = {
        "council": "WCC",
        "effective_from": "2013-14-Q1",
        "value": "12,5",
        "source": "Count",
    }
    answer = client.post("/drivers/cases/values/", given)
    assert answer.status_code == 422
    assert 'value="12,5"' in answer.content.decode()
    answer = client.post("/drivers/cases/values/", {**given, "effective_from": ""})
    assert "Enter a quarter, such as 2013-14-Q3." in answer.content.decode()
    given["value"] = "12.5"
    assert client.post("/drivers/cases/values/", given).status_code == 302
    assert client.post("/drivers/cases/values/", given).status_code == 409
    assert DriverValue.objects.get().value == Decimal("12.5")


@pytest.mark.parametrize("username", ["finance.lbhf", "s151.lbhf"])
def test_a_council_can_add_and_restate_only_its_own_values(
    partnership: Partnership, client: Client, cases: Driver, username: str
) -> None:
    send(client, WHOLE)
    lbhf = signed_in(partnership, username)
    page = lbhf.get("/drivers/cases/").content.decode()
    assert (page.count(">Restate<"), page.count("<option")) == (1, 2)
    given = {"council": "LBHF", "effective_from": "2013-14-Q2", "value": "72", "source": "Count"}
    assert lbhf.post("/drivers/cases/values/", {**given, "council": "WCC"}).status_code == 403
    assert lbhf.post("/drivers/cases/values/", given).status_code == 302

    theirs, own = DriverValue.objects.get(council__code="WCC"), DriverValue.objects.first()
    assert own is not None
    said = {"value": "9800", "source": "I say so"}
    assert lbhf.get(f"/drivers/cases/values/{theirs.id}/restate/").status_code == 403
    assert lbhf.post(f"/drivers/cases/values/{theirs.id}/restate/", said).status_code == 403
    assert lbhf.post(f"/drivers/cases/values/{own.id}/restate/", said).status_code == 302
    assert Restatement.objects.get().restates == own
    assert DriverValue.objects.count() == 4


def test_a_file_with_another_councils_value_names_that_council(
    partnership: Partnership, cases: Driver
) -> None:
    file = SimpleUploadedFile("values.csv", WHOLE, "text/csv")
    answer = signed_in(partnership, "finance.wcc").post("/drivers/cases/file/", {"file": file})
    rule = (
        "Only the programme office and the council's own officers can give or restate its values."
    )
    assert answer.status_code == 422
    assert table_headed(answer, "Row") == [
        ["2", "council", "LBHF", f"This is Hammersmith & Fulham's value. {rule}"],
        ["3", "council", "RBKC", f"This is Kensington & Chelsea's value. {rule}"],
    ]
    assert DriverValue.objects.count() == 0


def test_a_restatement_leaves_the_value_unchanged_and_never_changes(
    client: Client, cases: Driver
) -> None:
    send(client, WHOLE)
    value = DriverValue.objects.get(council__code="WCC")
    address = f"/drivers/cases/values/{value.id}/restate/"
    assert client.post(address, {"value": "281", "source": "x"}).status_code == 422
    assert client.post(address, {"value": "x", "source": ""}).status_code == 422
    assert client.post(address, {"value": "290", "source": "Audited"}).status_code == 302
    value.refresh_from_db()
    assert value.value == 281
    assert Restatement.objects.values_list("value", "source").get() == (Decimal(290), "Audited")
    with pytest.raises(DatabaseError), transaction.atomic():
        Restatement.objects.update(value=1)
    assert "Audited" in client.get("/drivers/cases/").content.decode()


@pytest.mark.parametrize("username", ["councillor.wcc", "auditor"])
def test_people_who_may_only_read_can_read_and_not_write(
    partnership: Partnership, client: Client, cases: Driver, username: str
) -> None:
    send(client, WHOLE)
    reader = Client()
    reader.force_login(partnership.people[username], "django.contrib.auth.backends.ModelBackend")
    value = DriverValue.objects.first()
    assert value is not None
    assert "Add a value" not in reader.get("/drivers/cases/").content.decode()
    assert send(reader, WHOLE) == 403
    for address, data in (
        ("/drivers/", {"code": "x", "name": "x", "unit": "x"}),
        ("/drivers/cases/values/", {}),
        (f"/drivers/cases/values/{value.id}/restate/", {"value": "1", "source": "x"}),
    ):
        assert reader.post(address, data).status_code == 403
    assert (DriverValue.objects.count(), Driver.objects.count()) == (3, 1)


def test_two_drivers_can_not_have_one_code(client: Client, cases: Driver) -> None:
    another = {"code": "posts", "name": "Posts", "unit": "posts"}
    assert client.post("/drivers/", {**another, "unit": ""}).status_code == 422
    assert client.post("/drivers/", another).status_code == 302
    assert client.post("/drivers/", another).status_code == 409
    assert client.get("/drivers/nothing/").status_code == 404
    assert [driver.code for driver in drivers()] == ["cases", "posts"]


def test_the_pages_take_as_many_queries_for_six_values_as_for_one(
    client: Client, cases: Driver
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            history(cases)
            list(drivers())
        return len(queries)

    send(client, HEAD + b"WCC,2013-14-Q1,1,x\n")
    one = count()
    send(client, HEAD + b"LBHF,2013-14-Q1,1,x\nRBKC,2013-14-Q1,1,x\nWCC,2013-14-Q2,1,x\n")
    finance = User.objects.get(username="finance.wcc")
    create_driver(code="posts", name="P", unit="p", by=finance, at=NOW)
    assert count() == one
