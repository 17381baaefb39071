"""Under /boroughs/."""

from django.urls import path, re_path

from savings.boroughs import views

urlpatterns = [
    path("", views.boroughs, name="boroughs"),
    path("<str:code>/", views.borough, name="borough"),
    re_path(
        r"^(?P<code>[^/]+)/(?P<period>[^/]+)-annex\.csv$",
        views.annex_download,
        name="borough-annex",
    ),
    re_path(
        r"^(?P<code>[^/]+)/(?P<period>[^/]+)\.(?P<extension>csv|xlsx)$",
        views.download,
        name="borough-download",
    ),
]
