"""Several people in one return at the same moment: one wins, and nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from audit.models import Event
from savings.agreements.actions import answer
from savings.calendar.actions import close_period
from savings.certification.actions import certify, send_back, submit, withdraw
from savings.filling.actions import replace_entries
from savings.forecasts.actions import replace_forecasts
from savings.returns.models import DirtyReturn, Entry, Return
from savings.rollup.actions import roll_up_dirty, roll_up_everything
from savings.rollup.models import Fact
from tests.at_once import at_once, kinds, right_after_recording
from tests.calling import Caller
from tests.partnership import NOW, Q1, Partnership, a_saving, build
from tests.savings.forecasts.conftest import a_forecast, make_plans

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partnership() -> Partnership:
    return build()


def test_exactly_one_of_many_saves_with_one_version_wins(partnership: Partnership) -> None:
    parent = partnership.draft("WCC", a_saving(amount="1"))
    finance = partnership.finance("WCC")

    def save(number: int) -> Callable[[], Return]:
        rows = [(row, a_saving(amount=str(number))) for row in range(1, 4)]
        return lambda: replace_entries(
            return_id=parent.id, version=1, rows=rows, by=finance, at=NOW
        )

    results = at_once(*(save(number) for number in range(10, 16)))
    assert kinds(results) == ["Return"] + ["StaleVersion"] * 5
    (winner,) = [number for number, result in enumerate(results) if isinstance(result, Return)]
    assert list(Entry.objects.values_list("amount", flat=True)) == [10 + winner] * 3
    assert partnership.parent("WCC").version == 2
    assert Event.objects.about("return", "WCC/2013-14-Q1").count() == 2
    assert Event.objects.first_break("WCC") is None


def test_a_save_is_answered_with_what_it_stored_even_if_somebody_saves_next(
    partnership: Partnership,
) -> None:
    """Otherwise the caller would continue from a version that somebody else has made."""
    parent, finance = partnership.parent("WCC"), partnership.finance("WCC")

    def save_next() -> Return:
        rows = [(1, a_saving(amount="2"))]
        return replace_entries(return_id=parent.id, version=1, rows=rows, by=finance, at=NOW)

    caller = Caller(finance)
    with right_after_recording(save_next) as next_one:
        answer = caller.put(
            "returns/WCC/2013-14-Q1/", {"version": 0, "entries": [a_saving(amount="1")]}
        ).json()

    assert (answer["version"], [row["amount"] for row in answer["entries"]]) == (1, ["1.00"])
    assert kinds(next_one) == ["Return"]
    assert partnership.parent("WCC").version == 2


def test_a_step_is_answered_with_its_result_even_if_somebody_takes_the_next(
    partnership: Partnership,
) -> None:
    parent, finance = partnership.draft("WCC", a_saving()), partnership.finance("WCC")
    caller = Caller(finance)
    with right_after_recording(
        lambda: withdraw(return_id=parent.id, version=2, by=finance, at=NOW)
    ) as next_one:
        answer = caller.post("returns/WCC/2013-14-Q1/submit/", {"version": 1}).json()

    assert (answer["version"], answer["status"]) == (2, "submitted")
    assert kinds(next_one) == ["Return"]
    assert partnership.parent("WCC").status == "draft"


def test_forecasts_are_answered_with_what_was_stored_even_if_somebody_saves_next(
    partnership: Partnership,
) -> None:
    make_plans()
    parent, finance = partnership.parent("WCC"), partnership.finance("WCC")

    def save_next() -> Return:
        rows = [(1, a_forecast(this_year="2"))]
        return replace_forecasts(return_id=parent.id, version=1, rows=rows, by=finance, at=NOW)

    caller = Caller(finance)
    with right_after_recording(save_next) as next_one:
        answer = caller.put(
            "returns/WCC/2013-14-Q1/forecasts/",
            {"version": 0, "forecasts": [a_forecast(this_year="1")]},
        ).json()

    assert answer["version"] == 1
    assert [row["this_year"] for row in answer["forecasts"]] == ["1.00"]
    assert kinds(next_one) == ["Return"]
    assert partnership.parent("WCC").version == 2


def test_a_save_and_a_submission_do_not_both_happen(partnership: Partnership) -> None:
    parent = partnership.draft("WCC", a_saving(amount="1"))
    finance = partnership.finance("WCC")
    results = at_once(
        lambda: replace_entries(
            return_id=parent.id,
            version=1,
            rows=[(1, a_saving(amount="2"))],
            by=finance,
            at=NOW,
        ),
        lambda: submit(return_id=parent.id, version=1, by=finance, at=NOW),
    )
    assert kinds(results) == ["Return", "StaleVersion"]
    saved = isinstance(results[0], Return)
    stored = partnership.parent("WCC")
    assert (stored.status, int(stored.entries.get().amount), stored.version) == (
        ("draft", 2, 2) if saved else ("submitted", 1, 2)
    )


def test_a_return_is_certified_once_or_sent_back_but_never_both(partnership: Partnership) -> None:
    parent = partnership.submitted("WCC", a_saving())
    s151 = partnership.s151("WCC")
    given = {"return_id": parent.id, "version": parent.version, "by": s151, "at": NOW}
    results = at_once(
        lambda: certify(**given),  # type: ignore[arg-type]
        lambda: certify(**given),  # type: ignore[arg-type]
        lambda: send_back(reason="Why", **given),  # type: ignore[arg-type]
    )
    assert kinds(results) == ["Return", "StaleVersion", "StaleVersion"]
    certified = partnership.parent("WCC").status == Return.Status.CERTIFIED
    assert DirtyReturn.objects.count() == int(certified)
    assert isinstance(results[2], Return) is not certified


def test_a_quarter_is_closed_only_once(partnership: Partnership) -> None:
    for code in partnership.councils:
        partnership.certified(code)
    office = partnership.people["programme.office"]
    results = at_once(*[lambda: close_period(quarter=Q1, by=office, at=NOW)] * 3)
    assert kinds(results) == ["Period", "WrongState", "WrongState"]
    assert Event.objects.about("period", "2013-14-Q1").count() == 2


def test_no_entry_gets_into_a_return_while_it_is_certified(partnership: Partnership) -> None:
    """A writer who goes past the actions locks the return until the transaction ends."""
    parent = partnership.submitted("WCC", a_saving(amount="1"))
    written, certified = threading.Event(), threading.Event()

    def slip_in() -> bool:
        with transaction.atomic():
            Entry.objects.create(
                parent=parent,
                position=2,
                service=partnership.services["cex"],
                kind="ongoing_cost",
                scope="own",
                amount=5,
            )
            written.set()
            # The certification waits for this transaction, so it can't be done before.
            return certified.wait(timeout=1)

    def sign() -> None:
        written.wait(timeout=20)
        certify(return_id=parent.id, version=2, by=partnership.s151("WCC"), at=NOW)
        certified.set()

    assert at_once(slip_in, sign) == [False, None]
    event = Event.objects.about("return", "WCC/2013-14-Q1").last()
    assert event is not None
    assert event.after is not None
    assert {name: event.after[name] for name in ("status", "version", "sums")} == {
        "status": "certified",
        "version": 3,
        "sums": {"ongoing_cost": "5.00", "saving": "1.00"},
    }


def test_an_answer_waits_for_a_certification_and_misses_nothing(partnership: Partnership) -> None:
    """Either way round, the incremental rollup gives the same as a full one."""
    rule = partnership.rule(
        "libraries", {"LBHF": "1/3", "RBKC": "1/3", "WCC": "1/3"}, agreed_by=["LBHF", "RBKC"]
    )
    parent = partnership.submitted("WCC", a_saving(amount="3"))

    def agree() -> object:
        return answer(
            decision_id=rule.decision_id,
            agree=True,
            minute_reference="1",
            by=partnership.s151("WCC"),
            at=NOW,
        )

    def certify_it() -> object:
        return certify(return_id=parent.id, version=2, by=partnership.s151("WCC"), at=NOW)

    results = at_once(agree, certify_it, lambda: roll_up_dirty(at=NOW))
    assert kinds(results) == ["Consent", "Return", "RollupState"]
    bit_by_bit = roll_up_dirty(at=NOW)
    parts = list(Fact.objects.order_by("council__code").values_list("council__code", "pence"))
    assert parts == [("LBHF", 100), ("RBKC", 100), ("WCC", 100)]
    assert roll_up_everything(at=NOW).digest == bit_by_bit.digest


def test_a_certification_waits_for_an_answer_that_is_being_given(
    partnership: Partnership,
) -> None:
    rule = partnership.rule("libraries", {"LBHF": "1/2", "RBKC": "1/2", "WCC": "0"}, agreed_by=())
    parent = partnership.submitted("WCC", a_saving(amount="3"))
    done = threading.Event()

    def certify_it() -> None:
        try:
            certify(return_id=parent.id, version=2, by=partnership.s151("WCC"), at=NOW)
        finally:
            connection.close()
            done.set()

    thread = threading.Thread(target=certify_it)
    with transaction.atomic():
        answer(
            decision_id=rule.decision_id,
            agree=True,
            minute_reference="1",
            by=partnership.s151("WCC"),
            at=NOW,
        )
        thread.start()
        assert not done.wait(0.5)
    thread.join(timeout=20)
    assert partnership.parent("WCC").status == "certified"
