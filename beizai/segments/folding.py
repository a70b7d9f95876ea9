"""Text as it is compared: without regard to case, width and outer blanks, the same on every engine.

Folding is done by us, once, when the snapshot is made and when a rule is compiled; engines then compare plain text.
"""

import unicodedata

SEPARATOR = "\x1f"


def fold(text: str) -> str:
    """The text as it is compared.

    >>> fold("  Straße ") == fold("STRASSE")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def packed(words: list[str]) -> str:
    """Several words in one text, each between separators, so that one of them is found by `contains`."""
    clean = sorted({fold(word).replace(SEPARATOR, " ") for word in words})
    return SEPARATOR + SEPARATOR.join(clean) + SEPARATOR if clean else ""


def wrapped(word: str) -> str:
    """One word as it stands in a packed text."""
    return SEPARATOR + fold(word).replace(SEPARATOR, " ") + SEPARATOR
