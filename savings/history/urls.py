"""Under /history/. The pages of one return are among the pages of returns."""

from django.urls import path

from savings.history import views

urlpatterns = [
    path("", views.events, name="history"),
    path("events.<str:extension>", views.download_events, name="history-download"),
]
