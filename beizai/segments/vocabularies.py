"""The words rules may use in this book: its attributes, tags, sources, segments, categories, products."""

from beizai.base.errors import Invalid
from beizai.consent.models import CONTACT_PURPOSES
from beizai.customers.models import AttributeDefinition, Channel, Tag
from beizai.products.models import Product
from beizai.segments.models import Segment
from beizai.segments.person import CATEGORY_SEPARATOR
from beizai.segments.rule import Rule, Vocabulary, check, tree
from beizai.segments.rule.checking import STANDARD, names_of
from beizai.segments.rule.values import near
from beizai.sources.models import Source

EVENT_KINDS = frozenset(
    {
        "sent",
        "bounced",
        "complained",
        "opened",
        "clicked",
        "unsubscribed",
        "coupon_redeemed",
        "form_answered",
        "visited",
        "tracked",
        "answered",
        "asked",
    }
)


def vocabulary() -> Vocabulary:
    """What the book knows now; tags and categories are not checked while there are none. Products are not listed (there may be a million): `check_rule` looks up those that are named."""
    defined = AttributeDefinition.objects.values_list("key", "kind")
    own = {name: compared for key, kind in defined for name, compared in names_of(key, kind).items()}
    return Vocabulary(
        attributes=own | dict(STANDARD),
        tags=frozenset(Tag.objects.values_list("tag", flat=True).distinct()) or None,
        sources=frozenset(Source.objects.values_list("name", flat=True)),
        segments=frozenset(Segment.objects.values_list("name", flat=True)),
        categories=categories() or None,
        channels=frozenset(Channel.values),
        purposes=frozenset(CONTACT_PURPOSES),
        events=EVENT_KINDS,
    )


def categories() -> frozenset[str]:
    """Every category, and what stands above it in its path."""
    found: set[str] = set()
    for path in Product.objects.exclude(category="").order_by().values_list("category", flat=True).distinct():
        steps = path.split(CATEGORY_SEPARATOR)
        found.update(CATEGORY_SEPARATOR.join(steps[:depth]) for depth in range(1, len(steps) + 1))
    return frozenset(found)


def check_rule(rule: Rule, known: Vocabulary | None = None) -> None:
    """Refuses a rule that names what this book does not know."""
    check(rule, known or vocabulary())
    named = {
        part.product for part, _ in tree.walk(rule) if isinstance(part, tree.Bought | tree.NeverBought)
    } - {None}
    missing = named - set(Product.objects.filter(number__in=named).values_list("number", flat=True))
    for number in sorted(str(one) for one in missing):
        alike = Product.objects.filter(number__istartswith=number[:1]).values_list("number", flat=True)[:200]
        raise Invalid("There is no product “{number}” in this book.", hint=near(number, alike), number=number)
