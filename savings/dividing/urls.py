"""Under /dividing/."""

from django.urls import path

from savings.dividing import views

urlpatterns = [
    path("", views.dividing, name="dividing"),
    path("<str:period>/<slug:service>/<str:kind>/", views.divide, name="divide"),
]
