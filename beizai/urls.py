"""Every address of the office."""

from django.urls import include, path

urlpatterns = [path("", include("beizai.office.urls"))]
