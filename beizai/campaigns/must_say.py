"""What mails of this shop must say and must never say; the trade tells, a campaign that does not keep to it is not approved."""

import html
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from beizai.base.errors import Invalid
from beizai.campaigns.models import Campaign
from beizai.channels.compile import Mail
from beizai.staff.models import Shop

_HIDDEN = re.compile(r"<(style|script|head)\b.*?</\1>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Rules:
    """`must`: sentences of which each mail says at least one, in its HTML and in its text. `never`: words no mail may hold."""

    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


NOTHING = Rules()
Told = Callable[[Shop], Rules]
_told: list[Told] = []


def tell(how: Told) -> None:
    """A room above says what mails of a shop must say; all that are told hold."""
    if how not in _told:
        _told.append(how)


def rules_of(shop: Shop) -> Rules:
    """Everything this shop has to keep to."""
    found = [how(shop) for how in _told]
    return Rules(
        tuple(one for each in found for one in each.must), tuple(one for each in found for one in each.never)
    )


def check(campaign: Campaign, mail: Mail, shop: Shop) -> None:
    """Invalid where a sentence is missing that this shop's mails must have, or a word stands there that none may hold."""
    rules = rules_of(shop)
    if not rules.must and not rules.never:
        return
    values = mail.values({})
    bodies = (as_read(mail.html.plain(values)), as_read(mail.text.plain(values)))
    if rules.must and not all(_says(body, rules.must) for body in bodies):
        raise Invalid(
            "The mail of “{name}” does not say the risk.",
            hint="Put this sentence into the mail, in words people see: “{sentence}”",
            code="risk_not_said",
            name=campaign.name,
            sentence=rules.must[0],
        )
    whole = (as_read(mail.subject_for(values)), as_read(campaign.preheader), *bodies)
    found = next((word for word in rules.never if any(_holds(part, word) for part in whole)), None)
    if found is not None:
        raise Invalid(
            "The mail of “{name}” promises what nobody can: “{word}”.",
            hint="Take it out. Say what it costs and what can go wrong.",
            code="promised",
            name=campaign.name,
            word=found,
        )


def as_read(page: str) -> str:
    """What people see of a page, in one line and small letters.

    >>> as_read("<style>p {}</style><p>Borrowing\\n costs <b>Money</b>.</p>")
    'borrowing costs money.'
    """
    seen = html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", page)))
    return re.sub(r"\s+([.,;:!?])", r"\1", " ".join(seen.split())).casefold()


def _says(body: str, sentences: Iterable[str]) -> bool:
    return any(as_read(sentence) in body for sentence in sentences)


def _holds(body: str, word: str) -> bool:
    """Whether a word stands there by itself; Han words have no edges."""
    if any(ord(letter) > 0x2E80 for letter in word):
        return word in body
    return re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", body) is not None
