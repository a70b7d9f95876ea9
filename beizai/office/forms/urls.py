"""The addresses of forms."""

from beizai.office.forms import public

urlpatterns = [*public.urlpatterns]
