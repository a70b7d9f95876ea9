"""Liquid as people write it in templates: nothing it can run away with, and every mistake shown with its line."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from liquid import BoundTemplate, Environment
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions.primitive import StringLiteral
from liquid.builtin.output import OutputNode
from liquid.exceptions import FilterArgumentError, LiquidError
from markupsafe import Markup, escape

from beizai.base.errors import Invalid, Phrase
from beizai.channels.compile.fields import CLICK, PIXEL, Fields, nested

PIECE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_STRINGS = re.compile(r"'[^']*'|\"[^\"]*\"")
_RANGE = re.compile(r"\([^()]*\.\.[^()]*\)")
_LOOP = re.compile(r"\{%-?\s*(?:for|tablerow)\b")
_NOW = re.compile(r"['\"](?:now|today)['\"]\s*\|\s*date\b")
_INSIDE = (CLICK, PIXEL)
_LONGEST_TEXT = 200_000
_OF_ANY = ("size", "first", "last")


class _Limited(Environment):
    """Liquid with an end to everything: loops, nesting, local values, output."""

    loop_iteration_limit = 1_000
    output_stream_limit = 2_000_000
    local_namespace_limit = 200_000
    block_nesting_limit = 30


def _bounded(made: Callable[..., Any], growth: Callable[..., int]) -> Callable[..., Any]:
    """A filter that refuses to make a text longer than a mail may be."""

    @functools.wraps(made)
    def filtered(left: Any, *arguments: Any, **named: Any) -> Any:
        if growth(left, *map(str, arguments)) > _LONGEST_TEXT:
            raise FilterArgumentError("the text would be longer than the limit of 200,000", token=None)
        return made(left, *arguments, **named)

    return filtered


def _replaced_length(left: Any, wanted: str, instead: str = "") -> int:
    text = str(left)
    return len(text) + (text.count(wanted) if wanted else len(text) + 1) * len(instead)


def _joined_length(left: Any, separator: str = " ") -> int:
    items = list(left) if isinstance(left, list | tuple) else [left]
    return sum(len(str(item)) for item in items) + len(items) * len(separator)


def _environment(*, autoescape: bool) -> Environment:
    """No other files, no way around the escaping of values."""
    environment = _Limited(autoescape=autoescape)
    tags: dict[str, Any] = environment.tags
    filters: dict[str, Any] = environment.filters
    for tag in ("include", "render"):
        del tags[tag]
    for name in ("safe", "escapejs", "base64_decode", "base64_url_safe_decode"):
        filters.pop(name, None)
    filters["replace"] = _bounded(filters["replace"], _replaced_length)
    filters["join"] = _bounded(filters["join"], _joined_length)
    return environment


HTML: Any
TEXT: Any
HTML, TEXT = _environment(autoescape=True), _environment(autoescape=False)
_FILTERS = Phrase("The filters are: {names}.", names=", ".join(sorted(TEXT.filters)))


def _line(source: str, error: LiquidError) -> int | None:
    index = getattr(error.token, "start_index", -1) if error.token is not None else -1
    return None if index < 0 else source.count("\n", 0, index) + 1


def parse(source: str, *, where: str, environment: Environment) -> BoundTemplate:
    """The template of this source, or Invalid with the line that is wrong."""
    try:
        return environment.from_string(source)
    except LiquidError as error:
        raise _invalid(where, source, error) from None


def _invalid(where: str, source: str, error: LiquidError) -> Invalid:
    message = str(error.message or type(error).__name__)
    hint = Phrase("Check the braces: fields are {{ name }}, conditions {% if … %} … {% endif %}.")
    if "limit" in message:
        hint = Phrase("A loop runs 1,000 times at most and a mail holds 2 MB at most: shorten the loop.")
    elif "unexpected tag" in message or "unknown tag" in message:
        hint = Phrase("Other files cannot be included; conditions and loops can be used.")
    line = _line(source, error)
    return Invalid(
        "{where} cannot be read: {reason}."
        if line is None
        else "{where} cannot be read in line {line}: {reason}.",
        hint=hint,
        code="template",
        where=where,
        line=line,
        reason=message,
    )


def check_fields(template: BoundTemplate, fields: Fields, *, where: str) -> frozenset[str]:
    """The names of the fields a template uses; Invalid at the first that does not exist."""
    found = set()
    analysis = template.analyze()
    for name in set(analysis.filters) - set(HTML.filters):
        raise Invalid(
            "{where} uses the filter “{name}”, which does not exist.",
            hint=_FILTERS,
            code="template",
            where=where,
            name=name,
        )
    for variables in analysis.globals.values():
        for variable in variables:
            if not all(isinstance(segment, str) for segment in variable.segments):
                raise Invalid(
                    "{where} looks up “{name}”.",
                    hint="Write the field's name out.",
                    code="unknown_field",
                    where=where,
                    name=variable,
                )
            found.add(_field(".".join(map(str, variable.segments)), fields, where))
    return frozenset(found)


def _field(name: str, fields: Fields, where: str) -> str:
    stem, _, last = name.rpartition(".")
    if last in _OF_ANY and stem in fields and name not in fields:
        return stem
    return name if name in _INSIDE else fields.check(name, where).name


def check_endless(source: str, *, where: str) -> None:
    """Refuses what no limit of Liquid's own would stop: a range outside a loop, the machine's clock."""
    for piece in PIECE.findall(source):
        if _NOW.search(piece):
            raise Invalid(
                "{where} asks for the time: {piece}",
                hint="Write the date out.",
                code="template",
                where=where,
                piece=piece,
            )
        if _RANGE.search(_STRINGS.sub("''", piece)) and not _LOOP.match(piece):
            raise Invalid(
                "{where} uses a range outside a loop: {piece}",
                hint=Phrase("Ranges go with {% for %}."),
                code="template",
                where=where,
                piece=piece,
            )


def render(template: BoundTemplate, source: str, values: Mapping[str, object], *, where: str) -> str:
    """The template filled with these values (dotted names), or Invalid where a limit stops it."""
    try:
        return template.render(nested(values))
    except LiquidError as error:
        raise _invalid(where, source, error) from None


@dataclass(frozen=True)
class Hole:
    """A place in a template that holds nothing but a field, with the template's own words where it is empty."""

    field: str
    default: str = ""
    url_encoded: bool = False


def holes(template: BoundTemplate) -> list[str | Hole] | None:
    """The template as words and holes, or None where it needs more than that (a condition, another filter)."""
    parts: list[str | Hole] = []
    for node in template.nodes:
        if isinstance(node, ContentNode):
            parts.append(node.text)
        elif isinstance(node, OutputNode) and (hole := _hole(node)) is not None:
            parts.append(hole)
        else:
            return None
    return parts


def _hole(node: OutputNode) -> Hole | None:
    expression = node.expression
    if not isinstance(expression, FilteredExpression) or not isinstance(expression.left, Path):
        return None
    names = expression.left.location()
    if not all(isinstance(name, str) for name in names) or names[-1] in _OF_ANY:
        return None
    default, encoded = "", False
    for used in expression.filters or ():
        arguments = [argument.value for argument in used.args]
        if (
            used.name == "default"
            and not encoded
            and len(arguments) == 1
            and isinstance(arguments[0], StringLiteral)
        ):
            default = default or arguments[0].value
        elif used.name == "url_encode" and not arguments and not encoded:
            encoded = True
        else:
            return None
    return Hole(".".join(map(str, names)), default, encoded)


def escaped(value: str) -> str:
    """The value as HTML text, escaped as Liquid does it."""
    return str(escape(value))


def safe(value: str) -> Markup:
    """Words of ours that go into HTML as they are."""
    return Markup(value)  # noqa: S704  (only ever the pixel and signed addresses)
