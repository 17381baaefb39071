"""`manage.py load_record` and `manage.py reconcile_record`."""

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from savings.record.models import Figure
from savings.rollup.models import RollupState
from tests.savings.record.conftest import Spoil


def reconciled(folder: Path) -> tuple[str, int]:
    """What the command printed, and its exit code."""
    out = StringIO()
    try:
        call_command("reconcile_record", folder=folder, stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(str(ended.code))
    return out.getvalue(), 0


def test_the_record_reconciles_without_a_database() -> None:
    printed, code = reconciled(settings.RECORD_DIR)
    assert code == 0
    assert printed.splitlines()[-1] == (
        "1172 figures in 56 tables: 48 known differences, 0 not listed, 0 listed but gone"
    )
    # With both figures and the reason.
    assert (
        "  - Total, Total: the sum of its column\n"
        "      printed 122, derived 120 posts (difference +2)\n"
        "      Rows and columns both come to 120, so the grand total is the slip.\n"
    ) in printed


def test_a_changed_figure_is_a_new_difference(spoil: Spoil) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        (row,) = [
            row
            for row in rows
            if row["table"] == "progress-2013-delivered" and row["row"] == "Adults"
        ]
        row["value"] = "2.95"

    printed, code = reconciled(spoil("figures/progress-2013.csv", change))
    assert code == 1
    assert "NOT LISTED as known" in printed
    assert "printed 9.92, derived 10.02 GBP million (difference -0.10)" in printed
    assert printed.splitlines()[-1] == (
        "1172 figures in 56 tables: 48 known differences, 2 not listed, 0 listed but gone"
    )


def test_a_listed_difference_that_no_longer_occurs_is_reported(spoil: Spoil) -> None:
    def change(rows: list[dict[str, str]]) -> None:
        (row,) = [
            row
            for row in rows
            if (row["table"], row["row"], row["column"])
            == ("proposals-2011-legal-staff", "Total", "Total")
        ]
        row["value"] = "120"

    printed, code = reconciled(spoil("figures/proposals-2011.csv", change))
    assert code == 1
    assert (
        "LISTED, BUT NO LONGER FOUND: proposals-2011-legal-staff/down/total/total "
        "(printed 122, derived 120)"
    ) in printed


def test_files_that_cannot_be_read_are_an_error(spoil: Spoil) -> None:
    folder = spoil("checks.csv", lambda rows: rows[0].update(compare="guess"))
    with pytest.raises(CommandError) as caught:
        call_command("reconcile_record", folder=folder)
    assert str(caught.value) == "checks.csv, line 2: compare is neither sum nor words."


@pytest.mark.django_db(transaction=True)
def test_loading_rolls_up_what_it_certified() -> None:
    out = StringIO()
    call_command("load_record", stdout=out)
    assert out.getvalue() == (
        "The record: 1172 figures in 56 tables of 5 documents, 184 plan lines, "
        "82 services, 5 drivers, 48 differences\n"
    )
    assert RollupState.objects.get().version == 1
    call_command("load_record", stdout=out)
    assert RollupState.objects.get().version == 1


@pytest.mark.django_db
def test_loading_says_what_is_wrong_and_loads_nothing(spoil: Spoil) -> None:
    folder = spoil("plans.csv", lambda rows: rows.append(rows[0]))
    with pytest.raises(CommandError) as caught:
        call_command("load_record", folder=folder)
    assert str(caught.value) == ("Nothing was loaded.\nPlan “proposals-2011” is given 2 times.")
    assert not Figure.objects.exists()
