"""Finding a card by the beginnings of what one remembers: name, email, phone, the number in another book."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from beizai.base.contact_points import search_words
from beizai.customers import begins  # noqa: F401  (registers the lookup)
from beizai.customers.models import Channel, ContactPoint, Customer, ExternalId, SearchTerm

_TERM = 64
_CHUNK = 2000
_PHONE = re.compile(r"^\+?[\d\s().\-/]{4,}$")


def name_terms(name: str) -> set[str]:
    """The words of a name, without accents, Han names by character."""
    return search_words(name)


def email_terms(normal: str) -> set[str]:
    """The whole address and the parts before the @ (not the domain, which too many share).

    >>> sorted(email_terms("ann.lee@example.test"))
    ['ann', 'ann.lee@example.test', 'lee']
    """
    local, _at, _domain = normal.partition("@")
    parts = {part for part in re.split(r"[._+\-]", local) if part}
    return {term[:_TERM] for term in {normal, *parts} if term}


def phone_terms(normal: str) -> set[str]:
    """The digits with country code, as dialled at home, and the last four.

    >>> sorted(phone_terms("+33612345678"))
    ['0612345678', '33612345678', '5678']
    """
    import phonenumbers

    digits = re.sub(r"\D", "", normal)
    terms = {digits, digits[-4:]}
    try:
        national = str(phonenumbers.parse(normal, None).national_number)
        terms.add(f"0{national}")
    except phonenumbers.NumberParseException:
        pass
    return {term[:_TERM] for term in terms if term}


def number_terms(value: str) -> set[str]:
    """The number of a customer in another book, as it stands and by its parts."""
    if value.isascii() and value.isalnum():
        return {value.casefold()[:_TERM]}  # one word: most numbers are
    return {value.casefold()[:_TERM], *search_words(value)}


def index_one(customer_id: int) -> None:
    """Makes the search words of one card anew."""
    index_many([customer_id])


def index_many(customer_ids: Iterable[int]) -> int:
    """Makes the search words of these cards anew, 2,000 cards to a transaction; returns how many words there are."""
    written = 0
    for chunk in _chunks(customer_ids):
        terms = [SearchTerm(term=term, customer_id=customer_id) for customer_id, term in _terms(chunk)]
        with transaction.atomic():
            SearchTerm.objects.filter(customer_id__in=chunk).delete()
            SearchTerm.objects.bulk_create(terms, batch_size=5000)
        written += len(terms)
    return written


def _terms(chunk: list[int]) -> Iterator[tuple[int, str]]:
    found: dict[int, set[str]] = {customer_id: set() for customer_id in chunk}
    cards = Customer.objects.filter(pk__in=chunk)
    for customer_id, name, given, family in cards.values_list("pk", "name", "given_name", "family_name"):
        found[customer_id] |= name_terms(f"{name} {given} {family}")
    points = ContactPoint.objects.filter(customer_id__in=chunk, ended_at=None)
    for customer_id, channel, normal in points.values_list("customer_id", "channel", "normal"):
        found.setdefault(customer_id, set()).update(_point_terms(channel, normal))
    for customer_id, value in ExternalId.objects.filter(customer_id__in=chunk).values_list(
        "customer_id", "value"
    ):
        found.setdefault(customer_id, set()).update(number_terms(value))
    for customer_id, terms in found.items():
        for term in sorted(terms):
            yield customer_id, term[:_TERM]


def _point_terms(channel: str, normal: str) -> set[str]:
    if channel == Channel.EMAIL:
        return email_terms(normal)
    if channel in (Channel.PHONE, Channel.SMS):
        return phone_terms(normal)
    return {normal.casefold()[:_TERM]}


def wanted(text: str) -> list[str]:
    """The beginnings a person typed, the longest first; a phone number counts as one word.

    >>> wanted("Élodie mar"), wanted("06 12 34"), wanted("王小"), wanted("ann.lee@ex")
    (['elodie', 'mar'], ['061234'], ['王小'], ['ann.lee@ex'])
    """
    stripped = text.strip()
    if _PHONE.match(stripped):
        return [re.sub(r"\D", "", stripped)[:_TERM]]
    words: list[str] = []
    for token in stripped.split():
        if re.search(r"[@.\d]", token) and re.search(r"[@.\-/]", token):
            words.append(token.casefold())
        else:
            pieces = (search_words(piece) for piece in re.findall(r"[\w'’]+", token))
            words.extend(max(piece, key=len) for piece in pieces if piece)
    return sorted({word[:_TERM] for word in words}, key=lambda word: (-len(word), word))


def find(text: str) -> QuerySet[Customer]:
    """The cards that have a word beginning with each word of the text, in no order; "#12" is the card of that number.

    The longest word leads, the others are looked up on its cards alone.
    """
    number = re.fullmatch(r"#\s*(\d{1,18})", text.strip())
    if number:
        return Customer.objects.filter(pk=int(number.group(1)))
    words = wanted(text)
    if not words:
        return Customer.objects.none()
    return Customer.objects.filter(pk__in=_leading(words))


def _leading(words: list[str]) -> QuerySet[SearchTerm, int]:
    first, *others = words
    terms = SearchTerm.objects.filter(term__begins=first)
    for word in others:
        terms = terms.filter(
            Exists(SearchTerm.objects.filter(Q(customer=OuterRef("customer")), term__begins=word))
        )
    return terms.values_list("customer_id", flat=True)


def first_ids(text: str, limit: int) -> list[int]:
    """The ids of at most `limit` cards that match, read off the index alone; ids rise."""
    if re.fullmatch(r"#\s*\d{1,18}", text.strip()):
        return list(find(text).values_list("pk", flat=True))
    words = wanted(text)
    if not words:
        return []
    seen: dict[int, None] = {}
    for customer_id in _leading(words).order_by("term", "customer_id").iterator(chunk_size=1000):
        seen.setdefault(customer_id)
        if len(seen) >= limit:
            break
    return sorted(seen)


def _chunks(items: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(items)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
