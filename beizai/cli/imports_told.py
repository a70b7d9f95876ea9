"""What the command line says of a file: what would happen with it, and what became of it."""

from dataclasses import asdict
from typing import Any

from beizai.cli.answer import answer, table
from beizai.cli.wording import amount, counted, word


def tell_preview(seen: Any) -> None:
    """The columns, the repairs, the questions and the file as it would be read; nothing was written."""
    document = {
        "file": seen.file_name,
        "columns": seen.columns,
        "dates": seen.dates,
        "decimal": seen.decimal,
        **seen.counts,
        "happens": seen.happens,
        "reasons": [
            {"reason": reason, "rows": rows, "first_row": first} for reason, rows, first in seen.reasons
        ],
        "repairs": [asdict(one) for one in seen.repairs],
        "questions": [asdict(one) for one in seen.questions],
        "known": [{"row": row, "customer_id": card, "because": because} for because, row, card in seen.known],
        "changed": [asdict(one) for one in seen.changed],
        "doubts": dict(seen.doubts),
        "doubtful": [{"row": row, "customer_id": card, "why": why} for why, row, card in seen.doubtful],
        "table": _table_document(seen),
    }
    lines = ["Nothing was written.", table(("Field", "Column"), list(seen.columns.items()))]
    lines += [f"To be asked: {one.message} {one.hint}" for one in seen.questions]
    lines += [
        f"{one.header} ({one.field}): {', '.join(one.before)} then, {', '.join(one.now)} now"
        for one in seen.changed
    ]
    lines += [f"{word(name)}: {value:,}" for name, value in seen.counts.items()]
    lines += [_happening(name, value) for name, value in seen.happens.items()]
    lines += [f"put right: {_repair(one)}" for one in seen.repairs]
    lines += [f"known by {because}: row {row} is card #{card}" for because, row, card in seen.known]
    lines += _doubts(seen.doubts)
    lines += [
        f"perhaps known: row {row} may be card #{card} ({word(why)})" for why, row, card in seen.doubtful
    ]
    lines += _kept_aside({reason: rows for reason, rows, _ in seen.reasons})
    answer(document, [*lines, "", "The file, as it will be read (old → new):", _file_table(seen)])


_DOUBTS = {
    "claimed": "the address is claimed on a card, and not proved there",
    "two_ways": "the number leads to one card, the address to another",
    "another_number": "the card with this address has another number in this source",
    "several": "several cards have the address, under no other name",
    "phone_alone": "a card has the phone, the names are not wholly the same",
    "other_name": "a card has the email, under another name",
    "shared": "several people share the address",
}


def _doubts(found: Any) -> list[str]:
    """Rows that may be of a card nobody can be sure of; none is guessed, the pairs wait for a person."""
    return [f"perhaps known: {rows:,} rows, {_DOUBTS.get(why, why)}" for why, rows in found.items()]


def _table_document(seen: Any) -> list[dict[str, Any]]:
    """The rows shown, each with its number in the file and the cells that are not read as they stand."""
    letters = [column.letter for column in seen.staged.columns]
    return [
        {
            "row": row.row_no,
            "aside": row.aside,
            "cells": [cell.text for cell in row.cells],
            "changed": [
                {
                    "column": letter,
                    "before": cell.text,
                    "after": cell.after,
                    "rule": cell.code,
                    "state": cell.state,
                }
                for letter, cell in zip(letters, row.cells, strict=True)
                if cell.state
            ],
        }
        for row in seen.rows_shown
    ]


def _file_table(seen: Any) -> str:
    """Excel's letters above, the file's row numbers beside; at most the columns that fit: those that are mended first."""
    columns = list(seen.staged.columns)
    mended = {index for row in seen.rows_shown for index, cell in enumerate(row.cells) if cell.state}
    mapped = set(seen.mapped.fields.values())
    order = sorted(range(len(columns)), key=lambda index: (index not in mended, index not in mapped, index))
    chosen = sorted(order[:7])
    rows = [[str(row.row_no), *(_cell(row.cells[index]) for index in chosen)] for row in seen.rows_shown]
    head = ["", *(columns[index].letter for index in chosen)]
    return table(head, [["", *(columns[index].header[:24] for index in chosen)], *rows])


def _cell(cell: Any) -> str:
    text = cell.text[:26]
    if cell.state == "fix":
        return f"{text} → {cell.after[:26]}"
    if cell.state == "ask":
        return f"{text} → {cell.after[:26]} ?"
    return f"{text} ✗" if cell.state == "out" else text


def _happening(name: str, value: Any) -> str:
    from beizai.staff.shop import shop

    if name == "amount_minor":
        return f"amount: {amount(int(value), shop().currency)}"
    return f"{word(name)}: {value:,}" if isinstance(value, int) else f"{word(name)}: {value}"


def _repair(one: Any) -> str:
    from beizai.imports.reasons import DONE

    example = f" ({one.before} → {one.after})" if one.before else ""
    return f"{one.rows:,} rows: {DONE.get(one.code, one.code)}{example}" + (
        "" if one.done else " Left as it is."
    )


def _kept_aside(reasons: Any) -> list[str]:
    from beizai.imports.reasons import in_words

    return [
        f"kept aside: {rows:,} rows, {reason.partition(':')[2]}: {in_words(reason)}"
        for reason, rows in reasons.items()
    ]


def tell_result(done: Any, kind: str, no_basis: bool) -> None:
    """What is in the book now, what was kept aside, and how it is taken out again."""
    document = asdict(done) | {"without_basis": no_basis}
    lines = [
        f"Import {done.import_id}: {done.accepted:,} of {done.rows:,} rows are in the book, {done.seconds:.1f} s."
    ]
    if kind == "orders":
        lines.append(
            f"{counted(done.orders, 'order')}: {done.new_orders:,} new, {done.changed_orders:,} changed, {done.known_orders:,} known;"
            f" {counted(done.customers, 'customer')}, {done.new_customers:,} new; {done.anonymous_rows:,} rows without a customer."
        )
    else:
        lines.append(
            f"{counted(done.customers, 'customer')}: {done.new_customers:,} new, {done.changed_customers:,} changed;"
            f" {counted(done.permissions, 'permission')} with proof."
        )
    if done.met:
        lines.append(
            "Known: " + ", ".join(f"{rows:,} rows by {because}" for because, rows in done.met.items()) + "."
        )
    if done.doubted_pairs:
        lines.append(
            f"{counted(done.doubted_pairs, 'pair')} may be one person: 'beizai identity review' shows them."
        )
    lines += _kept_aside(done.reasons)
    if done.kept_aside:
        lines.append(f"The rows kept aside, each with its reason: {done.kept_aside}")
    if no_basis and kind == "customers":
        lines.append(
            "No lawful basis is said for this source: nobody of it is written to until one is recorded (--basis, --evidence)."
        )
    lines.append(f"'beizai imports undo {done.import_id}' takes it out again.")
    answer(document, lines)
