"""Under /agreements/."""

from django.urls import path

from savings.agreements import views
from savings.budgets.views import propose as propose_budget

urlpatterns = [
    path("", views.agreements, name="agreements"),
    path("propose/", views.propose, name="agreement-propose"),
    path("propose-budget/", propose_budget, name="budget-propose"),
    path("<int:decision_id>/", views.agreement, name="agreement"),
    path("<int:decision_id>/answer/", views.answer, name="agreement-answer"),
    path("<int:decision_id>/speak/", views.speak, name="agreement-speak"),
    path("<int:decision_id>/mediator/", views.mediator, name="agreement-mediator"),
    path("<int:decision_id>/withdraw/", views.withdraw, name="agreement-withdraw"),
]
