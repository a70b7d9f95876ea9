"""Contact points in their normal form: the same address is the same text, whoever typed it."""

import hashlib
import hmac
import re
import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from beizai.base.errors import Invalid, Phrase

_LONGEST_EMAIL = 254
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.ASCII
)


def normal_email(text: str) -> str:
    """The address in lower case with a Unicode domain; Invalid where no mail could have it.

    The part before the @ is folded too: the standard lets it differ by case, no provider in use does,
    and a refusal must hold however the address was typed.

    >>> normal_email(" Ann.Lee@Example.TEST ")
    'ann.lee@example.test'
    """
    folded = text.strip().lower()
    if len(folded) <= _LONGEST_EMAIL and _PLAIN_EMAIL.fullmatch(folded) and folded.index("@") <= 64:
        return folded
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        shown = text if len(text) <= 80 else f"{text[:77]}…"
        raise Invalid(
            "“{address}” is not an email address.", hint=_why(text.strip()), address=shown
        ) from None
    return found.normalized.lower()


def _why(text: str) -> str:
    """What an address lacks, as far as it can be said in a word."""
    name, at, site = text.rpartition("@")
    if not at:
        return Phrase("It has no @: write it like mei@example.com.")
    if "@" in name or not name:
        return Phrase("It needs one @ with a name before it: write it like mei@example.com.")
    if any(sign.isspace() for sign in text):
        return Phrase("Take the spaces out.")
    if "." not in site:
        return Phrase("After the @ comes the name of a site with a dot, such as example.com.")
    if len(text) > _LONGEST_EMAIL:
        return Phrase("At most {limit} characters.", limit=_LONGEST_EMAIL)
    return Phrase("Look at its letters and signs: write it like mei@example.com.")


def normal_phone(text: str, country: str) -> str:
    """The number in E.164 ("+33612345678"), read as dialled in the given country; Invalid where it cannot be one."""
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text).strip(), country.upper() or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Invalid(
            "“{text}” is not a phone number.",
            hint="Write it with its country code, such as +44…, or as dialled in {country}."
            if country
            else "Write it with its country code, such as +44….",
            text=text[:40],
            country=country,
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def search_words(text: str) -> set[str]:
    """The beginnings a name is looked for by: its words without accents in lower case, Han names by character.

    >>> sorted(search_words("Élodie O'Neil"))
    ['elodie', 'neil', 'o', 'oneil']
    >>> sorted(search_words("王小明"))
    ['小', '小明', '明', '王', '王小明']
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", plain)
    words: set[str] = set()
    for piece in re.findall(r"[\w'’]+", plain):
        whole = re.sub(r"['’_]", "", piece)
        words.update(part for part in re.split(r"['’_]", piece) if part)
        words.update(whole[start:] for start in range(len(whole)) if _is_han(whole[start]))
        words.update(c for c in whole if _is_han(c))
        words.add(whole)
    words.discard("")
    return {word[:40] for word in words}


def _is_han(character: str) -> bool:
    return "㐀" <= character <= "鿿" or "\U00020000" <= character <= "\U0003134f"


def suppression_hash(key: bytes, channel: str, normal: str) -> str:
    """The keyed hash a refused contact point is remembered by, so that it survives the erasure of its owner."""
    return hmac.digest(key, f"{channel}\x1f{normal}".encode(), hashlib.sha256).hex()
