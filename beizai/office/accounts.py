"""The door of the office: log-in, forgotten passwords, and no sign-up from outside."""

from typing import Any

from allauth.account import views as doors
from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.urls import path, re_path
from django.utils.translation import gettext as _

from beizai.base.errors import BeizaiError
from beizai.office import sender
from beizai.staff.shop import shop


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]
    """Only the owner adds people; mails of the door go through the shop's own sender."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """The office says itself what was done."""

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends by the shop's mail server; where it refuses, the person is told in words, not by a broken page."""
        message = self.render_mail(template_prefix, email, {**context, "shop": shop()})
        try:
            sender.send(email, str(message.subject).strip(), str(message.body))
        except BeizaiError as error:
            if self.request is not None:
                messages.error(self.request, f"{_('The mail could not be sent.')} {error}")

    def get_from_email(self) -> str:
        return shop().sender_address or "office@localhost"


urlpatterns = [
    path("account/login/", doors.login, name="account_login"),
    path("account/logout/", doors.logout, name="account_logout"),
    path("account/signup/", doors.signup, name="account_signup"),
    path("account/inactive/", doors.account_inactive, name="account_inactive"),
    path("account/reauthenticate/", doors.reauthenticate, name="account_reauthenticate"),
    path("account/password/change/", doors.password_change, name="account_change_password"),
    path("account/password/set/", doors.password_set, name="account_set_password"),
    path("account/password/reset/", doors.password_reset, name="account_reset_password"),
    path("account/password/reset/done/", doors.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^account/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        doors.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/reset/key/done/",
        doors.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]
