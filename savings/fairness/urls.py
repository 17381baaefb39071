"""Under /fairness/."""

from django.urls import path

from savings.fairness import views

urlpatterns = [
    path("", views.fairness, name="fairness"),
    path("fairness.csv", views.download, name="fairness-download"),
    path("propose/", views.propose, name="fairness-propose"),
]
