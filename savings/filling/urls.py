"""Addresses of the quarterly returns."""

from django.urls import path

from savings.certification import views
from savings.filling import views as filling
from savings.history import views as history

urlpatterns = [
    path("", views.returns, name="returns"),
    path("<slug:council>/<str:period>/", views.show, name="return"),
    path("<slug:council>/<str:period>/history/", history.return_history, name="return-history"),
    path(
        "<slug:council>/<str:period>/history.<str:extension>",
        history.download_history,
        name="return-history-download",
    ),
    path(
        "<slug:council>/<str:period>/as-it-stood/",
        history.as_it_stood,
        name="return-as-it-stood",
    ),
    path("<slug:council>/<str:period>/edit/", filling.edit, name="return-edit"),
    path("<slug:council>/<str:period>/edit/save/", filling.save_as_you_go, name="return-save"),
    path("<slug:council>/<str:period>/edit/paste/", filling.paste, name="return-paste"),
    path("<slug:council>/<str:period>/submit/", views.submit_return, name="return-submit"),
    path("<slug:council>/<str:period>/withdraw/", views.withdraw_return, name="return-withdraw"),
    path("<slug:council>/<str:period>/send-back/", views.send_back_return, name="return-send-back"),
    path("<slug:council>/<str:period>/certify/", views.certify_return, name="return-certify"),
]
