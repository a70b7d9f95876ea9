"""What a form has found out: how each question was answered, the net promoter score, and where people stopped."""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from beizai.forms.definition import Ask, Definition, Question
from beizai.forms.walking import pages, walk

_TEXTS = 200


@dataclass(frozen=True)
class Row:
    """One response as it is counted: its answers, whether it was finished and counts, its score."""

    answers: Mapping[str, Any]
    counted: bool
    score: int | None = None


@dataclass
class QuestionFigures:
    """How one question was answered by those who are counted. `shown` and `stopped` are of all who began."""

    question: Question
    answered: int = 0
    shown: int = 0
    stopped: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    numbers: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def mean(self) -> float | None:
        return statistics.fmean(self.numbers) if self.numbers else None

    @property
    def median(self) -> float | None:
        return statistics.median(self.numbers) if self.numbers else None

    @property
    def nps(self) -> tuple[int, int, int, float] | None:
        """Promoters (9 and 10), passives, detractors (0 to 6), and the net promoter score from -100 to 100."""
        if self.question.ask is not Ask.NPS or not self.numbers:
            return None
        promoters = sum(value >= 9 for value in self.numbers)
        detractors = sum(value <= 6 for value in self.numbers)
        passives = len(self.numbers) - promoters - detractors
        return promoters, passives, detractors, 100 * (promoters - detractors) / len(self.numbers)


@dataclass
class Figures:
    """A whole form's figures: who began, who is counted, and each question in its order."""

    started: int = 0
    counted: int = 0
    questions: dict[str, QuestionFigures] = field(default_factory=dict)
    scores: Counter[int] = field(default_factory=Counter)

    @property
    def finished_share(self) -> float | None:
        return self.counted / self.started if self.started else None


def figures(form: Definition, rows: Iterable[Row]) -> Figures:
    """Counts responses that belong to the questions of this definition; answers to other questions are left out."""
    found = Figures(questions={question.key: QuestionFigures(question) for question in form.questions})
    every = pages(form)
    for row in rows:
        found.started += 1
        _add_funnel(found, form, every, row)
        if not row.counted:
            continue
        found.counted += 1
        if row.score is not None:
            found.scores[row.score] += 1
        for key, value in row.answers.items():
            if key in found.questions and value is not None:
                _add(found.questions[key], value)
    return found


def _add_funnel(found: Figures, form: Definition, every: tuple[tuple[Question, ...], ...], row: Row) -> None:
    way = walk(form, row.answers)
    for number in (*way.done, *(() if way.now is None else (way.now,))):
        for question in every[number]:
            found.questions[question.key].shown += 1
    if way.now is not None and not row.counted:
        found.questions[every[way.now][0].key].stopped += 1


def _add(one: QuestionFigures, value: Any) -> None:
    match one.question.ask:
        case Ask.CHOICE:
            one.counts[str(value)] += 1
        case Ask.MANY:
            one.counts.update(map(str, value))
        case Ask.SCALE | Ask.NPS | Ask.NUMBER:
            if not isinstance(value, int | float):
                return
            one.numbers.append(value)
            one.counts[str(value)] += 1
        case Ask.CONSENT:
            one.counts["yes" if value else "no"] += 1
        case Ask.TEXT | Ask.DATE:
            if len(one.texts) < _TEXTS:
                one.texts.append(str(value))
        case Ask.PHOTO | Ask.CONTACT:
            pass
    one.answered += 1
