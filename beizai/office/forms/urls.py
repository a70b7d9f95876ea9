"""The addresses of forms."""

from beizai.office.forms import offered, pages, public, results, shown

urlpatterns = [
    *pages.urlpatterns,
    *offered.urlpatterns,
    *results.urlpatterns,
    *public.urlpatterns,
    *shown.urlpatterns,
]
