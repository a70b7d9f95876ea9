"""Why two cards should be one person, field by field: what agrees, what does not, and how much each says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from beizai.identity.matching.settings import Level

_SUFFIX = "_level"

# In English, for the command line; the office puts the codes into its three languages.
WORDS: dict[Level, str] = {
    Level.SAME: "the same",
    Level.WRITTEN_OTHERWISE: "the same, written otherwise",
    Level.SWAPPED: "exchanged",
    Level.ONE_SLIP: "a letter or digit off",
    Level.TWO_SLIPS: "two letters or digits off",
    Level.YEAR_OFF: "the same but for the year",
    Level.ENDING: "the same at the end",
    Level.LOCAL_PART: "the same before the @",
    Level.ALIKE: "alike",
    Level.DIFFERS: "differs",
    Level.MISSING: "not known",
}


@dataclass(frozen=True)
class Evidence:
    """What one field says: its role, how the two values compare, and the bits for (+) or against (-)."""

    role: str
    level: Level
    bits: float


def evidence(pair: Mapping[str, object]) -> list[Evidence]:
    """The evidence of one row of `find_pairs` (as a dict), what weighs most first; fields not known say nothing."""
    return sorted(_said(pair), key=lambda one: (-abs(one.bits), one.role))


def sentence(pair: Mapping[str, object]) -> str:
    """One line: "family name the same (+9.1), birthday a letter or digit off (+3.2), postcode differs (−2.0)"."""
    return ", ".join(
        f"{one.role.removesuffix('_on').replace('_', ' ')} {WORDS[one.level]} ({round(one.bits, 1) + 0.0:+.1f})".replace(
            "(-", "(−"
        )
        for one in evidence(pair)
    )


def _said(pair: Mapping[str, object]) -> Iterator[Evidence]:
    for name, value in pair.items():
        if name.endswith(_SUFFIX) and value != Level.MISSING:
            role = name.removesuffix(_SUFFIX)
            yield Evidence(role, Level(str(value)), float(str(pair[f"{role}_weight"])))
