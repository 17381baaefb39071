"""Under /calendar/ and /board/."""

from django.urls import path

from savings.calendar import views

urlpatterns = [
    path("calendar/", views.calendar, name="calendar"),
    path("calendar/open/", views.open_next, name="period-open"),
    path("calendar/<str:period>/dates/", views.dates, name="period-dates"),
    path("calendar/<str:period>/close/", views.close, name="period-close"),
    path("calendar/<str:period>/reopen/", views.reopen, name="period-reopen"),
    path("board/", views.board, name="board"),
    path("board/<str:year>.csv", views.board_csv, name="board-csv"),
]
