"""Every refusal of the program, read from its source: for the page of errors and for the catalogues of the office."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ROOT / "beizai" / "office" / "locale"
LANGUAGES = ("fr", "zh_Hans")
KINDS = ("NotFound", "Invalid", "Forbidden", "Unavailable", "BeizaiError")
TABLES = {"imports/reasons.py": "ROW"}
"""Tables of sentences of which one is chosen for a phrase."""

_ANY = datetime(2026, 1, 1, tzinfo=UTC)  # the catalogues do not change with the day they are written on
_PLACE = re.compile(r"\{\{|\}\}|\{(\w+)(?::[^{}]*)?\}")


@dataclass(frozen=True)
class Call:
    """One place that makes a refusal or a phrase: its texts, and the names of the values it is given."""

    kind: str
    message: ast.expr
    hint: ast.expr | None
    values: frozenset[str]
    path: Path
    line: int

    @property
    def room(self) -> str:
        """The folder it stands in."""
        return self.path.relative_to(ROOT / "beizai").parts[0].removesuffix(".py")

    @property
    def where(self) -> str:
        """File and line."""
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def calls() -> Iterator[Call]:
    """Every refusal and every phrase in the source."""
    for path, tree in _sources():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id=kind), args=[message, *_]) if kind in (*KINDS, "Phrase"):
                    hint = next((one.value for one in node.keywords if one.arg == "hint"), None)
                    named = frozenset(str(one.arg) for one in node.keywords) - {"hint", "code"}
                    yield Call(kind, message, hint, named, path, node.lineno)


def texts() -> list[str]:
    """What can be translated: each text once, in order."""
    found = {text for call in calls() for part in (call.message, call.hint) for text in literals(part)}
    for name, table in TABLES.items():
        tree = ast.parse((ROOT / "beizai" / name).read_text(encoding="utf-8"))
        found |= {text for node in ast.walk(tree) for text in _of_table(node, table)}
    return sorted(found - {""})


def faults() -> list[str]:
    """Refusals that cannot be translated, or whose values and places do not fit."""
    return [f"{call.where}: {fault}" for call in calls() for fault in _faults(call)]


def literals(node: ast.expr | None) -> Iterator[str]:
    """The texts of an expression, each of a choice."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from literals(body)
            yield from literals(other)


def catalogue(language: str) -> Catalog:
    """What has been translated; empty where there is nothing yet."""
    path = _po(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def renewed(language: str) -> Catalog:
    """The catalogue with every text that is said now and none that is said no more."""
    old = catalogue(language)
    new = Catalog(locale=language, project="Beizai", fuzzy=False, creation_date=_ANY, revision_date=_ANY)
    for text in texts():
        known = old.get(text)
        new.add(text, known.string if known else "")
    return new


def is_stale(language: str) -> bool:
    """Whether the catalogue holds other texts than the program says."""
    return {message.id for message in catalogue(language) if message.id} != set(texts())


def untranslated(language: str) -> list[str]:
    """The texts that have no words in this language."""
    known = catalogue(language)
    return [text for text in texts() if not (found := known.get(text)) or not found.string]


def write() -> None:
    """Writes the catalogues anew, and what the office reads of them."""
    for language in LANGUAGES:
        new = renewed(language)
        _po(language).parent.mkdir(parents=True, exist_ok=True)
        with _po(language).open("wb") as file:
            write_po(file, new, width=0, omit_header=False, sort_output=True, ignore_obsolete=True)
        with _po(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, new)


def _po(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "refusals.po"


def _sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / "beizai").rglob("*.py")):
        if "migrations" not in path.parts and path != ROOT / "beizai" / "base" / "errors.py":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def _of_table(node: ast.AST, name: str) -> Iterator[str]:
    match node:
        case ast.AnnAssign(target=ast.Name(id=found), value=ast.Dict(values=values)) if found == name:
            yield from (text for value in values for text in literals(value))


def _faults(call: Call) -> Iterator[str]:
    parts = [part for part in (call.message, call.hint) if part is not None]
    if any(isinstance(inner, ast.JoinedStr) for part in parts for inner in ast.walk(part)):
        yield "an f-string; write a template and give its values by name"
    if "None" in call.values or not call.values:
        return
    placed = {place for part in parts for text in literals(part) for place in _PLACE.findall(text)} - {""}
    if placed - call.values:
        yield f"no value for {', '.join(sorted(placed - call.values))}"
    if call.values - placed and all(list(literals(part)) for part in parts):
        yield f"no place for {', '.join(sorted(call.values - placed))}"
