"""Every address of the API, in one place."""

from django.urls import path, re_path

from savings.arranging.api import OneService, Services
from savings.attribution.api import AttributionTotals, EntryExplanation
from savings.boroughs.api import Report, ReportAnnex
from savings.budgets.api import ApprovalConsent, ApprovalList
from savings.calendar.api import (
    BoardList,
    ClosePeriod,
    PeriodDates,
    PeriodList,
    ReopenPeriod,
)
from savings.certification.api import CertifyReturn, SendBackReturn, SubmitReturn, WithdrawReturn
from savings.comparison.api import ComparisonView
from savings.drivers.api import (
    DriverList,
    DriverValueList,
    RestatementList,
    ToleranceConsent,
    ToleranceList,
)
from savings.fairness.api import FairnessCall, FairnessTestConsent, FairnessTestList
from savings.filling.api import ReturnDetail, ReturnList
from savings.forecasts.api import ForecastList, ReturnForecasts
from savings.formulas.api import RuleConsent, RuleDetail, RuleList
from savings.history.api import EventList, ReturnHistory
from savings.plans.api import PlanDetail, PlanList
from savings.quarters.api import quarter_unless_asked
from savings.record.api import FigureList
from savings.returns.questions.api import AnswerQuestion, QuestionsOfReturn
from savings.rollup.api import RollupStanding
from savings.sharing.api import HostService, JoinService, LeaveService, SharingOfService
from savings.trueup.api import TrueUpCall
from savings.uploads.api import Template, UploadReturn
from savings.whatif.api import WhatIfCall
from sovereignty.api import CouncilList
from triborough.api import NoSuchCall, SchemaDocument, Token
from triborough.api_docs import Docs

urlpatterns = [
    path("token/", Token.as_view()),
    path("councils/", CouncilList.as_view()),
    path("services/", Services.as_view(unless_asked=quarter_unless_asked)),
    path("services/<slug:slug>/", OneService.as_view()),
    path("services/<slug:slug>/sharing/", SharingOfService.as_view()),
    path("services/<slug:slug>/participation/", JoinService.as_view()),
    path("services/<slug:slug>/leaving/", LeaveService.as_view()),
    path("services/<slug:slug>/host/", HostService.as_view()),
    path("periods/", PeriodList.as_view()),
    path("periods/<str:period>/dates/", PeriodDates.as_view()),
    path("periods/<str:period>/close/", ClosePeriod.as_view()),
    path("periods/<str:period>/reopen/", ReopenPeriod.as_view()),
    path("plans/", PlanList.as_view()),
    path("plans/<slug:code>/", PlanDetail.as_view()),
    path("record/", FigureList.as_view()),
    path("returns/", ReturnList.as_view()),
    path("returns/<str:council>/<str:period>/", ReturnDetail.as_view()),
    path("returns/<str:council>/<str:period>/history/", ReturnHistory.as_view()),
    path("returns/<str:council>/<str:period>/submit/", SubmitReturn.as_view()),
    path("returns/<str:council>/<str:period>/withdraw/", WithdrawReturn.as_view()),
    path("returns/<str:council>/<str:period>/send-back/", SendBackReturn.as_view()),
    path("returns/<str:council>/<str:period>/certify/", CertifyReturn.as_view()),
    path("returns/<str:council>/<str:period>/forecasts/", ReturnForecasts.as_view()),
    path("forecasts/", ForecastList.as_view()),
    path("returns/<str:council>/<str:period>/questions/", QuestionsOfReturn.as_view()),
    path("questions/<int:question_id>/answer/", AnswerQuestion.as_view()),
    path("board/", BoardList.as_view()),
    path("returns/<str:council>/<str:period>/upload/", UploadReturn.as_view()),
    path("returns/<str:council>/<str:period>/template.<str:extension>", Template.as_view()),
    path("drivers/", DriverList.as_view()),
    path("driver-values/", DriverValueList.as_view()),
    path("driver-restatements/", RestatementList.as_view()),
    path("driver-restatements/<int:restatement_id>/true-up/", TrueUpCall.as_view()),
    path("driver-tolerances/", ToleranceList.as_view()),
    path("driver-tolerances/<int:tolerance_id>/consent/", ToleranceConsent.as_view()),
    path("attribution-rules/", RuleList.as_view()),
    path("attribution-rules/<int:rule_id>/", RuleDetail.as_view()),
    path("attribution-rules/<int:rule_id>/consent/", RuleConsent.as_view()),
    path("transition-approvals/", ApprovalList.as_view()),
    path("transition-approvals/<slug:code>/consent/", ApprovalConsent.as_view()),
    path("attribution/", AttributionTotals.as_view()),
    path("attribution/entries/<int:entry_id>/", EntryExplanation.as_view()),
    path("events/", EventList.as_view()),
    path("comparison/", ComparisonView.as_view()),
    path("reports/<str:council>/<str:period>-annex.csv", ReportAnnex.as_view()),
    path("reports/<str:council>/<str:period>.<str:extension>", Report.as_view()),
    path("rollup/", RollupStanding.as_view()),
    path("fairness/", FairnessCall.as_view()),
    path("fairness-tests/", FairnessTestList.as_view()),
    path("fairness-tests/<int:test_id>/consent/", FairnessTestConsent.as_view()),
    path("what-if/", WhatIfCall.as_view()),
    path("schema/", SchemaDocument.as_view(), name="api-schema"),
    path("docs/", Docs.as_view(), name="api-docs"),
    re_path(r"", NoSuchCall.as_view()),
]
