"""The addresses of forms."""

from beizai.office.forms import pages, public, results

urlpatterns = [*pages.urlpatterns, *results.urlpatterns, *public.urlpatterns]
