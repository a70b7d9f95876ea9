"""The office's few mails by the shop's own mail server: a forgotten password, a test mail; refusals in words."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from django.utils.translation import gettext as _

from beizai.base.errors import Invalid, Unavailable
from beizai.channels.compile import Outgoing
from beizai.channels.compile.envelope import a_label
from beizai.office import refusals
from beizai.office.frame import frame
from beizai.staff.models import Shop
from beizai.staff.shop import shop
from beizai.worker.sending import send_test


def send(to: str, subject: str, text: str, *, the_shop: Shop | None = None) -> None:
    """Hands one plain mail over and waits; Invalid or Unavailable say in the reader's words what is wrong."""
    here = the_shop or shop()
    if not here.smtp_host or not here.sender_address:
        raise Invalid(
            _("No mail server is set up yet."),
            hint=_("Enter server and sender address under Settings, Sender."),
        )
    message = EmailMessage(policy=SMTP)
    local, _at, domain = a_label(here.sender_address).rpartition("@")
    message["From"] = Address(here.sender_name or here.name, local, domain)
    message["To"] = a_label(to)
    message["Subject"] = subject
    message["Date"] = format_datetime(frame().now)
    message["Message-ID"] = make_msgid(domain=domain)
    message.set_content(text)
    try:
        send_test(Outgoing(0, f"{local}@{domain}", a_label(to), message.as_bytes()), here)
    except Unavailable as error:
        raise in_words(error) from error


def in_words(error: Unavailable) -> Unavailable:
    """The refusal as a sentence and what to do about it, the server's own words in quotation marks."""
    answer = {"answer": refusals.said(error.phrase)}
    sentence, hint = {
        "auth_refused": (
            _("The mail server refused our name or password: “%(answer)s”"),
            _("Enter the password again; many providers want an app password made for this use."),
        ),
        "no_tls": (
            _("No safe connection to the mail server: “%(answer)s”"),
            _("Port 465 goes with TLS, port 587 with STARTTLS. Check the server's name."),
        ),
        "no_connection": (
            _("The mail server cannot be reached: “%(answer)s”"),
            _(
                "Check its name and port, and whether this machine is online. Some networks let no mail out on port 25."
            ),
        ),
        "hang": (
            _("The mail server does not answer: “%(answer)s”"),
            _("Try again in a few minutes; if it stays so, check its name and port."),
        ),
        "garbage": (_("What answers there is no mail server: “%(answer)s”"), _("Check its name and port.")),
    }.get(
        error.code,
        (
            _("The mail server did not take the mail: “%(answer)s”"),
            _(
                "The sender address must belong to this account; check it and the recipient. Your provider knows these words."
            ),
        ),
    )
    return Unavailable(sentence % answer, hint=hint, code=error.code)
