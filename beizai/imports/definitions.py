"""Attributes a customers file made: which import brought them, so that they go with it when nothing uses them."""

from typing import Any

from django.db import transaction

from beizai.customers.models import AttributeDefinition, AttributeKind, Customer
from beizai.imports.models import Import
from beizai.segments.models import SegmentVersion
from beizai.segments.rule import Attribute, from_json, leaves

_SAID = ("label", "family", "kind", "choices", "unit", "sensitive")


def make_definition(
    import_id: int, key: str, *, label: str, kind: AttributeKind, position: int
) -> AttributeDefinition:
    """A new attribute, written down with the import that made it."""
    with transaction.atomic():
        made = AttributeDefinition.objects.create(key=key, label=label[:120], kind=kind, position=position)
        row = Import.objects.select_for_update().get(pk=import_id)
        row.choices["attributes"] = row.choices.get("attributes", {}) | {key: _says(made)}
        row.save(update_fields=["choices"])
    return made


def definitions_out(import_id: int) -> int:
    """Takes out the attributes an import made, where no card and no segment has them and nobody changed them."""
    made: dict[str, dict[str, Any]] = Import.objects.get(pk=import_id).choices.get("attributes", {})
    asked = _asked_by_segments() if made else set()
    gone = [
        one.pk
        for one in AttributeDefinition.objects.filter(key__in=made)
        if _says(one) == made[one.key]
        and one.key not in asked
        and not Customer.objects.filter(facts__has_key=one.key).exists()
    ]
    AttributeDefinition.objects.filter(pk__in=gone).delete()
    return len(gone)


def _says(one: AttributeDefinition) -> dict[str, Any]:
    said = {name: getattr(one, name) for name in _SAID}
    return said | {"family": str(one.family), "kind": str(one.kind)}


def _asked_by_segments() -> set[str]:
    rules = SegmentVersion.objects.values_list("rule", flat=True)
    return {leaf.name for rule in rules for leaf in leaves(from_json(rule)) if isinstance(leaf, Attribute)}
