"""Addresses of the quarterly returns."""

from django.urls import path

from savings.returns import views

urlpatterns = [
    path("", views.returns, name="returns"),
    path("periods/<str:period>/close/", views.close, name="period-close"),
    path("periods/<str:period>/reopen/", views.reopen, name="period-reopen"),
    path("<slug:council>/<str:period>/", views.show, name="return"),
    path("<slug:council>/<str:period>/edit/", views.edit, name="return-edit"),
    path("<slug:council>/<str:period>/submit/", views.submit_return, name="return-submit"),
    path("<slug:council>/<str:period>/send-back/", views.send_back_return, name="return-send-back"),
    path("<slug:council>/<str:period>/certify/", views.certify_return, name="return-certify"),
]
