"""Under /drivers/, with the register."""

from django.urls import path

from savings.trueup import views

urlpatterns = [
    path("<slug:code>/restatements/<int:restatement_id>/", views.restatement, name="restatement"),
    path("<slug:code>/restatements/<int:restatement_id>/add/", views.add, name="restatement-add"),
]
