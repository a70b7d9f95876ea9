"""Zeros lost from the front of numbers, found by the width the others have: proposed, and put back only when somebody says so.

Running numbers (1 to 9999) are as wide as they are large, and no zero is missing. So a width counts only where numbers show it
with a zero in front (of the file, else of the book, from the same source), or where a country's postcodes all have it. A number
the book knows as it stands is left, and so is one whose padded form stands in the file too: two numbers never become one.
"""

from collections.abc import Mapping

from django.db.models import Count
from django.db.models.functions import Length

from beizai.customers.models import ExternalId
from beizai.imports import newcomers, person_statements
from beizai.imports.desk import Choices, Desk
from beizai.imports.people import fill

NUMBERS, POSTCODES = "number_width", "postcode_width"
CODES = frozenset({NUMBERS, POSTCODES})
ENOUGH = 20  # different numbers with a zero in front: fewer are chance
NEARLY_ALL = 0.95

# How wide the postcodes of a country are, and how many zeros the lowest of them begin with.
FIXED = {
    "AU": (4, 1), "NO": (4, 1), "DZ": (5, 1), "FI": (5, 2), "IT": (5, 2), "LT": (5, 2), "MY": (5, 1), "PE": (5, 1), "UA": (5, 1),
    "US": (5, 2), "CN": (6, 1), "KZ": (6, 1), "RO": (6, 1), "SG": (6, 1), "JP": (7, 2), "BR": (8, 1),
}  # fmt: skip


def fixed_width(zeroed: Mapping[int, int], numbers: Mapping[int, int]) -> int | None:
    """The width numbers are meant to have, by how many of each width begin with a zero, and how many there are of it at all.

    >>> fixed_width({6: 40}, {6: 60, 5: 9, 4: 3}), fixed_width({}, {1: 9, 2: 90, 3: 900}), fixed_width({6: 20, 4: 20}, {6: 40, 4: 20})
    (6, None, None)
    """
    kept = sum(zeroed.values())
    if kept < ENOUGH:
        return None
    width = max(zeroed, key=lambda digits: zeroed[digits])
    wider = sum(count for digits, count in numbers.items() if digits > width)
    if zeroed[width] < NEARLY_ALL * kept or wider > (1 - NEARLY_ALL) * sum(numbers.values()):
        return None
    return width


def propose(desk: Desk, choices: Choices, *, source_id: int | None) -> None:
    """Fills the table `padded` (row, field, before, after) and, for what is to be done, puts the zeros back."""
    counted: dict[str, tuple[dict[int, int], dict[int, int]]] = {"customer": ({}, {}), "postcode": ({}, {})}
    for name, digits, zeroed, numbers in desk.rows(person_statements.WIDTHS):
        if zeroed:
            counted[name][0][digits] = zeroed
        counted[name][1][digits] = numbers
    if "customer" in desk.mapped.fields:
        _propose_numbers(desk, *counted["customer"], source_id)
    if "postcode" in desk.mapped.fields:
        fill(desk, "fixed_postcodes", [(country, *fixed) for country, fixed in FIXED.items()])
        desk.run(person_statements.PAD_POSTCODES, {"width": fixed_width(*counted["postcode"]) or 0})
    if choices.does(NUMBERS, default=False):
        desk.run(person_statements.PUT_NUMBERS)
    if choices.does(POSTCODES, default=False):
        desk.run(person_statements.PUT_POSTCODES)


def _propose_numbers(
    desk: Desk, zeroed: dict[int, int], numbers: dict[int, int], source_id: int | None
) -> None:
    if not numbers:
        return
    width = fixed_width(zeroed, numbers)
    if width is None and not zeroed and source_id is not None:  # the file lost them all: the book still knows
        width = fixed_width(_of_the_book(source_id), numbers)
    if width is None or min(numbers) >= width:
        return
    desk.run(person_statements.SHORT, {"width": width})
    if source_id is not None:
        short = [number for (number,) in desk.rows(person_statements.SHORT_NUMBERS)]
        known = newcomers.known_numbers(source_id, short)
        fill(desk, "known_short", [(number,) for number in known])
    short_ones, both = desk.rows(person_statements.STAND_TWICE)[0]
    if both <= (1 - NEARLY_ALL) * short_ones:  # else the file numbers in two ways, and none has lost a zero
        desk.run(person_statements.PAD_NUMBERS)


def _of_the_book(source_id: int) -> dict[int, int]:
    """How many numbers of a source begin with a zero, by their width."""
    rows = ExternalId.objects.filter(source_id=source_id, value__gte="0", value__lt="1")
    rows = rows.filter(value__regex=r"^0[0-9]+$").order_by()
    return dict(rows.annotate(digits=Length("value")).values_list("digits").annotate(count=Count("pk")))


def forget_found(desk: Desk, choices: Choices) -> None:
    """What is only proposed is not proposed for numbers by which the book has found the card with its zeros."""
    if not choices.does(NUMBERS, default=False):
        desk.run(person_statements.FORGET_FOUND)
