"""What was refused, said in the reader's language: the template is looked up, its values are filled in."""

import gettext
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import numbers
from django.utils.translation import get_language, to_locale

from beizai.base.errors import BeizaiError, Phrase, filled, plainly
from beizai.office import wording
from beizai.office.frame import frame

LOCALES = Path(__file__).parent / "locale"


def in_words(error: BeizaiError) -> str:
    """What was refused and what to do, one after the other."""
    return wording.sentences(said(error.phrase), said(error.hint_phrase))


def said(text: str) -> str:
    """A phrase in the reader's language, in English where nobody has translated it; any other text as it is."""
    if not isinstance(text, Phrase) or not text.template:
        return text
    template = _catalogue(get_language() or "en").gettext(text.template)
    return filled(template, text.values, _worded)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("refusals", LOCALES, languages=[to_locale(language)], fallback=True)


def _worded(value: object, form: str) -> str:
    match value:
        case Phrase():
            return said(value)
        case bool():
            return plainly(value, form)
        case datetime() if value.tzinfo:
            return wording.moment(value)
        case date():
            return wording.day(value)
        case int() | float() | Decimal() if form in _PATTERNS:
            return str(numbers.format_decimal(value, format=_PATTERNS[form], locale=frame().locale))
    return plainly(value, form)


_PATTERNS = {",": "#,##0", ",.1f": "#,##0.0", "g": "#,##0.######", ".0f": "0", ".0%": "0%"}
"""The forms a template may ask for, as the patterns of a language's numbers."""
