"""Under /drivers/."""

from django.urls import path

from savings.register import views

urlpatterns = [
    path("", views.register, name="drivers"),
    path("tolerance/propose/", views.tolerance, name="tolerance-propose"),
    path("<slug:code>/", views.driver, name="driver"),
    path("<slug:code>/values/", views.add_value, name="driver-add-value"),
    path("<slug:code>/file/", views.upload, name="driver-upload"),
    path("<slug:code>/values/<int:value_id>/restate/", views.restate, name="driver-restate"),
]
