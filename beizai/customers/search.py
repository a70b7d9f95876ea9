"""Finding a card by the beginnings of what one remembers: name, email, phone, the number in another book."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import transaction
from django.db.models import Q, QuerySet

from beizai.base.contact_points import search_words
from beizai.customers import begins, belonging  # noqa: F401  (begins registers the lookups)
from beizai.customers.models import Channel, ContactPoint, Customer, ExternalId, SearchWords

_TERM = 64
_CHUNK = 2000
_NO_WORD = {ord(sign): None for sign in "\"'\\\0"}
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
    """Makes the search words of these cards anew, 2,000 cards to a transaction; returns how many cards have words.

    A card that was joined to another is found under that one.
    """
    written = 0
    for piece in _chunks(customer_ids):
        chunk = _with_groups(piece)
        found = _gathered(_terms(chunk))
        rows = [SearchWords(customer_id=pk, words=in_a_row(terms)) for pk, terms in found.items()]
        with transaction.atomic():
            SearchWords.objects.filter(pk__in=chunk)._raw_delete(using="default")
            SearchWords.objects.bulk_create(rows, batch_size=1000)
        written += len(rows)
    return written


def in_a_row(terms: Iterable[str]) -> str:
    """The words as they are kept, without those another word of the card begins with.

    >>> in_a_row({"ann", "ann.lee@example.test", "lee"})
    'ann.lee@example.test lee'
    """
    kept: list[str] = []
    for word in sorted({bare(term)[:_TERM] for term in terms if term}):
        if kept and word.startswith(kept[-1]):
            kept.pop()
        kept.append(word)
    return " ".join(kept)


def bare(word: str) -> str:
    """A word without what the index cannot hold: quotes, and what is no sign at all."""
    return word.translate(_NO_WORD)


def _with_groups(piece: list[int]) -> list[int]:
    """These cards with everything that belongs to the same one."""
    return list(dict.fromkeys([*piece, *belonging.spread(belonging.cards_of(piece).values())]))


def _gathered(terms: dict[int, set[str]]) -> dict[int, set[str]]:
    leads = belonging.cards_of(terms)
    found: dict[int, set[str]] = {}
    for customer_id, words in terms.items():
        found.setdefault(leads[customer_id], set()).update(words)
    return found


def _terms(chunk: list[int]) -> dict[int, set[str]]:
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
    return {customer_id: terms for customer_id, terms in found.items() if terms}


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
    kept = {bare(word)[:_TERM] for word in words} - {""}
    return sorted(kept, key=lambda word: (-len(word), word))


def find(text: str) -> QuerySet[Customer]:
    """The cards that have a word beginning with each word of the text, in no order; "#12" is the card of that number."""
    number = re.fullmatch(r"#\s*(\d{1,18})", text.strip())
    if number:
        return Customer.objects.filter(pk=belonging.card_of(int(number.group(1))))
    words = wanted(text)
    if not words:
        return Customer.objects.none()
    return Customer.objects.filter(pk__in=SearchWords.objects.filter(words__beginning=words).values("pk"))


def first_ids(text: str, limit: int, *, among: Q | None = None) -> list[int]:
    """The ids of at most `limit` cards that match, those with the very words before those where they begin one; ids rise.

    `among`: a condition on the cards that may be found at all (see `access.Sight.within`).
    """
    allowed = among if among is not None else Q()
    if re.fullmatch(r"#\s*\d{1,18}", text.strip()):
        return list(find(text).filter(allowed).values_list("pk", flat=True))
    words = wanted(text)
    if not words:
        return []
    found = SearchWords.objects.filter(allowed).order_by("pk").values_list("pk", flat=True)
    whole = list(found.filter(words__saying=words)[:limit])
    if len(whole) < limit:
        whole += found.filter(words__beginning=words)[:limit]
    return sorted(list(dict.fromkeys(whole))[:limit])


def _chunks(items: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(items)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
