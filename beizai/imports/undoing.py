"""An import is taken out: its orders, its cards, its changes; what someone has since touched stays and is listed."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.db.models import F

from beizai.base import home
from beizai.base.errors import Forbidden
from beizai.consent import ledger
from beizai.consent.models import ConsentEntry, Decision
from beizai.customers import search
from beizai.customers.models import (
    ContactPoint,
    Customer,
    ExternalId,
    FactChange,
    Note,
    SearchWords,
    Standing,
    Tag,
    Tie,
)
from beizai.events import batches
from beizai.events.book import open_book
from beizai.events.models import Batch
from beizai.identity import merging, proposals
from beizai.imports.definitions import definitions_out
from beizai.imports.goods import restore_products
from beizai.imports.models import CardBefore, Import
from beizai.imports.slices import chunks, write_slices
from beizai.messages.models import Message
from beizai.products.models import Product
from beizai.staff.models import User

_LISTED = 1000
_IN_BOOK = "select distinct customer_id from orders where customer_id in (select id from asked) union select distinct customer_id from events where customer_id in (select id from asked)"
_SOLD = "select distinct product_id from lines where product_id in (select id from asked)"


@dataclass(frozen=True)
class Undone:
    """What undoing did. `stayed`: (card, name, why) of the first thousand that stay: edited, written_to, has_orders,
    known_elsewhere, has_decided, has_notes, has_ties. `products_changed`: (product, number) of the first thousand
    that somebody changed since. `bring_again`: (import, file name) of later imports that counted orders as known:
    where these were taken out with this one, their files bring them back.
    """

    import_id: int
    orders_out: int
    orders_restored: int
    customers_out: int
    customers_stayed: int
    changes_restored: int
    changes_stayed: int
    products_out: int
    stayed: tuple[tuple[int, str, str], ...] = ()
    products_restored: int = 0
    products_changed: tuple[tuple[int, str], ...] = ()
    attributes_out: int = 0
    bring_again: tuple[tuple[int, str], ...] = ()


def undo(row: Import, *, now: datetime, by: User | None = None) -> Undone:
    """Takes an import out of the book, at one instant for its orders. Forbidden where it is not in the book.

    Merges with a card it made are taken apart first; joint cards it wrote on say again what they said.
    """
    if row.state != Import.State.IN_BOOK:
        raise Forbidden(
            "The import {n} is {state}: there is nothing to undo.",
            n=row.pk,
            state=batches.STATES_SAID[row.state],
        )
    batch = Batch.objects.get(pk=row.batch_id)
    merging.apart_for_import(row.pk, now=now, by=by)
    written_on = merging.after_import(row.pk, now=now)
    batches.undo(row.batch_id, at=now)
    undone = _office_out(row, batch, now)
    merging.refresh(written_on, now=now)
    Import.objects.filter(pk=row.pk).update(
        state=Import.State.UNDONE, undone_at=now, undone_by=by, undone=_without_names(undone)
    )
    return undone


def take_out(row: Import, *, now: datetime) -> None:
    """What an import that failed or died had written goes, all of it."""
    written_on = merging.after_import(row.pk, now=now)
    batches.undo(row.batch_id, at=now)
    undone = _office_out(row, Batch.objects.get(pk=row.batch_id), now)
    merging.refresh(written_on, now=now)
    Import.objects.filter(pk=row.pk).update(
        state=Import.State.UNDONE, undone_at=now, undone=_without_names(undone)
    )


def _without_names(undone: Undone) -> dict[str, Any]:
    """What is kept of it: the cards by their number, for a name must be found on its card alone."""
    return asdict(undone) | {"stayed": [(card, "", why) for card, _, why in undone.stayed]}


def settle(row: Import, *, now: datetime) -> None:
    """The batch is in the book: so is the import."""
    Import.objects.filter(pk=row.pk, state=Import.State.COMING_IN).update(
        state=Import.State.IN_BOOK, entered_at=now
    )


def recover(*, now: datetime) -> list[tuple[int, str]]:
    """Imports whose process died: finished where all was in the lake, else taken out. (import, outcome) of each.

    Called at start and now and then, after or instead of `batches.recover`, which it calls.
    """
    batches.recover(at=now)
    outcomes = []
    for row in Import.objects.filter(state=Import.State.COMING_IN).order_by("pk"):
        state = Batch.objects.get(pk=row.batch_id).state
        if state == Batch.State.IN_BOOK:
            settle(row, now=now)
            outcomes.append((row.pk, "finished"))
        elif state == Batch.State.UNDONE:
            take_out(row, now=now)
            outcomes.append((row.pk, "taken_out"))
    _sweep_reading()
    return outcomes


def _sweep_reading() -> None:
    """Copies of cells that a killed import left on the disk; those of living ones are younger than a day."""
    import shutil
    import time

    folder = home.current().uploads / "reading"
    if folder.is_dir():
        for left in folder.iterdir():
            if time.time() - left.stat().st_mtime > 86_400:
                shutil.rmtree(left, ignore_errors=True)


def _office_out(row: Import, batch: Batch, now: datetime) -> Undone:
    proposals.take_back(proposals.by_import(row.pk))
    restored, kept_changes = _restore_changes(row)
    out, stayed, reasons = _cards_out(row)
    _withdraw(row, now)
    products_out = _products_out(row)
    products_restored, products_changed = restore_products(row.pk)
    return Undone(
        import_id=row.pk,
        orders_out=batch.order_rows,
        orders_restored=batch.replaced_orders,
        customers_out=out,
        customers_stayed=len(stayed),
        changes_restored=restored,
        changes_stayed=kept_changes,
        products_out=products_out,
        stayed=tuple((pk, name, reasons[pk]) for pk, name in stayed[:_LISTED]),
        products_restored=products_restored,
        products_changed=tuple(products_changed[:_LISTED]),
        attributes_out=definitions_out(row.pk),
        bring_again=_counting_on(row, batch) if row.state == Import.State.IN_BOOK else (),
    )


def _counting_on(row: Import, batch: Batch) -> tuple[tuple[int, str], ...]:
    """Later imports in the book that held orders of the source which were known, and so brought none of them."""
    if not batch.order_rows:
        return ()
    later = Import.objects.filter(
        source=row.source_id, kind=row.kind, state=Import.State.IN_BOOK, pk__gt=row.pk, known_orders__gt=0
    )
    return tuple(later.order_by("pk").values_list("pk", "file_name"))


def _restore_changes(row: Import) -> tuple[int, int]:
    """Puts back what cards said before, where they still say what the import wrote.

    Where a later import wrote over it, that one now keeps what stood before this one: undoing it brings that back.
    """
    restored = stayed = 0
    changes = FactChange.objects.filter(import_id=row.pk).order_by("-pk")
    for chunk in chunks(changes.iterator(chunk_size=1000), 200):
        ids = {change.customer_id for change in chunk}
        cards = Customer.objects.in_bulk(ids)
        before = {
            one.customer_id: one for one in CardBefore.objects.filter(import_id=row.pk, customer_id__in=ids)
        }
        back = [
            change
            for change in chunk
            if change.customer_id in cards
            and (
                _handed_on(change, before.get(change.customer_id))
                or _put_back(cards[change.customer_id], change, before.get(change.customer_id))
            )
        ]
        restored += len(back)
        stayed += len(chunk) - len(back)
        touched = {change.customer_id for change in back}
        for pk, stood in before.items():
            later = CardBefore.objects.filter(customer_id=pk, changed_at=row.started_at, import_id__gt=row.pk)
            later.update(changed_at=stood.changed_at)
        for pk in touched:
            if pk in before and cards[pk].changed_at == row.started_at:
                cards[pk].changed_at = before[pk].changed_at
            cards[pk].save()
        search.index_many(touched)
    FactChange.objects.filter(import_id=row.pk).update(import_id=None)
    CardBefore.objects.filter(import_id=row.pk).delete()
    return restored, stayed


def _handed_on(change: FactChange, before: CardBefore | None) -> bool:
    """Whether a later import wrote over this change: it then remembers what stood before."""
    later = FactChange.objects.filter(
        customer_id=change.customer_id, field=change.field, pk__gt=change.pk, import_id__isnull=False
    )
    follower = later.exclude(import_id=change.import_id or 0).order_by("pk").first()
    if follower is None or change.field.partition(":")[0] in _ADDED or follower.old != change.new:
        return False
    follower.old = change.old
    follower.save(update_fields=["old"])
    kept = CardBefore.objects.filter(
        import_id=follower.import_id or 0, customer_id=change.customer_id
    ).first()
    if kept and before:
        key = change.field.partition(":")[2]
        if key in before.facts:
            kept.facts[key] = before.facts[key]
        kept.save()
    return True


_ADDED = ("contact", "external", "tag")  # these are added, never written over


def _put_back(  # noqa: PLR0911  (one answer for each kind of change)
    card: Customer, change: FactChange, before: CardBefore | None
) -> bool:
    what, _, key = change.field.partition(":")
    if what == "fact":
        if card.facts.get(key, {}).get("v") != change.new:
            return False
        stood = before.facts.get(key) if before else None
        if change.old is None:
            card.facts.pop(key)
        else:
            card.facts[key] = stood or {
                "v": change.old,
                "source": change.source_id,
                "at": change.at.isoformat(),
            }
        return True
    if what == "contact":
        return bool(
            ContactPoint.objects.filter(
                customer=card, channel=key, value=change.new, added_at=change.at
            ).delete()[0]
        )
    if what == "external":
        return bool(
            ExternalId.objects.filter(customer=card, source_id=change.source_id, value=change.new).delete()[0]
        )
    if what == "tag":
        return bool(Tag.objects.filter(customer=card, tag=change.new).delete()[0])
    current = getattr(card, what)
    if (current.isoformat() if isinstance(current, date) else current) != change.new:
        return False
    old = date.fromisoformat(change.old) if what == "birthday_on" and change.old else change.old
    setattr(card, what, old)
    return True


def _cards_out(row: Import) -> tuple[int, list[tuple[int, str]], dict[int, str]]:
    """Deletes the cards the import made; returns how many, those that stay, and why each does."""
    cards = dict(Customer.objects.filter(import_id=row.pk).order_by("pk").values_list("pk", "name"))
    reasons = _reasons_to_stay(row, list(cards))
    gone = [pk for pk in cards if pk not in reasons]

    def delete(piece: Sequence[int]) -> None:
        for model in (SearchWords, ContactPoint, ExternalId, FactChange, Tag, Standing):
            model._default_manager.filter(customer_id__in=piece)._raw_delete(using="default")
        Customer.objects.filter(pk__in=piece).delete()

    write_slices(gone, delete)
    return len(gone), [(pk, name) for pk, name in cards.items() if pk in reasons], reasons


def _reasons_to_stay(row: Import, ids: list[int]) -> dict[int, str]:
    reasons: dict[int, str] = {}

    def note(reason: str, found: Iterable[int]) -> None:
        for pk in found:
            reasons.setdefault(pk, reason)

    for chunk in chunks(ids, 500):
        these = Customer.objects.filter(pk__in=chunk)
        note("edited", these.filter(revision__gt=0).values_list("pk", flat=True))
        note(
            "written_to", Message.objects.filter(customer_id__in=chunk).values_list("customer_id", flat=True)
        )
        note("has_notes", Note.objects.filter(customer_id__in=chunk).values_list("customer_id", flat=True))
        for end in ("customer_id", "other_id"):
            note("has_ties", Tie.objects.filter(**{f"{end}__in": chunk}).values_list(end, flat=True))
        others = ConsentEntry.objects.filter(customer_id__in=chunk).exclude(import_id=row.pk)
        note("has_decided", others.values_list("customer_id", flat=True))
        for model in (ExternalId, ContactPoint):
            elsewhere = model._default_manager.filter(customer_id__in=chunk).exclude(
                source=F("customer__source")
            )
            note("known_elsewhere", elsewhere.values_list("customer_id", flat=True))
    note("has_orders", _asked(_IN_BOOK, ids))
    return reasons


def _asked(question: str, ids: Sequence[int]) -> list[int]:
    """The ids among these the book answers with."""
    if not ids:
        return []
    with open_book() as book:
        book.con.con.register("asked", pa.table({"id": pa.array(ids, pa.int64())}))
        rows: list[tuple[Any, ...]] = book.run(lambda con: con.con.execute(question).fetchall())
    return [found for (found,) in rows]


def _products_out(row: Import) -> int:
    ids = list(Product.objects.filter(import_id=row.pk).values_list("pk", flat=True))
    sold = set(_asked(_SOLD, ids))
    gone = [pk for pk in ids if pk not in sold]
    write_slices(gone, lambda piece: Product.objects.filter(pk__in=piece).delete() and None)
    return len(gone)


def _withdraw(row: Import, now: datetime) -> None:
    """Permissions an undone import had brought no longer hold; the ledger keeps both entries."""
    granted = ConsentEntry.objects.filter(import_id=row.pk, decision=Decision.GRANTED)
    for piece in chunks(granted.iterator(chunk_size=1000), 500):
        ledger.record_many(
            [
                ledger.Given(
                    customer_id=entry.customer_id,
                    purpose=entry.purpose,
                    decision=Decision.WITHDRAWN,
                    text=f"The import {row.pk} that brought this permission was undone.",
                    at=now,
                    source_id=entry.source_id,
                    channel=entry.channel,
                    evidence={"undone_import": row.pk, "entry": entry.pk},
                    simulated=entry.simulated,
                )
                for entry in piece
            ],
            now=now,
        )
