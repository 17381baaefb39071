"""Under /record/."""

from django.urls import path

from savings.record import views

urlpatterns = [
    path("", views.Overview.as_view(), name="record"),
    path("figures/", views.Figures.as_view(), name="record-figures"),
    path("figures.csv", views.FiguresDownload.as_view(), name="record-figures-download"),
    path("differences/", views.Differences.as_view(), name="record-differences"),
    path("plans/", views.Plans.as_view(), name="record-plans"),
    path("services/", views.Services.as_view(), name="record-services"),
    path("documents/<slug:code>/", views.Document.as_view(), name="record-document"),
]
