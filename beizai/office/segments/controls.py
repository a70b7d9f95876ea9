"""The fields of one condition in the builder: which there are follows from what was chosen in the ones before."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from beizai.office import wording
from beizai.office.labels import LABELS_OF
from beizai.office.segments import sentences
from beizai.office.segments.book import Book
from beizai.office.segments.nodes import MONEY_MEASURES, WITH_WINDOW, Node
from beizai.segments.rule import AttributeKind
from beizai.segments.rule.checking import OPS_OF_KIND
from beizai.segments.rule.tree import TOLD_KINDS
from beizai.segments.rule.values import ONE_VALUE

NUMBER_OPS = ("at_least", "at_most", "more_than", "less_than", "is", "is_not", "between")
ORDER_OPS = ("at_least", "at_most", "more_than", "less_than")


@dataclass(frozen=True)
class Option:
    """One choice of a list."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class Control:
    """One field: its name within the node, what it is called for those who do not see its place, and what may be chosen.

    `kind`: select, number, text, date, several (boxes), known (text with a list of what there is).
    `renews`: other fields depend on it.
    """

    name: str
    label: str
    kind: str
    value: str = ""
    options: tuple[Option, ...] = ()
    after: str = ""
    renews: bool = False


def controls(node: Node, book: Book) -> list[Control]:
    """The fields of a condition, from left to right (its kind comes before them)."""
    fields = _FIELDS[node.kind](node, book) if node.kind in _FIELDS else []
    return [*fields, *(_when(node) if node.kind in WITH_WINDOW else [])]


def _select(
    node: Node,
    name: str,
    label: str,
    options: Mapping[str, str] | Iterable[tuple[str, str]],
    *,
    renews: bool = False,
) -> Control:
    pairs = list(options.items() if isinstance(options, Mapping) else options)
    value = node.value(name) or (pairs[0][0] if pairs else "")
    known = {key for key, _words in pairs}
    pairs += [(value, value)] if value and value not in known else []
    return Control(
        name,
        label,
        "select",
        value,
        tuple(Option(key, words, key == value) for key, words in pairs),
        renews=renews,
    )


def _compared(
    node: Node, ops: Iterable[str], unit: str, *, name: str = "value", kind: str = "number"
) -> list[Control]:
    words = sentences.comparisons()
    op = _select(node, "op", _("comparison"), [(op, words[op]) for op in ops], renews=True)
    fields = [op, Control(name, unit, kind, node.value(name))]
    if op.value == "between":
        fields.append(Control(f"{name}_to", _("and"), kind, node.value(f"{name}_to")))
    return fields


def _when(node: Node) -> list[Control]:
    when = _select(node, "when", _("which days count"), sentences.windows(), renews=True)
    match when.value:
        case "within_days" | "older_than_days":
            return [when, Control("days", _("days"), "number", node.value("days"), after=_("days"))]
        case "dates":
            return [
                when,
                Control("since", _("from"), "date", node.value("since")),
                Control("until", _("to"), "date", node.value("until")),
            ]
        case _:
            return [when]


def _orders(node: Node, book: Book) -> list[Control]:
    measure = _select(node, "measure", _("what is counted"), sentences.measures(), renews=True)
    unit = wording.currency_symbol() if measure.value in MONEY_MEASURES else _("how many")
    fields = _compared(node, NUMBER_OPS, unit)
    if measure.value in MONEY_MEASURES:
        fields = [
            Control(f.name, f.label, f.kind, f.value, f.options, unit if f.kind == "number" else "", f.renews)
            for f in fields
        ]
    return [measure, *fields]


def _goods(node: Node, book: Book) -> list[Control]:
    kinds = {"category": _("from the category"), "product": _("the product")}
    if node.kind == "never_bought":
        kinds = {"anything": _("anything at all"), **kinds}
    what = _select(node, "what", _("what"), kinds, renews=True)
    fields = [what]
    if what.value == "category" and book.words.categories:
        fields.append(
            _select(node, "category", _("category"), [(name, name) for name in sorted(book.words.categories)])
        )
    elif what.value in ("category", "product"):
        fields.append(Control(what.value, kinds[what.value], "text", node.value(what.value)))
    if node.kind == "bought":
        fields.append(
            Control(
                "at_least",
                _("at least so many times"),
                "number",
                node.value("at_least") or "1",
                after=_("times or more"),
            )
        )
    return fields


def _recency(node: Node, book: Book) -> list[Control]:
    return [*_compared(node, NUMBER_OPS, _("days"), name="days"), Control("", "", "words", after=_("days"))]


def _silence(node: Node, book: Book) -> list[Control]:
    words = sentences.comparisons()
    return [
        _select(node, "op", _("comparison"), [(op, words[op]) for op in ORDER_OPS]),
        Control(
            "gaps",
            _("times the usual gap"),
            "number",
            node.value("gaps") or "2",
            after=_("times the usual gap"),
        ),
    ]


def _codes(node: Node, book: Book) -> list[Control]:
    chosen = node.value("one_of").split(",")
    options = tuple(Option(code, words, code in chosen) for code, words in LABELS_OF[node.kind]().items())
    return [Control("one_of", _("is one of"), "several", options=options)]


def _rfm(node: Node, book: Book) -> list[Control]:
    scores = {"r": _("R, how lately"), "f": _("F, how often"), "m": _("M, how much")}
    return [
        _select(node, "score", _("fifth"), scores),
        *_compared(node, NUMBER_OPS, _("1 to 5, 5 is the best")),
    ]


def _named(label: str, known: frozenset[str] | None, node: Node) -> list[Control]:
    return [_select(node, "name", label, [(name, name) for name in sorted(known or ())])]


def _may_contact(node: Node, book: Book) -> list[Control]:
    channels = {
        key: words
        for key, words in sentences.channels().items()
        if not book.words.channels or key in book.words.channels
    }
    return [
        _select(node, "channel", _("channel"), channels),
        _select(node, "purpose", _("purpose"), sentences.purposes()),
    ]


def _event(node: Node, book: Book) -> list[Control]:
    kinds = sentences.events()
    known = {
        kind: kinds.get(kind, kind) for kind in (sorted(book.words.events) if book.words.events else kinds)
    }
    happened = _select(node, "kind_of", _("what happened"), known, renews=True)
    campaigns = [("", _("in any campaign")), *((str(number), name) for number, name in book.campaigns)]
    return [
        happened,
        *(_told(node, book) if happened.value in TOLD_KINDS else []),
        Control(
            "at_least",
            _("at least so many times"),
            "number",
            node.value("at_least") or "1",
            after=_("times or more"),
        ),
        *([] if happened.value in TOLD_KINDS else [_select(node, "campaign_id", _("campaign"), campaigns)]),
    ]


def _told(node: Node, book: Book) -> list[Control]:
    """The name of what a site told, and one of its properties."""
    names = [("", _("of any name")), *((name, name) for name in book.event_names)]
    fields = [
        _select(node, "name", _("its name"), names),
        Control("property", _("a property of it (optional)"), "text", node.value("property"), renews=True),
    ]
    if node.value("property"):
        words = sentences.comparisons()
        fields += [
            _select(node, "op", _("comparison"), [(op, words[op]) for op in ONE_VALUE]),
            Control("value", _("value"), "text", node.value("value")),
        ]
    return fields


def _attribute(node: Node, book: Book) -> list[Control]:
    labels = {**sentences.standard_attributes(), **book.labels}
    name = _select(
        node,
        "name",
        _("what the card says"),
        [(key, labels.get(key, key)) for key in book.words.attributes],
        renews=True,
    )
    kind = book.words.attributes.get(name.value, AttributeKind.TEXT)
    words = sentences.comparisons()
    op = _select(node, "op", _("comparison"), [(op, words[op]) for op in OPS_OF_KIND[kind]], renews=True)
    return [name, op, *_attribute_value(node, name.value, kind, op.value, book)]


def _attribute_value(  # noqa: PLR0911 (one case per kind)
    node: Node, name: str, kind: AttributeKind, op: str, book: Book
) -> list[Control]:
    value = node.value("value")
    if op in ("known", "not_known"):
        return []
    if op in ("before", "after", "on"):
        return [Control("value", _("day"), "date", value)]
    if op.endswith("_days"):
        return [Control("value", _("days"), "number", value, after=_("days"))]
    if kind is AttributeKind.BOOLEAN:
        return [_select(node, "value", _("value"), {"yes": _("yes"), "no": _("no")})]
    if kind is AttributeKind.CHOICE and op in ("is", "is_not"):
        return [_select(node, "value", _("value"), [(one, one) for one in book.choices.get(name, ())])]
    if kind in (AttributeKind.NUMBER, AttributeKind.MONEY):
        unit = wording.currency_symbol() if kind is AttributeKind.MONEY else _("value")
        second = [Control("value_to", _("and"), "number", node.value("value_to"))] if op == "between" else []
        return [Control("value", unit, "number", value), *second]
    after = _("several with commas") if op in ("one_of", "none_of") or op.startswith("has_") else ""
    return [Control("value", _("value"), "text", value, after=after)]


_FIELDS: Mapping[str, Callable[[Node, Book], list[Control]]] = {
    "orders": _orders,
    "bought": _goods,
    "never_bought": _goods,
    "recency": _recency,
    "silence": _silence,
    "stage": _codes,
    "type": _codes,
    "tier": _codes,
    "rfm": _rfm,
    "attribute": _attribute,
    "tag": lambda node, book: _named(_("tag"), book.words.tags, node),
    "source": lambda node, book: _named(_("source"), book.words.sources, node),
    "segment": lambda node, book: _named(_("segment"), book.words.segments, node),
    "may_contact": _may_contact,
    "event": _event,
    "brought": lambda node, book: _compared(node, NUMBER_OPS, _("how many")),
}
