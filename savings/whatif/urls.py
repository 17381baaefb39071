"""Under /what-if/."""

from django.urls import path

from savings.whatif import views

urlpatterns = [path("", views.what_if, name="what-if")]
