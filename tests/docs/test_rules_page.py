"""The page on rules names every condition, field and comparison, and its examples can be read."""

import re
from pathlib import Path

from beizai.segments import rule as r
from beizai.segments.rule.checking import STANDARD
from beizai.segments.rule.reading import CONDITIONS, GROUPS
from beizai.segments.rule.values import ATTRIBUTE_OPS, MEASURES
from beizai.value.labels import SCALES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")


def test_the_examples_on_the_page_can_be_read():
    blocks = re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        assert r.from_json(r.to_json(r.read(block))) == r.read(block)


def test_every_word_of_a_rule_is_on_the_page():
    fields = {field for _, readers in CONDITIONS.values() for field in readers}
    codes = {code for scale in SCALES.values() for code in scale.codes}
    windows = set(r.Window.__dataclass_fields__)
    for word in {*GROUPS, *CONDITIONS, *fields, *codes, *windows, *ATTRIBUTE_OPS, *MEASURES, *STANDARD}:
        assert f"`{word}`" in PAGE, word
