"""Cells of a spreadsheet that goes out: text a program would take for a formula is written so that it stays text."""

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def is_formula_like(text: str) -> bool:
    """Whether Excel, LibreOffice or Google Sheets may run this text when it stands in a CSV file (OWASP, CSV injection)."""
    return text.lstrip(" ").startswith(_STARTS) or text.startswith(_STARTS)


def plain_cell(text: str) -> str:
    """The text as a CSV cell: an apostrophe before what would be run as a formula.

    >>> plain_cell("=1+1"), plain_cell("Ann"), plain_cell("+44 20 7946 0000")
    ("'=1+1", 'Ann', "'+44 20 7946 0000")
    """
    return f"'{text}" if is_formula_like(text) else text
