"""Under /agreements/: where a transition budget is proposed."""

from django.urls import path

from savings.budgets import views

urlpatterns = [path("propose-budget/", views.propose, name="budget-propose")]
