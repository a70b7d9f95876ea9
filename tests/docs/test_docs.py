"""The documents say what the program does: every word, setting, command and error is there, and every link leads somewhere."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "ARCHITECTURE.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
CODE = [path for path in sorted((ROOT / "beizai").rglob("*.py")) if "migrations" not in path.parts]

# The field's own terms: a word of these that the glossary lacks, or a table whose noun it lacks, is a mistake.
TERMS = """customer, prospect, household, contact point, source, consent, purpose, suppression, segment, tier, stage, cell, offer,
coupon, control, holdout, seed list, contact history, frequency cap, recency, frequency, monetary, CLV, churn, hard bounce,
soft bounce, complaint, response, conversion, lift, incremental profit, attribution, journey, trigger, audience, match rate,
impression, bid request, pacing, card, fact, tie, order, line, event, batch, inbox, lake, home, book, rule, window, draw, block,
interval, verdict, message ledger, in doubt, kept aside, dry run, undo, backup, restore, worker, job, edge, office, margin"""
# Tables whose name in code is not their word: Django's or SQL's names stand in the way, or a plain detail of another noun.
NOT_A_NOUN = {
    "User": "user",
    "ExternalId": "external number",
    "ConsentEntry": "consent",
    "AuditEntry": "audit",
    "AttributeDefinition": "attribute",
    "CampaignLink": "click",
    "Import": "import",
    "ColumnMapping": "column mapping",
    "BookStamp": "book",
    "Counter": "batch",
    "SegmentVersion": "segment",
    "Membership": "member",
}


def _glossary() -> set[str]:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)
    return {word.strip().lower() for word in rows} - {"word", "---"}


def _tables() -> Iterator[tuple[str, str]]:
    for path in CODE:
        if path.name == "models.py" or path.parent.name == "models":
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.ClassDef) and _is_table(node):
                    yield node.name, str(path.relative_to(ROOT))


def _is_table(node: ast.ClassDef) -> bool:
    bases = {ast.unparse(base) for base in node.bases}
    return bool(bases & {"models.Model", "_AppendOnly", "AbstractBaseUser"}) and not node.name.startswith("_")


def test_the_glossary_has_every_term_of_the_field() -> None:
    missing = {term.strip().lower() for term in TERMS.replace("\n", " ").split(",")} - _glossary()
    assert not missing


def test_every_table_is_named_by_a_word_of_the_glossary() -> None:
    words = _glossary()
    unknown = {
        f"{name} in {path}"
        for name, path in _tables()
        if NOT_A_NOUN.get(name, re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()) not in words
    }
    assert not unknown, "put the word into docs/glossary.md, or name the table by one that is there"


def test_a_word_stands_in_the_glossary_once() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)
    words = [word.lower() for word in rows if word not in ("Word", "---")]
    assert len(words) == len(set(words))


def test_the_reference_is_what_the_program_says() -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "docs", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_every_variable_of_the_environment_is_documented() -> None:
    documented = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    read = {
        name
        for path in CODE
        for name in re.findall(r'"(BEIZAI_[A-Z_]+|DATABASE_URL)"', path.read_text("utf-8"))
    }
    assert not {name for name in read if f"`{name}`" not in documented}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8"))
    inside = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert not [link for link in inside if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_folder_of_somebodys_machine(page: Path) -> None:
    assert not re.search(r"(?<![\w.~])/(?:home|root|work|Users)/\w", page.read_text("utf-8"))


def test_every_decision_is_listed_and_has_its_four_parts() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text("utf-8")
    for page in folder.glob("0*.md"):
        text = page.read_text("utf-8")
        assert page.name in listed, f"{page.name} is not in docs/decisions/README.md"
        for part in ("## Context", "## Decision", "## Consequences", "## Reversed by"):
            assert part in text, f"{page.name} lacks {part}"


def test_every_folder_of_the_house_says_in_its_first_line_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "beizai").rglob("__init__.py")
        if not {"migrations", "templatetags"} & set(path.parts)
        and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert not silent


def test_every_room_stands_in_the_architecture() -> None:
    architecture = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    rooms = [path.name for path in (ROOT / "beizai").iterdir() if (path / "__init__.py").exists()]
    assert not [room for room in rooms if f"{room}/" not in architecture]


def test_the_make_file_names_what_the_readme_names() -> None:
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    line = next(
        line
        for line in (ROOT / "README.md").read_text("utf-8").splitlines()
        if line.startswith("`make` knows:")
    )
    assert set(re.findall(r"`([a-z-]+)`", line)) - {"make"} <= made
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
