"""The text part of a mail, for those who read without pictures: made from the HTML where nobody wrote one."""

import re
from collections.abc import Sequence

from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.html_engine import Inscriptis
from inscriptis.model.config import ParserConfig
from lxml.etree import _Comment
from lxml.html import HtmlElement, document_fromstring

_WORD = re.compile(r"zliq(\d+)z")
_BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_CONFIG = ParserConfig(css=CSS_PROFILES["strict"])
_ROWS = ("table", "tbody", "thead", "tfoot", "tr")
_NEW_LINE = "zliqline"
_OPENING = re.compile(r"\{%-?\s*(?:if|for|unless|case|tablerow|capture|assign)\b")


def from_html(page: str, pieces: Sequence[str] = ()) -> str:
    """The words of a page; the address of each link in brackets behind its words, a picture's description in its place.

    `pieces` is the Liquid that stands in the page's comments as words, by number.
    """
    tree = document_fromstring(page)
    for image in list(tree.iter("img")):
        _replace(image, image.get("alt") or "")
    for anchor in list(tree.iter("a")):
        _spell_out(anchor)
    for title in list(tree.iter("title")):
        _replace(title, "")
    for comment in [node for node in tree.iter() if isinstance(node, _Comment)]:
        if word := _WORD.fullmatch(comment.text or ""):
            _into_text(comment, opening=bool(_OPENING.match(pieces[int(word[1])])))
    text = Inscriptis(tree, _CONFIG).get_text().replace(_NEW_LINE, "\n")
    lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return _BLANKS.sub("\n\n", lines).strip() + "\n"


def _replace(element: HtmlElement, words: str) -> None:
    element.tail = words + (element.tail or "")
    element.drop_tree()


def _spell_out(anchor: HtmlElement) -> None:
    address = (anchor.get("href") or "").removeprefix("mailto:").removeprefix("tel:")
    words = " ".join(anchor.text_content().split())
    if not address or address.startswith("#") or address == words:
        return
    _append(anchor, f" ({address})" if words else address)


def _append(element: HtmlElement, words: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "").rstrip() + words
    else:
        element.text = (element.text or "").rstrip() + words


def _into_text(comment: _Comment, *, opening: bool) -> None:
    """A condition's word where the text has it too: between rows it goes into the cell after or before it."""
    word, parent = comment.text or "", comment.getparent()
    if parent is None:
        return
    if parent.tag in _ROWS:
        cell = _cell_after(comment) if opening else _cell_before(comment)
        if cell is None:
            return
        if opening:
            cell.text = word + (cell.text or "")
        else:
            _append(cell, _NEW_LINE + word)
        parent.remove(comment)
        return
    tail, before = word + (comment.tail or ""), comment.getprevious()
    parent.remove(comment)
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail


def _cell_after(comment: _Comment) -> HtmlElement | None:
    for sibling in comment.itersiblings():
        for cell in sibling.iter("td", "th"):
            return cell
    return None


def _cell_before(comment: _Comment) -> HtmlElement | None:
    for sibling in comment.itersiblings(preceding=True):
        cells = [sibling] if sibling.tag in ("td", "th") else [c for c in sibling.iterchildren("td", "th")]
        if cells:
            return cells[-1]
    return None
