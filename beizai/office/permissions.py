"""Who may open a page: the role decides, and a refusal says who can change it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from beizai.staff.models import User
from beizai.staff.roles import May, may

View = Callable[..., HttpResponse]


def needs(*whats: May) -> Callable[[View], View]:
    """The page asks for a log-in and for each of these permissions; without any, for a log-in alone."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not all(may(person(request), what) for what in whats):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return wrap


def person(request: HttpRequest) -> User:
    """The person who is logged in."""
    return cast(User, request.user)


class Allowed:
    """For templates: `{% if may.export %}`, with the names of `May`."""

    def __init__(self, user: Any) -> None:
        self._user = user

    def __getattr__(self, name: str) -> bool:
        if name.startswith("_"):
            raise AttributeError(name)
        return isinstance(self._user, User) and may(self._user, May(name))

    def __contains__(self, name: str) -> bool:
        return bool(getattr(self, name))
