"""What tells rows apart leads an index: an address before its channel, a number before its source.

SQLite keeps no counts; led by the channel, it read half the book for the emails of three customers.
"""

from django.db import migrations, models

_OLD = models.UniqueConstraint(fields=["channel", "normal", "customer"], name="contact_point_once")
_NEW = models.UniqueConstraint(fields=["normal", "channel", "customer"], name="contact_point_once")
_NUMBER = models.UniqueConstraint(fields=["value", "source"], name="one_card_per_external_id")
_ON_SQLITE = {
    "contact_point_once": "CREATE UNIQUE INDEX contact_point_once ON customers_contactpoint (normal, channel, customer_id)",
    "as it was": "CREATE UNIQUE INDEX contact_point_once ON customers_contactpoint (channel, normal, customer_id)",
    "number": "CREATE UNIQUE INDEX one_card_per_external_id ON customers_externalid (value, source_id)",
}


def forth(apps, schema_editor):
    _exchange(apps, schema_editor, _OLD, _NEW, "contact_point_once")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.add_constraint(apps.get_model("customers", "ExternalId"), _NUMBER)
    else:  # as indexes, which spares SQLite copying the tables once more
        schema_editor.execute(_ON_SQLITE["number"])


def back(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.remove_constraint(apps.get_model("customers", "ExternalId"), _NUMBER)
    else:
        schema_editor.execute("DROP INDEX one_card_per_external_id")
    _exchange(apps, schema_editor, _NEW, _OLD, "as it was")


def _exchange(apps, schema_editor, old, new, made):
    if schema_editor.connection.vendor == "postgresql":
        point = apps.get_model("customers", "ContactPoint")
        schema_editor.remove_constraint(point, old)
        schema_editor.add_constraint(point, new)
    else:
        schema_editor.execute("DROP INDEX contact_point_once")
        schema_editor.execute(_ON_SQLITE[made])


class Migration(migrations.Migration):

    dependencies = [("customers", "0006_fewer_indexes")]

    operations = [
        migrations.RemoveConstraint(model_name="externalid", name="one_card_per_external_id"),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(forth, back)],
            state_operations=[
                migrations.RemoveConstraint(model_name="contactpoint", name="contact_point_once"),
                migrations.AddConstraint(model_name="contactpoint", constraint=_NEW),
                migrations.AddConstraint(model_name="externalid", constraint=_NUMBER),
            ],
        ),
    ]
