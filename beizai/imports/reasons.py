"""Why a row is kept aside, and what was done to a file: codes, and plain English for those who read the file."""

ROW: dict[str, str] = {
    "too_many_cells": "This row has more cells than there are columns; a delimiter inside a text lacks its quotation marks.",
    "text_too_long": "This text is too long to be a number or a name: at most 200 characters (120 for a product).",
    "digits_lost": "Excel has replaced the last digits of this number (1.2E+11). Format the column as text in the original and export again.",
    "missing": "This cell is empty, and nothing can be brought in without it.",
    "not_a_date": "This is not a date, or no such day exists.",
    "in_the_future": "This date lies ahead of today.",
    "too_long_ago": "This date lies before 1900.",
    "not_a_number": "This is not a number.",
    "number_too_large": "This number is too large to be true.",
    "not_a_sale": "The file says that this order was cancelled, refused or not paid.",
    "not_a_currency": "This is not a currency. Use its code of three letters, such as EUR.",
    "no_rate": "This is not the currency of the book, and there is no rate for this day.",
    "nobody": "This row names no customer: it has no number, name, email or phone.",
    "not_an_email": "This is not an email address.",
    "twice_in_file": "This row is of the same customer as an earlier one and says something else.",
}

DONE: dict[str, str] = {
    "two_encodings": "Lines written in a second encoding were read in it.",
    "short_rows": "Rows with fewer cells than columns: the missing cells are empty.",
    "long_rows": "Rows with more cells than columns.",
    "merged_filled": "Merged cells: the text stands in each row they cover. Amounts are never repeated.",
    "formulas": "Cells with formulas: the result Excel stored was read.",
    "formulas_without_result": "Formulas without a stored result are empty here. Open the file in Excel and save it.",
    "whole_numbers": "Numbers such as 17850.0 are read as 17850.",
    "null_words": "Words such as NaN and NULL are read as empty.",
    "wrapped_text": "Excel's wrapping of numbers as text (=\"0012\", '0012) is taken off.",
    "order_cells": "Cells that stand on the first line of an order only hold for its other lines.",
    "guest_zero": "Customer number 0 stands for guests; they are known by their email.",
    "date_style": "Dates are read in this order.",
    "excel_dates": "Day numbers of Excel are read as dates.",
    "decimal_comma": "Numbers are read with a decimal comma.",
    "return_sign": "Returns with a negative quantity and a positive amount count as negative.",
    "two_customers": "Orders that name two customers belong to the first by number.",
    "left_out_contacts": "Addresses and numbers that cannot be right are left out; the customer comes in.",
    "phones_lost": "Phone numbers that Excel has shortened (1.2E+11) are left out.",
    "email_typos": "Mistyped email domains.",
    "phones_national": "Phone numbers as dialled at home are read with the code of their country.",
    "phone_zeros": "Phone numbers whose first zero Excel has dropped.",
    "postcode_zeros": "Postcodes whose first zero Excel has dropped.",
    "number_zeros": "Customer numbers whose first zeros Excel has dropped: the book knows them with the zeros.",
    "number_width": "Customer numbers shorter than the width all others have: their first zeros may be lost.",
    "postcode_width": "Postcodes shorter than all postcodes there are: their first zeros may be lost.",
    "birthdays_left_out": "Birthdays that are no date, or lie ahead, are left out.",
    "same_person": "The same person twice in the file, by email, or by phone and name: one card.",
    "consent_without_proof": "A yes or no is not enough to write to them: the file does not say when they agreed, where, and to which words.",
    "consent_brought": "Permissions with their words, place and time are written down.",
    "country_unknown": "Countries we do not know by this name are kept as text on the order, and left out on the card.",
}


def in_words(reason: str) -> str:
    """The sentence of a reason code ("missing:at"); the code itself where it is unknown.

    >>> in_words("not_a_date:at")
    'This is not a date, or no such day exists.'
    """
    code = reason.partition(":")[0]
    return ROW.get(code, code)
