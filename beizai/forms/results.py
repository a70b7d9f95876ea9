"""What a form has brought: its figures, what each finished answer cost, the table of scores, every sheet for export."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from beizai.forms.definition import Ask, Definition, Question, read, said
from beizai.forms.figures import Figures, Row, figures
from beizai.forms.models import AnswerSheet, Form, SheetState
from beizai.forms.publishing import definition_of

COUNTED = SheetState.COUNTED
_SHOWN = (SheetState.PARTIAL, SheetState.FINISHED, SheetState.COUNTED)


@dataclass(frozen=True)
class Cost:
    """What the form's source cost, and that for each counted answer (None: nobody yet, or no cost entered)."""

    total_minor: int
    each_minor: int | None


def current(form: Form) -> Definition:
    """The form as customers see it; before it is published, the draft."""
    return definition_of(form.version) if form.version is not None else read(form.draft)


def of(form: Form) -> Figures:
    """The figures over all versions, for the questions of the current one."""
    rows = AnswerSheet.objects.filter(form=form, state__in=_SHOWN).values_list("answers", "state", "score")
    return figures(
        current(form),
        (Row(answers, state == COUNTED, score) for answers, state, score in rows.iterator(chunk_size=2_000)),
    )


def counts(form_id: int) -> dict[str, int]:
    """How many sheets are in each state."""
    rows = AnswerSheet.objects.filter(form_id=form_id).values_list("state").annotate(n=Count("id")).order_by()
    return dict(rows)


def counts_of_all() -> dict[int, dict[str, int]]:
    """The same for every form."""
    found: dict[int, dict[str, int]] = {}
    rows = AnswerSheet.objects.values_list("form_id", "state").annotate(n=Count("id")).order_by()
    for form_id, state, count in rows:
        found.setdefault(form_id, {})[state] = count
    return found


def cost(form: Form, counted: int) -> Cost:
    """The cost of the form's source, with its cost per record, and per counted answer."""
    total = form.source.cost_minor + counted * (form.source.cost_per_record_minor or 0)
    return Cost(total, round(total / counted) if total and counted else None)


@dataclass(frozen=True)
class Place:
    """One line of the table of scores: who (as they called themselves), how many points, when."""

    name: str
    points: int
    at: datetime


def scores(form: Form, most: int = 20) -> list[Place]:
    """The best scores; who reached a score first stands first. A name is the first short text answer, never a contact."""
    shown = next((q for q in current(form).questions if q.ask is Ask.TEXT), None)
    rows = AnswerSheet.objects.filter(form=form, state=COUNTED, score__isnull=False)
    return [
        Place(
            str(sheet.answers.get(shown.key, ""))[:40] if shown else "",
            sheet.score or 0,
            sheet.finished_at or sheet.changed_at,
        )
        for sheet in rows.order_by("-score", "finished_at", "id")[:most]
    ]


def in_words(question: Question, value: Any, language: str) -> str:
    """An answer as a person reads it."""
    if value is None:
        return ""
    words = {option.key: said(option.text, language) for option in question.options}
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values())
    if isinstance(value, list):
        return "; ".join(words.get(one, str(one)) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.get(str(value), str(value))


def table(form: Form, language: str = "") -> Iterator[list[Any]]:
    """The head and every sheet that was finished, as rows for a file: choices in words, a contact in its parts."""
    definition = current(form)
    spoken = language or definition.languages[0]
    parts = [(q, part) for q in definition.questions for part in (q.parts or ("",))]
    head = [f"{said(q.text, spoken)}{f' ({part})' if part else ''}" for q, part in parts]
    hidden = list(definition.hidden)
    yield [
        "number",
        "state",
        "version",
        "language",
        "customer",
        "started",
        "finished",
        "score",
        *hidden,
        *head,
    ]
    rows = (
        AnswerSheet.objects.filter(form=form)
        .exclude(state=SheetState.PARTIAL)
        .select_related("version")
        .order_by("id")
    )
    for sheet in rows.iterator(chunk_size=1_000):
        yield [
            sheet.pk, sheet.state, sheet.version.number, sheet.language, sheet.customer_id,
            sheet.started_at.isoformat(timespec="seconds"),
            sheet.finished_at.isoformat(timespec="seconds") if sheet.finished_at else None,
            sheet.score, *(sheet.hidden.get(name) for name in hidden), *(_cell(q, part, sheet, spoken) for q, part in parts),
        ]  # fmt: skip


def _cell(question: Question, part: str, sheet: AnswerSheet, language: str) -> Any:
    value = sheet.answers.get(question.key)
    if part:
        return value.get(part) if isinstance(value, dict) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    return in_words(question, value, language)
