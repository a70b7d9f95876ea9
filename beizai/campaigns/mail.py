"""The mail of a campaign: which fields it may name, compiled once, and what it says to each person."""

from collections.abc import Iterable, Mapping
from typing import Any

from beizai.base.errors import Invalid
from beizai.campaigns import must_say
from beizai.campaigns.models import Campaign
from beizai.campaigns.plan import CHECKLIST
from beizai.channels.compile import Field, Fields, Mail, Source, compile_mail, subject_line
from beizai.customers import belonging, facts
from beizai.customers.models import AttributeKind, Customer
from beizai.staff.models import Shop

_CARD = (
    Field("customer.name", "the whole name", "Marie Lin"),
    Field("customer.first_name", "the given name", "Marie"),
    Field("customer.last_name", "the family name", "Lin"),
    Field("customer.country", "the country", "FR"),
)


def fields(shop: Shop, campaign: Campaign) -> Fields:
    """Every field a mail of this shop may name: the card, each attribute, the shop, the campaign's picture."""
    attributes = [
        Field(f"customer.{each.key}", each.label, "…", sensitive=facts.is_sensitive(each))
        for each in facts.definitions(retired=True)
        if each.kind not in (AttributeKind.PHOTO, AttributeKind.RECORDS)
    ]
    about = [
        Field("shop.name", "the shop's name", constant=shop.name),
        Field("shop.postal_address", "the shop's postal address", constant=shop.postal_address),
        Field("shop.url", "the shop's address on the web", constant=shop.public_url, url=True),
        Field("campaign.name", "the campaign's name", constant=campaign.name),
        Field("campaign.picture", "the campaign's picture", constant=picture_url(shop, campaign), url=True),
    ]
    return Fields([*_CARD, *attributes, *about])


def picture_url(shop: Shop, campaign: Campaign) -> str:
    """Where the campaign's picture is served from; empty where it has none."""
    return f"{shop.public_url.rstrip('/')}/media/{campaign.picture}" if campaign.picture else ""


def source(campaign: Campaign) -> Source:
    """What the marketer wrote."""
    return Source(
        subject=campaign.subject,
        markup=campaign.mjml,
        text=campaign.text,
        preheader=campaign.preheader,
        defaults=campaign.defaults,
        marketing=campaign.purpose == "marketing",
    )


def compiled(campaign: Campaign, shop: Shop) -> Mail:
    """The campaign's mail, every field checked; Invalid says what in it has to be changed."""
    mail = compile_mail(source(campaign), fields(shop, campaign))
    if mail.without_default:
        raise Invalid(
            "Some customers lack “{field}”, and the mail has no other words for them.",
            hint='Write {{{{ {field} | default: "…" }}}}, or give the plan a default for it.',
            code="missing_default",
            field=mail.without_default[0],
        )
    return mail


def ready(campaign: Campaign, shop: Shop) -> Mail:
    """The mail as it may be approved: compiled, and keeping to what mails of this shop must say."""
    mail = compiled(campaign, shop)
    must_say.check(campaign, mail, shop)
    return mail


def subject_seen(campaign: Campaign, shop: Shop) -> str:
    """The subject as a page shows it: filled with the shop's own words and the campaign's defaults, and nobody's name."""
    ours = {"shop.name": shop.name, "shop.url": shop.public_url, "campaign.name": campaign.name}
    return subject_line(campaign.subject, {**ours, **campaign.defaults})


def unanswered(campaign: Campaign) -> tuple[str, ...]:
    """What a buyer needs to decide and the mail, as its author sees it, does not say yet."""
    return tuple(item for item in CHECKLIST if not str(campaign.checklist.get(item, "")).strip())


def values_for(customer_ids: Iterable[int]) -> dict[int, Mapping[str, str]]:
    """What the mail may say of each of these customers, by field name; unknown facts are left out.

    Facts of kind money are whole minor units on the card; a mail shows text, so they are given as they stand.
    """
    leads = belonging.cards_of(customer_ids)
    rows = Customer.objects.filter(pk__in=set(leads.values())).values(
        "id", "name", "given_name", "family_name", "country", "facts"
    )
    said = {row["id"]: _values(row) for row in rows.iterator(chunk_size=5000)}
    return {number: said[card] for number, card in leads.items() if card in said}


def _values(row: Mapping[str, Any]) -> dict[str, str]:
    values = {
        "customer.name": row["name"],
        "customer.first_name": row["given_name"],
        "customer.last_name": row["family_name"],
        "customer.country": row["country"],
    }
    for key, fact in row["facts"].items():
        if fact.get("v") not in (None, ""):
            values[f"customer.{key}"] = _words(fact["v"])
    return {name: value for name, value in values.items() if value}


def _words(value: Any) -> str:
    """A fact as a mail says it: several answers as a list, records and pictures not at all."""
    if isinstance(value, list):
        return ", ".join(value) if all(isinstance(one, str) for one in value) else ""
    return "" if isinstance(value, dict) else str(value)
