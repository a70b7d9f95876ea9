"""The least Django can do: one view that answers a constant, without middleware or database; the rival of the chat's pages."""

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, JsonResponse
from django.urls import path

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="bench",
        MIDDLEWARE=[],
        USE_TZ=True,
        DATABASES={},
    )
    django.setup()


def view(request: HttpRequest) -> JsonResponse:
    """A constant of the size of an answer without news."""
    return JsonResponse(
        {"html": "", "last": 1, "fresh": 0, "status": "We are open.", "late": False, "wait": 3}
    )


urlpatterns = [path("", view)]
application = WSGIHandler()
