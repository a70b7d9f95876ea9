"""Finds the cards of one person in a book, says how likely and why, and learns by itself what each agreement is worth.

`find_pairs(table, settings)` gives the likely pairs; `Matcher.of` keeps the learned model, `people` joins pairs into
persons, `evidence` and `sentence` say why. Pure: tables in, tables out, numpy between.
"""

from beizai.identity.matching.clusters import People, Person, one_to_one, people
from beizai.identity.matching.explaining import WORDS, Evidence, evidence, sentence
from beizai.identity.matching.pairs import Matcher, find_pairs
from beizai.identity.matching.settings import ROLES, RULES, Level, Settings, settings_for

__all__ = [
    "ROLES",
    "RULES",
    "WORDS",
    "Evidence",
    "Level",
    "Matcher",
    "People",
    "Person",
    "Settings",
    "evidence",
    "find_pairs",
    "one_to_one",
    "people",
    "sentence",
    "settings_for",
]
