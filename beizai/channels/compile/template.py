"""A campaign's mail compiled once: every field checked, its links numbered, ready to be filled for each person."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from beizai.base.errors import Invalid, Phrase
from beizai.channels.compile import markup, text
from beizai.channels.compile.bodies import Body, Values, body, cleaned
from beizai.channels.compile.fields import CLICK, PIXEL, UNSUBSCRIBE, Fields
from beizai.channels.compile.liquid import HTML, PIECE, TEXT, check_endless, check_fields, parse, render
from beizai.channels.compile.markup import Link, Links, Pieces
from beizai.channels.compile.quoted import clean, one_line

POSTAL_ADDRESS = "shop.postal_address"
_MAIL = Phrase("The mail")
_FOOTER = (
    "\n\n-- \n{{ shop.name }}\n{{ shop.postal_address }}\n{{ unsubscribe_url }}\n{{ preferences_url }}\n"
)
_BARE = re.compile(r"\{\{-?\s*(?P<name>[\w.]+)\s*-?\}\}")
_PROBE = "https://unsubscribe.invalid/probe"


@dataclass(frozen=True)
class Source:
    """What a marketer wrote: subject, preheader, the body in MJML or HTML, the text part (empty: made from the body)."""

    subject: str
    markup: str
    text: str = ""
    preheader: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    marketing: bool = True


def dotted(number: int) -> str:
    """The number of a link as it follows the signed part of its address."""
    return f".{number}"


@dataclass(frozen=True)
class Mail:
    """A compiled mail. `links` are the targets by number; `without_default` the fields that some may lack and that
    nothing stands in for; `personal_links` the addresses that differ by person and are therefore not tracked."""

    subject: Body
    html: Body
    text: Body
    links: tuple[Link, ...]
    fields: frozenset[str]
    without_default: tuple[str, ...]
    personal_links: tuple[str, ...]
    base: Mapping[str, str]

    def values(self, person: Values) -> dict[str, str]:
        """A person's values over the campaign's defaults over the shop's own words; empty ones count as missing."""
        return {**self.base, **{name: value for name, value in cleaned(person).items() if value}}

    def subject_for(self, values: Values) -> str:
        """The subject line filled, always one line."""
        return one_line(self.subject.plain(values))


def subject_line(words: str, values: Mapping[str, str]) -> str:
    """A subject as somebody reads it of whom nothing is known; as it was written where it cannot be read yet.

    A field without words of its own and without a default is a dot-dot-dot.

    >>> subject_line('Tea for {{ customer.first_name | default: "you" }}, {{ customer.town }}', {})
    'Tea for you, …'
    """
    where = Phrase("The subject")
    known = _BARE.sub(lambda place: place[0] if values.get(place["name"]) else "…", one_line(words))
    try:
        check_endless(known, where=where)
        return one_line(render(parse(known, where=where, environment=TEXT), known, values, where=where))
    except Invalid:
        return words


def compile_mail(source: Source, fields: Fields, *, link_suffix: Callable[[int], str] = dotted) -> Mail:
    """The mail of a campaign, or Invalid saying what in it has to be changed.

    Refused: an unknown field, Liquid that cannot be read or never ends, a link that leads nowhere, an empty
    subject, a sensitive field in the subject or the preheader, a marketing mail without the shop's postal address or the link to
    unsubscribe. `link_suffix` is what follows the signed part of a tracked address.
    """
    _check_defaults(source.defaults, fields)
    subject, subject_fields = _subject(source.subject, fields)
    _check_preheader(source.preheader, fields)
    pieces, page = _page(source, fields)
    links = Links(pieces, fields, _MAIL)
    page = links.numbered(page)
    words = links.in_text(source.text) if source.text.strip() else _words(pieces, page)
    page = markup.with_pixel(pieces.put_back(page))
    page_body, page_fields = _body(markup.with_links(page, link_suffix), fields, html=True, where=_MAIL)
    words = _with_footer(words, fields) if source.marketing else words
    text_body, text_fields = _body(
        markup.with_links(words, link_suffix), fields, html=False, where=Phrase("The text part")
    )
    mail = Mail(
        subject=subject,
        html=page_body,
        text=text_body,
        links=tuple(links.found),
        fields=(subject_fields | page_fields | text_fields) - {CLICK, PIXEL},
        without_default=_without_default(source, fields, subject_fields | page_fields | text_fields),
        personal_links=tuple(links.personal),
        base={
            **fields.constants(),
            **{name: value for name, value in cleaned(source.defaults).items() if value},
        },
    )
    _try_out(mail, source, fields)
    return mail


def _check_defaults(defaults: Mapping[str, str], fields: Fields) -> None:
    for name in defaults:
        fields.check(name, Phrase("The list of words for missing fields"))


def _subject(words: str, fields: Fields) -> tuple[Body, frozenset[str]]:
    if not words.strip():
        raise Invalid("The subject is empty.", hint="Write what the mail is about.", code="subject")
    compiled, used = _body(one_line(words), fields, html=False, where=Phrase("The subject"))
    _refuse_sensitive(used, fields)
    return compiled, used


def _check_preheader(words: str, fields: Fields) -> None:
    """What stands beside the subject in a list of mails is read over a shoulder like it."""
    if words.strip():
        _refuse_sensitive(
            _body(one_line(words), fields, html=False, where=Phrase("The preheader"))[1], fields
        )


def _refuse_sensitive(used: frozenset[str], fields: Fields) -> None:
    if sensitive := sorted(name for name in used if name in fields and fields[name].sensitive):
        raise Invalid(
            "The subject shows “{field}”, which others may read over a shoulder.",
            hint="Take it into the mail, or leave it out.",
            code="sensitive_subject",
            field=sensitive[0],
        )


def _page(source: Source, fields: Fields) -> tuple[Pieces, str]:
    """The HTML with words in the place of its Liquid. The source is read as Liquid first, for its own line numbers."""
    template = parse(source.markup, where=_MAIL, environment=HTML)
    check_fields(template, fields, where=_MAIL)
    check_endless(source.markup, where=_MAIL)
    pieces = Pieces(source.markup)
    page = markup.to_html(pieces.taken_out(), where=_MAIL)
    pieces.check_all_in(page)
    return pieces, markup.with_preheader(page, source.preheader)


def _words(pieces: Pieces, page: str) -> str:
    """The text part made from the HTML."""
    words = text.from_html(page, pieces.pieces)
    try:
        pieces.check_conditions_in(words)
    except Invalid as error:
        raise Invalid(
            "No text part can be made: {reason}",
            hint="Write the text part yourself.",
            code="template",
            reason=error.phrase,
        ) from None
    return pieces.put_back(words)


def _body(words: str, fields: Fields, *, html: bool, where: str) -> tuple[Body, frozenset[str]]:
    words = clean(words)
    check_endless(words, where=where)
    template = parse(words, where=where, environment=HTML if html else TEXT)
    return body(template, words, html=html, where=where), check_fields(template, fields, where=where)


def _with_footer(words: str, fields: Fields) -> str:
    """The text part with the sender and the link to unsubscribe, where it does not name them."""
    if "unsubscribe_url" in words or POSTAL_ADDRESS not in fields:
        return words
    return words.rstrip() + _FOOTER


def _without_default(source: Source, fields: Fields, used: frozenset[str]) -> tuple[str, ...]:
    """Fields used bare somewhere, which may be empty for some."""
    written = f"{source.subject}\n{source.preheader}\n{source.markup}\n{source.text}"
    bare = {
        name
        for name in used
        if any(
            name in piece and "default" not in piece for piece in PIECE.findall(written) if piece[1] == "{"
        )
    }
    excused = {name for name in used if source.defaults.get(name) or name not in fields}
    excused |= {name for name, known in fields.items() if known.constant is not None or known.url}
    return tuple(sorted(bare - excused))


def _try_out(mail: Mail, source: Source, fields: Fields) -> None:
    """Fills the mail for somebody who has everything and for somebody who has nothing."""
    for person in (fields.samples(), {}):
        values = mail.values(
            {**person, UNSUBSCRIBE.name: _PROBE, CLICK: "https://click.invalid/c/", PIXEL: ""}
        )
        page, words = mail.html.plain(values), mail.text.plain(values)
        if not mail.subject_for(values):
            raise Invalid(
                "The subject is empty for customers who lack a field.",
                hint='Give the field a default: {{ customer.first_name | default: "our offer" }}.',
                code="subject",
            )
        if source.marketing:
            _check_marketing(page, words, fields)


def _check_marketing(page: str, words: str, fields: Fields) -> None:
    address = fields[POSTAL_ADDRESS].constant if POSTAL_ADDRESS in fields else None
    if not (address or "").strip():
        raise Invalid(
            "The shop has no postal address, which every marketing mail must show.",
            hint="Enter it in the settings of the shop.",
            code="postal_address",
        )
    if _letters(address or "") not in _letters(text.from_html(page)):
        raise Invalid(
            "The mail does not show the shop's postal address.",
            hint="Put {{ shop.postal_address }} at its end, outside any condition.",
            code="postal_address",
        )
    if _PROBE not in page or _PROBE not in words:
        raise Invalid(
            "The mail has no link to unsubscribe.",
            hint='Put <a href="{{ unsubscribe_url }}">Unsubscribe</a> at its end, outside any condition.',
            code="unsubscribe",
        )


def _letters(words: str) -> str:
    """Letters and digits alone, so that line breaks and commas do not matter."""
    return "".join(c for c in words.casefold() if c.isalnum())
