"""Words for what an import finds: its fields, what it puts right, why a row is kept aside."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from beizai.imports.recognise import ATTRIBUTE


def fields() -> dict[str, str]:
    """What a column may mean."""
    return {
        "customer": pgettext("column", "Customer number"),
        "order": pgettext("column", "Order number"),
        "at": pgettext("column", "Date of the order"),
        "time": pgettext("column", "Time of day"),
        "quantity": pgettext("column", "Quantity"),
        "unit_price": pgettext("column", "Price of one"),
        "amount": pgettext("column", "Amount"),
        "discount": pgettext("column", "Discount"),
        "currency": pgettext("column", "Currency"),
        "product": pgettext("column", "Product number"),
        "product_name": pgettext("column", "Product name"),
        "category": pgettext("column", "Category"),
        "cost": pgettext("column", "Cost of one"),
        "store": pgettext("column", "Store"),
        "staff": pgettext("column", "Sold by"),
        "country": pgettext("column", "Country"),
        "email": pgettext("column", "Email"),
        "phone": pgettext("column", "Phone"),
        "name": pgettext("column", "Name"),
        "status": pgettext("column", "State of the order"),
        "given_name": pgettext("column", "Given name"),
        "family_name": pgettext("column", "Family name"),
        "postal_address": pgettext("column", "Postal address"),
        "street": pgettext("column", "Street"),
        "postcode": pgettext("column", "Postcode"),
        "city": pgettext("column", "Town"),
        "birthday": pgettext("column", "Birthday"),
        "language": pgettext("column", "Language"),
        "tags": pgettext("column", "Tags"),
        "consent": pgettext("column", "Permission, yes or no"),
        "consent_text": pgettext("column", "Words of the permission"),
        "consent_where": pgettext("column", "Where it was given"),
        "consent_at": pgettext("column", "When it was given"),
    }


def field(name: str) -> str:
    """What one field is called; an attribute of the card by its key."""
    return name[len(ATTRIBUTE) :] if name.startswith(ATTRIBUTE) else fields().get(name, name)


def kinds() -> dict[str, str]:
    """What a file may hold."""
    return {"orders": _("Orders"), "customers": _("Customers")}


def states() -> dict[str, tuple[str, str]]:
    """Where an import stands, with the colour of its badge."""
    return {
        "coming_in": (_("coming in"), "info"),
        "in_book": (_("in the book"), "good"),
        "undone": (_("undone"), "line"),
    }


@dataclass(frozen=True)
class Rule:
    """Something put right or noticed: its name, how it is known, the drawing beside it."""

    name: str
    why: str
    icon: str = "undo"


def bases() -> dict[str, str]:
    """The grounds a source may have, in words; "" is not said."""
    return {
        "": _("Not said yet"),
        "consent": _("They agreed"),
        "contract": _("A contract with them"),
        "soft_opt_in": _("They bought, and may say no each time"),
        "legitimate_interest": _("Our interest, weighed against theirs"),
    }


def repair(code: str) -> Rule:
    """What an import puts right, by its code."""
    return _repairs().get(code) or Rule(code, "")


def _repairs() -> dict[str, Rule]:
    """Every repair with its words."""
    return _of_files() | _of_orders() | _of_people()


def _of_files() -> dict[str, Rule]:
    return {
        "two_encodings": Rule(
            _("Two ways of writing letters in one file"),
            _("Lines written in a second encoding are read in it."),
            "file",
        ),
        "short_rows": Rule(_("Rows with fewer cells"), _("The missing cells are empty."), "file"),
        "long_rows": Rule(
            _("Rows with more cells than columns"),
            _("They are kept aside: nobody can say which cell is which."),
            "warn",
        ),
        "merged_filled": Rule(
            _("Merged cells"),
            _("The text stands in each row they cover. Amounts are never repeated."),
            "file",
        ),
        "formulas": Rule(_("Cells with formulas"), _("The result that Excel kept is read."), "file"),
        "formulas_without_result": Rule(
            _("Formulas without a result"),
            _("They are empty here. Open the file in Excel and save it."),
            "warn",
        ),
        "whole_numbers": Rule(
            _("Numbers with a needless .0"),
            _("A number such as 17850.0 is one number, not two customers."),
            "undo",
        ),
        "null_words": Rule(_("Words for nothing"), _("NaN, NULL and the like are read as empty."), "undo"),
        "wrapped_text": Rule(
            _("Numbers wrapped as text"), _("Excel's ' and =\"…\" around a number are taken off."), "undo"
        ),
    }


def _of_orders() -> dict[str, Rule]:
    return {
        "order_cells": Rule(
            _("Cells on the first line of an order only"),
            _("They hold for the other lines of the same order."),
            "order",
        ),
        "guest_zero": Rule(
            _("Customer number 0"), _("It stands for guests; they are known by their email."), "customers"
        ),
        "date_style": Rule(
            _("The order of day, month and year"),
            _("Decided over the whole column, never row by row."),
            "calendar",
        ),
        "excel_dates": Rule(_("Day numbers of Excel"), _("They are read as dates."), "calendar"),
        "decimal_comma": Rule(_("Numbers with a decimal comma"), _("Decided over the whole column."), "undo"),
        "return_sign": Rule(
            _("Returns with a positive amount"),
            _("The quantity is negative, so the amount is taken as negative too."),
            "undo",
        ),
        "two_customers": Rule(
            _("Orders that name two customers"), _("They belong to the one named first."), "merge"
        ),
    }


def _of_people() -> dict[str, Rule]:
    return {
        "left_out_contacts": Rule(
            _("Addresses and numbers that cannot be right"),
            _("They are left out; the customer comes in."),
            "email",
        ),
        "phones_lost": Rule(
            _("Phone numbers Excel has shortened"),
            _("The last digits are gone (1.2E+11); they are left out."),
            "phone",
        ),
        "email_typos": Rule(
            _("Emails that look mistyped"), _("Proposed only; nothing changes unless you say so."), "email"
        ),
        "birthdays_left_out": Rule(
            _("Birthdays that are no date"),
            _("No such day, or it lies ahead; the customer comes in."),
            "calendar",
        ),
        "phones_national": Rule(
            _("Phones as dialled at home"), _("They are read with the code of their country."), "phone"
        ),
        "phone_zeros": Rule(
            _("Phones without their first zero"), _("Excel takes it for a number and drops it."), "phone"
        ),
        "postcode_zeros": Rule(
            _("Leading zeros lost in the postcode"), _("Excel turned them into numbers."), "undo"
        ),
        "number_zeros": Rule(
            _("Leading zeros lost in customer numbers"), _("The book knows them with the zeros."), "undo"
        ),
        "number_width": Rule(
            _("Customer numbers that may have lost their first zeros"),
            _("The others all have one width. Proposed only; nothing changes unless you say so."),
            "undo",
        ),
        "postcode_width": Rule(
            _("Postcodes that may have lost their first zeros"),
            _("All postcodes there have one width. Proposed only; nothing changes unless you say so."),
            "undo",
        ),
        "same_person": Rule(
            _("The same person twice in the file"),
            _("Same email, or same phone and name. Brought in as one card."),
            "merge",
        ),
        "consent_without_proof": Rule(
            _("A yes or no is not enough to write to them"),
            _(
                "The file does not say when they agreed, where, and to which words. Find the form they signed and record it, or ask at the till."
            ),
            "lock",
        ),
        "consent_brought": Rule(
            _("Permissions with words, place and time"),
            _("They are written into the consent ledger."),
            "check",
        ),
        "country_unknown": Rule(
            _("Countries we do not know"), _("Kept as text on the order, left out on the card."), "warn"
        ),
    }


def aside(reason: str) -> str:
    """Why a row is kept aside, by its code ("missing:at"), with the column it is about."""
    code, _colon, name = reason.partition(":")
    words = _asides().get(code, code)
    return _("%(column)s: %(reason)s") % {"column": field(name), "reason": words} if name else words


def _asides() -> dict[str, str]:
    return {
        "too_many_cells": _("more cells than columns; quotation marks are missing somewhere"),
        "text_too_long": _("too long to be a number or a name"),
        "digits_lost": _("Excel has replaced the last digits (1.2E+11)"),
        "missing": _("empty, and nothing can be brought in without it"),
        "not_a_date": _("not a date, or no such day exists"),
        "in_the_future": _("lies ahead of today"),
        "too_long_ago": _("lies before 1900"),
        "not_a_number": _("not a number"),
        "number_too_large": _("too large to be true"),
        "not_a_sale": _("cancelled, refused or not paid"),
        "not_a_currency": _("not a currency"),
        "no_rate": _("not the currency of the book, and no rate for this day"),
        "nobody": _("names no customer: no number, name, email or phone"),
        "not_an_email": _("not an email address"),
        "twice_in_file": _("the same customer as an earlier row, and it says something else"),
    }


def changed() -> dict[str, str]:
    """What became of a column since the last file of its source."""
    return {
        "kind": _("it holds something else"),
        "values": _("it holds other words than before"),
        "date_order": _("day and month stand in another order"),
        "swapped": _("it has changed places with another column"),
    }


def stays(reason: str) -> str:
    """Why something stays when an import is undone."""
    return {
        "edited": _("somebody has changed the card since"),
        "written_to": _("they were written to since"),
        "has_orders": _("they have other orders"),
        "known_elsewhere": _("another source knows them too"),
        "has_decided": _("they have decided about permissions since"),
        "has_notes": _("somebody wrote a note on the card"),
        "has_ties": _("they are tied to others"),
    }.get(reason, reason)


def dates() -> dict[str, str]:
    """The three ways to write a date with numbers."""
    return {
        "dmy": _("day, month, year: 31/12/2026"),
        "mdy": _("month, day, year: 12/31/2026"),
        "ymd": _("year, month, day: 2026-12-31"),
    }
