"""Everything the house holds of a person is registered: a table nobody registered fails here."""

from django.apps import apps
from django.db.models import Model

from beizai.base import personal
from beizai.customers.models import Customer


def _names_a_customer(model: type[Model]) -> bool:
    return model is Customer or any(
        field.name in ("customer_id", "customer") or getattr(field, "related_model", None) is Customer
        for field in model._meta.get_fields()
        if getattr(field, "column", None)
    )


def test_each_table_with_a_customers_id_says_how_it_is_given_out_and_erased() -> None:
    registered = {holding.table for holding in personal.holdings()}
    ours = [model for model in apps.get_models() if model.__module__.startswith("beizai.")]
    missing = {model._meta.db_table for model in ours if _names_a_customer(model)} - registered
    assert not missing


def test_each_table_says_how_long_it_is_kept() -> None:
    assert not {holding.table for holding in personal.holdings() if holding.kept is None}


def test_what_stays_after_erasing_says_why() -> None:
    for holding in personal.holdings():
        assert holding.what
