"""What the kinds of sources, the lawful bases and a stop are called."""

from django.utils.translation import gettext as _

from beizai.office import wording
from beizai.sources.models import LawfulBasis, Source, SourceStop
from beizai.sources.register import THEY_CAME


def kinds() -> dict[str, str]:
    """The kinds of sources. None is for addresses harvested from the web: nobody of those may be written to."""
    return {
        "orders": _("Shop orders"),
        "registration": _("Registration on the site"),
        "newsletter": _("Newsletter form"),
        "survey": _("Survey"),
        "contest": _("Contest"),
        "event": _("Event on site"),
        "chat": _("Chat"),
        "call": _("Call"),
        "cards": _("Business cards"),
        "referral": _("Brought by customers"),
        "exchange": _("Exchange with a partner"),
        "purchased": _("Purchased list"),
        "customers": _("File of customers"),
        "till": _("Till"),
        "office": _("Entered in the office"),
        "demo": _("Example data"),
        "edge": _("Links in mails and pages"),
    }


def bases() -> dict[str, str]:
    """The lawful bases."""
    return {
        LawfulBasis.CONSENT: _("their consent"),
        LawfulBasis.CONTRACT: _("a contract with them"),
        LawfulBasis.SOFT_OPT_IN: _("a sale to them, own similar goods, a way out each time"),
        LawfulBasis.LEGITIMATE_INTEREST: _("a legitimate interest, weighed"),
    }


def basis(source: Source) -> tuple[str, str]:
    """The basis of a source in words, and the colour of its badge."""
    if source.basis:
        return bases().get(source.basis, source.basis), "good"
    if source.kind in THEY_CAME:
        return _("they came themselves"), "line"
    return _("no basis: only who agreed"), "warn"


def stop(found: SourceStop) -> str:
    """Why writing was stopped, in a sentence."""
    place = {"failed": wording.number(found.failed), "written": wording.number(found.written)}
    words = (
        _("%(failed)s of the first %(written)s mails bounced.")
        if found.reason == "bounced"
        else _("%(failed)s of the first %(written)s mails were disowned: people say they never asked.")
    )
    return words % place
