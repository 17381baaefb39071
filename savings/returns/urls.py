"""Addresses of the quarterly returns."""

from django.urls import path

from savings.returns import views

urlpatterns = [
    path("", views.returns, name="returns"),
    path("periods/<str:period>/close/", views.close, name="period-close"),
    path("periods/<str:period>/reopen/", views.reopen, name="period-reopen"),
    path("<str:council>/<str:period>/", views.show, name="return"),
    path("<str:council>/<str:period>/edit/", views.edit, name="return-edit"),
    path("<str:council>/<str:period>/submit/", views.submit_return, name="return-submit"),
    path("<str:council>/<str:period>/send-back/", views.send_back_return, name="return-send-back"),
    path("<str:council>/<str:period>/certify/", views.certify_return, name="return-certify"),
]
