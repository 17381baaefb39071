"""Addresses of a return's files."""

from django.urls import path

from savings.uploads import views

RETURN = "<slug:council>/<str:period>"

urlpatterns = [
    path(f"{RETURN}/template.<str:extension>", views.template, name="return-template"),
    path(f"{RETURN}/upload/", views.upload, name="return-upload"),
    path(f"{RETURN}/uploads/<int:upload_id>/", views.show, name="upload"),
    path(f"{RETURN}/uploads/<int:upload_id>/store/", views.store, name="upload-store"),
    path(f"{RETURN}/uploads/<int:upload_id>/discard/", views.discard, name="upload-discard"),
    path(f"{RETURN}/uploads/<int:upload_id>/marked.xlsx", views.marked, name="upload-marked"),
]
