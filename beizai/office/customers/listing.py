"""The list of customers: found by beginnings of words, narrowed by filters, sorted, in pages by key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from time import monotonic
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from beizai.customers import belonging, search
from beizai.customers.access import Sight
from beizai.customers.models import Customer, Standing
from beizai.office import labels, paging, sight, wording
from beizai.office.customers import filters as filtering
from beizai.office.customers import strips
from beizai.office.customers.reach import Reach, reach
from beizai.office.frame import frame
from beizai.office.paging import Key
from beizai.office.permissions import needs, person
from beizai.office.tabs import hang, tabs
from beizai.staff.models import User
from beizai.staff.roles import May, may

hang("customers", "customers", pgettext_lazy("tab", "Cards"), "customers", May.SEE_CUSTOMERS, place=10)

FOUND_AT_MOST = 500
COUNTED_AT_MOST = 2000
_FRESH_SECONDS = 60
_total: tuple[float, int] | None = None

SORTS: dict[str, tuple[filtering.Paths, Key]] = {
    "spent": (filtering.FROM_STANDING, Key("spent_12m_minor", "customer_id")),
    "total": (filtering.FROM_STANDING, Key("spent_minor", "customer_id")),
    "last": (filtering.FROM_STANDING, Key("last_order_on", "customer_id", paging.day, may_be_unknown=True)),
    "name": (filtering.FROM_CARD, Key("name", "pk", paging.text)),
    "added": (filtering.FROM_CARD, Key("created_at", "pk", paging.moment)),
}


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    id: int
    name: str
    place: str
    tier: str
    tier_words: str
    tier_level: int
    stage_words: str
    last_order_on: date | None
    purchase_days: int
    spent_minor: int
    reach: list[Reach]
    simulated: bool
    dots: list[tuple[int, int]] | None = None

    @property
    def reach_words(self) -> str:
        allowed = [one.words for one in self.reach if one.allowed]
        return (
            _("may be reached by %(channels)s") % {"channels": wording.listed(allowed)}
            if allowed
            else _("may not be reached")
        )


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    words: str
    filters: Sequence[filtering.Filter]
    sort: str
    paths: filtering.Paths
    key: Key
    falls: bool
    sight: Sight


def asked(request: HttpRequest) -> Asked:
    """The search words, filters and order of this address; who sees no names cannot search by them."""
    params = request.GET
    words = params.get("q", "").strip()
    if words and not may(person(request), May.SEE_NAMES) and not words.lstrip("# ").isdecimal():
        words = ""
    sort = params.get("sort") or _natural(params)
    if sort.lstrip("-") not in SORTS or (
        sort.lstrip("-") == "name" and not may(person(request), May.SEE_NAMES)
    ):
        sort = _natural(params)
    if params.get("never") == "1" and sort.lstrip("-") in ("spent", "total", "last"):
        sort = "-added"  # nobody here has spent or bought: such an order would be none
    if SORTS[sort.lstrip("-")][0] is filtering.FROM_STANDING and not all_valued():
        sort = "-added"
    paths, key = SORTS[sort.lstrip("-")]
    who = sight.of(person(request))
    return Asked(words, filtering.active(params), sort, paths, key, sort.startswith("-"), who)


def all_valued() -> bool:
    """Whether the newest card has its standing: else cards came in that are not valued yet, and would be missed."""
    newest = belonging.listed(Customer.objects.order_by("-pk")).values_list("pk", flat=True).first()
    return newest is None or Standing.objects.filter(pk=newest).exists()


def _natural(params: QueryDict) -> str:
    """The order of a list that was asked for in none: who was seen last where silence is the question, else who spent most."""
    if params.get("never") == "1" or params.get("added"):
        return "-added"
    return "-last" if params.get("silent") else "-spent"


def matching(what: Asked, *, found: list[int] | None = None, passing: bool = False) -> QuerySet[Any]:
    """The rows that match (Standing or Customer, as the order asks); `passing`: see `filters.Paths`."""
    if what.paths is filtering.FROM_STANDING:
        rows: QuerySet[Any] = Standing.objects.select_related("customer")  # a joined card has none
    else:
        rows = belonging.listed(Customer.objects.select_related("standing"))
    if found is not None:
        rows = rows.filter(**{f"{what.paths.id}__in": found})
    rows = rows.filter(what.sight.within(what.paths.id))
    paths = replace(what.paths, passing=passing, ordered=what.key.column)
    for one in what.filters:
        rows = rows.filter(one.condition(paths))
    return rows


@dataclass(frozen=True)
class Matches:
    """The rows of the list ready to be walked, how many there are, and whether it is more than that."""

    rows: QuerySet[Any]
    total: int
    about: bool


def matches(what: Asked, searched: list[int] | None) -> Matches:
    """Everything is counted once a minute, the rest up to 2,000.

    Few matches are looked up first and then put in order; where they are many, the order's index is walked and they are
    met on the way. Either keeps the database from sorting half the book for one page. A small branch's cards lead.
    """
    if not what.words and not what.filters and what.sight.whole:
        return Matches(matching(what), all_cards(), False)
    few, most = what.sight.few(2 * COUNTED_AT_MOST), COUNTED_AT_MOST
    leading = searched
    if few is not None:
        leading = few if searched is None else sorted(set(few) & set(searched))
    elif not what.sight.whole:
        most = COUNTED_AT_MOST // 4  # each is looked at whether it is one of the branch's
    rows = matching(what, found=leading)
    ids = list(rows.order_by().values_list(what.paths.id, flat=True)[: most + 1])
    if len(ids) > most:
        return Matches(matching(what, found=searched, passing=True), most, True)
    return Matches(matching(replace(what, filters=()), found=ids), len(ids), False)


def all_cards() -> int:
    """How many cards the book has; counted at most once a minute in a process."""
    global _total  # noqa: PLW0603  (one number kept for a minute)
    if _total is None or monotonic() - _total[0] > _FRESH_SECONDS or _total[1] < 10_000:
        _total = (monotonic(), belonging.listed(Customer.objects.all()).count())
    return _total[1]


@needs(May.SEE_CUSTOMERS)
def customers(request: HttpRequest) -> HttpResponse:
    """The list."""
    what = asked(request)
    found = search.first_ids(what.words, FOUND_AT_MOST + 1, among=what.sight.within()) if what.words else None
    too_many = found is not None and len(found) > FOUND_AT_MOST
    met = matches(what, found[:FOUND_AT_MOST] if found is not None else None)
    page = paging.by_key(
        met.rows, what.key, falls=what.falls, params=request.GET, total=met.total, about=met.about or too_many
    )
    inline = request.GET.get("strips") == "1"
    context = {
        "page": page,
        "rows": in_words(page.rows, person(request), dots=inline),
        "inline": inline,
        "asked": what,
        "sort": what.sort,
        "words": what.words,
        "search_words": what.words,
        "too_many": too_many,
        "found_at_most": FOUND_AT_MOST,
        "total": met.total,
        "about": met.about,
        "cards": all_cards() if what.sight.whole else None,
        "branch": what.sight.branch,
        "all_valued": all_valued(),
        "form": filtering.FilterForm(
            request.GET, contact_points=may(person(request), May.SEE_CONTACT_POINTS)
        ),
        "kept": _kept(request.GET),
        "segment_url": filtering.as_segment(list(what.filters)) if not what.words else "",
        "views": _views(request.GET),
        "tabs": tabs(person(request), "customers", "customers"),
    }
    return render(request, "office/customers/list.html", context)


def _kept(params: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(params[name])) for name in ("q", "sort") if params.get(name)]


def _views(params: QueryDict) -> list[dict[str, Any]]:
    set_now = {
        name: params[name]
        for name in params
        if name not in ("sort", "q", "after", "before", "from", "strips")
    }
    views: list[tuple[str, dict[str, str]]] = [
        (_("All"), {}),
        (_("Added in 30 days"), {"added": "30"}),
        (_("Bought in 30 days"), {"bought": "30"}),
        (_("Silent for half a year"), {"silent": "180"}),
        (_("No permission to write"), {"write": "no"}),
    ]
    return [
        {
            "words": words,
            "url": "?" + "&".join(f"{name}={value}" for name, value in wanted.items()),
            "current": wanted == set_now and not params.get("q"),
        }
        for words, wanted in views
    ]


def in_words(rows: Sequence[Any], user: User, *, dots: bool = False) -> list[Row]:
    """Rows of the list (Standing or Customer) in the reader's words."""
    cards = [row.customer if isinstance(row, Standing) else row for row in rows]
    ids = [card.pk for card in cards]
    sight.sees(user, ids)  # asked once for all
    reached = reach(ids, frame().now) if ids else {}
    drawn = strips.dots(ids) if dots else {}
    return [_row(card, reached[card.pk], user, drawn.get(card.pk)) for card in cards]


def _row(card: Customer, reached: list[Reach], user: User, drawn: list[tuple[int, int]] | None) -> Row:
    standing = getattr(card, "standing", None) or Standing(customer=card, as_of=frame().now)
    return Row(
        id=card.pk,
        name=display_name(card, user),
        place=_place(card, user),
        tier=standing.tier,
        tier_words=labels.tiers().get(standing.tier, ""),
        tier_level=labels.TIER_LEVELS.index(standing.tier) if standing.tier in labels.TIER_LEVELS else 5,
        stage_words=labels.stages().get(standing.stage, ""),
        last_order_on=standing.last_order_on,
        purchase_days=standing.purchase_days,
        spent_minor=standing.spent_12m_minor,
        reach=reached,
        simulated=card.simulated,
        dots=drawn,
    )


def display_name(card: Customer, user: User) -> str:
    """The name, or the card's number for who may not see it; nothing of a card the reader's branch does not open."""
    if not sight.sees(user, [card.pk]):
        return _("Customer of another branch")
    if card.name and may(user, May.SEE_NAMES):
        return card.name
    return _("Customer %(number)s") % {"number": card.pk}


def _place(card: Customer, user: User) -> str:
    if card.postal_address and may(user, May.SEE_CONTACT_POINTS):
        return card.postal_address.strip().splitlines()[-1][:60]
    return filtering.country_name(card.country) if card.country else ""


@needs(May.SEE_CUSTOMERS)
def strips_fragment(request: HttpRequest) -> HttpResponse:
    """The order strips of the rows at hand, each for its cell."""
    ids = [int(part) for part in request.GET.get("ids", "").split(",") if part.isdecimal()][: paging.SIZE]
    open_to = sight.sees(person(request), ids)
    drawn = strips.dots([number for number in ids if number in open_to])
    return render(request, "office/customers/strips.html", {"drawn": drawn})


@needs(May.SEE_CUSTOMERS)
def count_fragment(request: HttpRequest) -> HttpResponse:
    """The exact number of matches, for where the page said "more than"."""
    what = asked(request)
    return render(request, "office/customers/count.html", {"total": matching(what).order_by().count()})
