"""Under /services/."""

from django.urls import path

from savings.sharing import views

urlpatterns = [
    path("<slug:slug>/sharing/", views.sharing, name="sharing"),
    path("<slug:slug>/sharing/join/", views.join, name="sharing-join"),
    path("<slug:slug>/sharing/leave/", views.leave, name="sharing-leave"),
    path("<slug:slug>/sharing/host/", views.host, name="sharing-host"),
]
