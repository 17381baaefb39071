"""Under /comparison/."""

from django.urls import path

from savings.comparison import views

urlpatterns = [
    path("", views.comparison, name="comparison"),
    path("<slug:slug>/", views.area, name="comparison-area"),
]
