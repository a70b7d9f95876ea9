"""The pieces of a page as template tags, and money, numbers and dates in the reader's language."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.forms import BoundField, Form
from django.http import QueryDict
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from beizai.office import assets, refusals, wording
from beizai.office.icons import ICONS

register = template.Library()

for _name in (
    "headline",
    "number",
    "percent",
    "day",
    "short_day",
    "month_day",
    "listed",
    "long_day",
    "month",
    "moment",
    "clock_time",
    "age",
):
    register.filter(_name, getattr(wording, _name))


register.filter("said", refusals.said)


@register.filter
def money(minor: int | None, currency: str = "") -> str:
    """€1,504.69."""
    return wording.money(minor, currency)


@register.simple_tag
def asset(name: str) -> str:
    """The address of a file of the office."""
    return assets.asset_url("".join(name))  # a template's text is a SafeString, which a path does not take


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A line drawing; with a label it is read aloud, without one it stands beside a word."""
    spoken = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="i" viewBox="0 0 20 20" {}><path d="{}"/></svg>', spoken, ICONS[name])


@register.simple_tag
def symbols(names: str) -> SafeString:
    """Drawings kept once on a page for long tables: `<svg class="i"><use href="#i-email"/></svg>`."""
    kept = format_html_join(
        "",
        '<symbol id="i-{}" viewBox="0 0 20 20"><path d="{}"/></symbol>',
        ((name, ICONS[name]) for name in names.split()),
    )
    return format_html('<svg width="0" height="0" aria-hidden="true" class="sr">{}</svg>', kept)


_LAYERS = ((5.8, 2.4), (4.8, 4.4), (3.8, 6.4), (2.8, 8.4), (1.8, 10.4), (0.8, 12.4))


@register.simple_tag
def pyramid(level: int) -> SafeString:
    """The small pyramid of a tier badge: layer `level` (0 = the top) is dark."""
    faint = "".join(f"M{x} {1 + 2 * n}h{w}" for n, (x, w) in enumerate(_LAYERS) if n != level)
    x, w = _LAYERS[level]
    return format_html(
        '<svg viewBox="0 0 14 13" aria-hidden="true" stroke="currentColor" stroke-width="1.5">'
        '<path d="{}" opacity=".28"/><path d="M{} {}h{}"/></svg>',
        faint,
        x,
        1 + 2 * level,
        w,
    )


@register.simple_tag
def pyramids() -> SafeString:
    """The six pyramids kept once on a page: `<use href="#t-1"/>`."""
    drawn = (
        (
            n,
            "".join(f"M{x} {1 + 2 * k}h{w}" for k, (x, w) in enumerate(_LAYERS) if k != n),
            f"M{_LAYERS[n][0]} {1 + 2 * n}h{_LAYERS[n][1]}",
        )
        for n in range(len(_LAYERS))
    )
    kept = format_html_join(
        "",
        '<symbol id="t-{}" viewBox="0 0 14 13" stroke="currentColor" stroke-width="1.5"><path d="{}" opacity=".28"/><path d="{}"/></symbol>',
        drawn,
    )
    return format_html('<svg width="0" height="0" aria-hidden="true" class="sr">{}</svg>', kept)


@register.simple_tag
def badge(words: str, kind: str = "") -> SafeString:
    """A state in a word; kinds: good, warn, bad, info, line."""
    return format_html('<span class="badge {}">{}</span>', kind, words)


@register.simple_tag
def simulated(yes: bool = True) -> SafeString | str:
    """The hatched mark of everything that is not real."""
    return format_html('<span class="sim">{}</span>', _("SIMULATED")) if yes else ""


@register.simple_tag
def double_reasons(codes: Sequence[str]) -> str:
    """Why a card may be the same person."""
    from beizai.office.customers.adding import reason_words

    return wording.listed(reason_words(code) for code in codes)


# ---- figures drawn as SVG: shapes stretch, words stand beside them


@register.simple_tag
def meter(share: float, mark: float | None = None, label: str = "") -> SafeString:
    """How far along: `share` and `mark` (where it should be) from 0 to 1."""
    line = (
        format_html('<rect class="mark" x="{}" y="-4" width=".5" height="16"/>', _pct(mark))
        if mark is not None
        else ""
    )
    return format_html(
        '<svg class="meter" height="8" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="f-blue" width="{}" height="8" rx=".3"/>{}</svg>',
        label or wording.percent(share),
        _pct(share),
        line,
    )


@register.simple_tag
def bar(share: float, kind: str = "blue", label: str = "") -> SafeString:
    """One bar that fills from the left (progress), 0 to 1."""
    return bars([(share, kind)], label)


@register.simple_tag
def bars(parts: list[tuple[float, str]], label: str = "") -> SafeString:
    """One bar of several parts, each (share 0 to 1, kind): blue, ochre, teal, plum, grey, hatch."""
    at = 0.0
    pieces: list[tuple[str, str, str]] = []
    for share, kind in parts:
        pieces.append((f"f-{kind}", _pct(at), _pct(max(share - 0.004, 0.002) if share else 0)))
        at += share
    rects = format_html_join("", '<rect class="{}" x="{}" width="{}" height="10"/>', pieces)
    return format_html(
        '<svg class="bar" height="10" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        label or wording.percent(parts[0][0] if parts else 0),
        rects,
    )


@register.simple_tag
def interval(low: float, middle: float, high: float, zero: float | None = None) -> SafeString:
    """An estimate on its line, all in per cent of the line's width; `zero` draws the zero line."""
    ground = (
        format_html('<rect class="zero" x="{}" y="0" width=".4" height="14"/>', zero)
        if zero is not None
        else ""
    )
    return format_html(
        '<svg class="range" height="14" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="base" y="6" width="100" height="2"/><rect class="span" x="{}" y="4" width="{}" height="6"/>'
        '{}<rect class="mid" x="{}" y="1" width="1" height="12"/></svg>',
        round(low, 1),
        round(max(high - low, 0.5), 1),
        ground,
        round(middle - 0.5, 1),
    )


@register.simple_tag
def spark(values: list[float]) -> SafeString | str:
    """The shape of a row of numbers, without axes; say the last value in words beside it."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    reach = (high - low) or 1
    step = 100 / (len(values) - 1)
    points = "L".join(
        f"{n * step:.1f} {94 - 88 * (value - low) / reach:.1f}" for n, value in enumerate(values)
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="fill" d="M{}L100 100L0 100Z"/><path d="M{}"/></svg>',
        points,
        points,
    )


@register.simple_tag
def strip(dots: list[tuple[int, int]], label: str) -> SafeString:
    """The orders of twelve months: each dot (place 0 to 118, size 2 to 5); the ochre tick is today."""
    circles = format_html_join("", '<circle cx="{}" cy="8" r="{}"/>', dots)
    return format_html(
        '<svg class="strip" viewBox="0 0 122 16" role="img" aria-label="{}">'
        '<line x1="1" x2="121" y1="8" y2="8"/>{}<path class="now" d="M120 3v10"/></svg>',
        label,
        circles,
    )


def _pct(share: float | None) -> str:
    return f"{100 * min(max(share or 0, 0), 1):.1f}"


# ---- forms


@register.inclusion_tag("office/pieces/field.html")
def field(bound: BoundField, autofocus: bool = False, help: bool = True) -> dict[str, Any]:
    """A field with its label above, its help below, and what is wrong under it."""
    widget = bound.field.widget
    kind = getattr(widget, "input_type", "")
    help_text = bound.help_text if help else ""
    notes = ((f"{bound.id_for_label}-help", help_text), (f"{bound.id_for_label}-wrong", bound.errors))
    described = " ".join(name for name, there in notes if there)
    attrs: dict[str, Any] = {} if kind in ("checkbox", "radio") else {"class": "field"}
    widget.attrs.pop("placeholder", None)  # a placeholder is no label
    if described:
        attrs["aria-describedby"] = described
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if autofocus:
        attrs["autofocus"] = True
    return {
        "field": bound,
        "help_text": help_text,
        "control": bound.as_widget(attrs=attrs),
        "kind": kind,
        "group": kind == "radio" or widget.__class__.__name__ in ("CheckboxSelectMultiple", "RecordsTable"),
        "optional": not bound.field.required
        and kind != "checkbox"
        and not getattr(bound.form, "all_optional", False),
    }


@register.inclusion_tag("office/pieces/errors.html")
def errors(form: Form) -> dict[str, Any]:
    """What is wrong in the form, above it, each line leading to its field."""
    return {"form": form}


# ---- tables


@register.inclusion_tag("office/pieces/pages.html", takes_context=True)
def pages(context: Context, page: Any) -> dict[str, Any]:
    """ "1 to 50 of 4,127", back and next, by key."""
    return {"page": page}


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The address of this page with some parameters changed (None or "" takes one out); the page by key starts anew."""
    params: QueryDict = context["request"].GET.copy()
    for name in ("after", "before", "from"):
        params.pop(name, None)
    for name, value in changes.items():
        params.pop(name, None)
        if value not in (None, ""):
            params[name] = str(value)
    return f"?{params.urlencode()}"


@register.inclusion_tag("office/pieces/sort_head.html", takes_context=True)
def sort_head(context: Context, key: str, words: str, sort: str, css: str = "") -> dict[str, Any]:
    """A sortable column head. `sort` is the order at hand: "name" rises, "-name" falls."""
    current = sort.lstrip("-") == key
    falls = sort.startswith("-")
    next_sort = key if current and falls else f"-{key}"
    return {
        "words": words,
        "css": css,
        "url": query(context, sort=next_sort),
        "direction": ("descending" if falls else "ascending") if current else "",
        "arrow": ("↓" if falls else "↑") if current else "",
    }


# ---- pieces that hold other things: {% piece "note" kind="warn" icon="warn" %} … {% endpiece %}


class PieceNode(template.Node):
    """Renders what stands inside and gives it to the partial of that name as `body`."""

    def __init__(self, name: FilterExpression, given: dict[str, FilterExpression], inside: NodeList) -> None:
        self.name, self.given, self.inside = name, given, inside

    def render(self, context: Context) -> SafeString:
        body = self.inside.render(context)
        found = context.template.engine.get_template(f"office/pieces/{self.name.resolve(context)}.html")  # type: ignore[union-attr]
        values = {key: value.resolve(context) for key, value in self.given.items()}
        with context.push(**values, body=body):
            return found.render(context)


@register.tag("piece")
def piece(parser: Parser, token: Token) -> PieceNode:
    """{% piece "NAME" key=value … %} what it holds {% endpiece %}."""
    _tag, name, *rest = token.split_contents()
    given = {key: parser.compile_filter(value) for key, _eq, value in (part.partition("=") for part in rest)}
    inside = parser.parse(("endpiece",))
    parser.delete_first_token()
    return PieceNode(parser.compile_filter(name), given, inside)
