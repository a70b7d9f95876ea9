"""A customers file comes in: new cards are made, known ones gain what they lacked, permissions need their proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beizai.base.progress import Progress
from beizai.imports import cards, dates, finding, newcards, people, person_statements, statements, widths
from beizai.imports.desk import Choices, Desk
from beizai.imports.judging import Judgement, Repair
from beizai.imports.models import Import
from beizai.imports.newcomers import Arrival


@dataclass(frozen=True)
class Reading:
    """What a customers file would do, all counted, nothing written. The people themselves lie on the desk."""

    judgement: Judgement
    rejected: int
    reasons: tuple[tuple[str, int, int], ...]  # code:field, rows, the first of them
    counts: Mapping[str, int]  # customers, known, by_number, by_email, by_phone, permissions
    known: tuple[tuple[str, int, int], ...]  # because, row, card: the first of those the book knows
    labels: Mapping[str, str]  # attribute key -> header

    def happens(self) -> dict[str, Any]:
        """What would happen, in counts."""
        counts = self.counts
        return {
            "new_customers": counts["customers"] - counts["known"],
            "known_customers": counts["known"],
            "known_by_number": counts["by_number"],
            "known_by_email": counts["by_email"],
            "known_by_phone": counts["by_phone"],
            "permissions": counts["permissions"],
        }


def read_customers(desk: Desk, choices: Choices, *, source_id: int | None, progress: Progress) -> Reading:
    """Reads every row, puts rows of one person together and looks for their cards. Invalid asks where dates are doubtful."""
    repairs = _prepare(desk, choices)
    styles = _styles(desk, choices)
    progress(0, 3, "reading customers")
    people.judge_people(desk, choices, styles, consent_header=_consent_header(desk))
    progress(1, 3, "looking for the same people")
    doubled = people.group_rows(desk, join=choices.does("same_person"))
    progress(2, 3, "looking for their cards")
    widths.propose(desk, choices, source_id=source_id)
    zeros = finding.find_cards(desk, source_id, with_zeros=choices.does("number_zeros"))
    widths.forget_found(desk, choices)
    found = desk.one(person_statements.PEOPLE_COUNTS)
    counted = desk.one(person_statements.COUNTED) | {"permissions": int(found["proved"])}
    desk.run(person_statements.REJECTED_PEOPLE)
    repairs += _mended(desk, choices, doubled=doubled, zeros=zeros)
    return Reading(
        judgement=Judgement(int(found["rows"]), styles["birthday"], None, tuple(repairs)),
        rejected=int(found["rejected"]),
        reasons=tuple(desk.rows(person_statements.PEOPLE_REASONS)),
        counts={name: int(value) for name, value in counted.items()},
        known=tuple(desk.rows(person_statements.KNOWN_EXAMPLES)),
        labels={key: desk.staged.columns[index].header for key, index in desk.mapped.attributes.items()},
    )


def write_customers(
    desk: Desk, reading: Reading, choices: Choices, arrival: Arrival, row: Import, *, progress: Progress
) -> None:
    """Makes and completes the cards, writes down permissions with their proof, and counts into the import's row."""
    definitions = cards.definitions_of(desk, reading.labels, arrival.import_id)
    outcomes = cards.complete_known(desk, definitions, arrival, currency=choices.currency, progress=progress)
    made = newcards.make_people(desk, definitions, arrival, currency=choices.currency, progress=progress)
    finding.leave_out_the_gone(desk)
    newcards.record_decisions(desk, arrival, row, progress=progress)
    row.refresh_from_db(fields=["choices"])  # the attributes it made
    row.permissions = reading.counts["permissions"]
    row.rows, row.rejected = reading.judgement.rows, reading.rejected
    row.accepted = row.rows - row.rejected
    row.reasons = {reason: count for reason, count, _ in reading.reasons}
    row.customers = reading.counts["customers"]
    row.new_customers = made
    row.changed_customers = sum(outcomes.values())


def _prepare(desk: Desk, choices: Choices) -> list[Repair]:
    profile = desk.one(statements.CUSTOMER_PROFILE)
    points = 0 < profile["customer_points"] == profile["customer_dots"]
    example = str(profile["customer_example"] or "")
    found = (
        Repair(
            "whole_numbers", profile["customer_points"] if points else 0, example, example.removesuffix(".0")
        ),
        Repair("null_words", profile["null_words"], "NaN", ""),
        Repair("wrapped_text", profile["wrapped"], '="0012"', "0012"),
    )
    repairs = [Repair(r.code, r.rows, r.before, r.after, True, choices.does(r.code)) for r in found if r.rows]
    done = {repair.code for repair in repairs if repair.done}
    desk.variables(
        untidy=bool(profile["untidy"]),
        wrapped="wrapped_text" in done,
        null_words="null_words" in done,
        strip_customer="whole_numbers" in done,
    )
    return repairs


def _styles(desk: Desk, choices: Choices) -> dict[str, dates.Style | None]:
    said = dates.style_named(choices.dates)
    styles: dict[str, dates.Style | None] = {}
    for name, question in (("birthday", statements.CUSTOMER_DAYS), ("consent_at", statements.CONSENT_DAYS)):
        styles[name] = None
        if name in desk.mapped.fields:
            column = desk.staged.columns[desk.mapped.fields[name]].header
            styles[name] = dates.decide(dict(desk.rows(question)), said, column=column)
    return styles


def _consent_header(desk: Desk) -> str:
    index = desk.mapped.fields.get("consent")
    return desk.staged.columns[index].header if index is not None else ""


_LEFT_BY_DEFAULT = {"email_typos"} | widths.CODES
_OPTIONAL = _LEFT_BY_DEFAULT | {"postcode_zeros", "same_person", "number_zeros"}


def _mended(desk: Desk, choices: Choices, *, doubled: int, zeros: int) -> list[Repair]:
    rows: list[tuple[str, int, str, str]] = list(desk.rows(person_statements.MENDED_COUNTS))
    if doubled:
        together = desk.rows("select row_no, leader from grouped where row_no <> leader order by 1 limit 1")
        later, first = together[0] if together else ("", "")
        rows.append(("same_person", doubled, str(later), str(first)))
    if zeros:
        rows.append(("number_zeros", zeros, *finding.zeros_example(desk)))
    return [
        Repair(
            code,
            count,
            before or "",
            after or "",
            code in _OPTIONAL,
            choices.does(code, default=code not in _LEFT_BY_DEFAULT),
        )
        for code, count, before, after in rows
    ]
