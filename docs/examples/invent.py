"""Writes the quickstart's files: a tea shop's orders and customers, invented (SIMULATED), the same each time."""

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
GIVEN = "Ada Ben Chloé Dora Emil Farah Gita Hugo Ines Jan Kira Leo Mina Noor Otto Pia Quentin Rosa Sami Tara".split()
FAMILY = "Arnaud Berger Costa Dubois Engel Fabre Girard Haas Ivanov Jansen Klein Lambert".split()
TEAS = (("T01", "Sencha", "Tea / Green", 9.5), ("T02", "Darjeeling", "Tea / Black", 8.0), ("T03", "Rooibos", "Tea / Herbal", 6.5),
        ("P01", "Teapot", "Ware", 39.0), ("P02", "Cup", "Ware", 12.0))  # fmt: skip
BEGINS, ENDS = datetime(2025, 9, 1), datetime(2026, 10, 31)  # noqa: DTZ001  (times as a till writes them)


def main() -> None:
    """One lot for each customer, so that the same people buy the same each time."""
    people = [(f"C{number:03d}", number) for number in range(1, 181)]
    orders = sorted(row for code, number in people for row in _orders(code, number))
    numbered: dict[tuple[str, str], str] = {}
    with (HERE / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(
            (
                "Order",
                "Date",
                "Customer",
                "Product",
                "Product name",
                "Category",
                "Quantity",
                "Unit price",
                "Cost",
            )
        )
        for at, code, product, name, category, quantity, price in orders:
            number = numbered.setdefault((at, code), f"A{len(numbered) + 1:05d}")
            out.writerow(
                (number, at, code, product, name, category, quantity, f"{price:.2f}", f"{price * 0.55:.2f}")
            )
    with (HERE / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(
            (
                "Customer",
                "Given name",
                "Family name",
                "Email",
                "Consent text",
                "Consent where",
                "Consent date",
            )
        )
        out.writerows(_card(code, number) for code, number in people)


def _orders(code: str, number: int) -> list[tuple[str, str, str, str, str, int, float]]:
    lot = random.Random(f"orders of {code}")  # noqa: S311  (nothing secret)
    gap = lot.choice((14, 30, 45, 90, 200))
    stops = ENDS - timedelta(days=lot.choice((0, 0, 20, 100, 200)))
    at = BEGINS + timedelta(days=lot.uniform(0, gap), hours=lot.uniform(1, 10))
    rows = []
    while at < stops:
        for product, name, category, price in lot.sample(TEAS, lot.choice((1, 1, 2, 3))):
            rows.append((f"{at:%Y-%m-%d %H:%M}", code, product, name, category, lot.choice((1, 1, 2)), price))
        at += timedelta(days=lot.gammavariate(4, gap / 4))
    return rows


def _card(code: str, number: int) -> tuple[str, ...]:
    lot = random.Random(f"card of {code}")  # noqa: S311
    given, family = lot.choice(GIVEN), lot.choice(FAMILY)
    agreed = lot.random() < 0.85
    words = (
        ("Yes, write to me about teas and offers.", "paper slip at the counter", "2025-09-15")
        if agreed
        else ("", "", "")
    )
    return code, given, family, f"{code.lower()}@example.test", *words


if __name__ == "__main__":
    main()
