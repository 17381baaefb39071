"""Under /services/."""

from django.urls import path

from savings.arranging import views

urlpatterns = [
    path("add/", views.add, name="service-add"),
    path("<slug:slug>/rename/", views.rename, name="service-rename"),
    path("<slug:slug>/move/", views.move, name="service-move"),
    path("<slug:slug>/state/", views.state, name="service-state"),
]
