"""Under /entries/."""

from django.urls import path

from savings.attribution import views

urlpatterns = [
    path("", views.entries, name="entries"),
    path("<int:entry_id>/", views.entry, name="entry"),
]
