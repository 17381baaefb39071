"""Under /agreements/: where a rule is proposed."""

from django.urls import path

from savings.formulas import views

urlpatterns = [path("propose/", views.propose, name="agreement-propose")]
