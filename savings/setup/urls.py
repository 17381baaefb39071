"""The start of the site, the pages of the set-up and the link of an invitation."""

from django.urls import path

from savings.setup import views

urlpatterns = [
    path("", views.home, name="home"),
    path("set-up/", views.set_up, name="set-up"),
    path("set-up/councils/", views.councils, name="set-up-councils"),
    path("set-up/people/", views.people, name="set-up-people"),
    path("set-up/people/<int:user_id>/link/", views.link, name="set-up-link"),
    path("set-up/services/", views.services, name="set-up-services"),
    path("set-up/drivers/", views.drivers, name="set-up-drivers"),
    path("invitation/<str:who>/<str:token>/", views.invitation, name="invitation"),
]
