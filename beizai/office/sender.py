"""The shop's own mail server, for the office's few mails: a forgotten password, a test mail."""

import smtplib
import ssl
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from django.utils.translation import gettext as _

from beizai.base.errors import Invalid, Unavailable
from beizai.staff import secrets
from beizai.staff.models import Shop
from beizai.staff.shop import shop

_SECONDS = 15


def send(to: Sequence[str], subject: str, text: str, *, the_shop: Shop | None = None) -> str:
    """Sends one plain mail and returns the server's last word; Invalid or Unavailable say in words what is wrong."""
    here = the_shop or shop()
    if not here.smtp_host or not here.sender_address:
        raise Invalid(
            _("No mail server is set up yet."),
            hint=_("Enter server and sender address under Settings, Sender."),
        )
    message = EmailMessage()
    local, _at, domain = here.sender_address.partition("@")
    message["From"] = Address(here.sender_name or here.name, local, domain)
    message["To"] = ", ".join(to)
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=domain)
    message.set_content(text)
    try:
        return _deliver(here, message)
    except (smtplib.SMTPException, OSError) as error:
        raise in_words(error, here) from error


def _deliver(here: Shop, message: EmailMessage) -> str:
    context = ssl.create_default_context()
    if here.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            here.smtp_host, here.smtp_port, timeout=_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(here.smtp_host, here.smtp_port, timeout=_SECONDS)
    with server:
        if here.smtp_security == "starttls":
            server.starttls(context=context)
        if here.smtp_user:
            server.login(here.smtp_user, secrets.decipher(here.smtp_password))
        server.send_message(message)
        code, answer = server.noop()
    return f"{code} {answer.decode(errors='replace')}"


def in_words(error: Exception, here: Shop) -> Unavailable:  # noqa: PLR0911  (one sentence a kind of refusal)
    """The server's refusal as a sentence and what to do about it."""
    place = {"server": f"{here.smtp_host}:{here.smtp_port}", "answer": _answer(error), "user": here.smtp_user}
    match error:
        case smtplib.SMTPAuthenticationError():
            return Unavailable(
                _("The mail server refused our name or password. %(server)s answered “%(answer)s”.") % place,
                hint=_("Enter the password again; many providers want an app password made for this use."),
            )
        case smtplib.SMTPRecipientsRefused() | smtplib.SMTPSenderRefused():
            return Unavailable(
                _(
                    "The mail server does not take mail with these addresses. %(server)s answered “%(answer)s”."
                )
                % place,
                hint=_("The sender address must belong to this account; check it and the recipient."),
            )
        case smtplib.SMTPNotSupportedError():
            return Unavailable(
                _("The mail server %(server)s does not offer what was asked: “%(answer)s”.") % place,
                hint=_("Choose another kind of encryption, or leave the user name empty."),
            )
        case ssl.SSLError():
            return Unavailable(
                _("No safe connection to %(server)s: “%(answer)s”.") % place,
                hint=_("Port 465 goes with TLS, port 587 with STARTTLS. Check the server's name."),
            )
        case TimeoutError():
            return Unavailable(
                _("The mail server %(server)s did not answer within 15 seconds.") % place,
                hint=_("Check its name and port; some networks let no mail out on port 25."),
            )
        case OSError():
            return Unavailable(
                _("There is no mail server at %(server)s: “%(answer)s”.") % place,
                hint=_("Check its name and port, and whether this machine is online."),
            )
    return Unavailable(
        _("The mail server %(server)s refused: “%(answer)s”.") % place,
        hint=_("Give the answer in quotation marks to your mail provider."),
    )


def _answer(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"[:300]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return f"{code} {_text(words)}"[:300]
    return str(error)[:300]


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
