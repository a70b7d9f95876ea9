"""Indexes nobody asked by, or that another one led already, go: each cost a large import a page here and there for every row."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_ALONE = (
    ("Customer", "branch_id"), ("Customer", "made_by_id"), ("Customer", "through_id"), ("ExternalId", "source_id"),
    ("ContactPoint", "source_id"), ("FactChange", "source_id"), ("Tag", "customer_id"),
)  # fmt: skip
_NEW = models.UniqueConstraint(fields=["channel", "normal", "customer"], name="contact_point_once")


def forth(apps, schema_editor):
    point = apps.get_model("customers", "ContactPoint")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.add_constraint(point, _NEW)
    else:  # as an index, which spares SQLite copying the whole table once more
        schema_editor.execute(
            "CREATE UNIQUE INDEX contact_point_once ON customers_contactpoint (channel, normal, customer_id)"
        )
    for name, column in _ALONE:
        _drop(schema_editor, apps.get_model("customers", name)._meta.db_table, column)


def _drop(schema_editor, table, column):
    """The index of this column alone, under the name Django gave it."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    for name, about in found.items():
        if about["columns"] == [column] and about["index"] and not (about["unique"] or about["primary_key"]):
            schema_editor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")  # a name the database told


def back(apps, schema_editor):
    point = apps.get_model("customers", "ContactPoint")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.remove_constraint(point, _NEW)
    else:
        schema_editor.execute("DROP INDEX contact_point_once")
    for name, column in _ALONE:
        table = apps.get_model("customers", name)._meta.db_table
        schema_editor.execute(f"CREATE INDEX {table}_{column} ON {table} ({column})")  # names of our own


def _some(name, field):
    return migrations.AddIndex(
        model_name="customer",
        index=models.Index(fields=[field], name=name, condition=models.Q(**{f"{field}__isnull": False})),
    )


class Migration(migrations.Migration):

    dependencies = [
        ("customers", "0005_served_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(model_name="contactpoint", name="contact_point_normal"),
        migrations.RemoveConstraint(model_name="contactpoint", name="contact_point_once_a_card"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(forth, back)],
            state_operations=[
                migrations.AddConstraint(model_name="contactpoint", constraint=_NEW),
                migrations.AlterField(
                    model_name="contactpoint", name="source",
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="sources.source"),
                ),
                migrations.AlterField(
                    model_name="externalid", name="source",
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="sources.source"),
                ),
                migrations.AlterField(
                    model_name="factchange", name="source",
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to="sources.source"),
                ),
                migrations.AlterField(
                    model_name="tag", name="customer",
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="tags", to="customers.customer"),
                ),
                migrations.AlterField(
                    model_name="customer", name="branch",
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to="staff.branch"),
                ),
                migrations.AlterField(
                    model_name="customer", name="made_by",
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name="customer", name="through",
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="known_through", to="customers.customer"),
                ),
            ],
        ),
        _some("customer_of_branch", "branch"),
        _some("customer_by", "made_by"),
        _some("customer_through", "through"),
    ]  # fmt: skip
