"""A trade's book from its first command to the report of a campaign: customers and orders as files, each step as a command."""

import csv
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from beizai_process import beizai

CONSENT = "Yes, write to me."
MAIL = """<mjml><mj-body><mj-section><mj-column>
<mj-text>{{ customer.first_name | default: 'Good day' }}, it is time again. It costs what it did, and if it does not please you, you do not pay.</mj-text>
<mj-button href="https://shop.example.test/book">Choose a time</mj-button>
<mj-text>{{ shop.name }}, {{ shop.postal_address }}. <a href="{{ unsubscribe_url }}">No more mails</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""
PLAN = """
name = "{name}"
segment = "{segment}"
subject = "It is time again"
preheader = "Choose a time that suits you."
mjml = "@mail.mjml"
contact_cost = 2
window_days = 42

[checklist]
what_it_does = "the first sentence"
what_good_it_does = "the first sentence"
price = "the first sentence"
who_vouches = "the owner"
if_it_goes_wrong = "you do not pay"
"""


class Story:
    """One home, driven by commands."""

    def __init__(self, folder: Path, trade: str, *settings: str) -> None:
        self.folder, self.home = folder, folder / "home"
        self.run("init", "--trade", trade, "--timezone", "Europe/Paris", "--currency", "EUR")
        sender = (
            "sender_address=shop@example.test",
            "postal_address=1 rue Haute, Paris",
            "smtp_host=catcher",
        )
        self.run("settings", "set", *sender, *settings)

    def run(self, *arguments: str | Path) -> Any:
        """One command that must succeed; its JSON."""
        done = beizai(self.home, *arguments, "--json")
        assert done.code == 0, f"{arguments}: {done.out}{done.err}"
        return done.json

    def file(self, name: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
        """A file of the shop."""
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(head)
            writer.writerows(rows)
        return path

    def customers(self, count: int, **more: Sequence[Any]) -> dict[str, Any]:
        """So many customers with an address; nine of ten allowed mails in words."""
        heads = ["Customer", "Name", "Email", "Consent text", "Consent where", "Consent date", *more]
        rows = []
        for number in range(1, count + 1):
            said = (CONSENT, "slip at the counter", "2025-01-15") if number % 10 else ("", "", "")
            beside = [values[number - 1] for values in more.values()]
            rows.append([f"C{number:03}", f"Customer {number}", f"c{number}@example.test", *said, *beside])
        return dict(self.run("import", "customers", self.file("customers.csv", heads, rows)))

    def visits(
        self, every_days: int, last: date, *, silent_from: int, count: int, amount: float
    ) -> dict[str, Any]:
        """Each customer comes every so many days for a year; from number `silent_from` on they stopped early."""
        rows, number = [], 0
        for customer in range(1, count + 1):
            stop = last - timedelta(days=every_days * 3 if customer >= silent_from else customer % every_days)
            day = stop - timedelta(days=every_days * 6)
            while day <= stop:
                number += 1
                rows.append([f"O{number:05}", f"{day} 10:00", f"C{customer:03}", 1, f"{amount:.2f}"])
                day += timedelta(days=every_days)
        heads = ("Order", "Date", "Customer", "Quantity", "Unit price")
        return dict(self.run("import", "orders", self.file("orders.csv", heads, rows)))

    def campaign(self, segment: str) -> dict[str, Any]:
        """Planned, approved, sent by the worker; its report."""
        (self.folder / "mail.mjml").write_text(MAIL, "utf-8")
        plan = self.folder / "plan.toml"
        plan.write_text(PLAN.format(name=f"To {segment}", segment=segment), "utf-8")
        number = str(self.run("campaigns", "plan", plan)["id"])
        self.run("campaigns", "approve", number)
        self.run("campaigns", "send", number)
        self.run("worker", "--once")
        return dict(self.run("campaigns", "report", number))


def said(document: Any) -> str:
    """Everything a document says, for looking what it does not say."""
    return json.dumps(document, ensure_ascii=False)
