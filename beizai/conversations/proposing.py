"""What a sentence seems to tell of its speaker, by the patterns beside this module (pure)."""

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_LONGEST = 4_000
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")


@dataclass(frozen=True)
class Rule:
    """Patterns that catch one thing; `attributes` are tried in turn."""

    name: str
    version: int
    attributes: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Found:
    """A value for an attribute, the sentence it stands in, and the rule that found it."""

    attribute_key: str
    value: str
    sentence: str
    rule: str
    version: int


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """The rules of the house."""
    text = (files(__package__) / "rules.toml").read_text(encoding="utf-8")
    return tuple(
        Rule(
            each["name"],
            each["version"],
            tuple(each["attributes"]),
            tuple(re.compile(pattern) for pattern in each["patterns"]),
        )
        for each in tomllib.loads(text)["rules"]
    )


def propose(text: str, known: Collection[str]) -> list[Found]:
    """What the text proposes for the attributes a book knows, each value once.

    >>> [(one.attribute_key, one.value) for one in propose("Hello! I live in Nantes, I work at Airbus.", {"town", "employer"})]
    [('town', 'Nantes'), ('employer', 'Airbus')]
    """
    found: dict[tuple[str, str], Found] = {}
    for sentence in _sentences(text[:_LONGEST]):
        for rule in rules():
            key = next((each for each in rule.attributes if each in known), None)
            if key is None:
                continue
            for pattern in rule.patterns:
                for match in pattern.finditer(sentence):
                    value = match["value"].strip()
                    found.setdefault((key, value), Found(key, value, sentence, rule.name, rule.version))
    return list(found.values())


def _sentences(text: str) -> Iterator[str]:
    for match in _SENTENCE.finditer(text):
        if sentence := match.group().strip():
            yield sentence
