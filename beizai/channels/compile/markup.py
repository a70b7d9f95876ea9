"""From what a marketer wrote (MJML or HTML with Liquid) to the HTML a mailbox shows, with its links numbered.

Liquid is taken out before the mark-up is read and put back afterwards, so neither disturbs the other: in text
and between table rows as a comment, inside a tag as a word.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import css_inline
import mjml

from beizai.base.errors import Invalid
from beizai.channels.compile.fields import CLICK, PIXEL, Fields
from beizai.channels.compile.liquid import PIECE

MAX_SOURCE = 500_000
_MOST_LINKS = 999
_WORD = re.compile(r"<!--zliq(\d+)z-->|zliq(u?)(\d+)z")
_LINK = re.compile(r"zlnk(\d+)z")
_ANCHOR = re.compile(
    r"<(?:a|area|v:roundrect|v:rect)\b[^>]*?\bhref=(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE
)
_MARKS = re.compile(r"<!--|-->|>|<(/?)(?:(mj-preview|mj-title|title|style|mj-style)\b)?", re.IGNORECASE)
_SCRIPT = re.compile(r"<\s*script\b|javascript:", re.IGNORECASE)
_UNTRACKED = ("mailto:", "tel:", "sms:", "#")
_WHOLE_OUTPUT = re.compile(r"\{\{-?\s*([\w.]+)\s*-?\}\}")
_ENDED = re.compile(r"</body\s*>", re.IGNORECASE)
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
_ELEMENT = re.compile(r"<(/?)([a-zA-Z][\w:-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?(/?)>")
_NEVER_NESTED = frozenset(
    "area base br col embed hr img input link meta source track wbr p li td th tr dt dd option".split()
)
_DEEPEST = 150


@dataclass(frozen=True)
class Link:
    """A link of the mail by its number: where it leads and the words it is under."""

    number: int
    url: str
    label: str


@dataclass
class _Place:
    """Where a reader of mark-up is: in a tag, in a comment, in an element that holds nothing but text, or between elements."""

    in_tag: bool = False
    in_comment: bool = False
    in_text_element: bool = False

    def pass_over(self, words: str) -> None:
        """Reads on."""
        for found in _MARKS.finditer(words):
            mark = found[0]
            if self.in_comment:
                self.in_comment = mark != "-->"
            elif mark == "<!--":
                self.in_comment = True
            elif mark in (">", "-->"):
                self.in_tag = False
            else:
                self.in_tag = True
                if found[2]:
                    self.in_text_element = not found[1]

    @property
    def between_elements(self) -> bool:
        return not (self.in_tag or self.in_comment or self.in_text_element)


@dataclass
class Pieces:
    """The Liquid of a source, piece by piece, and the source with words in its place."""

    source: str
    pieces: list[str] = field(default_factory=list)
    between: set[int] = field(default_factory=set)  # conditions that stand between elements, as comments

    def taken_out(self) -> str:
        """The source with each piece of Liquid replaced by a word the mark-up cannot disturb."""
        if "zliq" in self.source or "zlnk" in self.source:
            raise Invalid(
                "The template holds the word “zliq” or “zlnk”, which Beizai uses itself.", code="template"
            )
        out, end, place = [], 0, _Place()
        for found in PIECE.finditer(self.source):
            words = self.source[end : found.start()]
            place.pass_over(words)
            out += [words, self._word(found[0], between=place.between_elements)]
            end = found.end()
        return "".join([*out, self.source[end:]])

    def _word(self, piece: str, *, between: bool) -> str:
        number = len(self.pieces)
        self.pieces.append(html.unescape(piece) if "&" in piece else piece)
        if piece.startswith("{%") and between:
            self.between.add(number)
            return f"<!--zliq{number}z-->"
        return f"zliq{number}z"

    def put_back(self, text: str) -> str:
        """The text with the Liquid where its words stand; in the query of a link as URL-encoded values."""
        return _WORD.sub(self._piece, text)

    def _piece(self, found: re.Match[str]) -> str:
        piece = self.pieces[int(found[1] or found[3])]
        if not found[2] or not piece.startswith("{{") or "url_encode" in piece:
            return piece
        ends = 3 if piece.endswith("-}}") else 2
        return f"{piece[:-ends]} | url_encode {piece[-ends:]}"

    def check_all_in(self, text: str) -> None:
        """Invalid where the mark-up lost a piece, doubled a condition or changed their order."""
        self._check({number for number in range(len(self.pieces))}, text)

    def check_conditions_in(self, text: str) -> None:
        """The same for a text part, which has no attributes and need not have the outputs that stood in them."""
        self._check(self.between, text)

    def _check(self, needed: set[int], text: str) -> None:
        numbers = [int(found[1] or found[3]) for found in _WORD.finditer(text)]
        tags = [number for number in numbers if self.pieces[number].startswith("{%")]
        doubled = {number for number in tags if tags.count(number) > 1}
        moved = {later for earlier, later in pairwise(tags) if later < earlier}
        if wrong := sorted((needed - set(numbers)) | doubled | moved):
            raise self._misplaced(self.pieces[wrong[0]])

    def _misplaced(self, piece: str) -> Invalid:
        line = self.source.count("\n", 0, max(0, self.source.find(piece))) + 1
        return Invalid(
            "{piece} in line {line} stands where a mail cannot hold it.",
            hint="Put it into a text (<mj-text>), around whole rows, or into the value of an attribute.",
            code="template",
            piece=piece,
            line=line,
        )


def to_html(source: str, *, where: str) -> str:
    """MJML, or HTML as it is, as a whole HTML document with its styles written into the elements."""
    if len(source) > MAX_SOURCE:
        raise Invalid(
            "{where} is {length:,} characters long.",
            hint="500,000 are allowed.",
            code="template",
            where=where,
            length=len(source),
        )
    if _SCRIPT.search(source):
        raise Invalid(
            "{where} holds a script.",
            hint="Mail programs run none: take it out.",
            code="template",
            where=where,
        )
    _check_depth(source, where)
    page = _from_mjml(source, where) if "<mjml" in source else source
    try:
        return css_inline.inline(page, load_remote_stylesheets=False, keep_at_rules=True)
    except ValueError as error:
        raise Invalid(
            "The styles of {where} cannot be read: {reason}.",
            hint="Check the CSS.",
            code="template",
            where=where,
            reason=str(error),
        ) from None


def _check_depth(source: str, where: str) -> None:
    """Refuses what is nested so deeply that reading it would exhaust the parsers' stacks."""
    depth = 0
    for closing, name, self_closed in _ELEMENT.findall(source):
        if name.lower() in _NEVER_NESTED or self_closed:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        if depth > _DEEPEST:
            raise Invalid(
                "{where} is nested more than {limit} elements deep at <{name}>.",
                hint="Close what was opened; a mail needs some twenty levels.",
                code="template",
                where=where,
                limit=_DEEPEST,
                name=name,
            )


def _from_mjml(source: str, where: str) -> str:
    if "<mj-include" in source:
        raise Invalid(
            "{where} includes another file.", hint="Write its content here.", code="template", where=where
        )
    try:
        return mjml.mjml2html(source, fonts={})  # none from elsewhere: a mail asks no third party
    except ValueError as error:
        raise Invalid(
            "{where} is not MJML: {reason}.",
            hint="Check that every <mj-…> is closed where it was opened.",
            code="template",
            where=where,
            reason=str(error),
        ) from None


class Links:
    """The links of one mail as they are found: tracked ones numbered from 1, others left alone or refused."""

    def __init__(self, pieces: Pieces, fields: Fields, where: str) -> None:
        self._pieces, self._fields, self._where = pieces, fields, where
        self.found: list[Link] = []
        self.personal: list[str] = []

    def numbered(self, page: str) -> str:
        """The page with every tracked link's address replaced by the word of its number."""
        out, end = [], 0
        for found in _ANCHOR.finditer(page):
            group = 1 if found[1] is not None else 2
            label = _label(page[found.end() : found.end() + 2_000])
            out += [page[end : found.start(group)], self._address(html.unescape(found[group]).strip(), label)]
            end = found.end(group)
        return "".join([*out, page[end:]])

    def in_text(self, text: str) -> str:
        """A text part somebody wrote, with its addresses numbered as in the HTML."""
        return re.sub(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]]", lambda found: self._in_text(found[0]), text)

    def _in_text(self, url: str) -> str:
        known = next((link for link in self.found if link.url == url), None)
        return f"zlnk{known.number}z" if known else html.unescape(self._address(url, ""))

    def _address(self, url: str, label: str) -> str:
        url = re.sub(r"zliq(\d+)z", self._constant, url)
        if url.startswith(_UNTRACKED) or self._is_url_field(url):
            return html.escape(url)
        if not re.match(r"https?://[^\s/?#]", url) or re.match(r"https?://[^/?#]*zliq", url):
            shown = self._pieces.put_back(url)
            raise Invalid(
                "{where} has a link to “{shown}”.",
                hint="A link begins with https:// and the name of a site.",
                code="link",
                where=self._where,
                shown=shown,
            )
        if "zliq" in url:
            self.personal.append(self._pieces.put_back(url))
            return html.escape(re.sub(r"zliq(\d+)z", r"zliqu\1z", url))
        if len(self.found) >= _MOST_LINKS:
            raise Invalid(
                "{where} has more than {limit} links.",
                hint="Leave some out.",
                code="link",
                where=self._where,
                limit=_MOST_LINKS,
            )
        self.found.append(Link(len(self.found) + 1, url, self._pieces.put_back(label)[:200]))
        return f"zlnk{len(self.found)}z"

    def _constant(self, found: re.Match[str]) -> str:
        """What is the same for everybody is put in here, so that such a link is tracked like any other."""
        whole = _WHOLE_OUTPUT.fullmatch(self._pieces.pieces[int(found[1])])
        known = self._fields.get(whole[1]) if whole else None
        return known.constant if known is not None and known.constant else found[0]

    def _is_url_field(self, url: str) -> bool:
        whole = _WHOLE_OUTPUT.fullmatch(self._pieces.put_back(url))
        return bool(whole and whole[1] in self._fields and self._fields[whole[1]].url)


def _label(after: str) -> str:
    """The words of a link: its text, or else what its picture shows."""
    inside = after[after.find(">") + 1 :].split("</a", 1)[0]
    words = " ".join(html.unescape(_TAGS.sub(" ", inside)).split())
    alt = re.search(r"\balt=\"([^\"]*)\"", inside)
    return words or (html.unescape(alt[1]) if alt else "")


def with_links(text: str, link_suffix: Callable[[int], str]) -> str:
    """The words of the links replaced by the recipient's signed address and the link's number."""
    return _LINK.sub(lambda found: "{{ " + CLICK + " }}" + link_suffix(int(found[1])), text)


def with_pixel(page: str) -> str:
    """The page with a place for the pixel at its end."""
    at = next((found.start() for found in reversed(list(_ENDED.finditer(page)))), len(page))
    return page[:at] + "{{ " + PIXEL + " }}" + page[at:]


def with_preheader(page: str, preheader: str) -> str:
    """The page with the line a mailbox shows beside the subject, hidden in the mail itself."""
    if not preheader:
        return page
    shown = "".join(
        part if PIECE.fullmatch(part) else html.escape(part)
        for part in re.split(f"({PIECE.pattern})", preheader)
    )
    hidden = f'<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{shown}</div>'
    start = _BODY.search(page)
    at = start.end() if start else 0
    return page[:at] + hidden + page[at:]
