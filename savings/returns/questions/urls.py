"""Under /questions/."""

from django.urls import path

from savings.returns.questions import views

urlpatterns = [
    path("<slug:council>/<str:period>/<int:entry_id>/", views.ask, name="question-ask"),
    path("<int:question_id>/answer/", views.answer, name="question-answer"),
]
