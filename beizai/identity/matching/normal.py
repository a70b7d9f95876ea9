"""Writing what people wrote in one way: case, accents, width, punctuation, dates; and names in their two halves."""

import pyarrow as pa
import pyarrow.compute as pc

_LETTERS = (
    ("ß", "ss"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("ø", "o"),
    ("ł", "l"),
    ("đ", "d"),
    ("ð", "d"),
    ("þ", "th"),
)
_ACCENTS = "[\u0300-\u036f]"
_HAN = r"^[\x{3400}-\x{9fff}\x{f900}-\x{faff}]"
_TWO_CHARACTER_SURNAMES = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|"
    "公孙|慕容|仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐|歐陽|司馬|東方|諸葛|尉遲|長孫|鍾離"
)


def tidy(texts: pa.Array) -> pa.Array:
    """As written, but for case, width and blanks; a text without anything is null."""
    out = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC"))
    out = pc.utf8_trim_whitespace(pc.replace_substring_regex(out, r"\s+", " "))
    return _without_empty(out)


def plain_text(tidied: pa.Array) -> pa.Array:
    """Letters and digits only: no accents, no punctuation, no blanks ("Jean-Rémy" is "jeanremy")."""
    return _without_empty(pc.replace_substring_regex(_folded(tidied), r"[^\p{L}\p{N}]+", ""))


def plain_words(tidied: pa.Array) -> pa.Array:
    """As `plain_text`, its words still parted by one blank."""
    out = pc.replace_substring_regex(_folded(tidied), r"[^\p{L}\p{N}]+", " ")
    return _without_empty(pc.utf8_trim_whitespace(out))


def plain_email(tidied: pa.Array) -> pa.Array:
    """An address without what many providers overlook: a tag after +."""
    return pc.replace_substring_regex(tidied, r"\+[^@]*@", "@")


def plain_phone(tidied: pa.Array) -> pa.Array:
    """The digits, without a leading 00 or 0."""
    return _without_empty(
        pc.replace_substring_regex(pc.replace_substring_regex(tidied, r"\D+", ""), "^0+", "")
    )


def plain_date(tidied: pa.Array) -> pa.Array:
    """Eight digits, year first. What is written otherwise (7/3/1980) is not guessed at here: it stays as it is."""
    return plain_text(pc.replace_substring_regex(tidied, r"[t ]\d\d:.*$", ""))


def halves(names: pa.Array) -> tuple[pa.Array, pa.Array]:
    """(given name, family name) of whole names: "Müller, Anna", "Anna Müller", "欧阳修" (family name first)."""
    han = pc.match_substring_regex(names, _HAN)
    comma = pc.match_substring(names, ",")
    bare = pc.replace_substring_regex(names, r"\s+", "")
    chinese = pc.extract_regex(bare, rf"^(?P<family>{_TWO_CHARACTER_SURNAMES}|.)(?P<given>.*)$")
    turned = pc.extract_regex(names, r"^\s*(?P<family>[^,]*?)\s*,\s*(?P<given>.*?)\s*$")
    western = pc.extract_regex(names, r"^\s*(?P<given>.*?)\s*(?P<family>\S+)\s*$")

    def half(which: str) -> pa.Array:
        parts = (pc.struct_field(found, which) for found in (chinese, turned, western))
        return _without_empty(pc.case_when(pc.make_struct(han, comma, pc.is_valid(names)), *parts))

    return half("given"), half("family")


def _folded(texts: pa.Array) -> pa.Array:
    out = pc.replace_substring_regex(pc.utf8_normalize(texts, form="NFKD"), _ACCENTS, "")
    for letter, written in _LETTERS:
        out = pc.replace_substring(out, letter, written)
    return out


def _without_empty(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, texts.type), texts)
