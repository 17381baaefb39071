"""Who gets what at every address: one table for the pages and one for the API.

Each row has a method, an address and a status for each of `PEOPLE`. An address of the site that
has no row fails, and so does a method that an address answers without one. What an address shows
is tested with its package; who it is shown to is tested here, and in more states of a return in
`tests/savings/certification/test_pages_who.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, ResolverMatch, URLResolver, get_resolver, resolve, reverse

from savings.fairness.actions import propose_test
from savings.kit.provenance import Provenance
from savings.plans.models import Plan, PlanLine
from savings.record.models import SourceDocument
from savings.returns.questions.actions import ask
from savings.uploads.actions import check_upload, start_upload
from sovereignty.actions import invite
from sovereignty.invitations import names_in_link
from sovereignty.models import Role, User
from sovereignty.rules import PERMISSIONS
from tests.calling import ROOT, Caller, problem
from tests.kept import kept
from tests.partnership import NOW, Q2, Partnership, a_saving
from tests.savings.pages import not_found, refused

pytestmark = pytest.mark.django_db

#: In the order of the columns: nobody signed in, a person without an appointment, a councillor, a
#: finance officer of another council, Westminster's finance and section 151 officers, the
#: programme office and an auditor.
PEOPLE = (
    "a stranger",
    "newcomer",
    "councillor.wcc",
    "finance.lbhf",
    "finance.wcc",
    "s151.wcc",
    "programme.office",
    "auditor",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

PAGES = """
ANY   /                                                           302 302 302 302 302 302 302 302
GET   /sign-in/                                                   200 200 200 200 200 200 200 200
POST  /sign-in/                                                   200 200 200 200 200 200 200 200
PUT   /sign-in/                                                   200 200 200 200 200 200 200 200
POST  /sign-out/                                                  302 302 302 302 302 302 302 302
ANY   /favicon.ico                                                302 302 302 302 302 302 302 302
GET   /accessibility/                                             200 200 200 200 200 200 200 200
GET   /agreements/                                                302 403 200 200 200 200 200 200
GET   /agreements/{decision}/                                     302 403 200 200 200 200 200 200
GET   /agreements/{decision}/answer/                              302 403 302 302 302 302 302 302
POST  /agreements/{decision}/answer/                              302 403 403 403 403 302 403 403
GET   /agreements/{decision}/speak/                               302 403 302 302 302 302 302 302
POST  /agreements/{decision}/speak/                               302 403 403 403 403 409 409 403
GET   /agreements/{decision}/mediator/                            302 403 302 302 302 302 302 302
POST  /agreements/{decision}/mediator/                            302 403 403 403 403 409 409 403
GET   /agreements/{decision}/withdraw/                            302 403 302 302 302 302 302 302
POST  /agreements/{decision}/withdraw/                            302 403 403 422 403 403 422 403
GET   /agreements/propose-budget/                                 302 403 403 200 200 200 200 403
POST  /agreements/propose-budget/                                 302 403 403 422 422 422 422 403
GET   /agreements/propose/                                        302 403 403 200 200 200 200 403
POST  /agreements/propose/                                        302 403 403 422 422 422 422 403
GET   /calendar/                                                  302 403 200 200 200 200 200 200
GET   /calendar/open/                                             302 403 403 403 403 403 200 403
POST  /calendar/open/                                             302 403 403 403 403 403 422 403
GET   /calendar/2013-14-Q1/dates/                                 302 403 403 403 403 403 200 403
POST  /calendar/2013-14-Q1/dates/                                 302 403 403 403 403 403 422 403
GET   /calendar/2013-14-Q1/close/                                 302 302 302 302 302 302 302 302
POST  /calendar/2013-14-Q1/close/                                 302 403 403 403 403 403 409 403
GET   /calendar/2013-14-Q1/reopen/                                302 302 302 302 302 302 302 302
POST  /calendar/2013-14-Q1/reopen/                                302 403 403 403 403 403 409 403
GET   /board/                                                     302 403 200 200 200 200 200 200
GET   /board/2013-14.csv                                          302 403 200 200 200 200 200 200
GET   /boroughs/                                                  302 403 200 200 200 200 200 200
GET   /boroughs/WCC/                                              302 403 200 404 200 200 200 200
GET   /boroughs/WCC/2013-14-Q1-annex.csv                          302 403 200 404 200 200 200 200
GET   /boroughs/WCC/2013-14-Q1.csv                                302 403 200 404 200 200 200 200
GET   /comparison/                                                302 403 200 200 200 200 200 200
GET   /comparison/libraries/                                      302 403 200 200 200 200 200 200
GET   /dividing/                                                  302 403 200 200 200 200 200 200
GET   /dividing/2013-14-Q1/libraries/saving/                      302 403 403 200 200 200 200 403
POST  /dividing/2013-14-Q1/libraries/saving/                      302 403 403 409 409 409 409 403
GET   /drivers/                                                   302 403 200 200 200 200 200 200
POST  /drivers/                                                   302 403 403 422 422 422 422 403
GET   /drivers/tolerance/propose/                                 302 403 403 200 200 200 200 403
POST  /drivers/tolerance/propose/                                 302 403 403 422 422 422 422 403
GET   /drivers/visits/                                            302 403 200 200 200 200 200 200
GET   /drivers/visits/values/                                     302 403 302 302 302 302 302 302
POST  /drivers/visits/values/                                     302 403 403 422 422 422 422 403
GET   /drivers/visits/file/                                       302 403 302 302 302 302 302 302
POST  /drivers/visits/file/                                       302 403 403 422 422 422 422 403
GET   /drivers/visits/values/{value}/restate/                     302 403 403 403 200 200 200 403
POST  /drivers/visits/values/{value}/restate/                     302 403 403 403 422 422 422 403
GET   /drivers/visits/restatements/{restatement}/                 302 403 200 200 200 200 200 200
GET   /drivers/visits/restatements/{restatement}/add/             302 403 302 302 302 302 302 302
POST  /drivers/visits/restatements/{restatement}/add/             302 403 422 422 409 403 403 403
GET   /entries/                                                   302 403 200 200 200 200 200 200
GET   /entries/{entry}/                                           302 403 404 404 200 200 200 200
GET   /forecasts/                                                 302 403 200 200 200 200 200 200
GET   /forecasts/forecasts.csv                                    302 403 404 200 200 200 200 200
GET   /returns/WCC/2013-14-Q1/forecasts/                          302 404 404 404 200 200 200 200
POST  /returns/WCC/2013-14-Q1/forecasts/                          302 404 404 404 422 403 403 403
GET   /history/                                                   302 403 200 200 200 200 200 200
GET   /history/events.csv                                         302 403 200 200 200 200 200 200
GET   /questions/WCC/2013-14-Q2/{entry}/                          302 404 404 404 403 200 200 403
POST  /questions/WCC/2013-14-Q2/{entry}/                          302 404 404 404 403 422 422 403
GET   /questions/{question}/answer/                               302 404 404 404 200 403 403 403
POST  /questions/{question}/answer/                               302 404 404 404 422 403 403 403
GET   /fairness/                                                  302 403 200 200 200 200 200 200
GET   /fairness/fairness.csv                                      302 403 200 200 200 200 200 200
GET   /fairness/propose/                                          302 403 403 200 200 200 200 403
POST  /fairness/propose/                                          302 403 403 422 422 422 422 403
GET   /record/                                                    302 403 200 200 200 200 200 200
GET   /record/differences/                                        302 403 200 200 200 200 200 200
GET   /record/plans/                                              302 403 200 200 200 200 200 200
GET   /record/services/                                           302 403 200 200 200 200 200 200
GET   /record/documents/report/                                   302 403 200 200 200 200 200 200
GET   /record/figures/                                            302 403 200 200 200 200 200 200
GET   /record/figures.csv                                         302 403 200 200 200 200 200 200
GET   /returns/                                                   302 403 200 200 200 200 200 200
GET   /returns/WCC/2013-14-Q1/                                    302 404 404 404 200 200 200 200
GET   /returns/WCC/2013-14-Q1/history/                            302 403 404 404 200 200 200 200
GET   /returns/WCC/2013-14-Q1/history.csv                         302 403 404 404 200 200 200 200
GET   /returns/WCC/2013-14-Q1/as-it-stood/                        302 403 404 404 200 200 200 200
GET   /returns/WCC/2013-14-Q1/edit/                               302 404 404 404 200 403 403 403
POST  /returns/WCC/2013-14-Q1/edit/                               302 404 404 404 422 403 403 403
POST  /returns/WCC/2013-14-Q1/edit/save/                          302 404 404 404 422 403 403 403
POST  /returns/WCC/2013-14-Q1/edit/paste/                         302 404 404 404 422 403 403 403
GET   /returns/WCC/2013-14-Q1/submit/                             302 404 404 404 302 302 302 302
POST  /returns/WCC/2013-14-Q1/submit/                             302 404 404 404 302 403 403 403
GET   /returns/WCC/2013-14-Q2/withdraw/                           302 404 404 404 200 403 403 403
POST  /returns/WCC/2013-14-Q2/withdraw/                           302 404 404 404 422 403 403 403
GET   /returns/WCC/2013-14-Q2/send-back/                          302 404 404 404 403 200 403 403
POST  /returns/WCC/2013-14-Q2/send-back/                          302 404 404 404 403 422 403 403
GET   /returns/WCC/2013-14-Q2/certify/                            302 404 404 404 403 302 403 403
POST  /returns/WCC/2013-14-Q2/certify/                            302 404 404 404 403 422 403 403
GET   /returns/WCC/2013-14-Q1/template.csv                        302 404 404 404 200 200 200 200
GET   /returns/WCC/2013-14-Q1/upload/                             302 404 404 404 200 403 403 403
POST  /returns/WCC/2013-14-Q1/upload/                             302 404 404 404 422 403 403 403
GET   /returns/WCC/2013-14-Q1/uploads/{upload}/                   302 404 404 404 200 403 403 403
GET   /returns/WCC/2013-14-Q1/uploads/{upload}/store/             302 404 404 404 302 403 403 403
POST  /returns/WCC/2013-14-Q1/uploads/{upload}/store/             302 404 404 404 409 403 403 403
GET   /returns/WCC/2013-14-Q1/uploads/{upload}/discard/           302 404 404 404 302 403 403 403
POST  /returns/WCC/2013-14-Q1/uploads/{upload}/discard/           302 404 404 404 302 403 403 403
GET   /returns/WCC/2013-14-Q1/uploads/{upload}/marked.xlsx        302 404 404 404 200 403 403 403
GET   /services/add/                                              302 403 403 403 403 403 200 403
POST  /services/add/                                              302 403 403 403 403 403 422 403
GET   /services/libraries/rename/                                 302 403 403 403 403 403 200 403
POST  /services/libraries/rename/                                 302 403 403 403 403 403 422 403
GET   /services/libraries/move/                                   302 403 403 403 403 403 200 403
POST  /services/libraries/move/                                   302 403 403 403 403 403 422 403
GET   /services/libraries/state/                                  302 403 403 403 403 403 200 403
POST  /services/libraries/state/                                  302 403 403 403 403 403 422 403
GET   /services/libraries/sharing/                                302 403 200 200 200 200 200 200
GET   /services/libraries/sharing/join/                           302 403 403 403 403 403 200 403
POST  /services/libraries/sharing/join/                           302 403 403 403 403 403 422 403
GET   /services/libraries/sharing/leave/                          302 403 403 403 403 403 200 403
POST  /services/libraries/sharing/leave/                          302 403 403 403 403 403 422 403
GET   /services/libraries/sharing/host/                           302 403 403 403 403 403 200 403
POST  /services/libraries/sharing/host/                           302 403 403 403 403 403 422 403
GET   /set-up/                                                    302 403 403 403 403 403 200 403
POST  /set-up/                                                    302 403 403 403 403 403 403 403
GET   /set-up/councils/                                           302 403 403 403 403 403 403 403
POST  /set-up/councils/                                           302 403 403 403 403 403 403 403
GET   /set-up/drivers/                                            302 403 403 200 200 200 200 403
POST  /set-up/drivers/                                            302 403 403 422 422 422 422 403
GET   /set-up/services/                                           302 403 403 403 403 403 200 403
POST  /set-up/services/                                           302 403 403 403 403 403 422 403
GET   /set-up/people/                                             302 403 403 403 403 403 403 403
POST  /set-up/people/                                             302 403 403 403 403 403 403 403
GET   /set-up/people/{invited}/link/                              302 403 403 403 403 403 403 403
POST  /set-up/people/{invited}/link/                              302 403 403 403 403 403 403 403
GET   /invitation/{who}/{token}/                                  200 200 200 200 200 200 200 200
POST  /invitation/{who}/{token}/                                  422 422 422 422 422 422 422 422
GET   /what-if/                                                   302 403 200 200 200 200 200 200
"""

#: Below the API's root.
CALLS = """
POST  token/                                                      422 422 422 422 422 422 422 422
GET   councils/                                                   401 403 200 200 200 200 200 200
GET   services/                                                   401 403 200 200 200 200 200 200
POST  services/                                                   401 403 403 403 403 403 422 403
GET   services/libraries/                                         401 403 200 200 200 200 200 200
PATCH services/libraries/                                         401 403 403 403 403 403 200 403
GET   services/libraries/sharing/                                 401 403 200 200 200 200 200 200
POST  services/libraries/participation/                           401 403 403 403 403 403 422 403
POST  services/libraries/leaving/                                 401 403 403 403 403 403 422 403
POST  services/libraries/host/                                    401 403 403 403 403 403 422 403
GET   periods/                                                    401 403 200 200 200 200 200 200
POST  periods/                                                    401 403 403 403 403 403 422 403
POST  periods/2013-14-Q1/dates/                                   401 403 403 403 403 403 422 403
POST  periods/2013-14-Q1/close/                                   401 403 403 403 403 403 409 403
POST  periods/2013-14-Q1/reopen/                                  401 403 403 403 403 403 422 403
GET   plans/                                                      401 403 200 200 200 200 200 200
GET   record/                                                     401 403 200 200 200 200 200 200
GET   plans/proposals/                                            401 403 200 200 200 200 200 200
GET   returns/                                                    401 403 200 200 200 200 200 200
GET   returns/WCC/2013-14-Q1/                                     401 403 404 404 200 200 200 200
PUT   returns/WCC/2013-14-Q1/                                     401 403 404 404 422 403 403 403
GET   returns/WCC/2013-14-Q1/history/                             401 403 404 404 200 200 200 200
POST  returns/WCC/2013-14-Q1/submit/                              401 403 404 404 422 403 403 403
POST  returns/WCC/2013-14-Q2/withdraw/                            401 403 404 404 422 403 403 403
POST  returns/WCC/2013-14-Q2/send-back/                           401 403 404 404 403 422 403 403
POST  returns/WCC/2013-14-Q2/certify/                             401 403 404 404 403 422 403 403
GET   returns/WCC/2013-14-Q1/forecasts/                           401 403 404 404 200 200 200 200
PUT   returns/WCC/2013-14-Q1/forecasts/                           401 403 404 404 422 403 403 403
GET   forecasts/                                                  401 403 200 200 200 200 200 200
GET   returns/WCC/2013-14-Q2/questions/                           401 403 404 404 200 200 200 200
POST  returns/WCC/2013-14-Q2/questions/                           401 403 404 404 403 422 422 403
POST  questions/{question}/answer/                                401 403 404 404 422 403 403 403
GET   board/                                                      401 403 200 200 200 200 200 200
POST  returns/WCC/2013-14-Q1/upload/                              401 403 404 404 415 403 403 403
GET   returns/WCC/2013-14-Q1/template.csv                         401 403 404 404 200 200 200 200
GET   drivers/                                                    401 403 200 200 200 200 200 200
POST  drivers/                                                    401 403 403 422 422 422 422 403
GET   driver-values/                                              401 403 200 200 200 200 200 200
POST  driver-values/                                              401 403 403 422 422 422 422 403
GET   driver-restatements/                                        401 403 200 200 200 200 200 200
POST  driver-restatements/                                        401 403 403 422 422 422 422 403
GET   driver-restatements/{restatement}/true-up/                  401 403 200 200 200 200 200 200
POST  driver-restatements/{restatement}/true-up/                  401 403 403 422 422 403 403 403
GET   driver-tolerances/                                          401 403 200 200 200 200 200 200
POST  driver-tolerances/                                          401 403 403 422 422 422 422 403
POST  driver-tolerances/{tolerance}/consent/                      401 403 403 403 403 422 403 403
GET   attribution-rules/                                          401 403 200 200 200 200 200 200
POST  attribution-rules/                                          401 403 403 422 422 422 422 403
GET   attribution-rules/{rule}/                                   401 403 200 200 200 200 200 200
POST  attribution-rules/{rule}/consent/                           401 403 403 403 403 422 403 403
GET   transition-approvals/                                       401 403 200 200 200 200 200 200
POST  transition-approvals/                                       401 403 403 422 422 422 422 403
POST  transition-approvals/moves/consent/                         401 403 403 403 403 422 403 403
GET   attribution/                                                401 403 200 200 200 200 200 200
GET   attribution/entries/{entry}/                                401 403 404 404 200 200 200 200
GET   events/                                                     401 403 200 200 200 200 200 200
GET   comparison/?plan=proposals                                  401 403 200 200 200 200 200 200
GET   reports/WCC/2013-14-Q1-annex.csv                            401 403 200 404 200 200 200 200
GET   reports/WCC/2013-14-Q1.csv                                  401 403 200 404 200 200 200 200
GET   rollup/                                                     401 403 200 200 200 200 200 200
GET   fairness/                                                   401 403 200 200 200 200 200 200
GET   fairness-tests/                                             401 403 200 200 200 200 200 200
POST  fairness-tests/                                             401 403 403 422 422 422 422 403
POST  fairness-tests/{test}/consent/                              401 403 403 403 403 422 403 403
GET   what-if/?service=cex&kind=saving&method=driver&driver=visits 401 403 200 200 200 200 200 200
GET   schema/                                                     200 200 200 200 200 200 200 200
GET   docs/                                                       200 200 200 200 200 200 200 200
"""

#: What is sent, where nothing would be refused for being nothing before it is asked who sends it.
SENT = {
    "/agreements/{decision}/answer/": {"agree": "yes", "minute_reference": "Cabinet, item 7"},
    "/drivers/visits/restatements/{restatement}/add/": {
        "return": "{draft}",
        "version": "{version}",
    },
    "/returns/WCC/2013-14-Q1/submit/": {"version": "{version}"},
}
#: Where the quarter is asked for as a form would: one that there is not is a mistake.
ASKED_FOR = {"borough-annex", "borough-download"}
#: Open to everybody, so what it answers to another method is a page too.
SHOWN_TO_PEOPLE = f"{ROOT}docs/"
#: What a refusal says to a person without an appointment; to others it says who may.
WHO_MAY = {"newcomer": "programme office"}
#: What an administrator does without an appointment, who sees nothing else.
OF_ADMINISTRATORS = "/set-up/"
WHO_MAY_CALL = {"newcomer": PERMISSIONS["sovereignty.see_partnership"][1]}

Names = dict[str, object]


@dataclass(frozen=True)
class Row:
    method: str
    address: str
    sent: dict[str, str]
    status: dict[str, int]


def rows_of(table: str, below: str, names: Names) -> list[Row]:
    """The rows of a table, with the ids that its addresses name."""
    rows = []
    for line in table.strip().splitlines():
        method, address, *statuses = line.split()
        sent = {name: value.format(**names) for name, value in SENT.get(address, {}).items()}
        status = dict(zip(PEOPLE, map(int, statuses), strict=True))
        rows.append(Row(method, below + address.format(**names), sent, status))
    return rows


@pytest.fixture
@kept
def names(partnership: Partnership) -> Names:
    """The ids of one of everything; Westminster's Q1 is a draft and its Q2 submitted."""
    partnership.people["newcomer"] = User.objects.create_user("newcomer")
    administrator = User.objects.create_superuser("administrator")
    invited = invite(
        username="invited",
        first_name="Ann",
        last_name="Smith",
        email="",
        role=Role.AUDITOR,
        council=None,
        by=administrator,
        at=NOW,
    )
    who, token = names_in_link(invited)
    finance, s151 = partnership.finance("WCC"), partnership.s151("WCC")
    partnership.driven("libraries", {"LBHF": 1, "RBKC": 1, "WCC": 2}, code="visits")
    rule = partnership.rule("cex", {"LBHF": "1/2", "RBKC": "1/2"}, agreed_by=[])
    test = propose_test(below="1/2", quarters=4, by=partnership.finance("LBHF"), at=NOW)
    tolerance = partnership.tolerance(agreed_by=[])
    partnership.approval("moves", agreed_by=[])
    draft = partnership.draft("WCC", a_saving())
    submitted = partnership.submitted("WCC", a_saving(), quarter=Q2)
    entry = submitted.entries.get()
    question = ask(return_id=submitted.id, entry_id=entry.id, text="Why?", by=s151, at=NOW)
    restatement = partnership.restated("visits", "WCC", "3")
    upload = start_upload(
        return_id=draft.id, filename="wrong.csv", content=b"nothing\n1\n", by=finance, at=NOW
    )
    check_upload(upload_id=upload.id)
    SourceDocument.objects.create(
        code="report", title="A report", publisher="The partnership", published="2012"
    )
    plan = Plan.objects.create(code="proposals", name="The proposals", adopted=True, position=1)
    PlanLine.objects.create(
        plan=plan,
        label="Libraries",
        service=partnership.services["libraries"],
        year="2013-14",
        low=100,
        middle=100,
        high=100,
        basis=PlanLine.Basis.FULL_YEAR,
        provenance=Provenance.PUBLISHED,
        document="report",
        place="page 4",
    )
    return {
        "decision": test.decision_id,
        "draft": draft.id,
        "entry": entry.id,
        "invited": invited.id,
        "question": question.id,
        "restatement": restatement.id,
        "rule": rule.id,
        "test": test.id,
        "tolerance": tolerance.id,
        "token": token,
        "upload": upload.id,
        "value": restatement.restates_id,
        "version": draft.version,
        "who": who,
    }


@pytest.fixture(autouse=True)
def at_any_rate() -> None:
    """Nobody has called before."""
    cache.clear()


class Browser:
    """One of `PEOPLE` at the pages, signed in again for each request."""

    def __init__(self, username: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.user = User.objects.filter(username=username).first()
        if self.user:
            self.client.force_login(self.user)
        self.cookies = {name: morsel.value for name, morsel in self.client.cookies.items()}

    def send(self, method: str, address: str, sent: dict[str, str]) -> Any:
        self.client.cookies.load(self.cookies)
        if method == "POST":
            return self.client.post(address, sent)
        return self.client.generic(method, address)


class Program:
    """One of `PEOPLE` at the API, with a token."""

    def __init__(self, username: str) -> None:
        self.caller = Caller(User.objects.filter(username=username).first())

    def send(self, method: str, address: str, sent: dict[str, str]) -> Any:
        body = None if method == "GET" else sent
        return self.caller.send(method, address.removeprefix(ROOT), body)


def put_back(send: Callable[[], Any]) -> Any:
    """The answer to a request; whatever it has changed is as it was before."""
    with transaction.atomic():
        answer = send()
        transaction.set_rollback(True)
    return answer


def everything() -> dict[str, list[dict[str, object]]]:
    """Every row of the site's own tables."""
    ours = ("audit", "savings", "services", "sovereignty")
    models = [model for model in apps.get_models() if model._meta.app_label in ours]
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in models
        if model._meta.managed and model is not User  # who remembers when they signed in
    }


# --- Every address has a row ----------------------------------------------------------


def addresses(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """The pattern of every address below a resolver, in full; the administrators' left out."""
    for found in resolver.url_patterns:
        route = before + str(found.pattern)
        if isinstance(found, URLResolver):
            yield from () if route == "admin/" else addresses(found, route)
        else:
            yield route


def named(table: str, below: str, names: Names) -> set[str]:
    return {row.address for row in rows_of(table, below, names)}


def pattern_of(address: str) -> str:
    return str(resolve(address.partition("?")[0]).route)


def test_every_address_has_a_row(names: Names) -> None:
    found = named(PAGES, "", names) | named(CALLS, ROOT, names)
    anything_else = {"api/v1/"}
    assert set(map(pattern_of, found)) | anything_else == {
        route.replace("/^", "/") for route in addresses(get_resolver())
    }


# --- Who gets what --------------------------------------------------------------------


@pytest.mark.parametrize("who", PEOPLE)
def test_each_person_gets_the_pages_that_they_may(who: str, names: Names) -> None:
    rows, browser, before = rows_of(PAGES, "", names), Browser(who), everything()
    expected, answers = {}, {}
    for row in rows:
        for method in METHODS if row.method == "ANY" else (row.method,):
            expected[method, row.address] = row.status[who]
            send = partial(browser.send, method, row.address, row.sent)
            # What is refused has to leave no trace by itself.
            answers[method, row.address] = put_back(send) if row.status[who] < 400 else send()

    assert {asked: answer.status_code for asked, answer in answers.items()} == expected
    assert everything() == before
    for asked in (asked for asked, status in expected.items() if status == 403):
        refused(answers[asked], WHO_MAY.get(who, "Only "))
    for asked in (asked for asked, status in expected.items() if status == 404):
        not_found(answers[asked])


def test_a_stranger_signs_in_and_comes_back(names: Names) -> None:
    stranger = Browser("a stranger")
    for row in rows_of(PAGES, "", names):
        if row.status["a stranger"] == 302 and row.method != "ANY" and row.address != "/sign-out/":
            there = stranger.send(row.method, row.address, row.sent)["Location"]
            assert there == f"/sign-in/?next={row.address}"


def test_an_administrator_without_an_appointment_sees_no_more(names: Names) -> None:
    administrator, found = Browser("administrator"), {}
    rows = [
        row
        for row in rows_of(PAGES, "", names)
        if row.status["newcomer"] >= 400 and not row.address.startswith(OF_ADMINISTRATORS)
    ]
    for row in rows:
        answer = administrator.send(row.method, row.address, row.sent)
        found[row.method, row.address] = answer.status_code

    assert found == {(row.method, row.address): row.status["newcomer"] for row in rows}


def test_an_administrator_sets_the_partnership_up(names: Names) -> None:
    administrator, found = Browser("administrator"), []
    for row in rows_of(PAGES, "", names):
        if row.address.startswith(OF_ADMINISTRATORS):
            send = partial(administrator.send, row.method, row.address, row.sent)
            found.append((row.method, row.address.split("/", 3)[2], put_back(send).status_code))
    assert found == [
        ("GET", "", 200),
        ("POST", "", 422),
        ("GET", "councils", 200),
        ("POST", "councils", 422),
        ("GET", "drivers", 403),
        ("POST", "drivers", 403),
        ("GET", "services", 403),
        ("POST", "services", 403),
        ("GET", "people", 200),
        ("POST", "people", 422),
        ("GET", "people", 302),
        ("POST", "people", 200),
    ]


KINDS = {401: "unknown-caller", 403: "not-allowed", 404: "not-found"}


@pytest.mark.parametrize("who", PEOPLE)
def test_each_person_gets_the_calls_that_they_may(who: str, names: Names) -> None:
    rows, program, before = rows_of(CALLS, ROOT, names), Program(who), everything()
    expected = {(row.method, row.address): row.status[who] for row in rows}
    answers = {
        (row.method, row.address): program.send(row.method, row.address, row.sent) for row in rows
    }

    assert {asked: answer.status_code for asked, answer in answers.items()} == expected
    assert everything() == before
    for asked, status in expected.items():
        if status in KINDS:
            said = problem(answers[asked], status, KINDS[status])["detail"]
            assert status != 403 or said.startswith(WHO_MAY_CALL.get(who, "Only "))


# --- What there is not ----------------------------------------------------------------


def unknown(row: Row) -> Iterator[tuple[str, str]]:
    """What of an address can be wrong, and the address with that: one mistake each."""
    match: ResolverMatch = resolve(row.address.partition("?")[0])
    for name, value in match.kwargs.items():
        wrong: tuple[object, ...] = (2**31 - 1,) if isinstance(value, int) else ("nothing",)
        for each in (*wrong, "2030-31-Q1") if name == "period" else wrong:
            try:
                yield name, reverse(match.func, kwargs={**match.kwargs, name: each})
            except NoReverseMatch:
                assert (match.url_name, name) == ("borough-download", "extension")


def may(row: Row) -> list[str]:
    """Who is not refused."""
    return [who for who in PEOPLE[1:] if row.status[who] not in (401, 403, 404)]


def test_a_page_of_what_there_is_not_is_not_found(names: Names) -> None:
    browsers = {who: Browser(who) for who in (*PEOPLE, "administrator")}
    before, tried = everything(), set()
    for row in rows_of(PAGES, "", names):
        for name, address in unknown(row):
            for who in (*may(row), "administrator")[:1]:
                answer = browsers[who].send(row.method, address, row.sent)
                if name == "period" and resolve(row.address).url_name in ASKED_FOR:
                    assert answer.status_code == 422, address
                else:
                    not_found(answer)
                tried.add(pattern_of(row.address))

    assert tried == {route for route in map(pattern_of, named(PAGES, "", names)) if "<" in route}
    assert everything() == before


def test_a_call_of_what_there_is_not_is_not_found(names: Names) -> None:
    programs = {who: Program(who) for who in PEOPLE}
    before, tried = everything(), set()
    for row in rows_of(CALLS, ROOT, names):
        for _, address in unknown(row):
            for who in may(row)[:1]:
                problem(programs[who].send(row.method, address, row.sent), 404, "not-found")
                tried.add(pattern_of(row.address))

    assert tried == {route for route in map(pattern_of, named(CALLS, ROOT, names)) if "<" in route}
    assert everything() == before


# --- Other methods --------------------------------------------------------------------


def methods(rows: list[Row]) -> dict[str, set[str]]:
    """What each address answers to, by its rows."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.address, set()).update(
            METHODS if row.method == "ANY" else (row.method,)
        )
    return found


def allowed(answer: Any) -> set[str]:
    """What the answer says that is allowed, those left out that change and show nothing."""
    return set(answer["Allow"].split(", ")) - {"HEAD", "OPTIONS"}


@pytest.mark.parametrize(("table", "below"), [(PAGES, ""), (CALLS, ROOT)], ids=["pages", "calls"])
def test_another_method_is_refused_and_those_that_there_are_are_named(
    table: str, below: str, names: Names
) -> None:
    sender = Program("finance.wcc") if below else Browser("finance.wcc")
    before = everything()
    for address, taken in methods(rows_of(table, below, names)).items():
        for method in set(METHODS) - taken:
            answer = sender.send(method, address, {})
            assert (method, address, answer.status_code) == (method, address, 405)
            assert (address, allowed(answer)) == (address, taken)
            if below and address != SHOWN_TO_PEOPLE:
                problem(answer, 405, "method-not-allowed")
    assert everything() == before
