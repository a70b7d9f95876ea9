"""The reference, written from the program itself: `python -m docs write`, and `check` that it is up to date."""

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docs import refusals as said

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the program. Do not edit. -->\n"

ENVIRONMENT = {
    "BEIZAI_HOME": "The folder that holds the book. `--home` goes before it.",
    "BEIZAI_DEBUG": "`1`: where a fault of the program happened is printed.",
    "BEIZAI_HOSTS": "The names the office answers to, with commas between; default: every name.",
    "BEIZAI_HTTPS": "`1`: the office is reached over HTTPS through a proxy that says so.",
    "BEIZAI_ORIGINS": "Addresses (`https://…`, with commas between) from which forms may come, behind a proxy.",
    "BEIZAI_WEBHOOK_HOSTS": "Hosts and networks of your own, with commas between, that webhooks may go to though they are private, without HTTPS too.",
    "DATABASE_URL": "The office database on PostgreSQL, `postgresql://user:password@host/name`. Without it: SQLite in the home.",
}


@dataclass(frozen=True)
class Refusal:
    """One place where the program refuses something: the kind of error, its words, what to do."""

    kind: str
    message: str
    hint: str
    module: str


def commands() -> str:
    """Every command's own help."""
    os.environ["TERMINAL_WIDTH"] = os.environ["COLUMNS"] = "100"
    from typer.main import get_command

    from beizai.cli.app import app, install

    install()
    parts = [
        NOTE,
        "# Commands\n",
        "Each takes `--json` and then prints exactly one JSON document on standard output;",
    ]
    parts.append("words and progress go to standard error. Exit codes: 0 done, 1 refused, 2 wrong use,")
    parts.append("70 a fault of the program, 130 interrupted.\n")
    for path, command in _leaves(get_command(app), ("beizai",)):
        parts += [f"## {' '.join(path)}\n", "```text", _help(command, path), "```\n"]
    return "\n".join(parts)


def _leaves(command: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name in sorted(children):
        yield from _leaves(children[name], (*path, name))


def _help(command: object, path: tuple[str, ...]) -> str:
    context = command.make_context(" ".join(path), [], resilient_parsing=True)  # type: ignore[attr-defined]
    context.terminal_width = context.max_content_width = 100
    return str(command.get_help(context)).strip()  # type: ignore[attr-defined]


def settings() -> str:
    """The table of the shop's settings, and the variables of the environment."""
    from beizai.homes.opening import set_up_django

    set_up_django()
    from beizai.staff.models import Shop
    from beizai.staff.shop_settings import SETTINGS

    lines = [
        NOTE,
        "# Settings\n",
        "Changed in the office under Settings, or by `beizai settings set NAME VALUE`.\n",
    ]
    lines += ["| Setting | Meaning | What may be written | Default |", "|---|---|---|---|"]
    for one in SETTINGS:
        default = Shop._meta.get_field(one.name).get_default()
        shown = (
            {True: "yes", False: "no", None: ""}.get(default, default)
            if not isinstance(default, int) or isinstance(default, bool)
            else default
        )
        lines.append(f"| `{one.name}` | {one.meaning} | {one.form} | {shown} |")
    lines += ["\n# Environment\n", "| Variable | Meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in sorted(ENVIRONMENT.items())]
    return "\n".join(lines) + "\n"


def errors() -> str:
    """Every refusal in the program with what to do, by kind."""
    kinds = {
        "NotFound": "What was asked for is not in the book. The office answers 404, a command exits 1.",
        "Invalid": "What was given cannot be right: a value, a file, a rule, a template. 400, exit 1.",
        "Forbidden": "It may not be done, by this person or at all. 403, exit 1.",
        "Unavailable": "Something outside does not answer now; trying later may help. 503, exit 1.",
    }
    found = sorted(set(refusals()), key=lambda one: (one.module, one.message, one.hint, one.kind))
    lines = [
        NOTE,
        "# Errors\n",
        "A refusal shows the value that is wrong and says what to do. In braces: what is filled in.\n",
    ]
    for kind, meaning in kinds.items():
        lines += [f"## {kind}\n", f"{meaning}\n", "| Message | What to do | Room |", "|---|---|---|"]
        lines += [
            f"| {_cell(one.message)} | {_cell(one.hint)} | {one.module} |"
            for one in found
            if one.kind == kind
        ]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def refusals() -> Iterator[Refusal]:
    """Every call of an error class in the source, with its words as far as they are written there."""
    for call in said.calls():
        if call.kind in _KINDS:
            hint = _words(call.hint) if call.hint is not None else ""
            yield Refusal(call.kind, _words(call.message), hint, call.room)


_KINDS = ("NotFound", "Invalid", "Forbidden", "Unavailable")


def _words(node: ast.expr) -> str:  # noqa: PLR0911  (one return for each form of text)
    """The text of an expression, what is filled in as {name}."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_words(value) for value in values)
        case ast.FormattedValue(value=value):
            return "{" + re.sub(r"\W+", " ", ast.unparse(value)).strip() + "}"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _words(left) + _words(right)
        case ast.IfExp(body=body, orelse=other):
            return " / ".join(part for part in (_words(body), _words(other)) if part)
        case ast.Call(args=[first, *_]) if isinstance(node.func, ast.Name) and node.func.id in (
            "_",
            "gettext",
        ):
            return _words(first)
    return "{" + re.sub(r"\W+", " ", ast.unparse(node)).strip()[:60] + "}"


PAGES = {"commands.md": commands, "settings.md": settings, "errors.md": errors}


def main(arguments: list[str]) -> int:
    if arguments not in (["write"], ["check"]):
        print("usage: python -m docs write|check", file=sys.stderr)
        return 2
    stale = []
    for name, page in PAGES.items():
        path, text = REFERENCE / name, page()
        if arguments == ["write"]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if arguments == ["write"]:
        said.write()
    elif any(said.is_stale(language) for language in said.LANGUAGES):
        print("The catalogues of refusals are not up to date; 'make docs' writes them anew.", file=sys.stderr)
        stale.append("errors.md")
    for name in stale:
        print(f"docs/reference/{name} is not up to date; 'make docs' writes it anew.", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
