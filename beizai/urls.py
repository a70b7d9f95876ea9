"""Every address of the office, and the pages for what goes wrong."""

from django.urls import include, path

urlpatterns = [path("", include("beizai.office.urls"))]

handler400 = "beizai.office.errors.bad_request"
handler403 = "beizai.office.errors.forbidden"
handler404 = "beizai.office.errors.not_found"
handler500 = "beizai.office.errors.broken"
