"""Countries as people write them, in English, French and Chinese, to their two letters."""

from functools import cache

from babel import Locale

from beizai.imports.words import plain

_LANGUAGES = ("en", "fr", "zh", "zh_Hant", "de", "es", "it")
_ALSO = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "usa": "US", "u s a": "US", "united states of america": "US", "america": "US", "etats unis": "US", "eire": "IE",
    "rsa": "ZA", "czech republic": "CZ", "holland": "NL", "uae": "AE", "korea": "KR", "south korea": "KR", "中国大陆": "CN",
    "中华人民共和国": "CN", "prc": "CN", "p r china": "CN", "hong kong": "HK", "香港": "HK", "macau": "MO", "taiwan": "TW", "russia": "RU",
    "viet nam": "VN", "grande bretagne": "GB", "angleterre": "GB", "pays bas": "NL",
}  # fmt: skip


@cache
def _by_name() -> dict[str, str]:
    names: dict[str, str] = {}
    for language in reversed(_LANGUAGES):
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("ZZ", "XA", "XB", "EU", "UN", "EZ", "QO"):
                names[plain(name)] = code
                names[code.lower()] = code
    return names | _ALSO


def country_code(text: str) -> str | None:
    """The ISO 3166 code of a country by its name or code, or None.

    >>> country_code("United Kingdom"), country_code("EIRE"), country_code("法国"), country_code("Unspecified")
    ('GB', 'IE', 'FR', None)
    """
    return _by_name().get(plain(text))
