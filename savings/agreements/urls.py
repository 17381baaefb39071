"""Under /agreements/."""

from django.urls import path

from savings.agreements import views

urlpatterns = [
    path("", views.agreements, name="agreements"),
    path("<int:decision_id>/", views.agreement, name="agreement"),
    path("<int:decision_id>/answer/", views.answer, name="agreement-answer"),
    path("<int:decision_id>/speak/", views.speak, name="agreement-speak"),
    path("<int:decision_id>/mediator/", views.mediator, name="agreement-mediator"),
    path("<int:decision_id>/withdraw/", views.withdraw, name="agreement-withdraw"),
]
