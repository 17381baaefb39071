"""Addresses of forecasts: a return's own below the return, those of all under /forecasts/."""

from django.urls import path

from savings.forecasts import views

urlpatterns = [
    path("forecasts/", views.overview, name="forecasts"),
    path("forecasts/forecasts.csv", views.download, name="forecasts-download"),
    path(
        "returns/<slug:council>/<str:period>/forecasts/", views.forecasts, name="return-forecasts"
    ),
]
