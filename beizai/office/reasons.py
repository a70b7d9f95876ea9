"""Words for why somebody is not written to, what became of a message, and how a result is called."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from beizai.office import wording
from beizai.office.frame import frame


@dataclass(frozen=True)
class Told:
    """A reason or a state: its name, one more sentence, the drawing beside it, the colour of its badge."""

    name: str
    more: str = ""
    icon: str = "info"
    badge: str = ""


def refusal(code: str) -> Told:
    """Why somebody is not written to, by the code in the ledger."""
    return _refusals().get(code) or (_suppressed(code) if code.startswith("suppressed_") else Told(code))


def _refusals() -> dict[str, Told]:
    days = frame().shop.frequency_cap_days
    return {
        "no_permission": Told(
            _("No permission for offers by email"), _("never asked, or asked for another purpose"), "lock"
        ),
        "refused": Told(_("Have said no"), _("refused when they were asked; nothing may be sent"), "alone"),
        "withdrawn": Told(_("Took their permission back"), _("unsubscribed; nothing may be sent"), "alone"),
        "topic_refused": Told(
            _("Do not wish to hear of this topic"), _("chosen so on their preference page"), "alone"
        ),
        "expired": Told(_("The permission has run out"), _("it was given for a time that is over"), "clock"),
        "no_basis": Told(
            _("No lawful basis"),
            _("their source names none, and none was written down for them"),
            "lock",
        ),
        "basis_not_lawful": Told(
            _("The lawful basis does not carry here"), _("by the law of the customer’s country"), "lock"
        ),
        "not_separate": Told(
            _("Not agreed to on its own"), _("asked in one sentence with other things"), "lock"
        ),
        "list_out_of_date": Told(
            _("The do-not-call register was not looked at in time"),
            _("calls without consent need a fresh look"),
            "phone",
        ),
        "restricted": Told(
            _("Their data is restricted"), _("it is kept, and nothing else done with it"), "lock"
        ),
        "source_stopped": Told(
            _("Their list is stopped"), _("too many of its first mails bounced or were disowned"), "warn"
        ),
        "complaint_open": Told(
            _("Have a complaint open"), _("nobody sells to them until it is closed"), "warn"
        ),
        "no_customer": Told(_("The card is gone"), "", "customers"),
        "minor": Told(_("Under 18"), _("no offers to minors"), "alone"),
        "no_address": Told(_("No email on the card"), "", "email"),
        "invalid_address": Told(_("The address cannot be right"), _("no mail server could take it"), "warn"),
        "address_not_ascii": Told(
            _("The address has letters few servers take"),
            _("the part before the @ is not in Latin letters"),
            "warn",
        ),
        "cannot_compose": Told(
            _("The mail could not be filled for them"),
            _("a condition or loop of the template went wrong"),
            "warn",
        ),
        "duplicate_address": Told(_("Same address as another"), _("one mail per address"), "customers"),
        "written_lately": Told(
            _("Written to lately"),
            _("your limit: no second offer within %(n)s days") % {"n": wording.number(days)},
            "calendar",
        ),
    }


def _suppressed(code: str) -> Told:
    more = {
        "suppressed_hard_bounce": _("the mailbox does not exist"),
        "suppressed_complaint": _("they called a mail spam"),
        "suppressed_do_not_contact": _("they asked never to be contacted"),
        "suppressed_erased": _("they asked to be forgotten"),
        "suppressed_do_not_call": _("on a do-not-call register"),
    }.get(code, "")
    return Told(_("On the list of addresses never to write to"), more, "warn")


def outcome(code: str) -> str:
    """Why a message is where it is, beside the refusals: what the server or a crash did to it."""
    return {
        "hard_bounce": _("the mailbox does not exist; nobody writes to this address again"),
        "refused_by_policy": _("the other side refuses our mail by its policy; the address stays in use"),
        "refused_by_server": _("the other side refused this mail; the address stays in use"),
        "gave_up": _("put off too often"),
        "put_off": _("the server asked for patience; tried again later"),
        "connection_lost": _("the connection broke off while it was being handed over"),
        "interrupted": _("the sending broke off while it was being handed over"),
        "worker_died": _("the program was cut off while it was being handed over"),
        "journal_lost": _("the record of what was sent is gone"),
    }.get(code, "")


def why(state_code: str, reason: str) -> Told:
    """Why somebody was not written to, or what happened to their message."""
    if state_code == "refused":
        return refusal(reason)
    words = outcome(reason)
    return Told(words or state(state_code).more, icon=state(state_code).icon)


def pause(code: str) -> str:
    """Why the program paused a sending, in a sentence; nothing where a person did."""
    if not code:
        return ""
    return {
        "auth_refused": _("The mail server refused our password."),
        "no_connection": _("The mail server cannot be reached."),
        "no_tls": _("The mail server offers no safe connection."),
        "turned_away": _("The mail server turned us away."),
        "closed": _("The mail server closed the connection."),
        "hang": _("The mail server does not answer."),
        "garbage": _("What answers there is no mail server."),
        "closed_in_message": _("The mail server closed the connection in the middle of a mail."),
        "sender_refused": _("The mail server refuses our sender's address."),
        "server_busy": _("The mail server takes no mail from us now."),
        "refused_by_policy": _("The mail server refused ten mails in a row by its policy."),
        "mail_unusable": _("The mail can no longer be used as it is."),
        "journal": _("The record of what is sent could not be written; is the disk full?"),
        "fault": _("A fault of the program stopped the sending."),
        "restored": _("The book was restored from a backup; what was sent after it is not known here."),
    }.get(code, _("The sending was stopped."))


def states() -> dict[str, Told]:
    """What became of a message."""
    return {
        "chosen": Told(_("to be written to"), _("chosen at approval, not sent yet"), "clock", "line"),
        "held_out": Told(
            _("left alone"), _("by lot, so that we know what the campaign earned"), "alone", "warn"
        ),
        "refused": Told(_("not written to"), _("for a reason"), "lock", "line"),
        "leased": Told(_("being sent"), "", "play", "info"),
        "sent": Told(_("sent"), _("taken by the mail server"), "check", "good"),
        "in_doubt": Told(
            _("in doubt"),
            _("it was about to leave when the sending was cut off; it is never sent again by itself"),
            "warn",
            "warn",
        ),
        "bounced": Told(_("bounced"), _("the other side would not take it"), "warn", "bad"),
        "complained": Told(_("called spam"), _("nobody writes to them again"), "warn", "bad"),
        "retry": Told(_("later"), _("the mail server asked for patience"), "clock", "line"),
    }


def state(code: str) -> Told:
    """What became of a message, by its state in the ledger."""
    return states().get(code) or Told(code)


def campaign_state(code: str) -> Told:
    """Where a campaign stands."""
    return {
        "draft": Told(pgettext("campaign", "draft"), badge="line"),
        "approving": Told(pgettext("campaign", "being approved"), badge="info"),
        "approved": Told(pgettext("campaign", "approved"), badge="info"),
        "sending": Told(pgettext("campaign", "sending"), badge="info"),
        "paused": Told(pgettext("campaign", "paused"), badge="warn"),
        "sent": Told(pgettext("campaign", "sent"), badge="good"),
        "cancelled": Told(pgettext("campaign", "cancelled"), badge="line"),
    }.get(code, Told(code))


def verdict(code: str) -> Told:
    """What a campaign is found to have done, in the three words of the rule."""
    return {
        "earned": Told(_("Earned"), _("The whole interval lies above zero."), "check", "good"),
        "lost": Told(_("Lost"), _("The whole interval lies below zero."), "close", "bad"),
        "cannot_tell": Told(_("Cannot tell yet"), _("Zero lies within the interval."), "clock", "warn"),
        "waiting": Told(_("No verdict yet"), _("The time it is watched for is not over."), "clock", "line"),
    }.get(code, Told(code))
