"""The made-up world of the measurements is valid, and its rollup adds up.

So are the files that are uploaded: every format has the same rows, and COPY adds the same.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from bench.generate import NOW, World, generate
from bench.uploading import Uploading, a_file
from bench.uploads import FORMATS, Measured, corpus_sentence, table
from finance.money import to_pence
from savings.certification.actions import certify
from savings.returns.models import Entry, Return
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import Fact, Total
from savings.uploads.imports import read
from savings.uploads.models import Upload
from tests.partnership import Partnership

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return generate(200, years=2, waiting=3, entries_waiting=10)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All that the rollup holds, apart from row ids."""
    return {
        "facts": list(
            Fact.objects.order_by("entry_id", "council_id").values_list(
                "entry_id", "parent_id", "council_id", "pence", "rule_id", "illustrative"
            )
        ),
        "totals": list(
            Total.objects.current()
            .order_by("parent_id", "service_id", "council_id", "kind")
            .values_list(
                "parent_id", "quarter", "service_id", "council_id", "kind", "pence", "entries"
            )
        ),
    }


def test_the_same_seed_makes_the_same_world(world: World) -> None:
    certified = Entry.objects.filter(parent__status=Return.Status.CERTIFIED)

    assert certified.count() == world.entries == 200
    assert certified.aggregate(sum=Sum("amount"))["sum"] == Decimal("36440155.01")
    assert set(certified.values_list("kind", flat=True)) == set(Entry.Kind.values)
    assert certified.filter(corrects__isnull=False).exists()
    assert [len(Entry.objects.filter(parent=parent)) for parent, _ in world.waiting] == [10] * 3


def test_a_second_full_rollup_adds_no_rows(world: World) -> None:
    roll_up_everything(at=NOW)
    before = list(Total.objects.order_by("id").values())

    roll_up_everything(at=NOW + timedelta(days=1))

    assert list(Total.objects.order_by("id").values()) == before


def test_an_incremental_and_a_full_rollup_agree(world: World) -> None:
    roll_up_everything(at=NOW)
    for parent_id, certifier in world.waiting:
        certify(return_id=parent_id, version=2, by=certifier, at=NOW)
        incremental = roll_up_dirty(at=NOW)
    found = everything()

    full = roll_up_everything(at=NOW)

    assert incremental.digest == full.digest
    assert found == everything()


def test_facts_and_totals_add_up_to_the_entries(world: World) -> None:
    roll_up_everything(at=NOW)

    certified = Entry.objects.filter(parent__status=Return.Status.CERTIFIED)
    amounts = dict(certified.order_by("kind").values_list("kind").annotate(sum=Sum("amount")))
    for kind, amount in amounts.items():
        facts = Fact.objects.filter(entry__kind=kind).aggregate(sum=Sum("pence"))["sum"]
        totals = Total.objects.current().filter(kind=kind).aggregate(sum=Sum("pence"))["sum"]
        assert facts == totals == to_pence(amount)
    assert Total.objects.current().filter(council__isnull=True).exists()
    assert Total.objects.current().filter(council__isnull=False).exists()


def test_every_format_of_a_file_has_the_same_rows() -> None:
    rows = {name: read(a_file(name, 300)).rows for name in FORMATS}

    assert len(rows["csv"]) == 300
    assert {name: amounts(found) for name, found in rows.items()} == dict.fromkeys(
        FORMATS, amounts(rows["csv"])
    )


def amounts(rows: list[tuple[int, dict[str, object]]]) -> list[tuple[object, ...]]:
    """Number, amount and note of each row; a workbook says 7 where a person types 7.00."""
    return [
        (number, Decimal(str(columns["amount"])), columns.get("note")) for number, columns in rows
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_copy_an_upload_and_the_pages_add_the_same_rows(
    name: str, partnership: Partnership, monkeypatch: pytest.MonkeyPatch
) -> None:
    # VACUUM can't run inside a transaction, and a test is in one.
    monkeypatch.setattr("bench.uploading.tidy", lambda: None)
    upload, content = Uploading("WCC"), a_file(name, 300)
    upload.by_api(content)
    rows = upload.as_text()

    upload.clear()
    assert upload.count() == 0
    upload.by_copy(rows)
    assert upload.as_text() == rows

    upload.clear()
    upload.keep(content)
    assert upload.count() == 0
    upload.store()
    assert upload.count() == 300
    assert Upload.objects.get().state == Upload.State.STORED


def test_the_report_on_uploads_is_a_table() -> None:
    measured = Measured(
        rows=1_000,
        bytes=dict.fromkeys(FORMATS, 2048),
        copy=[0.1, 0.2],
        api={name: [0.5, 0.4] for name in FORMATS},
        check={name: [0.3, 0.3] for name in FORMATS},
        store={name: [0.25, 0.25] for name in FORMATS},
        memory=dict.fromkeys(FORMATS, 12.0),
    )

    lines = table([measured]).splitlines()

    assert lines[:7] == [
        "| | 1,000 rows |",
        "|---|---:|",
        "| Yardstick: bare COPY of the rows | 150 ms (100 ms to 200 ms) |",
        "| CSV through the API | 450 ms (400 ms to 500 ms) |",
        "| CSV: rows a second | 2,222 |",
        "| **CSV ÷ COPY** (at most 10) | **3.50 (2.00 to 5.00)** |",
        "| CSV on the pages: checked, then stored | 300 ms, then 250 ms |",
    ]
    assert corpus_sentence({"a": 10.0, "b": 40.0, "c": 20.0}) == (
        "Memory for the 3 bad files of the corpus, each sent, kept, checked and marked, one after "
        "the other in one process: at most **40 MB** above idle, of 256 MB allowed; median 20 MB. "
        "Most: “b” (40 MB), “c” (20 MB), “a” (10 MB)."
    )
    assert corpus_sentence({"a": None}) == (
        "Memory for the 1 bad files: not measured on this machine."
    )
